"""The OCR on a picture of a printed page; skipped if the optional dependency is not installed."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from PIL import Image

from rag.errors import CorpusError
from rag.reading.boxes import Box
from rag.reading.ocr import Scan, _type_size
from rag.reading.pdf import Pdf
from rag.reading.pdf_page import boxes_of
from rag.schema import Part
from tests.support.paths import DATA

pytestmark = pytest.mark.slow

pytest.importorskip("rapidocr")


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """The first story of the first page at 150 dots to the inch."""
    page = pypdfium2.PdfDocument((DATA / "paper.pdf").read_bytes())[0]
    top, bottom = (
        next(box.top for box in boxes_of(page) if box.text.startswith(first))
        for first in ("吸引沪上目光", "“数”启新程")
    )
    picture = page.render(scale=150 / 72).to_pil().convert("RGB")
    return picture.crop((0, int(top * 150 / 72) - 10, picture.width, int(bottom * 150 / 72) - 10))


def _saved(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def _words(text: str) -> str:
    return "".join(text.split()).replace("，", ",")


def test_columns_of_a_picture_are_read_in_order(picture: Image.Image) -> None:
    from tests.reading.test_pdf import f1

    printed = Pdf((DATA / "paper.pdf").read_bytes()).part(0)
    assert isinstance(printed, Part)
    story = printed.text[printed.text.index("吸引沪上目光") : printed.text.index("“数”启新程")]
    seen = Scan(_saved(picture, "PNG")).part(0).text
    assert f1(_words(seen), _words(story)) >= 0.97


def test_scanned_pdf(picture: Image.Image) -> None:
    part = Pdf(_saved(picture.crop((0, 0, picture.width, 150)), "PDF")).part(0)
    assert isinstance(part, Part)
    assert "平湖5个人工智能产业项目签约" in part.text


def test_picture_without_text() -> None:
    assert Scan(_saved(Image.new("RGB", (300, 200), "white"), "PNG")).part(0) == Part("")


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\nand no more", b"GIF8"])
def test_damaged_picture(data: bytes) -> None:
    with pytest.raises(CorpusError, match="is damaged, not a picture or too large"):
        Scan(data)


def test_size_of_type_comes_from_the_length_of_the_line() -> None:
    assert _type_size(200.0, 30.0, "平湖签约五个项目平湖签约五个项目平湖签约") == 10.0
    assert _type_size(20.0, 40.0, "平湖") == 30.0
    assert Box(0, 0, 1, 5, "x").size == 5
