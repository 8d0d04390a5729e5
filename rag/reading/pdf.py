"""PDF -> the text of each of its pages, in reading order. A page that is a picture goes to the OCR."""

from __future__ import annotations

import ctypes
import math

import pypdfium2
import pypdfium2.raw as pdfium

from rag.errors import CorpusError
from rag.reading.reading_order import Box, text_in_order
from rag.schema import Part, Refused

_SKIPPED = {0, 10, 13, 0xFFFF}  # line ends that PDFium adds, characters without meaning
_HYPHENS = {2, 0xFFFE}  # PDFium's codes for a hyphen at a line end
_BLANKS = {32, 160, 0x3000}
_MIN_CHARS = 20  # a page with fewer characters and a picture is a scan
_SCAN_PIXELS = 4000  # the longer side of a page given to the OCR


class Pdf:
    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if the file is not a PDF, is damaged or needs a password."""
        try:
            self._document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise CorpusError("is protected by a password: save it without one.") from error
            raise CorpusError("is damaged or not a PDF: save it again.") from error

    def __len__(self) -> int:
        return len(self._document)

    def part(self, number: int) -> Part | Refused:
        mark = f"#{number + 1}" if len(self) > 1 else ""
        try:
            page = self._document[number]
        except pypdfium2.PdfiumError:
            return Refused(mark, "is damaged: save it again.")
        boxes = boxes_of(page)
        if _is_legible(boxes) or not _has_picture(page):
            text = text_in_order(boxes)
        else:
            try:
                text = _text_by_ocr(page)
            except CorpusError as error:
                return Refused(mark, str(error))
        page.close()
        return Part(text, mark=mark)


def boxes_of(page: pypdfium2.PdfPage) -> list[Box]:
    """Return the stretches of text of a page, from the places of the characters. The order in which they are drawn says
    little about the order in which they are read."""
    text = page.get_textpage()
    height = page.get_height()
    found: list[Box] = []
    letters: list[str] = []
    edge, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
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
        if code in _BLANKS:
            blank = True
            continue
        at, gap = height - (edge.top + edge.bottom) / 2, edge.left - right
        if letters and abs(at - middle) < 0.4 * size and -0.8 * size < gap < 0.8 * size:
            if blank:
                letters.append(" ")
            right = max(right, edge.right)
        else:
            close()
            left, middle, right, size = edge.left, at, edge.right, edge.top - edge.bottom
            # the box of a font is often much higher than its type
            if pdfium.FPDFText_GetMatrix(text, i, ctypes.byref(matrix)):
                size = pdfium.FPDFText_GetFontSize(text, i) * math.hypot(matrix.c, matrix.d) or size
        letters.append("-" if code in _HYPHENS else chr(code))
        blank = False
    close()
    text.close()
    return [box for box in found if box.size > 0]


def _is_legible(boxes: list[Box]) -> bool:
    """Whether there is a text layer whose characters have a meaning: some fonts give them none."""
    text = "".join(box.text for box in boxes)
    strange = sum("\ue000" <= c <= "\uf8ff" or c < " " or c == "\ufffd" for c in text)
    return len(text) >= _MIN_CHARS and strange < len(text) * 0.1


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=5))


def _text_by_ocr(page: pypdfium2.PdfPage) -> str:
    from rag.reading import ocr

    bitmap = page.render(scale=_SCAN_PIXELS / max(page.get_width(), page.get_height(), 1.0))
    return text_in_order(ocr.boxes_of(bitmap.to_pil()))
