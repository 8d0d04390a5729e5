"""What stands on PDF pages beside plain lines: raised figures, tables, vertical lines, text at other angles."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.indexing.build import build
from rag.layout.articles import articles_of
from rag.reading import ocr
from rag.reading.glyphs import UNKNOWN
from rag.reading.pdf import Pdf
from rag.reading.pdf_page import whole_words
from rag.schema import Page, Part, Refused
from tests.support.paths import DATA
from tests.support.small_pdf import small_pdf

CASES = DATA / "cases"
PAGES = (
    "raised tables spans close wrapped unruled vertical tiers headline angles list higher".split()
)  # ids in pages.html
_LEADING = "本报讯（记者 高远）临溪县"


def text_of(data: bytes, number: int = 0) -> str:
    part = Pdf(data).part(number)
    assert isinstance(part, Part)
    return part.text


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    data = (CASES / "pdf-pages/pages.pdf").read_bytes()
    return {name: text_of(data, number) for number, name in enumerate(PAGES)}


def articles(text: str) -> str:
    return "\n".join(f"{a.title}\n{a.text}" for a in articles_of(Page("page.pdf", text, "pdf", "")))


def rows(text: str) -> list[str]:
    return [line for line in text.split("\n") if "\t" in line]


# Raised and lowered characters


def test_raised_figures_of_the_case() -> None:
    text = text_of((CASES / "pdf-superscript/g6_sup.pdf").read_bytes())
    assert "生产总值达到346亿元¹，常住人口28万人²，\n粮食产量3×10⁵吨。" in text


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [("临溪县全年生产总值是多少", "346亿元", "3461"), ("临溪县常住人口是多少", "28万人", "282")],
)
def test_figures_of_the_case_are_answered(
    tmp_path: Path, embedder: Embedder, question: str, right: str, wrong: str
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "g6_sup.pdf").write_bytes((CASES / "pdf-superscript/g6_sup.pdf").read_bytes())
    build(folder, tmp_path / "index", embedder)
    answer = Assistant(Settings(index_dir=tmp_path / "index"), embedder).ask(question)
    assert right in answer.answer
    assert wrong not in unicodedata.normalize("NFKC", answer.answer)


@pytest.mark.parametrize(
    "words",
    [
        "346亿元¹",
        "28万人[²]",  # brackets around the number
        "3×10⁵吨",
        "1200km²",
        "CO₂排放",
        "PM₂.₅浓度",
        "31μg/m³",
        "税收19亿元¹²",  # moved up by CSS and drawn after its line
        "浓度10⁻³",  # cut at the line end
        "35亿元^①",
        "第5ᵗʰ届",
        "6¹亿度",  # the text layer's own sign stays
        "52万人*",
        "xₘₐₓ为21亿元¹,²",
        "18亿元^注3",
        "54万平方米³",  # two thirds of the size
        "61万户¹²",
        "Ca(OH)₂用量8",
        "¹ 生产总值",  # the note itself
        "²不含",
    ],
)
def test_raised_and_lowered_characters(pages: dict[str, str], words: str) -> None:
    assert words in pages["raised"].replace("\n", "")


@pytest.mark.parametrize(
    ("drawing", "right"),
    [
        (
            b"BT /F1 10 Tf 20 150 Td (value 346) Tj 5 Ts /F1 6 Tf (1) Tj 0 Ts /F1 10 Tf ( units) Tj ET",
            "value 346 units¹\n",
        ),
        (b"BT /F1 10 Tf 20 150 Td (value 346) Tj 4 Ts (1) Tj 0 Ts ( units) Tj ET", "value 346 units¹\n"),
        (b"BT /F1 10 Tf 20 150 Td (value 346  units) Tj ET BT /F1 6 Tf 63.5 154 Td (1) Tj ET", "value 346 units¹\n"),
        (b"BT /F1 10 Tf 20 150 Td (H) Tj -2 Ts /F1 7 Tf (2) Tj 0 Ts /F1 10 Tf (O 5) Tj ET", "H₂O 5\n"),
        (b"BT /F1 10 Tf 20 150 Td (3 x 10) Tj 5 Ts /F1 6 Tf (-6) Tj 0 Ts /F1 10 Tf ( m) Tj ET", "3 x 10⁻⁶ m\n"),
        (b"BT /F1 10 Tf 20 150 Td (34) Tj /F1 9 Tf (61 units) Tj ET", "3461 units\n"),
        (b"BT /F1 20 Tf 20 150 Td (News) Tj /F1 10 Tf ( of 2025) Tj ET", "News of 2025\n"),
    ],
    ids=[
        "rise",
        "rise in full size",
        "drawn later",
        "lowered",
        "negative exponent",
        "smaller on the baseline",
        "headline",
    ],
)
def test_type_that_is_raised_in_different_ways(drawing: bytes, right: str) -> None:
    assert text_of(small_pdf(drawing)) == right


# Tables


def test_table_of_the_case() -> None:
    text = text_of((CASES / "pdf-table-numbers/g4_table.pdf").read_bytes())
    assert text.endswith("\n单位\t岗位\t名额\n临溪中学\t教师\t15\n临溪医院\t护士\t22\n")


def test_tables_inside_columns_stay_in_their_place(pages: dict[str, str]) -> None:
    text = pages["tables"]
    assert rows(text) == [
        "学校\t班数\t名额\t电话",
        "临溪中学\t12\t540\t88210011",
        "石塘中学\t8\t360\t88210022",
        "临溪县职业技术教育中心学校\t20\t900\t88210033 88210034",
        "车次\t开点\t票价",
        "K101\t08:10\t25元",
        "K103\t12:30\t25元",
        "K105\t17:45\t28元",
        "项目\t上半年\t同比",
        "工业产值\t346亿元\t7.1%",
        "农业产值\t28亿元\t2.5%",
        "服务业\t210亿元\t-1.3%",
    ]
    order = ["去年增加1所", "学校\t班数", "教育局表示", "体育馆", "车次", "客运站", "项目\t上半年", "统计局"]
    assert sorted(order, key=text.index) == order


@pytest.mark.parametrize(
    ("page", "right"),
    [
        (
            "spans",  # a cell over several rows stands in each, a cell over several columns once
            "单位\t名额\t\t电话\n单位\t医生\t护士\t电话\n临溪医院\t11\t22\t8821\n临溪医院\t13\t24\t8822\n石塘医院\t5\t6\t8823",
        ),
        (
            "close",  # three rules, columns that stand close to each other
            "县\t产值（亿元）\t同比（%）\t占比\t主要产业\n临溪\t346.1\t7.1\t34.2%\t机械制造与电子信息\n石塘\t28\t-2.5\t2.8%\t渔业\n"
            "青岩\t637.12\t5.5\t63%\t钢铁、煤炭、水泥、化工、纺织、旅游与商贸物流等二十余个行业\n海川\t1,024\t12\t9%\t港口",
        ),
        (
            "wrapped",  # no rules; cells of several lines, the others in their middle
            "单位\t要求\t人数\n临溪中学\t本科以上学历，有教师资格证书，年龄三十五周岁以下\t15\n临溪医院\t大专以上学历\t22\n"
            "石塘水厂\t中专以上学历，能上夜班\t7",
        ),
        (
            "unruled",
            "车次\t始发\t到达\nK101\t08:10\t09:40\nK103\t12:30\t14:00\nK105\t17:45\t19:15",
        ),  # no rules between rows
        ("list", "王小明\t王国明\t王学明\n王大明\t王民明\t王伟明\n王中明\t王志明\t王强明\n王建明\t王文明"),
    ],
)
def test_tables_of_other_kinds(pages: dict[str, str], page: str, right: str) -> None:
    assert rows(pages[page]) == right.split("\n")
    assert right in pages[page]


# Columns, vertical lines, angles


def test_column_that_begins_higher_than_the_first(pages: dict[str, str]) -> None:
    for page, heading, first, second in [
        ("higher", "临溪县公布招生计划", _LEADING, "教育局表示"),
        ("raised", "统计公报", "全年生产总值", "商品房销售"),
    ]:
        title, _, body = pages[page].partition("\n")
        assert title == heading
        assert body.lstrip("\n").startswith(first)
        assert body.index(first) < body.index(second)


def test_vertical_lines_are_read_from_right_to_left(pages: dict[str, str]) -> None:
    text = pages["vertical"]
    assert text.startswith("临溪县图书馆新馆开放\n")
    body = text.replace("\n", "")
    assert (
        "藏书46万册，设座位1200个，总投资3.5亿元。馆长说：「欢迎读者。」开放时间为2025年5月1日起每天8时至21时。据介绍"
        in body
    )
    assert "预计吸引读者50万人次。图书馆表示" in body


def test_tiers_of_vertical_lines_under_level_headlines(pages: dict[str, str]) -> None:
    found = articles_of(Page("page.pdf", pages["tiers"], "pdf", ""))
    assert [(a.title, a.byline) for a in found] == [("临溪县图书馆新馆开放", ("高远",)), ("石塘镇海塘竣工", ("王平",))]
    assert "全长7.6公里，可御50年一遇风暴潮，工程用时26个月，投资4.2亿元" in found[1].text


def test_vertical_headline_beside_level_lines(pages: dict[str, str]) -> None:
    assert articles(pages["headline"]).startswith("临溪县公布招生计划\n本报讯")


def test_text_at_other_angles_comes_last_and_whole(pages: dict[str, str]) -> None:
    body, side, mark = re.split(r"\n\n(?=本栏|内部)", pages["angles"])
    assert body.endswith("将被通报。")
    assert re.sub(r"\s", "", side) == "本栏责任编辑李明电话88210099"
    assert mark == "内部资料\n"


@pytest.mark.parametrize(
    ("matrices", "rotate"),
    [
        (("1 0 0 1 20 150", "1 0 0 1 20 136"), 90),
        (("0 1 -1 0 100 20", "0 1 -1 0 114 20"), 90),
        (("-1 0 0 -1 200 20", "-1 0 0 -1 200 34"), 180),
        (("0 -1 1 0 100 180", "0 -1 1 0 86 180"), 0),
    ],
)
def test_turned_pages(matrices: tuple[str, str], rotate: int) -> None:
    lines = zip(matrices, ("First line of 346", "second line"), strict=True)
    drawing = " ".join(f"BT /F1 10 Tf {matrix} Tm ({words}) Tj ET" for matrix, words in lines)
    assert text_of(small_pdf(drawing.encode(), rotate=rotate)) == "First line of 346\nsecond line\n"


# Nothing is lost


@pytest.mark.parametrize(
    "case", ["pdf-superscript/g6_sup.pdf", "pdf-table-numbers/g4_table.pdf", "pdf-pages/pages.pdf"]
)
def test_every_figure_of_the_page_is_in_its_text(case: str) -> None:
    """PDFium's own text does not know which figures are raised, so digits are compared and not numbers."""
    data = (CASES / case).read_bytes()
    document = pypdfium2.PdfDocument(data)
    for number in range(len(document)):
        layer = document[number].get_textpage().get_text_range()
        if "pages" in case and PAGES[number] == "spans":  # its cells over several rows are written more than once
            continue
        assert _characters(text_of(data, number)) == _characters(layer), number


