"""Word document (.docx, .docm) -> its text: a line for each paragraph and each row of a table, as a reader sees it.

Blank lines stand around headings. Hidden and deleted text, codes of fields and comments are left out. Notes stand in
brackets behind the sentence that refers to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.reading import grid
from rag.reading.ooxml import Package
from rag.reading.word_runs import Runs
from rag.reading.word_styles import Numbering, Styles, W, is_on, value
from rag.schema import Part

_CHANGED = "w:del w:moveFrom".replace("w:", W).split()
_BLOCKS = [W + name for name in ("tbl", "tr", "tc", "p")]
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


class Word:
    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if this is not a Word document."""
        package = Package(data, "Word document", ".docx")
        self._body = package.root

        def root(kind: str) -> Any:
            return next((package.xml(part) for part in package.related(package.main, kind)), None)

        self._styles, self._numbering = root("styles"), root("numbering")
        self._notes = {kind: _notes(root(f"{kind}s")) for kind in ("footnote", "endnote")}

    def __len__(self) -> int:
        return 1

    def part(self, number: int) -> Part:
        walk = _Walk(Styles(self._styles), Numbering(self._numbering), self._notes)
        return Part("".join(walk.lines(self._body)))


def _notes(root: Any) -> dict[str, Any]:
    """Id -> the note, without the lines that part notes from the text."""
    return {} if root is None else {note.get(W + "id", ""): note for note in root if not note.get(W + "type")}


class _Walk:
    """One reading of a document from top to bottom. It counts list items and knows the fields that are open."""

    def __init__(self, styles: Styles, numbering: Numbering, notes: dict[str, dict[str, Any]]) -> None:
        self._styles = styles
        self._numbering = numbering
        self._notes = notes
        self._runs = Runs(styles, self._note)
        self._open_notes: list[Any] = []

    def lines(self, element: Any) -> Iterator[str]:
        """The text under ``element``, in the order of the document."""
        for child in element:
            if child.tag == W + "p":
                yield from self._paragraph(child)
            elif child.tag == W + "tbl":
                yield from self._table(child)
            elif child.tag == _ALTERNATIVES:
                yield from self.lines(_chosen(child))
            elif not _is_left_out(child) and isinstance(child.tag, str):
                yield from self.lines(child)

    def _note(self, kind: str, key: str) -> str:
        """The text of a note, "" if there is none. A note that refers to itself is written once."""
        note = self._notes[kind].get(key)
        if note is None or note in self._open_notes:
            return ""
        self._open_notes.append(note)
        outer, self._runs = self._runs, Runs(self._styles, self._note)
        text = " ".join("".join(self.lines(note)).split())
        self._runs = outer
        self._open_notes.pop()
        return text

    def _paragraph(self, paragraph: Any) -> Iterator[str]:
        properties = paragraph.find(W + "pPr")
        style = value(properties, "pStyle")
        mark = None if properties is None else properties.find(W + "rPr")
        joined = mark is not None and any(mark.find(tag) is not None for tag in _CHANGED)  # its end is deleted
        text, boxes = self._runs.paragraph(paragraph, style, ends=not joined)
        if text.strip():
            place = self._styles.numbering(properties, style)
            label = self._numbering.label(*place) if place else ""
            yield f"\n{label}{text}\n\n" if self._styles.is_heading(style) else f"{label}{text}\n"
        for box in boxes:
            yield "\n"
            yield from self.lines(box)
            yield "\n"

    def _table(self, table: Any) -> Iterator[str]:
        rows = [(row, list(_inside(row, "tc"))) for row in _inside(table, "tr") if not _is_left_out_row(row)]
        if all(len(cells) <= 1 for _, cells in rows):  # a frame around text, and no table
            for cell in (cell for _, cells in rows for cell in cells):
                yield from self.lines(cell)
            return
        above: dict[int, str] = {}
        for row, cells in rows:
            texts = [""] * _count(value(row.find(W + "trPr"), "gridBefore"), 0)
            nested: list[Any] = []
            for cell in cells:
                properties = cell.find(W + "tcPr")
                merge = value(properties, "vMerge")
                column = len(texts)
                if merge is not None and merge != "restart":
                    text = above.get(column, "")
                else:
                    nested += _inside(cell, "tbl")
                    text = "".join(self._cell(cell))
                texts += [text, *[""] * (_count(value(properties, "gridSpan"), 1) - 1)]
                above = {k: v for k, v in above.items() if not column <= k < len(texts)}
                if merge is not None:
                    above[column] = text
            yield grid.lines([texts])
            for inner_table in nested:
                yield from self._table(inner_table)

    def _cell(self, element: Any) -> Iterator[str]:
        """The paragraphs of a cell, without the tables in it."""
        for child in element:
            if child.tag == W + "p":
                yield from self._paragraph(child)
            elif child.tag == _ALTERNATIVES:
                yield from self._cell(_chosen(child))
            elif child.tag != W + "tbl" and isinstance(child.tag, str) and not _is_left_out(child):
                yield from self._cell(child)


def _count(text: str | None, default: int) -> int:
    """The number of columns that a property gives; no table has more than a hundred."""
    return min(int(text), 100) if text and text.isdecimal() else default


def _inside(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table, the cells of a row or the tables of a cell, those in content controls included."""
    for child in element:
        if child.tag == W + name:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _BLOCKS and not _is_left_out(child):
            yield from _inside(child, name)


def _chosen(alternatives: Any) -> Any:
    """The first of several forms of the same thing: a text box stands in the file twice."""
    return next(iter(alternatives), alternatives)


def _is_left_out(element: Any) -> bool:
    """Return whether the element is deleted, moved away or the prompt of an empty form field."""
    if element.tag in (*_CHANGED, _FALLBACK):
        return True
    return element.tag == W + "sdt" and bool(is_on(element.find(W + "sdtPr"), "showingPlcHdr"))


def _is_left_out_row(row: Any) -> bool:
    properties = row.find(W + "trPr")
    return properties is not None and (properties.find(W + "del") is not None or bool(is_on(properties, "hidden")))
