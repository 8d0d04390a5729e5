from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml

from rag.errors import CorpusError
from rag.layout.articles import articles_of
from rag.reading.docx import Word
from rag.schema import Page

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _saved(document: docx.document.Document) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@pytest.fixture
def document() -> docx.document.Document:
    made = docx.Document()
    made.add_heading("平湖签约五个项目", 1)
    made.add_paragraph("记者 王强")
    made.add_paragraph("本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。")
    return made


def test_article(document: docx.document.Document) -> None:
    text = Word(_saved(document)).part(0).text
    assert text == "\n平湖签约五个项目\n\n记者 王强\n本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"
    assert [(a.title, a.byline, a.text) for a in articles_of(Page("a.docx", text, "docx", ""))] == [
        ("平湖签约五个项目", ("王强",), "本报讯昨天，平湖签约了5个人工智能项目，总投资5亿元。")
    ]


def test_tables_stand_where_they_stand(document: docx.document.Document) -> None:
    table = document.add_table(2, 2)
    for row, cells in enumerate((("项目", "投资"), ("甲", "1亿元"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document.add_paragraph("以上。")
    assert Word(_saved(document)).part(0).text.endswith("项目\t投资\n甲\t1亿元\n以上。\n")


def test_line_breaks_tabs_links_and_insertions(document: docx.document.Document) -> None:
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:p {W}><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:tab/></w:r><w:hyperlink><w:r><w:t>丙</w:t></w:r></w:hyperlink>"
            "<w:ins><w:r><w:t>丁</w:t></w:r></w:ins><w:del><w:r><w:delText>戊</w:delText></w:r></w:del></w:p>"
        ),
    )
    assert Word(_saved(document)).part(0).text.startswith("甲\n乙\t丙丁\n")


def test_text_box_is_read_once(document: docx.document.Document) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框内。</w:t></w:r></w:p></w:txbxContent>"
    document.element.body.insert(
        0,
        parse_xml(
            f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><w:t>框外。</w:t>'
            f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
        ),
    )
    assert Word(_saved(document)).part(0).text.startswith("框外。\n\n框内。\n")


def test_empty_document() -> None:
    assert Word(_saved(docx.Document())).part(0).text == ""


def test_document_that_cannot_be_opened(document: docx.document.Document) -> None:
    data = _saved(document)
    for broken in (b"", b"no document", data[: len(data) // 2]):
        with pytest.raises(CorpusError, match=r"^is damaged or not a Word document"):
            Word(broken)
    with pytest.raises(CorpusError, match=r"^is protected by a password or in Word's old format"):
        Word(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))


def test_document_that_unpacks_to_more_than_any_document() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(6):
            archive.writestr(f"word/media/{i}.bmp", bytes(90_000_000))
    with pytest.raises(CorpusError, match=r"^unpacks to 540 MB"):
        Word(file.getvalue())
