"""The text of a CSV file -> its header, and its rows under the header."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise, zip_longest
from typing import TextIO

from rag.reading.csv_records import Record, Records
from rag.reading.fields import plain_name

_DELIMITERS = ",\t;|"
_HEAD = 20  # rows in which the header is looked for, and rows that show how wide rows are
_SEP = re.compile(r"""\ufeff?"?sep=([,;|:\t])"?[\s,;]*""", re.I)
Row = Mapping[str, str]


FIGURE_CUT = re.compile(r"(?<![\d.])\d{1,3}\Z")  # as it stands before a comma between thousands
THOUSANDS = re.compile(r"\d{3}(?!\d)")


@dataclass(frozen=True, slots=True)
class CsvRows:
    """``above`` are the rows over the header, as text. ``rows`` yields column -> cell for each row that is not blank, or
    the number of its cells where these do not fit the header: such a row holds a delimiter that is not in quotes.
    ``invalid`` are the numbers of the rows, once they are read, whose quotation marks are not as CSV has them."""

    above: tuple[str, ...]
    rows: Iterator[Row | int]
    invalid: list[int]


def read_csv(text: TextIO, names: Collection[str]) -> CsvRows:
    """Read a CSV file. ``names`` are those that a column for the text may have, in the form of ``plain_name``.

    The delimiter is the one under which a row near the top is a header. Without a header, the first row is taken for it.
    Excel's line ``sep=;`` names the delimiter. Raise csv.Error for a file that is not CSV.
    """
    csv.field_size_limit(1 << 30)  # the default of 128 KB is too small for a text; the size of the file is limited
    first = text.readline()
    sep = _SEP.fullmatch(first)
    start = text.tell() if sep else 0
    delimiters = sep[1] if sep else sorted(_DELIMITERS, key=lambda d: -first.count(d))
    best, top, width = delimiters[0], 0, 0
    for delimiter in delimiters:
        text.seek(start)
        for number, record in enumerate(islice(Records(text, delimiter), _HEAD)):
            if any(plain_name(cell) in names for cell in record.cells):
                if not width or (-number, len(record.cells)) > (-top, width):
                    best, top, width = delimiter, number, len(record.cells)
                break
    text.seek(start)
    records = Records(text, best)
    over = [record.cells for record in islice(records, top)]
    above = tuple(line for row in over if (line := " ".join(" ".join(row).split())))
    invalid: list[int] = []
    return CsvRows(above, _under_header(records, best, invalid), invalid)


def _under_header(records: Records, delimiter: str, invalid: list[int]) -> Iterator[Row | int]:
    header = [cell.lstrip("\ufeff") for cell in next(records, Record([])).cells]
    records.width = len(header)
    head = list(islice(records, _HEAD))

    def whole(record: Record) -> list[str] | None:
        return _with_whole_figures(record.cells, len(header)) if delimiter == "," else record.cells

    widths = {_width(whole(record) or record.cells) for record in head}
    widest = widths.pop() if len(widths) == 1 and len(head) > 1 else 0  # columns at the end that have no name
    number = 0
    for part in (head, records):
        for record in part:
            number += 1
            if not record.is_valid:
                invalid.append(number)
            row = whole(record)
            yield _width(record.cells) if row is None or _width(row) > max(len(header), widest) else _named(header, row)


def _with_whole_figures(row: list[str], width: int) -> list[str] | None:
    """The row; if it is wider than the header because a figure such as 1,234 was cut at its comma, the figure is whole
    again. None if it cannot be told which figure was cut."""
    if _width(row) <= width:
        return row
    joined = row[:1]
    for left, right in pairwise(row):
        if FIGURE_CUT.search(left) and THOUSANDS.match(right):
            joined[-1] += f",{right}"
        else:
            joined.append(right)
    return joined if len(joined) == len(row) or _width(joined) == width else None


def _width(row: list[str]) -> int:
    return max((number for number, cell in enumerate(row, 1) if cell.strip()), default=0)


def _named(header: list[str], row: list[str]) -> Row:
    """Column -> cell. Two columns of one name are one, a line for each; those without a name are the column ""."""
    found: dict[str, str] = dict.fromkeys((*header, ""), "")
    for name, cell in zip_longest(header, row, fillvalue=""):
        if cell and cell not in found[name].split("\n"):
            found[name] = f"{found[name]}\n{cell}" if found[name] else cell
    return found
