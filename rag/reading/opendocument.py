"""OpenDocument: text (.odt) and spreadsheet (.ods) -> its text and its sheets, as a person sees them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from lxml import etree

from rag.errors import CorpusError
from rag.reading import grid
from rag.reading.formula import formula_text
from rag.reading.ooxml import unpacked
from rag.reading.raised import Piece, Place, line_of
from rag.reading.sheet import Range, Sheet, Value, address, shown_rows
from rag.schema import Part

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _STYLE, _OFFICE, _DRAW = (_NAMESPACE % name for name in ("text", "table", "style", "office", "drawing"))
_MAX_REPEATED = 1000  # of a cell or a row with text; a sheet ends with a million empty ones
_NOT_SHOWN = {
    *(_TEXT + name for name in ("tracked-changes", "ruby-text", "hidden-text", "note-citation", "sequence-decls")),
    *(_OFFICE + name for name in ("annotation", "forms", "annotation-end")),
}


def is_opendocument(data: bytes) -> bool:
    """Return whether the bytes begin as such a file does."""
    return data[:2] == b"PK" and b"application/vnd.oasis.opendocument" in data[:200]


class OpenText:
    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if this is no OpenDocument text."""
        self._root = _content(data, "OpenDocument text", ".odt")

    def __len__(self) -> int:
        return 1

    def part(self, number: int) -> Part:
        body = self._root.find(f"{_OFFICE}body/{_OFFICE}text")
        return Part("" if body is None else "".join(_Text(self._root).lines(body)))


def read_ods(data: bytes) -> list[Sheet]:
    """Return the sheets of a spreadsheet in their order. Raise CorpusError if this is none."""
    root = _content(data, "OpenDocument spreadsheet", ".ods")
    text = _Text(root)
    hidden = {
        s.get(_STYLE + "name") for s in root.iter(_STYLE + "style") for p in s if p.get(_TABLE + "display") == "false"
    }
    return [_sheet(table, text, table.get(_TABLE + "style-name") in hidden) for table in root.iter(_TABLE + "table")]


def _content(data: bytes, kind: str, suffix: str) -> Any:
    archive = unpacked(data, kind, suffix)
    damaged = f"is damaged or not an {kind}: save it again as {suffix}."
    try:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise CorpusError("is protected by a password: save it without one.")
        content = archive.read("content.xml")
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (KeyError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, etree.XMLSyntaxError) as error:
        raise CorpusError(damaged) from error


