from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import IndexMissing
from rag.index import article_tables, reprints
from rag.index.article_store import ArticleStore
from rag.index.history import roll_back
from rag.index.reprints import CROWD, Bands, PrintedText, alike, bands_of, distinct, text_key, twins_of
from rag.index.snapshot import Index, load
from rag.indexing import earlier_texts, merge, segment_writer
from rag.indexing.build import build
from rag.schema import Article, Entry, Hit, Passage, Run
from tests.faults.update import Stub

pytestmark = pytest.mark.slow

STORY = (
    "本报讯昨天，平湖经济技术开发区举行机器人产业项目集中签约仪式，共有12个项目落户，总投资30亿元。签约项目涵盖整机制造、核心零部件和应用服务，"
    "全部建成后预计年产值可达45亿元。开发区管委会负责人介绍，今年以来园区已引进人工智能相关企业27家，带动就业1600余人。"
    "投资方代表表示，看好这里的产业配套与区位优势，将力争在明年6月前投产。"
)
MARKET = (
    "截至{day}日收盘，{name}报收于{price}元，上涨{up}%，换手率{turn}%，成交量{volume}万手，成交额{amount}亿元。主力资金净买入"
    "{net}万元，占总成交额{share}%，游资资金净卖出{other}万元。融资方面，当日融资买入{buy}万元，融资偿还{back}万元。该股近五日累计上涨{five}%。"
)


def article(name: str, text: str, date: str = "") -> Article:
    return Article(name, f"{name}.txt", name, (), date, "article", text, (Run(0, 0, len(text)),))


def nothing_earlier(bands: Bands) -> list[list[PrintedText]]:
    return [[] for _ in bands]


def twins(*texts: str) -> list[tuple[int, ...]]:
    articles = [article(str(n), text) for n, text in enumerate(texts)]
    return twins_of(articles, [bands_of(a) for a in articles], nothing_earlier)


def mark(articles: Sequence[Article], at_once: bool = True) -> list[Article]:
    """Return the articles with their copies, compared all together or as if they came one by one."""
    bands = [bands_of(a) for a in articles]
    keys = [text_key(a.text) if own else None for a, own in zip(articles, bands, strict=True)]
    found: list[tuple[int, ...]] = []

    def earlier(wanted: Bands) -> list[list[PrintedText]]:
        known = [PrintedText(text_key(articles[n].text), articles.__getitem__, n) for n in reversed(range(len(found)))]
        return [[text for text in known if band in bands[text.row]] for band in wanted]

    if at_once:
        found = twins_of(articles, bands, nothing_earlier)
    else:
        for one, own in zip(articles, bands, strict=True):
            found += twins_of([one], [own], earlier)
    told = {(key, other) for key, its in zip(keys, found, strict=True) for other in its}
    return [
        replace(
            a,
            copies=tuple(
                b.article_id
                for b, its in zip(articles, keys, strict=True)
                if b != a and its is not None and (its == own or {(its, own), (own, its)} & told)
            ),
        )
        for a, own in zip(articles, keys, strict=True)
    ]


def by_hand(articles: Sequence[Article]) -> dict[str, tuple[str, ...]]:
    """Return id -> the ids of its copies, by comparing every text with every other."""
    bands = {a.article_id: set(bands_of(a)) for a in articles}
    return {
        a.article_id: tuple(
            sorted(
                b.article_id
                for b in articles
                if b.article_id != a.article_id
                and bands[a.article_id] & bands[b.article_id]
                and (a.text == b.text or alike(a.text, b.text))
            )
        )
        for a in articles
    }


def copies(*articles: Article) -> dict[str, tuple[str, ...]]:
    return {a.article_id: a.copies for a in mark(articles)}


@pytest.mark.parametrize(
    "other",
    [
        STORY,
        STORY.replace("，", ",").replace("。", "．"),
        "新华社杭州电（记者某某）" + STORY + "图为签约现场。",
        STORY[:150],  # an abridged reprint
        STORY.replace("看好这里的产业配套与区位优势", "对园区的配套十分满意"),
        STORY.replace("，", "，\n"),
        STORY.replace("30亿元", "３０亿元").replace("12个", "十二个").replace("1600", "1,600"),
        "新华社平湖8月4日电 " + STORY,
        STORY[:113] + STORY[148:],  # a sentence left out
    ],
    ids=["same", "punctuation", "dateline", "abridged", "a phrase", "lines", "other digits", "a day", "left out"],
)
def test_a_reprint_is_known(other: str) -> None:
    pair = article("a", STORY), article("b", other)
    assert copies(*pair) == {"a": ("b",), "b": ("a",)}
    assert mark(pair, at_once=False) == mark(pair)


