from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.assistant import Assistant
from rag.config import Limits, Settings
from rag.embedding.embedder import Embedder
from rag.errors import CorpusError
from rag.indexing.build import build
from rag.layout.articles import articles_of
from rag.reading.docx import Word
from rag.reading.reader import FileReader
from rag.schema import Page, Refused
from tests.support.word_files import shown_figures, word_file

CASES = Path(__file__).parents[1] / "data" / "cases"

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
    with pytest.raises(CorpusError, match=r"^is protected by a password: "):
        Word(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"))


def test_document_that_unpacks_to_more_than_any_document() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(6):
            archive.writestr(f"word/media/{i}.bmp", bytes(90_000_000))
    with pytest.raises(CorpusError, match=r"^unpacks to 540 MB"):
        Word(file.getvalue())


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*inside: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{''.join(inside)}</w:p>"


def raised(text: str) -> str:
    return run(text, '<w:vertAlign w:val="superscript"/>')


def lowered(text: str) -> str:
    return run(text, '<w:vertAlign w:val="subscript"/>')


def text_of(body: str, **parts: str) -> str:
    return Word(word_file(body, **parts)).part(0).text


def cell(inside: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside if '<w:p>' in inside else paragraph(run(inside))}</w:tc>"


def table(*rows: list[str]) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows) + "</w:tbl>"


DOWN, UNDER = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def test_cell_over_several_rows_is_in_each_of_them() -> None:
    body = table(
        [cell("村名"), cell("产量", '<w:gridSpan w:val="2"/>'), cell("备注")],
        [cell("上屿村", DOWN), cell("水稻"), cell("700吨"), cell("增", DOWN)],
        [cell("", UNDER), cell("红薯"), cell("300吨"), cell("", UNDER)],
        [cell("下屿村", DOWN), cell("水稻"), cell("")],
    )
    assert text_of(body) == "村名\t产量\t\t备注\n上屿村\t水稻\t700吨\t增\n上屿村\t红薯\t300吨\t增\n下屿村\t水稻\n"


def test_table_in_a_cell_is_read_once() -> None:
    inner = table([cell("甲"), cell("1")], [cell("乙"), cell("2")])
    body = table([cell("一季度"), cell(paragraph(run("明细")) + inner + paragraph())], [cell("二季度"), cell("9")])
    assert text_of(body) == "一季度\t明细\n甲\t1\n乙\t2\n二季度\t9\n"


def test_frame_around_the_text_is_no_table() -> None:
    inner = table([cell("甲"), cell("1")])
    body = table([cell(paragraph(run("一段。")) + paragraph(run("二段。")) + inner + paragraph())])
    assert text_of(body) == "一段。\n二段。\n甲\t1\n"


def test_rows_in_a_content_control_and_deleted_rows() -> None:
    row = f"<w:tr>{cell('甲')}{cell('1')}</w:tr>"
    deleted = f"<w:tr><w:trPr><w:del/></w:trPr>{cell('乙')}{cell('2')}</w:tr>"
    control = f"<w:sdt><w:sdtContent>{row.replace('甲', '丙')}</w:sdtContent></w:sdt>"
    assert text_of(f"<w:tbl>{row}{deleted}{control}</w:tbl>") == "甲\t1\n丙\t1\n"


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=1, max_size=6), st.data())
def test_every_figure_of_a_table_is_read(rows: list[list[int]], data: st.DataObject) -> None:
    wide = [data.draw(st.booleans()) for _ in rows]  # whether the first cell takes two columns
    body = table(*([cell(str(a), f'<w:gridSpan w:val="{1 + w}"/>'), *([] if w else [cell(str(b))]), cell(str(c))]
                   for w, (a, b, c) in zip(wide, rows, strict=True)))  # fmt: skip
    file = word_file(body + paragraph(run("共"), run("12"), run("34"), run("户。")))
    assert sorted(re.findall(r"\d+", Word(file).part(0).text)) == shown_figures(file)


def note(key: int, text: str) -> str:
    return f'<w:footnote w:id="{key}">{paragraph("<w:r><w:footnoteRef/></w:r>", run(" " + text))}</w:footnote>'


