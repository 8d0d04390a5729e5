"""The text of a CSV file -> its header, and its rows under the header."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TextIO

from rag.reading.fields import plain_name

_DELIMITERS = ",\t;|"
_HEAD = 20  # rows in which the header is looked for, and rows that show how wide rows are
_SEP = re.compile(r"""\ufeff?"?sep=([,;|:\t])"?[\s,;]*""", re.I)
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CsvRows:
    """``above`` are the rows over the header, as text. ``rows`` yields column -> cell for each row that is not blank, or
    the number of its cells where these do not fit the header: such a row holds a delimiter that is not in quotes."""

    above: tuple[str, ...]
    rows: Iterator[Row | int]


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
        for number, row in enumerate(islice(_reader(text, delimiter), _HEAD)):
            if any(plain_name(cell) in names for cell in row):
                if not width or (-number, len(row)) > (-top, width):
                    best, top, width = delimiter, number, len(row)
                break
    text.seek(start)
    rows = _reader(text, best)
    above = tuple(line for row in islice(rows, top) if (line := " ".join(" ".join(row).split())))
    return CsvRows(above, _under_header(rows))


def _reader(text: TextIO, delimiter: str) -> Iterator[list[str]]:
    return (row for row in csv.reader(text, delimiter=delimiter) if any(cell.strip("\ufeff") for cell in row))


def _under_header(rows: Iterator[list[str]]) -> Iterator[Row | int]:
    header = [cell.lstrip("\ufeff") for cell in next(rows, [])]
    head = list(islice(rows, _HEAD))
    widths = {_width(row) for row in head}
    widest = widths.pop() if len(widths) == 1 and len(head) > 1 else 0  # columns at the end that have no name
    for part in (head, rows):
        for row in part:
            yield _width(row) if _width(row) > max(len(header), widest) else _named(header, row)


def _width(row: list[str]) -> int:
    return max((number for number, cell in enumerate(row, 1) if cell.strip()), default=0)


def _named(header: list[str], row: list[str]) -> Row:
    """Column -> cell. Two columns of one name are one, a line for each; those without a name are the column ""."""
    found: dict[str, str] = dict.fromkeys((*header, ""), "")
    for name, cell in zip_longest(header, row, fillvalue=""):
        if cell and cell not in found[name].split("\n"):
            found[name] = f"{found[name]}\n{cell}" if found[name] else cell
    return found
