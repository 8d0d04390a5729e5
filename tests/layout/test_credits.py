from __future__ import annotations

from pathlib import Path

import pytest

from rag.config import DEFAULT_LIMITS
from rag.layout.articles import cut
from rag.layout.credits import Credit, credit_of
from rag.reading.reader import FileReader
from rag.schema import Page

FIRST = "青岩海关昨日缉获走私香烟三百箱，案值二百万元，涉案的货车和司机已被扣留，案件正在进一步侦办之中。"
SECOND = "海关表示，今后还将继续加强查缉，欢迎市民举报线索。"


@pytest.mark.parametrize(
    ("line", "source", "names"),
    [
        ("来源：青岩日报 记者：林峰", "青岩日报", ("林峰",)),
        ("来源: 青岩日报 | 作者: 林峰", "青岩日报", ("林峰",)),
        ("作者：林峰 来源：青岩晚报", "青岩晚报", ("林峰",)),
        ("2024-03-05 来源：青岩日报 作者：林峰 高远", "青岩日报", ("林峰", "高远")),
        ("2024年03月05日 10:20 来源：青岩日报 记者：林峰 编辑：王强", "青岩日报", ("林峰",)),
        ("来源：青岩日报记者：林峰", "青岩日报", ("林峰",)),
        ("发布时间：2024-03-05 稿源：青岩新闻网 责任编辑：王强 浏览次数：12", "青岩新闻网", ()),
        ("来源：青岩日报", "青岩日报", ()),
    ],
)
def test_credit(line: str, source: str, names: tuple[str, ...]) -> None:
    assert credit_of(line) == Credit(source, names)


@pytest.mark.parametrize(
    "line",
    [
        "青岩海关缉获走私",
        "资金来源：县财政拨款，以及社会捐助",
        "他说，来源：不明",
        "时间：3月5日8时至16时",
        "2024-03-05",
        "收入来源：青岩",
    ],
)
def test_no_credit(line: str) -> None:
    assert credit_of(line) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("markup", "source", "names", "date", "left_out"),
    [
        ("<p>来源：青岩日报 记者：林峰</p>", "青岩日报", ("林峰",), "", []),
        ("<div>2024-03-05 来源：青岩日报 作者：林峰</div>", "青岩日报", ("林峰",), "2024-03-05", []),
        ("<div><span>来源：青岩日报</span><span>记者：林峰</span></div>", "青岩日报", ("林峰",), "", []),
        ("<p>来源：青岩日报</p><p>作者：林峰</p>", "青岩日报", ("林峰",), "", ["来源：青岩日报"]),
        ("<p>稿源：青岩新闻网 责任编辑：王强</p>", "青岩新闻网", (), "", ["稿源：青岩新闻网 责任编辑：王强"]),
    ],
)
def test_web_page(
    tmp_path: Path, markup: str, source: str, names: tuple[str, ...], date: str, left_out: list[str]
) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"<body><h1>青岩海关缉获走私</h1>{markup}<p>{FIRST}</p><p>{SECOND}</p></body>", encoding="utf-8")
    with FileReader(tmp_path, DEFAULT_LIMITS) as reader:
        (page,) = reader.pages_of(path)
    assert isinstance(page, Page)
    found = cut(page)
    (article,) = found.articles
    assert (article.title, article.source, article.byline, article.date) == ("青岩海关缉获走私", source, names, date)
    assert article.text == f"{FIRST}\n{SECOND}"
    assert [(page.text[out.start : out.end], out.why) for out in found.left_out] == [
        (line, "page furniture") for line in left_out
    ]


def test_credit_below_the_headline_of_a_printed_story() -> None:
    text = f"青岩海关缉获走私\n来源：青岩日报 记者：林峰\n{FIRST}\n"
    (article,) = cut(Page("p.txt", text, "utf-8", "0" * 64)).articles
    assert (article.title, article.source, article.byline) == ("青岩海关缉获走私", "青岩日报", ("林峰",))
    assert article.text == FIRST


def test_credit_of_a_later_story() -> None:
    text = (
        f"青岩海关缉获走私\n来源：青岩日报 作者：林峰\n{FIRST}\n\n青岩县表彰劳模\n来源：海川日报 作者：高远\n{SECOND}\n"
    )
    found = cut(Page("p.txt", text, "utf-8", "0" * 64)).articles
    assert [(a.title, a.source, a.byline, a.text) for a in found] == [
        ("青岩海关缉获走私", "青岩日报", ("林峰",), FIRST),
        ("青岩县表彰劳模", "海川日报", ("高远",), SECOND),
    ]