def mark(key: int, kind: str = "footnote") -> str:
    return f'<w:r><w:{kind}Reference w:id="{key}"/></w:r>'


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (run("新增冷库。") + mark(2) + run("就业增加。"), "新增冷库。（注：容量4万吨。）就业增加。\n"),
        (
            run("新增冷库") + mark(2) + run("，带动就业。明年投产。"),
            "新增冷库，带动就业。（注：容量4万吨。）明年投产。\n",
        ),
        (run("产值346") + mark(2) + run("亿元") + mark(3), "产值346亿元（注：容量4万吨。）（注：初步核算数）\n"),
        (mark(9) + run("没有此注"), "没有此注\n"),
        (
            run("旧", "<w:strike/>") + run("引文", "<w:vanish/>") + run("正文。") + mark(1, "endnote"),
            "正文。（注：见年鉴）\n",
        ),
    ],
)
def test_notes(inside: str, text: str) -> None:
    line = '<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    end = note(1, "见年鉴").replace("footnote", "endnote")
    footnotes = line + note(2, "容量4万吨。") + note(3, "初步核算数")
    assert text_of(paragraph(inside), footnotes=footnotes, endnotes=end) == text


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (
            run("产值346") + raised("1") + run("亿元，人口28") + raised("2") + run("万人。"),
            "产值346亿元¹，人口28万人²。",
        ),
        (run("3×10") + raised("6") + run("吨"), "3×10⁶吨"),
        (run("3×1") + run("0") + raised("-") + raised("6"), "3×10⁻⁶"),
        (run("120m") + raised("2") + run("，CO") + lowered("2") + run("，PM") + lowered("2.5"), "120m²，CO₂，PM2.5"),
        (run("据统计局") + raised("[1]") + run("2025年数据，增"), "据统计局2025年数据〔1〕，增"),
        (run("统计局") + raised("①") + run("说"), "统计局①说"),
        (run("第4") + raised("th") + run("届"), "第4ᵗʰ届"),
        (run("四万七千") + raised("3") + run("吨"), "四万七千吨³"),
    ],
)
def test_raised_and_lowered_text(inside: str, text: str) -> None:
    assert text_of(paragraph(inside)) == text + "\n"


STYLES = """<w:style w:type="paragraph" w:default="1" w:styleId="a"/>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="lead"><w:name w:val="头条"/><w:basedOn w:val="1"/></w:style>
<w:style w:type="paragraph" w:styleId="memo"><w:name w:val="批注"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="up"><w:name w:val="注码"/><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="dark"><w:name w:val="暗"/><w:rPr><w:vanish w:val="1"/></w:rPr></w:style>"""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (paragraph(run("题"), style="lead") + paragraph(run("文")), "\n题\n\n文\n"),
        (paragraph(run("内部"), style="memo") + paragraph(run("甲") + run("密", '<w:rStyle w:val="dark"/>')), "甲\n"),
        (paragraph(run("公开", '<w:vanish w:val="0"/>'), style="memo"), "公开\n"),
        (paragraph(run("346") + run("1", '<w:rStyle w:val="up"/>') + run("亿元")), "346亿元¹\n"),
    ],
)
def test_styles(body: str, text: str) -> None:
    assert text_of(body, styles=STYLES) == text


CHOICES = "<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>"
FRACTION = "<m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"
POWER = "<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"


def field(code: str, *result: str) -> str:
    kinds = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    return f"{kinds[0]}<w:r><w:instrText>{code}</w:instrText></w:r>{kinds[1]}{''.join(result)}{kinds[2]}"


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (run("120") + "<w:r><w:noBreakHyphen/></w:r>" + run("150毫米"), "120-150毫米"),
        (run("平") + "<w:r><w:softHyphen/></w:r>" + run("湖"), "平湖"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>' + run("5"), "≥5"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>' + run("有"), "✓有"),
        ('<w:r><w:sym w:font="Wingdings" w:char=""/></w:r>' + run("有"), "有"),
        (f"<m:oMath>{FRACTION}<m:r><m:t>=</m:t></m:r>{POWER}</m:oMath>", "(a+b)/2=x²"),
        (f"<w:moveFrom>{run('搬走')}</w:moveFrom><w:moveTo>{run('搬来')}</w:moveTo>", "搬来"),
        (f"<w:del>{run('删')}<w:r><w:tab/></w:r></w:del><w:ins>{run('增')}</w:ins>", "增"),
        (field(' HYPERLINK "http://x"', run("链接")), "链接"),
        (field(" IF " + "</w:instrText></w:r>" + field("PAGE", run("7")) + "<w:r><w:instrText>", run("真")), "真"),
        (f'<w:fldSimple w:instr="DATE">{run("7月")}</w:fldSimple>', "7月"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('内容')}</w:sdtContent></w:sdt>", "内容"),
        (f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('单击输入')}</w:sdtContent></w:sdt>文", ""),
        ("<w:r>" + CHOICES.format("<w:t>一</w:t>", "<w:t>二</w:t>") + "</w:r>" + run("三"), "三"),
        ('<w:r><w:pict><v:shape><v:textpath string="艺术字"/></v:shape></w:pict></w:r>', "艺术字"),
    ],
)
def test_what_a_reader_sees(inside: str, text: str) -> None:
    assert text_of(paragraph(inside)).strip("\n") == text


def test_paragraph_whose_end_is_deleted_goes_on() -> None:
    first = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('产值3')}</w:p>"
    assert text_of(first + paragraph(run("46亿元。"))) == "产值346亿元。\n"