def _characters(text: str) -> Counter[str]:
    plain = unicodedata.normalize("NFKC", "".join(text.split())).replace("−", "-")
    return Counter(plain.replace("^", ""))


def test_text_beyond_the_page_comes_last() -> None:
    drawing = b"BT /F1 10 Tf 20 250 Td (Beyond the page) Tj ET BT /F1 10 Tf 20 150 Td (On the page) Tj ET"
    assert text_of(small_pdf(drawing)) == "On the page\n\nBeyond the page\n"


@pytest.mark.parametrize("how", [b"3 Tr", b"1 1 1 rg"], ids=["invisible", "white"])
def test_text_that_is_not_seen_is_kept(how: bytes) -> None:
    assert text_of(small_pdf(b"BT /F1 10 Tf " + how + b" 20 150 Td (A layer of text) Tj ET")) == "A layer of text\n"


def test_characters_without_a_meaning_are_shown() -> None:
    drawing = b"BT /F1 10 Tf 20 150 Td (The sum is \\201 346 units in this year) Tj ET"
    assert text_of(small_pdf(drawing)) == f"The sum is {UNKNOWN} 346 units in this year\n"


def test_page_of_characters_without_a_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rapidocr", None)
    ocr._engine.cache_clear()
    part = Pdf(small_pdf(b"BT /F1 10 Tf 20 150 Td (" + b"\\201" * 30 + b") Tj ET")).part(0)
    assert isinstance(part, Refused)
    assert part.why.startswith("is set in a font without a meaning: to read it, install the OCR")


def test_words_that_are_cut_at_a_line_end() -> None:
    assert whole_words("an inter-\nnational office\n") == "an international\noffice\n"
    assert whole_words("an inter\xad\nnational, office\n") == "an international,\noffice\n"
    assert whole_words("a state-owned firm, state-\nowned since\n") == "a state-owned firm, state-owned\nsince\n"
    assert whole_words("in 2024-\n2025\nthe Sino-\nFrench\n") == "in 2024-\n2025\nthe Sino-\nFrench\n"