class _Text:
    """Reads paragraphs. It knows the styles that raise, lower or hide text."""

    def __init__(self, root: Any) -> None:
        self._places: dict[str, Place] = {}
        self._hidden: set[str] = set()
        for style in root.iter(_STYLE + "style"):
            for properties in style.iterchildren(_STYLE + "text-properties"):
                name, position = style.get(_STYLE + "name", ""), properties.get(_STYLE + "text-position", "")
                if properties.get(_TEXT + "display") == "none":
                    self._hidden.add(name)
                if position and not position.startswith(("0%", "0 ")):
                    self._places[name] = "lowered" if position.startswith(("sub", "-")) else "raised"

    def lines(self, element: Any) -> Iterator[str]:
        """The text under the element, a line for each paragraph and each row of a table."""
        for child in element:
            tag = child.tag
            if tag in (_TEXT + "p", _TEXT + "h"):
                text, boxes = self.paragraph(child)
                if text.strip():
                    yield f"\n{text}\n\n" if tag == _TEXT + "h" else f"{text}\n"
                for box in boxes:
                    yield "\n"
                    yield from self.lines(box)
                    yield "\n"
            elif tag == _TABLE + "table":
                yield from self._table(child)
            elif isinstance(tag, str) and tag not in _NOT_SHOWN and child.get(_TEXT + "display") != "none":
                yield from self.lines(child)

    def paragraph(self, element: Any) -> tuple[str, list[Any]]:
        """The text of a paragraph, and the text boxes that hang on it."""
        pieces: list[Piece] = []
        boxes: list[Any] = []
        if element.get(_TEXT + "style-name") not in self._hidden:
            self._walk(element, "", pieces, boxes)
        return line_of(pieces), boxes

    def _walk(self, element: Any, place: Place, pieces: list[Piece], boxes: list[Any]) -> None:
        pieces.append(Piece(element.text or "", place))
        for child in element:
            tag, style = child.tag, child.get(_TEXT + "style-name", "") if isinstance(child.tag, str) else ""
            if tag == _TEXT + "s":
                pieces.append(Piece(" "))
            elif tag == _TEXT + "tab":
                pieces.append(Piece("\t"))
            elif tag == _TEXT + "line-break":
                pieces.append(Piece("\n"))
            elif tag == _TEXT + "note":
                body = child.find(_TEXT + "note-body")
                text = "" if body is None else " ".join("".join(self.lines(body)).split())
                pieces.append(Piece(text, "note"))
            elif tag == _DRAW + "text-box":
                boxes.append(child)
            elif str(tag).endswith("}math"):
                pieces.append(Piece(formula_text(child)))
            elif isinstance(tag, str) and tag not in _NOT_SHOWN and style not in self._hidden:
                self._walk(child, self._places.get(style, place), pieces, boxes)
            pieces.append(Piece(child.tail or "", place))

    def _table(self, table: Any) -> Iterator[str]:
        rows = []
        nested: list[Any] = []
        for row in table.iter(_TABLE + "table-row"):
            if next(row.iterancestors(_TABLE + "table")) is table:
                cells = []
                for cell in row.iterchildren(_TABLE + "table-cell"):
                    nested += cell.iterchildren(_TABLE + "table")
                    text = "".join(
                        line for child in cell if child.tag != _TABLE + "table" for line in self.lines([child])
                    )
                    cells.append(
                        grid.Cell(text, _count(cell, "number-columns-spanned"), _count(cell, "number-rows-spanned"))
                    )
                rows.append(cells)
        yield grid.lines(grid.filled(rows))
        for inner in nested:
            yield from self._table(inner)


def _sheet(table: Any, text: _Text, is_hidden: bool) -> Sheet:
    cells: dict[tuple[int, int], Value] = {}
    merged: list[Range] = []
    hidden: set[int] = set()
    without_value: list[str] = []
    row_number = 0
    for row in table.iter(_TABLE + "table-row"):
        column = 0
        rows = _count(row, "number-rows-repeated")
        for cell in row.iterchildren(_TABLE + "table-cell", _TABLE + "covered-table-cell"):
            columns = _count(cell, "number-columns-repeated")
            shown = "".join(text.lines(cell)).strip("\n") or _bare_value(cell)
            if not shown and cell.get(_TABLE + "formula"):
                without_value.append(address(row_number, column))
            value = Value(shown, (cell.get(_OFFICE + "date-value") or "")[:10])
            if shown and cell.tag == _TABLE + "table-cell":
                for i in range(min(rows, _MAX_REPEATED)):
                    cells |= {(row_number + i, column + k): value for k in range(min(columns, _MAX_REPEATED))}
                down, across = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
                if down > 1 or across > 1:
                    merged.append((row_number, row_number + down - 1, column, column + across - 1))
            column += columns
        if row.get(_TABLE + "visibility") in ("collapse", "filter"):
            hidden |= set(range(row_number, row_number + min(rows, _MAX_REPEATED)))
        row_number += rows
    shown_cells, left_out = shown_rows(cells, merged, hidden, _hidden_columns(table))
    return Sheet(table.get(_TABLE + "name", ""), [] if is_hidden else shown_cells, is_hidden, left_out, without_value)


def _bare_value(cell: Any) -> str:
    """The value of a cell whose text is not in the file, as some programs write it."""
    names = ("string-value", "date-value", "time-value", "boolean-value", "value")
    return next((value for name in names if (value := cell.get(_OFFICE + name))), "")


def _hidden_columns(table: Any) -> set[int]:
    found: set[int] = set()
    at = 0
    for column in table.iter(_TABLE + "table-column"):
        count = _count(column, "number-columns-repeated")
        if column.get(_TABLE + "visibility") in ("collapse", "filter"):
            found |= set(range(at, at + min(count, 20_000)))
        at += count
    return found


def _count(element: Any, name: str) -> int:
    text = element.get(_TABLE + name, "1")
    return int(text) if text.isdecimal() else 1
