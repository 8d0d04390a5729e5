from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import CorpusError
from rag.indexing.build import build
from rag.reading.html_article import Html, text_of_markup
from rag.schema import Stated
from tests.support.read_articles import read_articles

CASES = Path(__file__).parents[1] / "data" / "cases"
MENU = (
    "<nav><ul><li><a href='/'>首页</a></li><li><a href='/n'>本地新闻</a></li><li><a href='/v'>视频</a></li></ul></nav>"
)
FOOTER = "<footer><p>版权所有 平湖新闻网 未经许可不得转载</p><p>联系我们 | 网站地图 | 浙ICP备0000号</p></footer>"
META = """<title>平湖签约五个项目_平湖新闻网</title><meta name="author" content="王强">
<meta property="article:published_time" content="2025-07-31T08:00:00+08:00"><meta name="source" content="平湖日报">"""


def _page(paragraphs: list[str], head: str = META, charset: str = "utf-8") -> str:
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    return (
        f"<!doctype html><html><head><meta charset={charset}>{head}</head><body>{MENU}<article><h1>平湖签约五个项目</h1>{body}"
        f"</article><aside><a href='/x'>相关阅读：黄桃丰收</a></aside>{FOOTER}</body></html>"
    )


@pytest.fixture(scope="module")
def paragraphs(seeds: Path) -> list[str]:
    text = next(seeds.glob("000*")).read_text(encoding="utf-8")
    return [line.strip() for line in text.split("\n") if len(line.strip()) > 80][:12]


@pytest.mark.parametrize(("charset", "codec"), [("utf-8", "utf-8"), ("gb2312", "gb18030"), ("gbk", "gbk")])
def test_article_without_the_menu(paragraphs: list[str], charset: str, codec: str) -> None:
    part = Html(_page(paragraphs, charset=charset).encode(codec)).part(0)
    assert [p for p in paragraphs if "".join(p.split()) not in "".join(part.text.split())] == []
    assert [word for word in ("首页", "视频", "版权所有", "网站地图", "相关阅读") if word in part.text] == []
    assert part.stated == Stated("平湖签约五个项目", ("王强",), "2025-07-31", "stated", "平湖日报", "", True)


def test_date_and_writers_in_json_ld(paragraphs: list[str]) -> None:
    head = """<title>题</title><script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "datePublished": "2025-07-31",
            "author": [{"name": "王强"}, {"name": "李明"}]}]}</script><script type="application/ld+json">{bad</script>"""
    stated = Html(_page(paragraphs, head).encode()).part(0).stated
    assert (stated.date, stated.date_basis, stated.byline) == ("2025-07-31", "stated", ("王强", "李明"))


def test_a_date_in_the_text_is_not_stated(paragraphs: list[str]) -> None:
    stated = Html(_page(["2024年5月6日，今天。", *paragraphs], "<title>题</title>").encode()).part(0).stated
    assert (stated.date, stated.date_basis) == ("", "")


def test_short_article() -> None:
    sentence = "昨天，平湖签约了5个人工智能项目，总投资5亿元。"
    assert sentence in Html(_page([sentence]).encode()).part(0).text


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"<!-- nothing -->", b"<p></p>"])
def test_page_without_text(data: bytes) -> None:
    assert Html(data).part(0).text.strip() == ""


def test_bytes_that_are_not_text() -> None:
    with pytest.raises(CorpusError, match=r"^is not text in UTF-8, UTF-16, GB18030 or Big5"):
        Html(b"\x7fELF" + bytes(range(256)) * 4)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>甲</p><p>乙</p>", "甲\n乙\n"),
        ("甲<br>乙", "甲\n乙\n"),
        ("<div>甲<span>乙</span></div>", "甲乙\n"),
        ("<p>a &lt; b</p><style>p{}</style>", "a < b\n"),
        ("<p", "\n"),
    ],
)
def test_piece_of_html(markup: str, text: str) -> None:
    assert text_of_markup(markup) == text


SENTENCE = "昨天，平湖签约了5个人工智能项目，总投资5亿元，其中三个项目年内开工，两个项目明年开工。"


