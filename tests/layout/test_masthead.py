from __future__ import annotations

import pytest

from rag.layout.articles import cut
from rag.layout.masthead import masthead_in
from rag.schema import Page

STORY = "青岩海关缉获走私\n\n本报讯（记者 林峰）青岩海关昨日缉获走私香烟三百箱，案值二百万元。\n"


@pytest.mark.parametrize(
    ("line", "newspaper", "number"),
    [
        ("青岩日报 2024年3月5日 星期二 第03版", "青岩日报", "03"),
        ("青岩日报　2024年3月5日　星期二　A03版", "青岩日报", "A03"),
        ("青岩日报\t2024年3月5日\t星期二\t第03版", "青岩日报", "03"),
        ("青岩日报 | 2024年3月5日 | 星期二 | 第03版", "青岩日报", "03"),
        ("2024年3月5日 星期二 青岩日报 3版", "青岩日报", "3"),
        ("第3版 要闻 青岩晚报 2024年3月5日 星期二", "青岩晚报", "3"),
        ("03版要闻 2024年3月5日 青岩日报", "青岩日报", "03"),
        ("青岩日报 2024.03.05 星期二 要闻 A2", "青岩日报", "A2"),
        ("青 岩 日 报 2024年3月5日 第三版", "青岩日报", "3"),
        ("青岩日报 二〇二四年三月五日 星期二 第二版", "青岩日报", "2"),
        ("2024年3月5日 农历甲辰年正月廿五 星期二 第12版", "", "12"),
        ("03版 综合新闻 责任编辑：王强 2024年3月5日 青岩日报", "青岩日报", "03"),
    ],
)
@pytest.mark.parametrize("at_end", [False, True])
def test_masthead_of_one_line(line: str, newspaper: str, number: str, at_end: bool) -> None:
    found = cut(Page("p.txt", f"{STORY}\n{line}\n" if at_end else f"{line}\n\n{STORY}", "utf-8", "0" * 64))
    (article,) = found.articles
    assert (article.source, article.page, article.date) == (newspaper, number, "2024-03-05")
    assert (article.title, article.byline) == ("青岩海关缉获走私", ("林峰",))
    assert [(found.page.text[out.start : out.end], out.why) for out in found.left_out] == [(line, "page furniture")]


@pytest.mark.parametrize(
    "line",
    [
        "青岩日报创刊七十周年",
        "青岩日报2024年3月5日创刊",
        "青岩日报 星期二",
        "2024年3月5日，青岩日报第3版刊登报道。",
        "《青岩日报》2024年3月5日第3版",
        "青岩县2024年3月5日举行第3届运动会",
    ],
)
def test_no_masthead(line: str) -> None:
    assert masthead_in(line) is None
