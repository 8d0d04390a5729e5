"""PDF -> the text of each of its pages, in reading order. A page that is a picture goes to the OCR."""

from __future__ import annotations

from collections.abc import Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from rag.errors import CorpusError
from rag.reading.glyphs import UNKNOWN, Drawn, drawn_on
from rag.reading.pdf_page import text_of
from rag.reading.reading_order import text_in_order
from rag.schema import Part, Refused

_MIN_CHARS = 20  # a page with fewer characters and a picture is a scan
_STRANGE_ON_PICTURE, _STRANGE = 0.1, 0.3  # shares of characters without a meaning from which the OCR is better
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
        drawn = drawn_on(page)
        is_doubtful = len(drawn) < _MIN_CHARS or _without_meaning(drawn) >= _STRANGE_ON_PICTURE
        is_picture = is_doubtful and _has_picture(page)
        try:
            if is_picture:
                text = _text_by_ocr(page, "is a picture")
            elif len(drawn) >= _MIN_CHARS and _without_meaning(drawn) >= _STRANGE:
                text = _text_by_ocr(page, "is set in a font without a meaning")
            else:
                text = text_of(page, drawn)
        except CorpusError as error:
            return Refused(mark, str(error))
        page.close()
        return Part(text, mark=mark)


def _without_meaning(drawn: Sequence[Drawn]) -> float:
    """The share of characters to which their font gives no meaning, or one of its own."""
    strange = sum(one.text == UNKNOWN or "\ue000" <= one.text <= "\uf8ff" for one in drawn)
    return strange / max(len(drawn), 1)


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=5))


def _text_by_ocr(page: pypdfium2.PdfPage, why: str) -> str:
    """The text of the drawn page. Raise CorpusError if the OCR is not installed; ``why`` it is needed is in the message."""
    from rag.reading import ocr

    bitmap = page.render(scale=_SCAN_PIXELS / max(page.get_width(), page.get_height(), 1.0))
    return text_in_order(ocr.boxes_of(bitmap.to_pil(), why))