def _lines(body: str, head: str = "") -> list[str]:
    """The lines of a page whose article is a headline, a sentence and ``body``."""
    article = f"<div class='content'><h1>签约</h1><p>{SENTENCE}</p>{body}</div>"
    page = f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body>{article}</body></html>"
    lines = [line for line in Html(page.encode()).part(0).text.split("\n") if line]
    assert lines[:2] == ["签约", SENTENCE]
    return lines[2:]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<p>投资<del>八</del><ins>六</ins>亿元，<s>九</s><strike>十</strike>七块。</p>", ["投资六亿元，七块。"]),
        ("<p>甲<span style='text-decoration: line-through'>乙</span>丙</p>", ["甲丙"]),
        ("<p hidden>密</p><p style='DISPLAY : NONE'>密</p><p>文</p>", ["文"]),
        ("<p style='visibility:hidden'>密</p><div aria-hidden=true><p>密</p></div><p>文</p>", ["文"]),
        ("<template><p>密</p></template><noscript>密</noscript><!-- 密 --><dialog>密</dialog><p>文</p>", ["文"]),
        ("<p>文<span class='memo x'>密</span>尾</p><div id=note><p>密</p></div>", ["文尾"]),
        ("<p>产值346<sup>1</sup>亿元，人口28<sup><a href='#n'>[2]</a></sup>万人，3×10<sup>5</sup>吨</p>",
         ["产值346亿元¹，人口28万人〔2〕，3×10⁵吨"]),
        ("<p>CO<sub>2</sub>，120m<sup>2</sup></p>", ["CO₂，120m²"]),
        ("<p><ruby>郜<rp>(</rp><rt>gào</rt><rp>)</rp>家<rt>jiā</rt></ruby>村</p>", ["郜家村"]),
        ("<p>甲<br>乙<br/>\n丙</p>", ["甲", "乙", "丙"]),
        ("<ul><li>甲<li><p>乙</p></ul><ol start=3><li>丙</li><li value=7>丁</li></ol>", ["甲", "乙", "3. 丙", "7. 丁"]),
        ("<p>他说：<q>好</q>。</p><pre>一\n二</pre>", ["他说：“好”。", "一", "二"]),
        ("<p><math><mfrac><mi>a</mi><mn>2</mn></mfrac><mo>=</mo><msup><mi>x</mi><mn>2</mn></msup></math></p>", ["a/2=x²"]),
        ("<p>文</p><ol class=notes><li id=n>见年鉴 <a href='#m'>↩</a></li></ol>", ["文", "1. 见年鉴"]),
    ],
)  # fmt: skip
def test_what_a_browser_shows(body: str, lines: list[str]) -> None:
    style = "<style>@media print{.content{display:none}} .memo, #note {color: red; display: none}</style>"
    assert _lines(body, style) == lines


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("<tr><th>单位<th>名额<tr><td>医院<td>22", ["单位\t名额", "医院\t22"]),
        ("<caption>名额表</caption><tr><td rowspan=2>上屿村<td>水稻<td>7<tr><td>红薯<td>3",
         ["名额表", "上屿村\t水稻\t7", "上屿村\t红薯\t3"]),
        ("<thead><tr><th colspan=2>产量<th>备注</thead><tfoot><tr><td>合计<td>9<td></tfoot><tr><td>稻<td>9<td>增",
         ["产量\t\t备注", "稻\t9\t增", "合计\t9"]),
        ("<tr><th>季<th>明细<tr><td>一<td>见内<table><tr><td>甲<td>1<tr><td>乙<td>2</table><tr><td>二<td>8",
         ["季\t明细", "一\t见内", "二\t8", "甲\t1", "乙\t2"]),
    ],
)  # fmt: skip
def test_table_row_by_row(table: str, lines: list[str]) -> None:
    assert _lines(f"<table>{table}</table>") == lines


def test_tables_that_place_the_text() -> None:
    cells = f"<tr><td><a href=/>首页</a><td><table><tr><td><h1>题</h1><tr><td><p>{SENTENCE}</p></table>"
    text = Html(f"<meta charset=utf-8><table>{cells}</table>".encode()).part(0).text
    assert text == f"\n题\n\n{SENTENCE}\n"


@pytest.mark.parametrize(
    "bar",
    [
        "<div class=nav><a href=/>首页</a></div>",
        "<nav><a href=/>首页</a> <a href=/n>新闻</a></nav>",
        "<div class='bread-crumb'>首页 &gt; 新闻 &gt; 正文</div>",
        "<div>您的位置：<a href=/>首页</a> &gt; 正文</div>",
        "<header><h1>平湖新闻网</h1><a href=/>首页</a></header>",
        "<div class=header><h1>平湖新闻网</h1></div>",
        "<div id=topHeader role=banner>平湖新闻网 首页</div>",
        "<p><a href=/>网站首页</a></p>",
    ],
)
def test_bar_above_the_article(bar: str) -> None:
    article = f"<div class='main'><h1>平湖签约</h1><p>来源：日报</p><p>{SENTENCE}</p></div>"
    part = Html(f"<meta charset=utf-8><title>平湖签约_网</title>{bar}{article}<p>版权所有 某网</p>".encode()).part(0)
    assert part.text == f"\n平湖签约\n\n来源：日报\n{SENTENCE}\n"
    assert part.stated.title == "平湖签约"


