"""PDF -> the text of each of its pages, in reading order."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from rag.columns import Box, in_order

_SKIPPED = {0, 2, 10, 13, 0xFFFE, 0xFFFF}  # line ends that PDFium adds, soft hyphens, characters without a meaning


def boxes_of(page: pypdfium2.PdfPage) -> list[Box]:
    """The stretches of text of a page, from the characters' own places: what order they were drawn in
    says little of the order they are read in."""
    text = page.get_textpage()
    height = page.get_height()
    found: list[Box] = []
    letters: list[str] = []
    edge = pdfium.FS_RECTF()
    matrix = pdfium.FS_MATRIX()
    left = middle = right = size = 0.0
    blank = False

    def close() -> None:
        if letters:
            found.append(Box(left, middle - size / 2, right, middle + size / 2, "".join(letters)))
            letters.clear()

    for i in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, i)
        if code in _SKIPPED or not pdfium.FPDFText_GetLooseCharBox(text, i, ctypes.byref(edge)):
            continue
        if code in (32, 160, 0x3000):
            blank = True
            continue
        at, gap = height - (edge.top + edge.bottom) / 2, edge.left - right
        if letters and abs(at - middle) < 0.4 * size and -0.5 * size < gap < 0.8 * size:
            if blank:
                letters.append(" ")
            right = max(right, edge.right)
        else:
            close()
            left, middle, right, size = edge.left, at, edge.right, edge.top - edge.bottom
            if pdfium.FPDFText_GetMatrix(text, i, ctypes.byref(matrix)):  # a font's own box is often much higher than its type
                size = pdfium.FPDFText_GetFontSize(text, i) * math.hypot(matrix.c, matrix.d) or size
        letters.append(chr(code))
        blank = False
    close()
    return found


def texts_of(data: bytes) -> Iterator[str]:
    document = pypdfium2.PdfDocument(data)
    for number in range(len(document)):
        page = document[number]
        yield in_order(boxes_of(page))
        page.close()
