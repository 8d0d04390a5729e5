"""A paragraph of a Word document -> its text, and the text boxes that hang on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rag.reading.formula import formula_text
from rag.reading.raised import Piece, Place, line_of
from rag.reading.symbols import symbol
from rag.reading.word_styles import Styles, W, is_on

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WORD_ART = "{urn:schemas-microsoft-com:vml}textpath"
_LEFT_OUT = {W + name for name in ("pPr", "rPr", "del", "moveFrom", "instrText", "delText", "rt", "rubyPr", "sdtPr")}
_LEFT_OUT |= {_COMPATIBILITY + "Fallback"}
_SIGNS = {
    W + "tab": "\t",
    W + "ptab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "-",
    W + "softHyphen": "",  # shows only where a line ends
}
_PLACES: dict[str, Place] = {"superscript": "raised", "subscript": "lowered"}


class Runs:
    """Reads paragraphs in order: a field may be open from one to the next. ``note`` gives the text of a note."""

    def __init__(self, styles: Styles, note: Callable[[str, str], str]) -> None:
        self._styles = styles
        self._note = note
        self._fields: list[bool] = []  # for each open field, whether its result is being read and not its code
        self._pieces: list[Piece] = []
        self._boxes: list[Any] = []
        self._style: str | None = None

    def paragraph(self, paragraph: Any, style: str | None, ends: bool) -> tuple[str, list[Any]]:
        """Return the text and the text boxes of a paragraph. If its end is deleted, it goes on in the next one."""
        self._style = style
        self._walk(paragraph)
        if not ends:
            return "", []
        text, boxes = line_of(self._pieces), self._boxes
        self._pieces, self._boxes = [], []
        return text, boxes

    def _walk(self, element: Any) -> None:
        for child in element:
            tag = child.tag
            if tag == W + "r":
                self._run(child)
            elif tag == W + "txbxContent":
                self._boxes.append(child)
            elif tag == _COMPATIBILITY + "AlternateContent":
                self._walk(next(iter(child), child))
            elif tag in (_M + "oMath", _M + "oMathPara"):
                self._add(formula_text(child))
            elif tag == _WORD_ART:
                self._add(child.get("string", ""))
            elif tag == W + "sdt" and is_on(child.find(W + "sdtPr"), "showingPlcHdr"):
                continue
            elif isinstance(tag, str) and tag not in _LEFT_OUT:
                self._walk(child)

    def _run(self, run: Any) -> None:
        properties = run.find(W + "rPr")
        hidden = self._styles.is_hidden(properties, self._style) or _is_struck(properties)
        place = _PLACES.get(self._styles.height(properties, self._style), "")
        fonts = None if properties is None else properties.find(W + "rFonts")
        font = "" if fonts is None else fonts.get(W + "ascii") or fonts.get(W + "hAnsi") or ""
        for child in run:
            tag = child.tag
            if tag == W + "fldChar":
                self._field(child.get(W + "fldCharType"))
            elif hidden:
                continue
            elif tag == W + "t":
                self._add("".join(symbol(c, font) if "\uf000" <= c <= "\uf0ff" else c for c in child.text or ""), place)
            elif tag in _SIGNS:
                self._add(_SIGNS[tag], place)
            elif tag == W + "sym":
                code, font = child.get(W + "char", ""), child.get(W + "font", "")
                self._add(symbol(chr(int(code, 16)), font) if re.fullmatch("[0-9A-Fa-f]{4}", code) else "", place)
            elif tag in (W + "footnoteReference", W + "endnoteReference"):
                kind = tag.removeprefix(W).removesuffix("Reference")
                self._add(self._note(kind, child.get(W + "id", "")), "note")
            else:
                self._walk([child])

    def _field(self, kind: str | None) -> None:
        if kind == "begin":
            self._fields.append(False)
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _add(self, text: str, place: Place = "") -> None:
        if all(self._fields):
            self._pieces.append(Piece(text, place))


def _is_struck(properties: Any) -> bool:
    """Return whether a person has struck the text through: such a figure is no longer stated."""
    return bool(is_on(properties, "strike") or is_on(properties, "dstrike"))
