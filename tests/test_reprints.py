from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.opened import Index
from rag.reprints import Bands, bands_of, distinct, stories_of
from rag.schema import Article, Hit, Passage, Run

STORY = (
    "本报讯昨天，平湖经济技术开发区举行机器人产业项目集中签约仪式，共有12个项目落户，总投资30亿元。签约项目涵盖整机制造、核心零部件和应用服务，"
    "全部建成后预计年产值可达45亿元。开发区管委会负责人介绍，今年以来园区已引进人工智能相关企业27家，带动就业1600余人。"
    "投资方代表表示，看好这里的产业配套与区位优势，将力争在明年6月前投产。")
MARKET = (
    "截至{day}日收盘，{name}报收于{price}元，上涨{up}%，换手率{turn}%，成交量{volume}万手，成交额{amount}亿元。主力资金净买入"
    "{net}万元，占总成交额{share}%，游资资金净卖出{other}万元。融资方面，当日融资买入{buy}万元，融资偿还{back}万元。该股近五日累计上涨{five}%。")


def article(name: str, text: str, date: str = "") -> Article:
    return Article(name, f"{name}.txt", name, (), date, "article", text, (Run(0, 0, len(text)),))


def nothing_earlier(_bands: Bands) -> list[tuple[str, Article]]:
    return []


def mark(articles: Sequence[Article], at_once: bool = True) -> list[Article]:
    """The articles, each with its other places: told from all together, or as if they came one by one."""
    bands = [bands_of(a) for a in articles]
    stories: list[str] = []

    def earlier(wanted: Bands) -> Iterator[tuple[str, Article]]:
        for other, own, story in zip(articles, bands, stories, strict=False):
            if set(own) & set(wanted):
                yield story, other

    if at_once:
        stories = stories_of(articles, bands, nothing_earlier)
    else:
        for one, own in zip(articles, bands, strict=True):
            stories += stories_of([one], [own], earlier)
    return [replace(a, copies=tuple(b.article_id for b, its in zip(articles, stories, strict=True) if its == story != "" and b != a))
            for a, story in zip(articles, stories, strict=True)]


def copies(*articles: Article) -> dict[str, tuple[str, ...]]:
    return {a.article_id: a.copies for a in mark(articles)}


@pytest.mark.parametrize("other", [
    STORY,
    STORY.replace("，", ",").replace("。", "．"),
    "新华社杭州电（记者某某）" + STORY + "图为签约现场。",
    STORY[:150],  # an abridged reprint
    STORY.replace("看好这里的产业配套与区位优势", "对园区的配套十分满意"),
    STORY.replace("，", "，\n"),
], ids=["same", "punctuation", "dateline", "abridged", "a phrase", "lines"])
def test_a_reprint_is_known(other: str) -> None:
    pair = article("a", STORY), article("b", other)
    assert copies(*pair) == {"a": ("b",), "b": ("a",)}
    assert mark(pair, at_once=False) == mark(pair)


@pytest.mark.parametrize("other", [
    STORY.replace("12个", "15个").replace("30亿", "38亿").replace("45亿", "52亿").replace("27家", "31家"),  # told with other figures
    STORY[:60] + "另据了解，市人民医院门诊综合楼昨天封顶，建筑面积约3万平方米，设床位500张，预计后年启用，届时将大大缓解就医难的问题。" * 2,
    STORY[:70],  # too short to tell
], ids=["figures", "another story", "short"])
def test_what_is_no_reprint(other: str) -> None:
    pair = article("a", STORY), article("b", other)
    assert copies(*pair) == {"a": (), "b": ()}
    assert mark(pair, at_once=False) == mark(pair)


def test_reports_to_a_pattern_are_each_their_own() -> None:
    daily = [article(str(n), MARKET.format(
        day=n + 1, name="某股", price=10 + n / 7, up=n / 3, turn=n / 5, volume=n * 1.7, amount=n * 1.3, net=100 * n + 7, share=n / 11,
        other=90 * n + 3, buy=70 * n + 1, back=60 * n + 9, five=n / 2)) for n in range(1, 9)]
    assert set(copies(*daily).values()) == {()}


def test_three_places_know_each_other_and_keep_their_order() -> None:
    found = mark([article("late", STORY, "2025-04-22"), article("other", STORY[::-1]), article("undated", STORY),
                  article("first", STORY, "2025-04-21")])
    assert [a.article_id for a in found] == ["late", "other", "undated", "first"]
    assert [a.copies for a in found] == [("undated", "first"), (), ("late", "first"), ("late", "undated")]


def test_the_seeds_have_no_reprint(index: Index) -> None:
    assert all(a.copies == () for a in mark(list(index.articles.values())))


@given(st.lists(st.text(max_size=300), max_size=6))
def test_copies_are_mutual(texts: list[str]) -> None:
    found = {a.article_id: a for a in mark([article(str(n), text) for n, text in enumerate(texts)])}
    for a in found.values():
        assert a.article_id not in a.copies
        assert all(a.article_id in found[other].copies for other in a.copies)


def test_the_best_place_of_a_story_is_shown_with_all_its_passages() -> None:
    a, b, c = mark([article("a", STORY), article("b", STORY), article("c", "别的。" * 40)])
    hits = [Hit(Passage(f"{x.article_id}:{n}", x.article_id, "文", n, n + 1), x, 1.0, 0.0, 0.0)
            for n, x in enumerate((b, c, a, b, c, a))]
    assert [h.article.article_id for h in distinct(hits)] == ["b", "c", "b", "c"]
    assert distinct([replace(h, article=c) for h in hits]) == [replace(h, article=c) for h in hits]
