"""A cleaned tree of HTML -> its blocks of text: paragraphs, headings, items of lists, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.reading import grid
from rag.reading.formula import formula_text
from rag.reading.paragraphs import Kind, Paragraph
from rag.reading.raised import Piece, Place, line_of

_BLOCKS = set(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol optgroup p pre section summary table tbody td tfoot th thead "
    "tr ul xmp listing".split()
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_APART = {"li", "dt", "dd", "table", "pre", "xmp", "listing", "td", "th", "caption", "figcaption", "legend", "summary"}
_KEEPS_BLANKS = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.I)
_PLACES: dict[str, Place] = {"sup": "raised", "sub": "lowered"}
_LONG_CELL = 300  # characters; a table with a longer cell places text on the page
_BLANKS = " \t\xa0\u3000"
_BACK = re.compile(r"\s*[↩↑⏎]\ufe0e?\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """``text`` may have several lines. ``plain`` holds the same letters in the order of the file, ``linked`` counts
    those in links."""

    text: str
    plain: str
    element: Any
    linked: int = 0

    @property
    def is_heading(self) -> bool:
        return self.element.tag in HEADINGS

    @property
    def paragraph(self) -> Paragraph:
        """Return the block with its kind."""
        parent = self.element.getparent()
        is_in_item = parent is not None and parent.tag in ("li", "dd")
        is_apart = self.element.tag in _APART or is_in_item
        kind: Kind = "heading" if self.is_heading else "apart" if is_apart else "paragraph"
        return Paragraph(self.text, kind)


def blocks_of(tree: Any) -> list[Block]:
    """Return the blocks of the tree in the order of the page."""
    walk = _Walk()
    walk.read(tree)
    walk.flush(tree)
    return walk.blocks


class _Walk:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[Piece] = []
        self._linked = 0
        self._label = ""
        self._has_blanks = False  # whether the open block keeps its blanks

    def read(self, element: Any, place: Place = "", is_link: bool = False, is_pre: bool = False) -> None:
        """Read what is inside the element, not what stands behind it."""
        tag = element.tag
        if not isinstance(tag, str):
            return
        if tag == "br":
            self._pieces.append(Piece("\n"))
            return
        if tag == "math":
            self._add(formula_text(element), place, is_link)
            return
        if tag in _BLOCKS:
            self.flush(element.getparent() if element.getparent() is not None else element)
        if tag == "table" and _is_data(element):
            self._table(element)
            return
        if tag == "li":
            self._label = _label(element)
        place, is_link, is_pre = _PLACES.get(tag, place), is_link or tag == "a", is_pre or _is_pre(element)
        self._has_blanks = self._has_blanks or is_pre
        self._add(("“" if tag == "q" else "") + _spaced(element.text, is_pre), place, is_link)
        for child in element:
            self.read(child, place, is_link, is_pre)
            self._add(_spaced(child.tail, is_pre), place, is_link)
        self._add("”" if tag == "q" else "", place, is_link)
        if tag in _BLOCKS:
            self.flush(element)
        if tag == "li":
            self._label = ""

    def flush(self, element: Any) -> None:
        """End the block that is open; it belongs to ``element``."""
        lines = [
            line.rstrip(_BLANKS) if self._has_blanks else re.sub(" {2,}", " ", line).strip(_BLANKS)
            for line in re.split("\r?\n", line_of(self._pieces))
        ]
        text = _BACK.sub("", "\n".join(filter(None, lines)))
        if text:
            plain = "".join(piece.text for piece in self._pieces)
            self.blocks.append(Block(self._label + text, plain, element, self._linked))
            self._label = ""
        self._pieces, self._linked, self._has_blanks = [], 0, False

    def _add(self, text: str, place: Place, is_link: bool) -> None:
        if text:
            self._pieces.append(Piece(text, place))
            self._linked += len("".join(text.split())) if is_link else 0

    def _table(self, table: Any) -> None:
        for caption in table.iterchildren("caption"):
            self.read(caption)
        rows: list[list[grid.Cell]] = []
        nested: list[Block] = []
        linked = 0
        for row in _rows(table):
            cells = []
            for cell in row.iterchildren("td", "th"):
                inside = blocks_of(cell)
                own = [block for block in inside if _table_of(block.element) is table]
                nested += [block for block in inside if _table_of(block.element) is not table]
                linked += sum(block.linked for block in own)
                text = " ".join(block.text for block in own)
                cells.append(grid.Cell(text, _span(cell, "colspan"), _span(cell, "rowspan")))
            rows.append(cells)
        if text := grid.lines(grid.filled(rows)).strip("\n"):
            self.blocks.append(Block(text, " ".join(cell.text for row in rows for cell in row), table, linked))
        self.blocks += nested


def _is_data(table: Any) -> bool:
    """Return whether a table holds rows of values. Older pages place all of their text with tables, too."""
    rows = [list(row.iterchildren("td", "th")) for row in _rows(table)]
    if sum(len(row) > 1 for row in rows) < 2 and not (rows and len(rows[0]) > 1 and table.find(".//th") is not None):
        return False
    if next(table.iterdescendants("table"), None) is not None and not any(c.tag == "th" for row in rows for c in row):
        return table.get("border", "0") not in ("0", "")
    return all(
        len("".join(cell.itertext())) <= _LONG_CELL and cell.find(".//h1") is None and cell.find(".//h2") is None
        for row in rows
        for cell in row
    )


def _rows(table: Any) -> Iterator[Any]:
    """The rows in the order in which they are shown."""
    groups = sorted(
        table.iterchildren("thead", "tbody", "tfoot", "tr"), key=lambda e: {"thead": 0, "tfoot": 2}.get(e.tag, 1)
    )
    for group in groups:
        yield from [group] if group.tag == "tr" else group.iterchildren("tr")


def _table_of(element: Any) -> Any:
    return element if element.tag == "table" else next(element.iterancestors("table"), None)


def _span(cell: Any, name: str) -> int:
    text = cell.get(name, "1").strip()
    return int(text) if text.isdecimal() and 0 < int(text) <= 1000 else 1


def _label(item: Any) -> str:
    """The number of an item of an ordered list, as it is shown; "" in other lists."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol" or "none" in parent.get("style", ""):
        return ""
    number = _integer(parent.get("start"), 1) - 1
    for sibling in parent.iterchildren("li"):
        number = _integer(sibling.get("value"), number + 1)
        if sibling is item:
            break
    form = parent.get("type", "1")
    return f"{chr(ord(form) + number - 1)}. " if form in ("a", "A") and 0 < number <= 26 else f"{number}. "


def _is_pre(element: Any) -> bool:
    """Return whether the blanks and line ends in the element are shown."""
    return element.tag in ("pre", "xmp", "listing") or bool(_KEEPS_BLANKS.search(element.get("style", "")))


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text.strip()) else default


def _spaced(text: str | None, is_pre: bool) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text or "") if not is_pre else text or ""
