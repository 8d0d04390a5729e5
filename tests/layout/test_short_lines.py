"""Single rows below a story, and pages that hold no prose."""

from __future__ import annotations

import pytest

from rag.layout.articles import CutPage, cut
from rag.schema import Page

STORY = "青岩海关缉获走私\n\n本报讯（记者 林峰）青岩海关昨日缉获走私香烟三百箱，案值二百万元。"
NEXT = "青岩县表彰劳模\n\n本报讯（记者 高远）青岩县昨日表彰劳动模范，县总工会号召向他们学习。"


def _cut(text: str) -> CutPage:
    return cut(Page("p.txt", text, "utf-8", "0" * 64))


@pytest.mark.parametrize("below", ["", NEXT], ids=["at the end", "before the next story"])
@pytest.mark.parametrize(
    "row",
    [
        "陆海生 青岩钢厂",
        "陆海生　青岩钢厂",
        "陆海生　钟丽华　范国强　王小明",
        "青岩至海川 08:10 12:30",
        "青岩队 3:1 海川队",
        "白菜2.5元",
        "青岩医院\t22",
        "青岩医院    护士    22",
        "主办单位：青岩县总工会",
        "一等奖：陆海生、钟丽华",
        "• 青岩大桥",
        "陆海生 “五一”奖章",
    ],
)
def test_single_row_below_a_story(row: str, below: str) -> None:
    found = _cut(f"{STORY}\n\n{row}\n\n{below}\n")
    assert found.articles[0].text.split("\n")[1:] == [row]
    assert [a.title for a in found.articles[1:]] == (["青岩县表彰劳模"] if below else [])
    assert found.left_out == ()


@pytest.mark.parametrize("line", ["创新实干 聚力前行", "列嘉兴第二位", "城镇居民收入 农村居民收入", "■ 一周看点"])
def test_headline_without_text_is_left_out(line: str) -> None:
    found = _cut(f"{STORY}\n\n{line}\n")
    assert [out.why for out in found.left_out] == ["headline without text"]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize(
    ("title", "rows"),
    [
        ("停电通告", ("时间：3月5日8时至16时", "范围：青岩街道、海川街道", "原因：线路检修")),
        ("专家门诊", ("内科：陆海生 周一上午", "外科：钟丽华 周二下午", "儿科：范国强 周三全天")),
        ("开奖公告", ("中国福利彩票双色球", "第2024031期", "中奖号码：01 05 12 18 22 30", "特别号码：07")),
        ("彩票开奖", ("双色球第2024031期：01 05 12 18 22 30+07", "福彩3D第2024088期：3 5 8")),
        ("便民电话", ("供水：85087980", "供电：95598", "供气：85087981")),
        ("天气预报", ("今天：多云", "明天：晴", "后天：小雨")),
        ("今日电视", ("08:10 新闻直播间", "09:30 青岩故事", "12:00 午间新闻")),
        ("获奖名单", ("陆海生　钟丽华　范国强", "周小洁　林大峰　李小刚")),
        ("讣告", ("陆海生同志 因病去世 享年80岁",)),
    ],
)
def test_page_of_rows_alone(title: str, rows: tuple[str, ...], gap: str) -> None:
    found = _cut(title + gap + "\n".join(rows) + "\n")
    (article,) = found.articles
    words = f"{article.title}\n{article.text}".replace(" ", "\n").split("\n")
    assert article.title.startswith(title)
    assert [word for row in rows for word in row.split(" ") if word not in words] == []
    assert found.left_out == ()


def test_labels_below_their_headline_on_a_page_with_stories() -> None:
    rows = "时间：3月5日8时至16时\n范围：青岩街道、海川街道\n原因：线路检修"
    found = _cut(f"{NEXT}\n\n停电通告\n\n{rows}\n\n{STORY}\n")
    assert [a.title for a in found.articles][-1] == "青岩海关缉获走私"
    assert rows in "\n".join(a.text for a in found.articles)
    assert found.left_out == ()


def test_names_of_two_letters_set_wide() -> None:
    rows = "青岩（3人）\n陆海生　钟丽华　范国强\n海川（2人）\n周　洁　林　峰"
    first, second = _cut(f"{NEXT}\n{rows}\n{STORY}\n").articles
    assert first.text.split("\n")[1:4] == rows.split("\n")[:3]
    assert "周　洁　林" in first.text
    assert second.title == "青岩海关缉获走私"
