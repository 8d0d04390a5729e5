from __future__ import annotations

import difflib
import io
import sys

import pypdfium2
import pytest

from rag.errors import CorpusError
from rag.layout.articles import articles_of
from rag.reading.pdf import Pdf
from rag.schema import Article, Page, Part, Refused
from tests.data.make import STORIES, stories
from tests.support.paths import DATA

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def paper() -> Pdf:
    return Pdf((DATA / "paper.pdf").read_bytes())


@pytest.fixture(scope="module")
def originals() -> dict[str, Article]:
    return stories()


def f1(a: str, b: str) -> float:
    """Return F1 over the characters that stand in the same order, white space not counted."""
    a, b = "".join(a.split()), "".join(b.split())
    same = sum(block.size for block in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return 2 * same / (len(a) + len(b))


@pytest.mark.parametrize("number", STORIES)
def test_stories_of_a_page_come_out_whole(paper: Pdf, originals: dict[str, Article], number: int) -> None:
    part = paper.part(number - 1)
    assert isinstance(part, Part)
    assert part.mark == f"#{number}"
    found = articles_of(Page("paper.pdf", part.text, "pdf", ""))
    for name in STORIES[number]:
        original = originals[name]
        best = max(found, key=lambda article: f1(article.text, original.text))
        assert f1(best.text, original.text) >= 0.98, name
        assert best.byline == original.byline


def test_headline_of_a_story_over_columns(paper: Pdf) -> None:
    part = paper.part(0)
    assert isinstance(part, Part)
    assert [a.title for a in articles_of(Page("paper.pdf", part.text, "pdf", ""))] == [
        "吸引沪上目光 深化产业协同 平湖5个人工智能产业项目签约,总投资5亿元",
        "“数”启新程 焕新升级 独山港锻造产业高质量发展数智引擎",
        "市政协召开党的建设暨委员活动组工作会议",
    ]


@pytest.mark.parametrize("number", STORIES)
def test_every_character_of_the_text_layer_is_there_once(paper: Pdf, number: int) -> None:
    document = pypdfium2.PdfDocument((DATA / "paper.pdf").read_bytes())
    layer = document[number - 1].get_textpage().get_text_range()
    part = paper.part(number - 1)
    assert isinstance(part, Part)
    assert sorted("".join(part.text.split())) == sorted("".join(layer.split()))


def test_a_pdf_of_one_page_needs_no_mark() -> None:
    one = pypdfium2.PdfDocument.new()
    one.import_pages(pypdfium2.PdfDocument((DATA / "paper.pdf").read_bytes()), [0])
    file = io.BytesIO()
    one.save(file)
    part = Pdf(file.getvalue()).part(0)
    assert isinstance(part, Part)
    assert part.mark == ""


def test_blank_page_has_no_text() -> None:
    empty = pypdfium2.PdfDocument.new()
    empty.new_page(200, 200)
    file = io.BytesIO()
    empty.save(file)
    assert Pdf(file.getvalue()).part(0) == Part("")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ((DATA / "locked.pdf").read_bytes(), r"^is protected by a password: save it without one\.$"),
        (b"%PDF-1.7 and no more", r"^is damaged or not a PDF: save it again\.$"),
        (b"", r"^is damaged or not a PDF"),
    ],
    ids=["locked", "cut", "empty"],
)
def test_pdf_that_cannot_be_opened(data: bytes, why: str) -> None:
    with pytest.raises(CorpusError, match=why):
        Pdf(data)


def test_picture_of_a_page_without_the_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.reading import ocr

    monkeypatch.setitem(sys.modules, "rapidocr", None)
    ocr._engine.cache_clear()
    picture = pypdfium2.PdfDocument((DATA / "paper.pdf").read_bytes())[0].render(scale=0.5).to_pil().convert("RGB")
    file = io.BytesIO()
    picture.save(file, "PDF")
    part = Pdf(file.getvalue()).part(0)
    assert isinstance(part, Refused)
    assert part.why.startswith("is a picture: to read it, install the OCR with `pip install 'baowen[ocr]'`")