def test_box_of_facts_and_head_inside_the_article() -> None:
    head = "<header><h1>平湖签约</h1><p>王强</p></header>"
    body = f"<article>{head}<p>{SENTENCE}</p><aside>小资料：甲项目10亿元。</aside></article>"
    part = Html(f"<meta charset=utf-8><header><a href=/>平湖新闻网</a></header>{body}".encode()).part(0)
    assert part.text == f"\n平湖签约\n\n王强\n\n{SENTENCE}\n小资料：甲项目10亿元。\n"


def test_headline_in_the_head_of_the_page() -> None:
    body = f"<div class=header><h1>平湖签约</h1></div><div><p>{SENTENCE}</p><h2>背景</h2><p>{SENTENCE}</p></div>"
    assert Html(f"<meta charset=utf-8>{body}".encode()).part(0).stated.title == "平湖签约"


def test_page_without_containers() -> None:
    body = f"<p><a href=/>首页</a></p><h2>平湖签约</h2><p>记者 王强</p><p>{SENTENCE}</p><table><tr><td>甲<td>1<tr><td>乙<td>2</table>"
    text = (
        Html(f"<meta charset=utf-8><body>{body}<p>以上。</p><h3>相关</h3><p><a href=/>黄桃</a></p>".encode())
        .part(0)
        .text
    )
    assert text == f"\n平湖签约\n\n记者 王强\n\n{SENTENCE}\n\n甲\t1\n乙\t2\n\n以上。\n"


def test_question_about_a_page(tmp_path: Path, embedder: Embedder) -> None:
    build(CASES / "html-del-hidden", tmp_path, embedder)
    answer = Assistant(Settings(index_dir=tmp_path), embedder).ask("白杨道改名投资多少万元")
    quotes = "".join(citation.quote for citation in answer.citations)
    assert "投资六千万元" in quotes
    assert [word for word in ("八千", "九千", "内部", "首页", "版权") if word in quotes] == []


def test_piece_of_html_with_a_table_and_raised_figures() -> None:
    markup = "<p>产值346<sup>1</sup>亿元<del>旧</del></p><table><tr><th>甲<th>乙<tr><td>1<td>2</table>"
    assert text_of_markup(markup) == "产值346亿元¹\n\n甲\t乙\n1\t2\n"


LONG = "平湖市昨天召开会议，部署今年重点工程建设，共十二个项目，市民可以在网上查看公告全文。"


@pytest.mark.parametrize(
    ("block", "lines"),
    [
        ("<ul><li>体育馆投资5亿元</li><li>图书馆2座</li></ul>", "体育馆投资5亿元\n图书馆2座"),
        ("<ol><li><p>甲项</p></li><li><p>乙项3座</p></li></ol>", "1. 甲项\n2. 乙项3座"),
        ("<dl><dt>联系人</dt><dd>王强</dd><dt>电话</dt><dd>85012345</dd></dl>", "联系人\n王强\n电话\n85012345"),
        ("<table><tr><td>甲村</td><td>22</td></tr></table>", "甲村\n22"),
        ("<table><tr><td>甲村<td>22<tr><td>乙村<td>8</table>", "甲村\t22\n乙村\t8"),
        ("<pre>姓名      分数\n王强        95\n李明        88</pre>", "姓名      分数\n王强        95\n李明        88"),
        ("<figure><img src=x><figcaption>图为现场5</figcaption></figure>", "图为现场5"),
        ("<p>总投资5亿元</p>", "总投资5亿元"),
    ],
    ids=["ul", "ol", "dl", "row", "table", "pre", "figure", "p"],
)
def test_a_block_does_not_run_into_the_next(block: str, lines: str, tmp_path: Path) -> None:
    page = f"<meta charset=utf-8><h1>题目</h1><p>{LONG}</p>{block}<p>30人参加了会议，{LONG}</p><p>{LONG}</p>"
    texts, said = read_articles(tmp_path / "in", **{"a.html": page})
    assert (texts, said) == ({"a.html": f"{LONG}\n{lines}\n30人参加了会议，{LONG}\n{LONG}"}, [])


def test_lines_of_a_printed_page_run_on() -> None:
    markup = "<p>平湖市昨天召开会议，部署今年</p><p>重点工程建设，市民可以在网上</p><p>查看公告全文。</p>"
    assert text_of_markup(markup) == "平湖市昨天召开会议，部署今年\n重点工程建设，市民可以在网上\n查看公告全文。\n"
