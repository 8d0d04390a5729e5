"""Articles that go on on another page: which parts are joined, and where the joined text stands in the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.citations import cite
from rag.embedding.embedder import Embedder
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.layout.articles import articles_of
from rag.layout.continuations import join
from rag.reading.folder import list_files
from rag.reading.reader import read_page
from rag.schema import Article, Run
from rag.text.offsets import source_of
from rag.text.sentences import sentences

FRONT = """海湾日报
第01版

“平湖造”机器人,阔步向前

■记者 胡佳英
通讯员 曹金凤 朱国平

从无到有,营收从0上升至1.5亿元,这是落户平湖经济技术开发区的是石科技(平湖)有限公司的“成长速度”。这样的成长速度,昭示着人工智能产业的迅猛发展。

产业链式布局。链式发展,不仅是机器人产业做大做强的必由之路,也是向高而攀的发展方式, (下转2版)

一份代表建议催生一个职工驿站

■记者 徐玉霞

本报讯 昨天中午,在位于广陈镇龙萌村的农业科技公司内,职工庄菊英快步走向农业产业职工流动服务站。

他们走遍多个行政村,最终确定在龙萌村先行试点。

(下转2版)
"""
INSIDE = """海湾日报
第02版

职工驿站

(上接1版)

如何从制度层面完善农业产业职工流动服务站管理,确保站点“建得好”?市总工会党组成员俞一峰说,他们与龙萌村联合工会委员会制定了驿站管理制度。

阔步向前

(上接1版)

平湖经济技术开发区已集聚机器人企业30多家,年产值约90亿元。是石科技今年营收将达到3亿元至5亿元。
"""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "p1.txt").write_text(FRONT, encoding="utf-8")
    (tmp_path / "p2.txt").write_text(INSIDE, encoding="utf-8")
    return tmp_path


def _read(folder: Path) -> list[Article]:
    return [a for path in list_files(folder) for a in articles_of(read_page(path, folder, 1))]


def test_the_pages_that_jumps_name(pages: Path) -> None:
    assert [(a.title, a.goes_on, a.comes_from) for a in _read(pages)] == [
        ("“平湖造”机器人,阔步向前", "2", ""),
        ("一份代表建议催生一个职工驿站", "2", ""),
        ("职工驿站", "", "1"),
        ("阔步向前", "", "1"),
    ]


def test_parts_are_joined_by_their_headlines(pages: Path) -> None:
    robots, station = join(_read(pages))
    assert (robots.title, robots.byline) == ("“平湖造”机器人,阔步向前", ("胡佳英", "曹金凤", "朱国平"))
    assert (robots.article_id, station.article_id) == ("p1.txt#1", "p1.txt#2")
    assert robots.text.split("\n")[1:] == [
        "产业链式布局。链式发展,不仅是机器人产业做大做强的必由之路,也是向高而攀的发展方式,",
        "平湖经济技术开发区已集聚机器人企业30多家,年产值约90亿元。是石科技今年营收将达到3亿元至5亿元。",
    ]
    assert station.text.endswith("制定了驿站管理制度。")


def test_every_sentence_of_a_join_stands_in_one_file(pages: Path) -> None:
    sources = {"p1.txt": FRONT, "p2.txt": INSIDE}
    for article in join(_read(pages)):
        found = set()
        for start, end in sentences(article.text):
            file, a, b = source_of(article, start, end)
            assert "".join(sources[file][a:b].split()) == "".join(article.text[start:end].split())
            found.add(file)
        assert found == {"p1.txt", "p2.txt"}


def test_a_citation_names_the_file_that_holds_its_words(pages: Path) -> None:
    robots = join(_read(pages))[0]
    start = robots.text.index("平湖经济技术开发区已集聚")
    end = robots.text.index("。", start) + 1
    citation = cite(1, robots, start, end)
    assert (citation.file, citation.article_id) == ("p2.txt", "p1.txt#1")
    assert (
        INSIDE[citation.source_start : citation.source_end]
        == "平湖经济技术开发区已集聚机器人企业30多家,年产值约90亿元。"
    )
    assert cite(1, robots, 0, 4).file == "p1.txt"


def test_the_index_holds_joined_articles(
    pages: Path, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> None:
    where = tmp_path_factory.mktemp("index")
    build(pages, where, embedder)
    index = load(where)
    assert sorted(index.articles) == ["p1.txt#1", "p1.txt#2"]
    assert {run.file for run in index.articles["p1.txt#1"].runs} == {"", "p2.txt"}


def _part(name: str, title: str, text: str, **known: str) -> Article:
    return replace(Article(name, f"{name}.txt", title, (), "", "article", text, (Run(0, 0, len(text)),)), **known)  # type: ignore[arg-type]


A = _part("a", "渡口重开 老船工当起讲解员", "清河渡口重新开放，首日迎来游客三千二百余人次。", goes_on="3")
B = _part("b", "渡口重开", "清河渡口每周二闭园检修，票价为每人15元。", comes_from="1")


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (A, B, True),
        (replace(A, page="01"), replace(B, page="03"), True),
        (replace(A, page="2"), B, False),  # B comes from page 1
        (A, replace(B, page="4"), False),  # A goes on on page 3
        (replace(A, date="2025-07-03"), replace(B, date="2025-07-04"), False),
        (replace(A, date="2025-07-03"), B, True),
        (replace(A, source="海湾日报"), replace(B, source="海湾晚报"), False),
        (A, replace(B, comes_from=""), False),
        (replace(A, goes_on=""), B, False),
        (A, replace(B, title="图书馆夜读"), False),  # no page is known, and the headlines differ
        (A, replace(B, title=""), False),
        (A, replace(B, title="", page="3"), True),  # the page and the words agree
        (A, replace(B, title="", page="3", text="图书馆延长开放时间，夜读区设座位。"), False),
    ],
)
def test_parts_that_belong_together(first: Article, second: Article, joined: bool) -> None:
    assert len(join([first, second])) == (1 if joined else 2)
    assert len(join([second, first])) == (1 if joined else 2)


def test_three_parts_and_a_circle() -> None:
    middle = replace(B, article_id="m", goes_on="5")
    last = _part("c", "渡口重开", "船工说，渡口还会更好。", comes_from="3")
    assert [a.article_id for a in join([last, middle, A])] == ["a"] or len(join([last, middle, A])) == 2
    circle = [replace(A, comes_from="9"), replace(B, goes_on="9")]
    (one,) = join(circle)
    assert one.text.count("\n") == 1


def test_without_jumps_nothing_changes() -> None:
    plain = [replace(A, goes_on=""), replace(B, comes_from="")]
    assert join(plain) == plain
    assert join([]) == []
