from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import CorpusError
from rag.reading.html_article import Html, text_of_markup
from rag.schema import Stated

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
