"""Stories printed in other styles: the gold is exact in every style."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.quality.gold import Gold
from eval.quality.printer import Story, Style
from eval.quality.variants import mixtures, render, stories_of, styles
from rag.layout.articles import articles_of
from rag.schema import Page

pytestmark = pytest.mark.slow

BODY = (
    "近日，清河渡口重新开放，首日迎来游客三千二百余人次，投入资金860万元。",
    "据了解，渡口每周二闭园检修，票价为每人15元。",
)
LONG = (
    BODY[0] + "渡口管理所所长介绍，修复了石阶、候船亭和两座灯塔。",
    BODY[1] + "老船工每天在候船亭里给游客讲解渡口的往事，本市居民免票。",
)
STORY = Story("article", ("清河渡口重开", "老船工当起讲解员"), ("陆小舟", "方知远"), BODY)
PHOTO = Story("photo", ("渡口人家",), ("温如玉",), ("昨天,渡口旁的石阶上坐满了等船的孩子,船工给他们讲起当年的故事。",))
STYLES = [*styles(), *mixtures(60)]


def test_a_page_by_hand() -> None:
    text, gold = render([STORY], Style(width=14))
    assert text == (
        "清河渡口重开\n老船工当起讲解员\n\n■记者 陆小舟 通讯员 方知远\n\n"
        "\u3000\u3000近日，清河渡口重新开放，\n首日迎来游客三千二百余人次，\n投入资金860万元。\n"
        "\u3000\u3000据了解，渡口每周二闭园检\n修，票价为每人15元。\n\n\n"
    )
    assert [text[a:b] for a, b in gold[0].body] == [
        "近日，清河渡口重新开放，\n首日迎来游客三千二百余人次，\n投入资金860万元。",
        "据了解，渡口每周二闭园检\n修，票价为每人15元。",
    ]


@pytest.mark.parametrize(
    ("style", "start"),
    [
        (
            Style(width=400, byline="dateline", indent=False),
            "清河渡口重开\n老船工当起讲解员\n\n本报讯（记者 陆小舟 通讯员 方知远）近日，",
        ),
        (Style(width=400, byline="before head"), "■记者 陆小舟 通讯员 方知远\n\n清河渡口重开\n"),
        (Style(width=400, byline="none"), "清河渡口重开\n老船工当起讲解员\n\n\u3000\u3000近日"),
        (Style(width=400, head="after", byline="none", marks="full"), "\u3000\u3000近日，清河渡口重新开放，"),
        (Style(width=4, narrow=True, tight=True), "清河渡口\n重开\n老船工当\n起讲解员\n■记者"),
        (Style(furniture=True), "海湾日报\n2025年9月12日 星期五\n"),
    ],
)
def test_openings(style: Style, start: str) -> None:
    assert render([STORY], style)[0].startswith(start)


def test_brackets_at_the_end_are_aside() -> None:
    text, (gold,) = render([STORY], Style(width=400, byline="brackets", marks="half"))
    assert [text[a:b] for a, b in gold.aside] == ["(记者 陆小舟 通讯员 方知远)"]


@given(st.sampled_from(STYLES))
def test_gold_is_exact_in_every_style(named: tuple[str, Style]) -> None:
    style = replace(named[1], marks="as is")
    stories = [STORY, PHOTO]
    text, gold = render(stories, style)
    shift = style.shift % 2
    for story, found in zip([*stories[shift:], *stories[:shift]], gold, strict=True):
        aside = {i for a, b in found.aside for i in range(a, b)}
        body = "".join(text[i] for a, b in found.body for i in range(a, b) if i not in aside and not text[i].isspace())
        assert body == "".join("".join(story.body).split())
        assert found.kind == story.kind
        assert found.headline == story.headline
        assert found.byline == (() if style.byline == "none" and story.kind == "article" else story.byline)


def test_styles_are_the_same_each_time() -> None:
    assert list(mixtures(20, seed=3)) == list(mixtures(20, seed=3))
    assert len({name for name, _ in styles()}) == len([name for name, _ in styles() if "other order" not in name]) + 2


def test_stories_that_only_their_place_identifies_are_left_out() -> None:
    text = "题\n甲文 AI model。\n乙文。\n"
    gold = [
        Gold("article", ("题",), (), ((2, 14),)),
        Gold("article", (), (), ((15, 18),)),
        Gold("notice", ("题",), (), ((15, 18),)),
    ]
    assert stories_of(text, gold) == [Story("article", ("题",), (), ("甲文AI model。",))]


def _cut(text: str) -> list[tuple[str, tuple[str, ...], int]]:
    return [(a.title, a.byline, a.text.count("\n") + 1) for a in articles_of(Page("p", text, "utf-8", ""))]


OTHER = Story(
    "article",
    ("图书馆夜读计划下月启动",),
    ("白若溪",),
    (
        "海湾市图书馆宣布启动夜读计划,自4月1日起将闭馆时间由晚上八点延长至十一点,读者可凭身份证入馆。",
        "夜间开放二楼自习区和三楼古籍展厅,共设座位420个,"
        "这项计划源于一名高中生的来信,信中说放学后想找一个安静的地方写作业。",
    ),
)


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_plain_article(between: str) -> None:
    assert _cut("清河渡口重开" + between + between.join(LONG)) == [("清河渡口重开", (), 2)]


def test_several_plain_articles() -> None:
    articles = ("清河渡口重开", *LONG), ("图书馆夜读计划下月启动", *OTHER.body)
    assert _cut("\n\n".join("\n".join(lines) for lines in articles)) == [
        ("清河渡口重开", (), 2),
        ("图书馆夜读计划下月启动", (), 2),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"# 渡口重开\n\n{BODY[0]}\n\n{BODY[1]}\n", [("渡口重开", (), 2)]),
        (
            f"# 渡口重开\n## 老船工当起讲解员\n\n*记者 陆小舟*\n\n{BODY[0]}\n",
            [("渡口重开 老船工当起讲解员", ("陆小舟",), 1)],
        ),
        (
            f"# 渡口重开\n\n**记者 陆小舟**\n\n## 三千游客\n\n{BODY[0]}\n\n## 周二检修\n\n{BODY[1]}\n",
            [("渡口重开", ("陆小舟",), 4)],
        ),
        (
            f"# 渡口重开\n\n{BODY[0]}\n\n---\n\n# 夜读计划\n\n{OTHER.body[0]}\n",
            [("渡口重开", (), 1), ("夜读计划", (), 1)],
        ),
    ],
)
def test_markdown(text: str, found: list[tuple[str, tuple[str, ...], int]]) -> None:
    assert _cut(text) == found