def test_field_over_several_paragraphs_shows_no_code() -> None:
    begin, code = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>', "<w:r><w:instrText>TOC</w:instrText></w:r>"
    body = paragraph(begin, code, run("码")) + paragraph(
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>', run("目录")
    )
    assert text_of(body) == "目录\n"


def test_numbers_of_list_items() -> None:
    def item(level: int, number: int, text: str) -> str:
        place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        return f"<w:p><w:pPr>{place}</w:pPr>{run(text)}</w:p>"

    numbering = """<w:abstractNum w:abstractNumId="5"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>
        <w:lvlText w:val="%1、"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl></w:abstractNum>
        <w:abstractNum w:abstractNumId="6"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="5"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="6"/></w:num>
        <w:num w:numId="3"><w:abstractNumId w:val="5"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num>"""
    items = [
        (0, 1, "甲"),
        (1, 1, "子"),
        (1, 1, "丑"),
        (0, 1, "乙"),
        (1, 1, "寅"),
        (0, 2, "点"),
        (0, 3, "丁"),
        (0, 9, "无"),
    ]
    text = text_of("".join(item(*i) for i in items), numbering=numbering)
    assert text.split("\n") == ["一、甲", "1. 子", "2. 丑", "二、乙", "1. 寅", "点", "四、丁", "无", ""]


@pytest.mark.parametrize("form", [{"strict": True}, {"macro": True}, {"strict": True, "macro": True}])
def test_strict_and_macro_packages(form: dict[str, bool]) -> None:
    body = paragraph(run("影厅"), mark(2), run("九个。"))
    data = word_file(body, footnotes=note(2, "其中2个"), **form)
    assert Word(data).part(0).text == "影厅九个。（注：其中2个）\n"


@pytest.mark.parametrize("file", sorted(CASES.glob("*/*.docx")), ids=lambda path: path.name)
def test_figures_of_the_files(file: Path) -> None:
    text = Word(file.read_bytes()).part(0).text
    assert sorted(re.findall(r"\d+", text)) == shown_figures(file.read_bytes())


@pytest.fixture
def asked(tmp_path: Path, embedder: Embedder):  # type: ignore[no-untyped-def]
    """``asked(case, question)``: index the folder of a case and ask."""

    def ask(case: str, question: str) -> str:
        build(CASES / case, tmp_path / "index", embedder)
        answer = Assistant(Settings(index_dir=tmp_path / "index"), embedder).ask(question)
        return "\n".join(citation.quote for citation in answer.citations)

    return ask


@pytest.mark.parametrize(
    ("case", "question", "words"),
    [
        ("docx-footnote", "沙湾渔业公司冷库总容量是多少", "四万七千吨"),
        ("docx-nobreakhyphen", "未来两天累计雨量多少", "120-150毫米"),
        ("docx-hidden-ruby", "郜家村种植李树多少亩", "郜家村今年种植李树五百二十亩"),
        ("docx-strict-macro", "沙湾影院影厅多少个", "影厅九个"),
    ],
)
def test_question_about_a_file(asked, case: str, question: str, words: str) -> None:  # type: ignore[no-untyped-def]
    assert words in asked(case, question)


def test_hidden_text_is_in_no_page() -> None:
    folder = CASES / "docx-hidden-ruby"
    with FileReader(folder, Limits()) as reader:
        pages = [page for path in sorted(folder.iterdir()) for page in reader.pages_of(path)]
    assert not any(isinstance(page, Refused) for page in pages)
    assert [page.text for page in pages] == [
        "\n郜家村种植郜李\n\n本报讯 郜家村今年种植李树五百二十亩，预计产量三百吨。\n",
        "\n沙湾公交调价\n\n本报讯 沙湾公交票价昨起由一元调整为两元。老人仍免费乘车。\n",
    ]


def test_rows_of_a_table_among_prose_are_read() -> None:
    text = Word((CASES / "mid-table-docx-splits" / "merged.docx").read_bytes()).part(0).text
    assert "\n村名\t作物\t产量\n上屿村\t水稻\t七百吨\n上屿村\t红薯\t三百吨\n农办表示" in text
    text = Word((CASES / "tail-table-docx" / "l3_tail.docx").read_bytes()).part(0).text
    assert text.endswith("单位\t名额\n青岩中学\t15\n青岩医院\t22\n")


def test_other_files_named_docx() -> None:
    for data, suffix in (
        (b"{\\rtf1 text}", ".rtf"),
        ((CASES / "workbooks" / "table.xlsx").read_bytes(), ".xlsx"),
        ((CASES / "workbooks" / "table.ods").read_bytes(), ".ods"),
    ):
        with pytest.raises(CorpusError, match=f"^is a {suffix} file and no Word document: name it {suffix}"):
            Word(data)
