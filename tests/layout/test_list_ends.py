"""A list ends above the headline of the next story, whatever signs stand in its rows."""

from __future__ import annotations

import pytest

from rag.layout.articles import CutPage, cut
from rag.schema import Page

TOP = "青岩县表彰劳模\n\n本报讯（记者 高远）青岩县昨日表彰劳动模范，县总工会号召向他们学习。"
MORE = "县总工会表示，今后还将继续开展评选，鼓励职工立足岗位。"
NEXT = ("青岩海关缉获走私\n\n本报讯（记者 林峰）青岩海关昨日缉获走私香烟三百箱，案值二百万元。",
        "青岩海关缉获走私\n记者 林峰\n本报讯 青岩海关昨日缉获走私香烟三百箱，案值二百万元。")  # fmt: skip
LISTS = {
    "quoted": ("陆海生 “五一”奖章", "钟丽华 “三八”红旗手", "范国强 “十佳”司机"),
    "quoted, wide blanks": ("陆海生  “五一”奖章", "钟丽华  “三八”红旗手", "范国强  “十佳”司机"),
    "quoted first": ("“金牛”奖 陆海生", "“银鹿”奖 钟丽华", "“铜马”奖 范国强"),
    "commas": ("青岩医院 内科，外科 22", "青岩中学 语文，数学 15", "青岩小学 体育，音乐 8"),
    "commas, wide blanks": ("青岩医院  内科，外科  22", "青岩中学  语文，数学  15", "青岩小学  体育，音乐  8"),
    "commas, full width": ("青岩医院　内科，外科　22", "青岩中学　语文，数学　15", "青岩小学　体育，音乐　8"),
    "semicolons": ("青岩医院  内科；外科  22", "青岩中学  语文；数学  15", "青岩小学  体育；音乐  8"),
    "titles": ("歌曲 《前进！青岩》 一等奖", "舞蹈 《谁不说俺家乡好？》 二等奖", "小品 《回家》 三等奖"),
    "dashes": ("合唱——《黄河》 青岩一中", "独舞——《雀》 海川一中", "小品——《回家》 平江中学"),
    "labels": ("一等奖：陆海生，钟丽华", "二等奖：范国强，王小明，李三", "三等奖：周洁，林峰"),
    "quoted labels": ("银奖：“回家”", "铜奖：“远方”", "金奖：“青岩”"),
    "numbers": ("1．青岩钢厂，一号炉", "2．青岩大桥，北引桥", "3．青岩图书馆，古籍部"),
    "sections of numbers": ("一、工业类", "1．青岩钢厂改造", "2．青岩大桥", "二、文化类", "1．青岩图书馆", "2．青岩剧院"),
    "sections of names": ("一、一等奖", "陆海生 青岩钢厂", "钟丽华 青岩纺织厂", "二、二等奖", "范国强 青岩公交公司"),
    "sections in brackets": ("（一）一等奖", "陆海生 青岩钢厂", "（二）二等奖", "范国强 青岩公交公司"),
    "sections of items": ("一、一等奖", "青岩钢厂", "青岩纺织厂", "二、二等奖", "青岩公交公司", "青岩医院"),
    "sections, wide": ("一、青岩县工业技术改造重点项目", "青岩钢厂一号高炉大修", "二、青岩县文化惠民工程", "青岩剧院"),
    "grades": ("一等奖（1名）", "陆海生 青岩钢厂", "二等奖（2名）", "范国强 青岩公交公司", "王小明 青岩医院"),
    "grades with colons": ("一等奖：", "陆海生 青岩钢厂", "二等奖：", "范国强 青岩公交公司", "王小明 青岩医院"),
    "places": ("青岩（3人）", "陆海生　钟丽华　范国强", "海川（2人）", "周小洁　林大峰"),
    "names of two letters": ("陆海生　钟丽华　范国强　王小明", "周小洁　林大峰　李小刚　张小伟"),
    "sections of a table": ("一、工业", "青岩钢厂\t22", "海川钢厂\t3", "二、农业", "新埭\t22", "广陈\t8"),
}  # fmt: skip
LEADS = ("\n\n", "名单如下：\n", "名单如下：\n\n")


def _cut(text: str) -> CutPage:
    return cut(Page("p.txt", text, "utf-8", "0" * 64))


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["no gap", "gap"])
@pytest.mark.parametrize("below", NEXT, ids=["dateline", "byline"])
@pytest.mark.parametrize("lead", LEADS, ids=["no lead-in", "lead-in", "lead-in and gap"])
@pytest.mark.parametrize("name", LISTS)
def test_next_story_keeps_its_headline(name: str, lead: str, below: str, gap: str) -> None:
    found = _cut(TOP + lead + "\n".join(LISTS[name]) + gap + below + "\n")
    first, second = found.articles
    assert first.text.split("\n")[-len(LISTS[name]) :] == list(LISTS[name])
    assert (second.title, second.byline) == ("青岩海关缉获走私", ("林峰",))
    assert found.left_out == ()


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["no gap", "gap"])
@pytest.mark.parametrize("lead", LEADS, ids=["no lead-in", "lead-in", "lead-in and gap"])
@pytest.mark.parametrize("name", LISTS)
def test_prose_below(name: str, lead: str, gap: str) -> None:
    found = _cut(TOP + lead + "\n".join(LISTS[name]) + gap + MORE + "\n")
    (article,) = found.articles
    assert article.text.split("\n")[-len(LISTS[name]) - 1 :] == [*LISTS[name], MORE]
    assert found.left_out == ()


@pytest.mark.parametrize("items", [("青岩钢厂改造", "青岩大桥"), ("青岩钢厂改造", "青岩大桥北引桥加固", "青岩图书馆")])
@pytest.mark.parametrize("below", NEXT, ids=["dateline", "byline"])
@pytest.mark.parametrize("lead", ["重点项目包括：", "重点项目如下。", "重点项目有："])
def test_items_without_a_mark(lead: str, below: str, items: tuple[str, ...]) -> None:
    """The bullets of a Word file come without their marks, and no blank line stands around them."""
    text = f"青岩县公布项目\n本报讯（记者 高远）青岩县昨日公布今年计划，{lead}\n" + "\n".join(items) + f"\n{below}\n"
    first, second = _cut(text).articles
    assert first.text.split("\n")[-len(items) :] == list(items)
    assert second.title == "青岩海关缉获走私"


def test_sections_of_prose_are_no_list() -> None:
    text = f"{TOP}\n\n一、总体要求\n坚持稳中求进，做好各项工作。\n二、主要任务\n抓好项目，办好实事。\n"
    (article,) = _cut(text).articles
    assert "一、总体要求\n坚持稳中求进，做好各项工作。" in article.text
    assert article.text.endswith("二、主要任务抓好项目，办好实事。")


def test_columns_of_prose_beside_one_another_are_no_rows() -> None:
    text = "平湖新厂房动工\n\n公司总经理 徐贞习说，投产\n后新厂房将 形成年产，四千\n五百套半导 体特气柜，以\n及机床辅件 的生产能力。\n"
    (article,) = _cut(text).articles
    assert "\n" not in article.text
