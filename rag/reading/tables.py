"""A newsroom system's export, CSV or JSON Lines -> the article in each row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from rag.errors import CorpusError
from rag.reading.charset import encoding_of, why_not_text
from rag.reading.csv_rows import FIGURE_CUT, THOUSANDS, read_csv
from rag.reading.fields import FIELDS, plain_name, stated_of
from rag.reading.json_text import JsonText, differing, name_in_json
from rag.reading.row_notes import note_on_undated, some_rows
from rag.reading.sidecar import SUFFIX
from rag.schema import Part, Refused

Columns = Sequence[tuple[str, str]]
JSON_LINES = (".jsonl", ".ndjson")
_NAMED = 3  # keys that a note names


def read_table(data: bytes, name: str, columns: Columns, is_dated: bool = False) -> Iterator[Part | Refused]:
    """Yield an article for each row, marked ``#1`` for the first under the header.

    ``columns`` are pairs (field, column that holds it), for columns whose names do not show it. ``is_dated``: the YAML
    beside the file or its folder's gives a date, so rows without one have it. Raise CorpusError, in one line, if the
    file is not such an export or no column holds the text.
    """
    encoding = encoding_of(data)
    if encoding is None:
        because = f" ({why})" if (why := why_not_text(data)) else ""
        raise CorpusError(f"{name} is not text in UTF-8, UTF-16, GB18030 or Big5{because}: export it in UTF-8.")
    try:
        yield from _Rows(_text_of_file(data, encoding), name, columns, is_dated).parts()
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name} is not {encoding} throughout: export it in UTF-8.") from error
    except csv.Error as error:
        raise CorpusError(f"{name} is not valid CSV ({error}): export it again.") from error


class _Rows:
    """The rows of one export, and what they leave unsaid."""

    def __init__(self, text: TextIO, name: str, columns: Columns, is_dated: bool) -> None:
        self._text = text
        self._name = name
        self._columns = dict(columns)
        self._is_dated = is_dated
        self._by_header: dict[tuple[str, ...], dict[str, list[str]]] = {}  # rows of JSON need not have the same columns
        self._undated: list[str] = []
        self._unnamed: list[str] = []
        self._unread: dict[str, None] = {}  # keys and columns that hold text and are no field
        self._unknown: set[str] = set()

    def parts(self) -> Iterator[Part | Refused]:
        """Yield each row, then the notes on all of them."""
        above: Sequence[str] = ()
        invalid: list[int] = []
        if self._name.lower().endswith(JSON_LINES):
            rows: Iterator[Mapping[str, object] | int | None] = _json_lines(self._text)
        else:
            found = read_csv(self._text, {*FIELDS["text"], plain_name(self._columns.get("text", ""))} - {""})
            above, rows, invalid = found.above, found.rows, found.invalid
        for number, row in enumerate(rows, 1):
            yield self._part(f"#{number}", row, number == 1)
        if above:
            said = "; ".join(above)[:200]
            yield Refused("", f"begins with rows above its header, which are in no article: {said}", is_note=True)
        if invalid:
            named = some_rows([f"#{number}" for number in invalid])
            why = f"has quotation marks that are not closed or not doubled ({named}), read as they stand: export it again."
            yield Refused("", why, is_note=True)
        if self._unnamed:
            why = f"has text in columns without a name, which is in no article ({some_rows(self._unnamed)}): name the columns."
            yield Refused("", why, is_note=True)
        if self._unread:
            named = ", ".join(map(repr, list(self._unread)[:_NAMED]))
            more = f" and {len(self._unread) - _NAMED:,} more" if len(self._unread) > _NAMED else ""
            why = f"has text under {named}{more}, which is in no article: move it to the text."
            yield Refused("", why, is_note=True)
        for column in sorted(self._unknown):
            why = f"names the column {column!r}, which {self._name} does not have: correct it or remove it."
            yield Refused(SUFFIX, why, is_note=True)
        if self._undated:
            yield note_on_undated(self._undated)

    def _part(self, mark: str, row: Mapping[str, object] | int | None, is_first: bool) -> Part | Refused:
        if row is None:
            return Refused(mark, "is not a JSON object: correct the line or remove it.")
        if isinstance(row, int):
            return Refused(mark, f"has {row} cells, more than the header: put text that holds a delimiter in quotes.")
        header = tuple(row)
        try:
            if header not in self._by_header:
                self._by_header[header] = self._columns_of_fields(header)
            fields = self._by_header[header]
        except CorpusError:
            if is_first:
                raise
            fields = {}
        try:
            values, bodies = self._read(row, fields)
        except RecursionError:
            return Refused(mark, "is nested too deeply: export it as a list of paragraphs.")
        if figure := self._cut_figure(row, fields.get("text", ())):
            return Refused(
                mark, f"may have a figure cut at its comma ({figure}): put text that holds a comma in quotes."
            )
        body = "\n".join(differing([found.text for found in bodies]))
        if not body.strip():
            return Refused(mark, "holds no text: fill it in or remove it.")
        if name_in_json(row.get("")).strip():
            self._unnamed.append(mark)
        self._unread.update(dict.fromkeys(key for found in bodies for key in found.unread))
        stated = stated_of(values, "stated", whole=True)
        written = " ".join(values.get("date", "").split())
        if not stated.date and (written or (fields.get("date") and not self._is_dated)):
            self._undated.append(f"{mark} {written[:40]!r}" if written else mark)
        return Part(body, stated, mark)

    def _cut_figure(self, row: Mapping[str, object], columns: Sequence[str]) -> str:
        """A figure of the text that may go on in the next column, "" without one: 单价1 and 234元."""
        names = list(row)
        if self._name.lower().endswith((".tsv", *JSON_LINES)):
            return ""
        for column in columns:
            beside = names[names.index(column) + 1 :]
            left, right = str(row[column]), str(row[beside[0]]) if beside else ""
            if FIGURE_CUT.search(left) and not left.isdecimal() and THOUSANDS.match(right) and not right.isdecimal():
                return f"{left[-10:]},{right[:10]}"
        return ""

    @staticmethod
    def _read(row: Mapping[str, object], fields: Mapping[str, list[str]]) -> tuple[dict[str, str], list[JsonText]]:
        """The values of the fields but the text, and the texts of the columns that hold text."""
        values = {
            field: next((v for c in columns if (v := name_in_json(row[c]))), "")
            for field, columns in fields.items()
            if field != "text"
        }
        return values, [JsonText(row[column]) for column in fields.get("text", ())]

    def _columns_of_fields(self, header: Sequence[str]) -> dict[str, list[str]]:
        """Field -> the columns that hold it, the likeliest first."""
        listed = ", ".join(filter(None, header))[:200]
        missing = [column for column in self._columns.values() if column not in header]
        found = {
            field: [self._columns[field]]
            if self._columns.get(field) in header
            else _columns_named(header, FIELDS[field])
            for field in FIELDS
        }
        name = self._name
        if not found["text"] and missing:
            raise CorpusError(
                f"{name} has no column {missing[0]!r}, which {name}{SUFFIX} names (columns: {listed}): correct one of them."
            )
        if not found["text"]:
            raise CorpusError(
                f"{name} has no column for the text (columns: {listed}): name it in {name}{SUFFIX}, "
                "e.g. `columns: {text: 稿件}`."
            )
        if not name.lower().endswith(JSON_LINES):
            self._unknown.update(missing)
        return found


def _text_of_file(data: bytes, encoding: str) -> TextIO:
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    if encoding.endswith("-halves"):  # a half must not be cut at the end of a block
        return io.StringIO(data.decode(name), newline="")
    return io.TextIOWrapper(io.BytesIO(data), name, newline="")


def _json_lines(text: TextIO) -> Iterator[Mapping[str, object] | None]:
    for line in text:
        if line.strip("\ufeff \t\r\n"):
            try:
                # a number stays as it is written: 1.50 is not 1.5
                row = json.loads(line.strip("\ufeff \t\r\n"), parse_float=str, parse_int=str)
            except (ValueError, RecursionError):
                row = None
            yield row if isinstance(row, dict) else None


def _columns_named(header: Sequence[str], names: Sequence[str]) -> list[str]:
    """The columns that have one of these names, in the order of the names."""
    matching = (column for column in header if plain_name(column) in names)
    return sorted(matching, key=lambda column: names.index(plain_name(column)))
