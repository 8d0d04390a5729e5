"""Lists and tables stay in the article that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.assistant import Assistant
from rag.config import DEFAULT_LIMITS, Settings
from rag.embedding.embedder import Embedder
from rag.indexing.build import build
from rag.layout.articles import articles_of, cut
from rag.reading.reader import FileReader
from rag.schema import Article, Page
from tests.conftest import Deadline
from tests.support.paths import DATA

pytestmark = pytest.mark.slow

TOP = "青岩县表彰劳模\n\n本报讯（记者 高远）青岩县昨日表彰劳动模范，县总工会号召向他们学习。"
MORE = "县总工会表示，今后还将继续开展评选，鼓励职工立足岗位。"
NEXT = "青岩海关缉获走私\n\n本报讯（记者 林峰）青岩海关昨日缉获走私香烟三百箱，案值二百万元。"
LEADS = ("名单如下：\n\n", "名单如下：\n", "详见下表。\n\n")
LISTS = {
    "names": ("陆海生 青岩钢厂", "钟丽华 青岩纺织厂", "范国强 青岩公交公司"),
    "items": ("青岩钢厂", "青岩纺织厂", "青岩公交公司"),
    "bullets": ("• 青岩钢厂改造", "• 青岩大桥", "• 青岩图书馆"),
    "dashes": ("- 青岩钢厂改造", "- 青岩大桥", "- 青岩图书馆"),
    "numbers": ("1. 青岩钢厂改造", "2. 青岩大桥", "3. 青岩图书馆"),
    "semicolons": ("1．青岩钢厂改造；", "2．青岩大桥；", "3．青岩图书馆"),
    "scores": ("青岩队 3:1 海川队", "平江队 2:2 临溪队"),
    "scores in one word": ("青岩队3比1海川队", "平江队2比2临溪队", "东屿队0比1石塘队"),
    "medals": ("队名 金牌 银牌 铜牌", "青岩 12 8 3", "海川 9 10 11"),
    "timetable": ("青岩至海川 08:10 12:30", "青岩至平江 09:00 15:45", "青岩至临溪 10:20"),
    "trains": ("K101 青岩 08:10", "K102 海川 09:30"),
    "prices": ("白菜2.5元", "萝卜1.2元", "猪肉15元"),
    "prizes": ("一等奖：陆海生", "二等奖：钟丽华、范国强", "三等奖：王小明"),
    "tabs": ("单位\t岗位\t名额", "青岩医院\t护士\t22", "青岩中学\t教师\t15"),
    "writers": ("姓名\t职务", "王强\t记者", "李娜\t摄影"),
    "blanks": ("单位      岗位    名额", "青岩医院  护士    22", "青岩中学  教师    15"),
    "wide blanks": ("单位　岗位　名额", "青岩医院　护士　22", "青岩中学　教师　15"),
    "strokes": ("单位|岗位|名额", "青岩医院|护士|22"),
    "Markdown": ("| 单位 | 名额 |", "|---|---|", "| 青岩医院 | 22 |", "| 青岩中学 | 15 |"),
    "a cell a line": ("单位", "岗位", "名额", "青岩医院", "护士", "22", "青岩中学", "教师", "15"),
    "lottery": ("双色球第2024031期：01 05 12 18 22 30+07", "福彩3D第2024088期：3 5 8"),
    "telephones": ("青岩区 0573-85087980", "海川区 0573-85087981"),
    "a gap between items": ("陆海生 青岩钢厂", "", "钟丽华 青岩纺织厂", "", "范国强 青岩公交公司"),
    "dates": ("2025-06-03 青岩体育馆", "2025-06-04 海川体育馆"),
    "exchange rates": ("美元 7.12", "欧元 7.80", "日元 0.048"),
    "thousands": ("品种    价格", "早稻    1,270", "晚稻    1,310"),
    "thousands, single blanks": ("青岩街道 12,345 人", "海川街道 9,876 人"),
    "thousands of full width": ("标段Ａ　１２，０００万元", "标段Ｂ　９，８００万元"),
    "dashes inside": ("上海—青岩 08:00 10:20", "青岩—海川 09:00 15:45"),
    "rows of one cell": ("镇\t投资", "新埭", "钟埭\t987", "广陈"),
    "sections": ("项目\t本月", "一、工业", "产值\t120", "二、农业", "产量\t18"),
}
WITHOUT_LEAD = tuple(name for name in LISTS if name != "a cell a line")


def _articles(text: str) -> list[Article]:
    return articles_of(Page("p.txt", text, "utf-8", "0" * 64))


def _check(articles: Sequence[Article], rows: Sequence[str], after: str) -> None:
    first = articles[0].text.split("\n")
    assert [row for row in rows if row and row not in first] == []
    assert len(articles) == (2 if after == NEXT else 1)
    assert after != MORE or MORE in first
    assert after != NEXT or (articles[1].title, articles[1].byline) == ("青岩海关缉获走私", ("林峰",))


@pytest.mark.parametrize("after", ["", MORE, NEXT], ids=["at the end", "inside", "before the next article"])
@pytest.mark.parametrize("lead", LEADS, ids=["colon and gap", "colon", "see table"])
@pytest.mark.parametrize("name", LISTS)
def test_list_below_its_lead_in(name: str, lead: str, after: str) -> None:
    text = f"{TOP}{lead}" + "\n".join(LISTS[name]) + f"\n\n{after}\n"
    _check(_articles(text), LISTS[name], after)


@pytest.mark.parametrize("after", ["", MORE, NEXT], ids=["at the end", "inside", "before the next article"])
@pytest.mark.parametrize("name", WITHOUT_LEAD)
def test_list_without_lead_in(name: str, after: str) -> None:
    text = f"{TOP}\n\n" + "\n".join(LISTS[name]) + f"\n\n{after}\n"
    _check(_articles(text), LISTS[name], after)


WORDS = st.text("青岩海川平江临溪钢厂医院学校", min_size=2, max_size=5)
CELLS = st.lists(WORDS | st.integers(1, 9999).map(str), min_size=2, max_size=4)


@st.composite
def tables(draw: st.DrawFn) -> list[str]:
    """Tables and lists: a label, then words or figures, with the same sign between the cells of all rows."""
    sign = draw(st.sampled_from(["\t", "  ", "　", " | "]))
    width = draw(st.integers(1, 3))
    labels = draw(st.lists(WORDS, min_size=2, max_size=6))
    cell = WORDS | st.integers(1, 9999).map(str)
    return [sign.join([label, *draw(st.lists(cell, min_size=width, max_size=width))]) for label in labels]


@st.composite
def timetables(draw: st.DrawFn) -> list[str]:
    clock = st.times().map(lambda t: t.strftime("%H:%M"))
    labels = draw(st.lists(WORDS, min_size=2, max_size=6))
    return [" ".join([label, *draw(st.lists(clock, min_size=1, max_size=3))]) for label in labels]


@given(
    st.lists(tables() | timetables(), min_size=1, max_size=3),
    st.sampled_from("。．｡"),
    st.integers(0, 2),
    st.booleans(),
)
def test_each_row_lands_in_its_article(lists: list[list[str]], stop: str, gap: int, prose_between: bool) -> None:
    """Articles with a headline, a paragraph, a table, and prose below it or nothing."""
    page = ""
    for number, rows in enumerate(lists):
        page += (
            f"第{'甲乙丙'[number]}县公布数据\n\n本报讯（记者 高远）第{'甲乙丙'[number]}县昨日公布数据，内容很多{stop}\n"
        )
        page += "\n" * gap + "\n".join(rows) + "\n\n"
        page += f"县里表示，今后还将继续公布数据，请市民留意{stop}\n\n" if prose_between else ""
    articles = _articles(page)
    assert len(articles) == len(lists)
    for article, rows in zip(articles, lists, strict=True):
        lines = article.text.split("\n")
        assert [row for row in rows if row not in lines] == []
        assert lines[-1].startswith("县里表示") == prose_between
        for run in article.runs:
            assert page[run.source_start :][: run.length] == article.text[run.start :][: run.length]


@pytest.mark.parametrize("stop", "。．｡﹒.")
def test_full_stops_of_any_form(stop: str) -> None:
    text = f"青岩测绘院发布成果\n\n青岩测绘院昨日发布新版地图{stop}\n地图共收录地名一千二百处，全长１２．５公里{stop}\n\n{NEXT}\n"
    first, second = _articles(text)
    assert (first.title, second.title) == ("青岩测绘院发布成果", "青岩海关缉获走私")
    assert f"一千二百处，全长１２．５公里{stop}" in first.text


def test_lines_of_a_column_with_figures_are_no_table() -> None:
    text = "平湖新厂房动工\n\n公司总经理徐贞习说，投产后\n新厂房将形成年产 4500套半导\n体特气柜及 2 万套机床辅件的\n生产能力，前景很好。\n"
    (article,) = _articles(text)
    assert (
        article.text
        == "公司总经理徐贞习说，投产后新厂房将形成年产4500套半导体特气柜及2万套机床辅件的生产能力，前景很好。"
    )


@pytest.mark.parametrize(
    "line",
    [
        "平湖日报",
        "第03版",
        "责任编辑：王强  版式：李娜  校对：周洁",
        "2025年6月3日 星期二",
        "社址：平湖市人民路1号",
        "A12",
    ],
)
def test_furniture_stays_furniture(line: str) -> None:
    page = Page("p.txt", f"{line}\n\n{TOP}\n\n{line}\n", "utf-8", "0" * 64)
    found = cut(page)
    assert [page.text[out.start : out.end] for out in found.left_out] == [line, line]
    assert line not in found.articles[0].text


def test_names_set_wide_are_joined() -> None:
    (article,) = _articles(f"{TOP}名单如下：\n\n陆海生 王　强 李小明\n周　洁 范国强 钟丽华\n")
    assert article.text.split("\n")[1:] == ["陆海生 王强 李小明", "周洁 范国强 钟丽华"]


def _case(name: str) -> list[Article]:
    (path,) = (DATA / "cases" / name).iterdir()
    with FileReader(path.parent, DEFAULT_LIMITS) as reader:
        return [article for page in reader.pages_of(path) if isinstance(page, Page) for article in articles_of(page)]


@pytest.mark.parametrize(
    ("name", "row", "articles"),
    [
        ("tail-list-txt", "陆海生 青岩钢厂", 1),
        ("tail-timetable", "青岩至海川 08:10 12:30", 1),
        ("tail-table-docx", "青岩医院\t22", 1),
        ("mid-table-docx-splits", "上屿村\t水稻\t七百吨", 1),
    ],
)
def test_rows_of_the_cases(name: str, row: str, articles: int) -> None:
    found = _case(name)
    assert len(found) == articles
    assert row in found[0].text.split("\n")


@pytest.mark.parametrize(
    ("name", "question", "quote"),
    [
        ("tail-timetable", "青岩至海川几点发车", "青岩至海川 08:10 12:30"),
        ("stops-fullwidth", "地图收录地名多少处", "地图共收录地名一千二百处．"),
        ("tail-table-docx", "青岩医院招考名额是多少", "青岩医院\t22"),
        ("mid-table-docx-splits", "上屿村水稻收了多少", "上屿村\t水稻\t七百吨"),
    ],
)
def test_row_is_quoted(tmp_path: Path, embedder: Embedder, name: str, question: str, quote: str) -> None:
    build(DATA / "cases" / name, tmp_path, embedder)
    answer = Assistant(Settings(index_dir=tmp_path), embedder).ask(question)
    assert quote in [citation.quote for citation in answer.citations]


def test_list_is_found(tmp_path: Path, embedder: Embedder) -> None:
    build(DATA / "cases" / "tail-list-txt", tmp_path, embedder)
    (hit, *_) = Assistant(Settings(index_dir=tmp_path), embedder).ask("陆海生是哪个单位的").hits
    assert "陆海生 青岩钢厂" in hit.passage.text


@pytest.mark.parametrize(
    "line", ["青岩县表彰劳模获奖名单\n\n", "陆海生 青岩钢厂\n", "名单如下：\n", "a\tb\n", "青岩 1 2，\n"]
)
def test_long_pages_take_linear_time(line: str, within: Deadline) -> None:
    with within(30):
        _articles(line * 40_000)
