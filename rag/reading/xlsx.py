"""Excel workbook (.xlsx, .xlsm) -> its sheets, each cell as a person sees it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from rag.reading.date_format import moment
from rag.reading.number_format import BUILT_IN, is_date, shown_number
from rag.reading.ooxml import Package
from rag.reading.raised import Piece, Place, line_of
from rag.reading.sheet import Range, Sheet, Value, address, shown_rows

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PLACES: dict[str, Place] = {"superscript": "raised", "subscript": "lowered"}
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")


def read_xlsx(data: bytes) -> list[Sheet]:
    """Return the sheets in their order. Raise CorpusError if this is no workbook."""
    package = Package(data, "Excel workbook", ".xlsx")
    return _Workbook(package, package.root).sheets()


class _Workbook:
    def __init__(self, package: Package, root: Any) -> None:
        self._package = package
        self._root = root
        self._relations = package.relations(package.main)
        properties = root.find(_S + "workbookPr")
        self._from_1904 = properties is not None and properties.get("date1904", "0") in ("1", "true")
        strings = self._part("sharedStrings")
        self._strings = [] if strings is None else [_text(item) for item in strings.iterchildren(_S + "si")]
        self._formats = _formats(self._part("styles"))

    def _part(self, kind: str) -> Any:
        parts = [part for name, part in self._relations.values() if name == kind]
        return self._package.xml(parts[0]) if parts else None

    def sheets(self) -> list[Sheet]:
        found = []
        for element in self._root.iter(_S + "sheet"):
            kind, part = self._relations.get(element.get(_ID, ""), ("", ""))
            if kind == "worksheet":  # a chart alone on its sheet has no cells
                is_hidden = element.get("state", "visible") != "visible"
                root = None if is_hidden else self._package.xml(part)
                name = element.get("name", "")
                found.append(Sheet(name, is_hidden=is_hidden) if root is None else self._sheet(name, root))
        return found

    def _sheet(self, name: str, root: Any) -> Sheet:
        cells: dict[tuple[int, int], Value] = {}
        hidden_rows: set[int] = set()
        without_value: list[str] = []
        row_number = -1
        for row in root.iter(_S + "row"):
            row_number = int(row.get("r", row_number + 2)) - 1
            if _is_on(row.get("hidden")):
                hidden_rows.add(row_number)
            column = -1
            for cell in row.iterchildren(_S + "c"):
                place = _place(cell.get("r", ""))
                column = place[1] if place else column + 1
                cells[row_number, column] = self._value(cell)
                if cell.find(_S + "f") is not None and _is_without_result(cell):
                    without_value.append(address(row_number, column))
        hidden_columns = {
            column
            for element in root.iter(_S + "col")
            if _is_on(element.get("hidden"))
            for column in range(int(element.get("min", "1")) - 1, min(int(element.get("max", "0")), 20_000))
        }
        merged = [area for element in root.iter(_S + "mergeCell") if (area := _range(element.get("ref", "")))]
        rows, hidden = shown_rows(cells, merged, hidden_rows, hidden_columns)
        return Sheet(name, rows, hidden=hidden, without_value=without_value)

    def _value(self, cell: Any) -> Value:
        kind, text = cell.get("t", "n"), cell.findtext(_S + "v") or ""
        if kind == "inlineStr":
            inline = cell.find(_S + "is")
            return Value("" if inline is None else _text(inline))
        if kind == "s":
            return Value(self._strings[int(text)] if text.isdecimal() and int(text) < len(self._strings) else "")
        if kind == "b":
            return Value("TRUE" if text == "1" else "FALSE" if text else "")
        style = cell.get("s", "0")
        code = self._formats[int(style)] if style.isdecimal() and int(style) < len(self._formats) else ""
        try:
            number = _days(text, self._from_1904) if kind == "d" else float(text)
        except ValueError:
            return Value(text)
        if kind not in ("n", "d"):
            return Value(text)
        at = moment(number, self._from_1904) if is_date(code) and number >= 1 else None
        return Value(shown_number(number, code, self._from_1904), at.date().isoformat() if at else "")


def _is_without_result(cell: Any) -> bool:
    """Return whether the result of the formula of a cell is not in the file; it may also be an empty string."""
    result = cell.find(_S + "v")
    return result is None or not (result.text or cell.get("t") == "str")


def _days(text: str, from_1904: bool) -> float:
    first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
    return (datetime.fromisoformat(text.removesuffix("Z")) - first).total_seconds() / 86400


def _formats(styles: Any) -> list[str]:
    """The format of each style of cells."""
    if styles is None:
        return []
    own = {element.get("numFmtId", ""): element.get("formatCode", "") for element in styles.iter(_S + "numFmt")}
    styled = styles.find(_S + "cellXfs")
    numbers = [] if styled is None else [element.get("numFmtId", "0") for element in styled.iterchildren(_S + "xf")]
    return [own.get(n) or (BUILT_IN.get(int(n), "") if n.isdecimal() else "") for n in numbers]


def _text(item: Any) -> str:
    """The text of a string, without the readings of its characters."""
    pieces = []
    for child in item:
        if child.tag == _S + "t":
            pieces.append(Piece(child.text or ""))
        elif child.tag == _S + "r":
            align = child.find(f"{_S}rPr/{_S}vertAlign")
            struck = child.find(f"{_S}rPr/{_S}strike")
            if struck is None or not _is_on(struck.get("val", "1")):
                place: Place = "" if align is None else _PLACES.get(align.get("val", ""), "")
                pieces.append(Piece(child.findtext(_S + "t") or "", place))
    return re.sub("_x000[dD]_", "", line_of(pieces))


def _is_on(text: str | None) -> bool:
    return text in ("1", "true")


def _place(reference: str) -> tuple[int, int] | None:
    match = _REFERENCE.fullmatch(reference)
    if not match:
        return None
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1


def _range(reference: str) -> Range | None:
    first, _, last = reference.partition(":")
    start, end = _place(first), _place(last)
    return (start[0], end[0], start[1], end[1]) if start and end else None