@pytest.mark.parametrize(
    "other",
    [
        STORY.replace("12个", "15个")
        .replace("30亿", "38亿")
        .replace("45亿", "52亿")
        .replace("27家", "31家"),  # told with other figures
        STORY.replace("30亿", "38亿"),  # one among many
        STORY.replace("1600余人", "六千余人"),
        STORY.replace("12个", "21个")[:150],  # abridged, too
        "新华社杭州电（记者某某）" + STORY.replace("45亿元", "54亿元") + "图为签约现场。",
        STORY.replace("12个", "27个").replace("27家", "12家"),  # exchanged
        STORY[:60]
        + "另据了解，市人民医院门诊综合楼昨天封顶，建筑面积约3万平方米，设床位500张，预计后年启用，届时将大大缓解就医难的问题。"
        * 2,
        STORY[:70],  # too short to tell
    ],
    ids=["figures", "one figure", "numeral", "abridged", "dateline", "exchanged", "another story", "short"],
)
def test_what_is_no_reprint(other: str) -> None:
    pair = article("a", STORY), article("b", other)
    assert copies(*pair) == {"a": (), "b": ()}
    assert mark(pair, at_once=False) == mark(pair)


@given(st.lists(st.booleans(), min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_sentences_may_go_and_no_figure_may_change(kept: list[bool], at: int, more: int) -> None:
    """Twelve sentences of equal form: a text without some of them is a copy, a text with another figure in one of them is none."""
    names = "甲乙丙丁戊己庚辛壬癸子丑"
    figures = [100 * n + 37 for n in range(1, 13)]
    sentences = [
        f"{name}区今年以来完成固定资产投资{count}亿元，{name}区负责人{name}某某对此表示满意。"
        for name, count in zip(names, figures, strict=True)
    ]
    whole = "".join(sentences)
    shorter = "".join(sentence for sentence, stays in zip(sentences, kept, strict=True) if stays)
    changed = list(sentences)
    changed[at] = changed[at].replace(f"{figures[at]}亿", f"{figures[at] + more}亿")
    assert not shorter or alike(whole, shorter)
    assert not alike(whole, "".join(changed))
    assert not alike(whole, "".join(s for s, stays in zip(changed, kept, strict=True) if stays) + changed[at])


def test_reports_to_a_pattern_are_each_their_own() -> None:
    daily = [
        article(
            str(n),
            MARKET.format(
                day=n + 1,
                name="某股",
                price=10 + n / 7,
                up=n / 3,
                turn=n / 5,
                volume=n * 1.7,
                amount=n * 1.3,
                net=100 * n + 7,
                share=n / 11,
                other=90 * n + 3,
                buy=70 * n + 1,
                back=60 * n + 9,
                five=n / 2,
            ),
        )
        for n in range(1, 9)
    ]
    assert set(copies(*daily).values()) == {()}


def test_three_places_know_each_other_and_keep_their_order() -> None:
    found = mark(
        [
            article("late", STORY, "2025-04-22"),
            article("other", STORY[::-1]),
            article("undated", STORY),
            article("first", STORY, "2025-04-21"),
        ]
    )
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


def window(first: int) -> str:
    """Return sixty words of a long list. Two windows that begin eight words apart share nearly nine tenths, two that begin sixteen
    words apart less than eight tenths."""
    words = (f"{chr(0x4E00 + 7 * n)}{chr(0x5000 + 11 * n)}{chr(0x6000 + 13 * n)}，" for n in range(first, first + 60))
    return "本报讯 " + "".join(words) + "。"


def test_what_is_like_one_need_not_be_like_another() -> None:
    a, b, c = window(0), window(8), window(16)
    assert [alike(a, b), alike(b, c), alike(a, c)] == [True, True, False]
    assert twins(a, b, c) == [(), (text_key(a),), (text_key(b),)]
    assert twins(a, c, b) == [(), (), tuple(sorted((text_key(a), text_key(c))))]
    assert twins(a, "短。", a, b, a) == [
        (),
        (),
        (),
        (text_key(a),),
        (),
    ]  # an equal text needs no twin; the later text names the earlier one
    assert copies(article("a", a), article("b", b), article("c", c)) == {"a": ("b",), "b": ("a", "c"), "c": ("b",)}


def reports(count: int) -> list[str]:
    """Return texts written to one pattern: they share most words and no figure."""
    return [
        "本报讯 " + "".join(f"近日，平湖第{n * 17 + k}座图书馆建成，藏书{k}万册，前来的读者很多。" for k in range(25))
        for n in range(0, 1000 * count, 1000)
    ]


def test_a_crowd_of_texts_to_a_pattern_costs_what_a_few_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reprint of the first of them is found by the bands that the others lack."""
    compared = []
    monkeypatch.setattr(reprints, "alike", lambda a, b: compared.append(a) or alike(a, b))
    texts = reports(150)
    reprint = "新华社杭州电（记者某某）" + texts[0]
    assert twins(*texts, reprint) == [()] * 150 + [(text_key(texts[0]),)]
    assert max(compared.count(text) for text in (*texts, reprint)) == CROWD
    assert len(compared) <= CROWD * 150


def test_of_more_that_are_alike_the_last_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reprints, "CROWD", 2)
    texts = [STORY + end * 3 for end in "甲乙丙丁"]
    keys = [text_key(text) for text in texts]
    assert twins(*texts[:3]) == [(), (keys[0],), tuple(sorted(keys[:2]))]
    assert twins(*texts, texts[0])[3:] == [tuple(sorted(keys[1:3])), ()]


def test_the_texts_of_a_band(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that two articles print counts once, as long as one of the two is left."""
    texts = {"a": "甲", "a2": "甲", "b": "乙", "c": "丙"}
    bands = {"a": (1, 2), "a2": (1, 2), "b": (1, 3), "c": (1, 4)}
    entries = [
        Entry(article(name, text), name, 0, twins=(5,) * (name == "b"), bands=bands[name])
        for name, text in texts.items()
    ]
    article_tables.write(tmp_path / article_tables.FILE, [*entries, Entry(article("d", "丁"), "d", 0)], [], [])
    opened, (a, b, c) = ArticleStore(tmp_path), (text_key(text) for text in "甲乙丙")
    assert opened.texts_in((1, 2, 9), 2) == [[(c, 3), (b, 2)], [(a, 0)], []]
    assert opened.texts_in((3, 1), 9) == [[(b, 2)], [(c, 3), (b, 2), (a, 0)]]
    monkeypatch.setattr(earlier_texts, "CROWD", 1)
    assert earlier_texts.texts_left(opened, (1, 2), ()) == [[(c, 3)], [(a, 0)]]
    assert earlier_texts.texts_left(opened, (1, 4), {3}) == [[(b, 2)], []]
    assert earlier_texts.texts_left(opened, (1, 3), {0, 2, 3}) == [[(a, 1)], []]
    assert earlier_texts.texts_left(opened, (1, 2), {0, 1, 2, 3}) == [[], []]
    assert [opened.text_of(row) for row in range(5)] == [a, a, b, c, None]
    assert (opened.articles_with(a), opened.twins_of(5), opened.twins_of(b), opened.twins_of(a)) == (
        [(0, "a"), (1, "a2")],
        [(2, b)],
        [(2, 5)],
        [],
    )


TEXTS = [
    *(f"　　{window(first)}\n" for first in range(0, 40, 8)),
    f"　　{STORY}\n",
    f"　　{STORY[:150]}\n",
    f"　　{STORY.replace('12个', '15个').replace('30亿', '38亿').replace('45亿', '52亿').replace('27家', '31家')}\n",
    "　　太短。\n",
]
STEPS = st.lists(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-1, len(TEXTS) - 1)), min_size=1, max_size=3), max_size=7
)


