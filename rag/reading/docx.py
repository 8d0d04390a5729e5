"""Word document (.docx) -> its text: a line for each paragraph and each row of a table, blank lines around headings."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from rag.errors import CorpusError
from rag.schema import Part

_MAX_UNPACKED = 500_000_000
_HEADING = re.compile(r"(?:title|heading|标题|副标题)", re.I)
_P, _T, _TAB, _BREAKS = qn("w:p"), qn("w:t"), qn("w:tab"), (qn("w:br"), qn("w:cr"))
_TABLE, _ROW, _CELL = qn("w:tbl"), qn("w:tr"), qn("w:tc")
_BOX = qn("w:txbxContent")
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # holds a text box a second time


class Word:
    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if this is not a Word document."""
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            raise CorpusError("is protected by a password or in Word's old format: save it as .docx without one.")
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise CorpusError("is damaged or not a Word document: save it again as .docx.") from error
        if unpacked > _MAX_UNPACKED:
            raise CorpusError(f"unpacks to {unpacked / 1e6:.0f} MB: take its pictures out and save it again.")
        self._document = docx.Document(io.BytesIO(data))

    def __len__(self) -> int:
        return 1

    def part(self, number: int) -> Part:
        styles = {style.style_id: style.name or "" for style in self._document.styles}
        return Part("".join(_lines(self._document.element.body, styles)))


def _lines(element: Any, styles: dict[str, str]) -> Iterator[str]:
    """The text under ``element``, in the order of the document."""
    for child in element:
        if child.tag == _P:
            text = "".join(_letters(child))
            if text.strip():
                style = child.style
                heading = bool(_HEADING.search(styles.get(style, style) if style else ""))
                yield f"\n{text}\n\n" if heading else f"{text}\n"
            for box in child.iter(_BOX):
                if not any(above.tag == _FALLBACK for above in box.iterancestors()):
                    yield "\n"
                    yield from _lines(box, styles)
                    yield "\n"
        elif child.tag == _TABLE:
            for row in child.iter(_ROW):
                cells = [" ".join("".join(_lines(cell, styles)).split()) for cell in row.iter(_CELL)]
                yield "\t".join(cells) + "\n"
        elif child.tag not in (_T, _FALLBACK):
            yield from _lines(child, styles)


def _letters(paragraph: Any) -> Iterator[str]:
    """The text of the paragraph itself, with insertions that wait for approval. Deleted text has another tag."""
    for child in paragraph:
        if child.tag == _T:
            yield child.text or ""
        elif child.tag == _TAB and paragraph.tag == qn("w:r"):
            yield "\t"
        elif child.tag in _BREAKS:
            yield "\n"
        elif child.tag not in (_BOX, _FALLBACK, qn("w:pPr")):
            yield from _letters(child)
