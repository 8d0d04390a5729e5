"""Spreadsheet (.xlsx, .xlsm, .xls, .ods) -> its articles: one for each row of an export, one for every other sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.errors import CorpusError
from rag.reading import grid
from rag.reading.fields import FIELDS, field_of, plain_name, stated_of
from rag.reading.json_text import differing
from rag.reading.markup import lines_of_markup
from rag.reading.row_notes import note_on_undated, some_rows
from rag.reading.sheet import Sheet, Value
from rag.schema import Part, Refused, Stated

_OLE = b"\xd0\xcf\x11\xe0"
_ROWS_ABOVE_HEADER = 5
_MARKUP = re.compile(r"</?(?:p|br|div|span|table|li|h[1-6])\b[^<>]*>|&nbsp;", re.I)

Found = tuple[Part | Refused, str | None]
"""A part, and what stands in place of its date: None if it has a date or needs none."""


class Spreadsheet:
    def __init__(self, data: bytes, is_dated: bool = False) -> None:
        """``is_dated``: the YAML beside the file gives a date, so rows without one have it. Raise CorpusError if this is no
        spreadsheet."""
        sheets = _sheets(data)
        shown = [sheet for sheet in sheets if not sheet.is_hidden and sheet.rows]
        number = 0
        undated: list[str] = []
        notes: list[Part | Refused] = []
        self._parts: list[Part | Refused] = []
        for sheet in sheets:
            for part, written in _parts(sheet):
                if isinstance(part, Refused) and part.is_note:
                    notes.append(part)
                    continue
                number += 1
                is_alone = len(shown) == 1 and not self._parts and isinstance(part, Part) and not _export(sheet)
                mark = "" if is_alone else f"#{number}"
                self._parts.append(
                    Refused(mark, part.why) if isinstance(part, Refused) else Part(part.text, part.stated, mark)
                )
                if written or (written == "" and not is_dated):
                    undated.append(f"{mark} {written[:40]!r}" if written else mark)
        self._parts += [*notes, *([note_on_undated(undated)] if undated else [])]

    def __len__(self) -> int:
        return len(self._parts)

    def part(self, number: int) -> Part | Refused:
        return self._parts[number]


def _sheets(data: bytes) -> list[Sheet]:
    from rag.reading.opendocument import is_opendocument, read_ods
    from rag.reading.xls import read_xls
    from rag.reading.xlsx import read_xlsx

    if (data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") not in data) or data[:2] == b"\x09\x08":
        return read_xls(data)
    if is_opendocument(data):
        return read_ods(data)
    if data[:2] != b"PK" and re.match(rb"\s*(?:\xef\xbb\xbf)?\s*<", data[:100]):
        raise CorpusError("is a web page or XML, and no workbook: save it again as .xlsx.")
    return read_xlsx(data)


def _parts(sheet: Sheet) -> Iterator[Found]:
    """The articles of a sheet, and what is left out of it."""
    if sheet.is_hidden:
        why = f"is the hidden sheet {sheet.name!r} and is left out: show the sheet if it is to be read."
        yield Refused("", why), None
        return
    if header := _export(sheet):
        yield from _rows_of_export(sheet, *header)
    elif sheet.rows:
        text = grid.lines([[value.text for value in row] for row in sheet.rows])
        yield Part(text, Stated(title=_title(sheet), whole=True)), None
    if sheet.hidden:
        count = f"{sheet.hidden} hidden rows or columns"
        why = f"is sheet {sheet.name!r}, whose {count} are left out: show them if they are to be read."
        yield Refused("", why), None
    if sheet.without_value:
        cells = some_rows(sheet.without_value)
        formulas = f"{len(sheet.without_value):,} formulas" if len(sheet.without_value) > 1 else "a formula"
        why = f"has {formulas} without a result in sheet {sheet.name!r} ({cells}): open it, calculate it and save it again."
        yield Refused("", why, is_note=True), None


def _export(sheet: Sheet) -> tuple[int, dict[str, list[int]]] | None:
    """The row that names the columns, and field -> its columns, if each row under it is an article."""
    for number, row in enumerate(sheet.rows[:_ROWS_ABOVE_HEADER]):
        fields = [field_of(value.text) for value in row]
        known = [field for field in fields if field]
        is_all_known = len(known) == sum(bool(value.text) for value in row) > 1
        if "text" in known and ("title" in known or is_all_known) and number + 1 < len(sheet.rows):
            places: dict[str, list[int]] = {}
            order = sorted(range(len(row)), key=lambda i: _rank(fields[i], row[i].text))
            for i in order:
                if name := fields[i]:
                    places.setdefault(name, []).append(i)
            return number, places
    return None


def _rank(field: str | None, name: str) -> int:
    return FIELDS[field].index(plain_name(name)) if field else 0


def _rows_of_export(sheet: Sheet, header: int, places: dict[str, list[int]]) -> Iterator[Found]:
    above = " ".join(value.text for row in sheet.rows[:header] for value in row if value.text)
    for row in sheet.rows[header + 1 :]:
        values = {
            field: next((text for i in columns if (text := _field(row[i], field))), "")
            for field, columns in places.items()
            if field != "text"
        }
        bodies = [row[i].text for i in places["text"]]
        body = "\n".join(differing([lines_of_markup(text) if _MARKUP.search(text) else text for text in bodies]))
        if body.strip():
            stated = stated_of(values, "stated", whole=True)
            written = " ".join(values["date"].split()) if "date" in values and not stated.date else None
            yield Part(body, stated), written
        else:
            yield Refused("", "holds no text: fill it in or remove it."), None
    if above:
        why = f"begins with rows above its header, which are in no article: {' '.join(above.split())[:200]}"
        yield Refused("", why, is_note=True), None


def _field(value: Value, field: str) -> str:
    return value.date or value.text if field == "date" else value.text


def _title(sheet: Sheet) -> str:
    """The line above the table, or the name of the sheet."""
    first = [value.text for value in sheet.rows[0] if value.text]
    is_above = len(first) == 1 and any(_count(row) > 1 for row in sheet.rows[1:])
    return " ".join((first[0] if is_above else sheet.name).split())


def _count(row: Sequence[Value]) -> int:
    return sum(bool(value.text) for value in row)