@given(STEPS, st.integers(2, 4), st.sampled_from([1, 500, 10**6]), st.sets(st.integers(0, 6), max_size=2))
@hypothesis.settings(max_examples=20)
def test_copies_are_those_of_a_new_build_and_of_all_pairs(
    steps: list[list[tuple[str, int]]], few: int, block: int, back: set[int]
) -> None:
    """Write, overwrite and remove files; after some steps, roll back. Segments are merged, and one build writes several."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge, "_FEW", few)
        patch.setattr(segment_writer, "BLOCK", block)
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        (folder / "z.txt").write_text(TEXTS[0], encoding="utf-8")
        build(folder, index_dir, Stub())
        for number, step in enumerate(steps):
            for name, text in step:
                if text < 0:
                    (folder / f"{name}.txt").unlink(missing_ok=True)
                else:
                    (folder / f"{name}.txt").write_text(TEXTS[text], encoding="utf-8")
            build(folder, index_dir, Stub())
            if number in back:
                with suppress(IndexMissing):
                    roll_back(index_dir)
        for made in (index_dir, Path(place, "anew")):
            build(folder, made, Stub())
        found = list(load(index_dir).articles.values())
        assert {a.article_id: a.copies for a in found} == by_hand(found)
        assert {a.article_id: a.copies for a in load(Path(place, "anew")).articles.values()} == by_hand(found)


def test_the_best_place_of_a_story_is_shown_with_all_its_passages() -> None:
    a, b, c = mark([article("a", STORY), article("b", STORY), article("c", "别的。" * 40)])
    hits = [
        Hit(Passage(f"{x.article_id}:{n}", x.article_id, "文", n, n + 1), x, 1.0, 0.0, 0.0)
        for n, x in enumerate((b, c, a, b, c, a))
    ]
    assert [h.article.article_id for h in distinct(hits)] == ["b", "c", "b", "c"]
    assert distinct([replace(h, article=c) for h in hits]) == [replace(h, article=c) for h in hits]
