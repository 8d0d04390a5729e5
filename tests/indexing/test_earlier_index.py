"""An index that an earlier version built: it opens, answers, and is brought up to date without embedding anything again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag.embedding.embedder import Embedder
from rag.index.generation import damaged_files
from rag.index.manifest import current_generation, read_manifest
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.search.query import parse
from rag.search.retriever import Retriever
from tests.faults.states import content_of
from tests.faults.update import Stub
from tests.support.paths import DATA

EARLIER = DATA / "index-format-5"
"""Built by the version of 2026-11-21, before its modules moved into packages: two articles of the seeds, vectors by ``Stub``."""
TITLES = [
    "我市再生水利用案例入选全省典型 每年节约用水1107万立方米",
    "一份代表建议催生一个职工驿站 平湖将“娘家人”关爱送到田间地头",
]


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EARLIER / "index", tmp_path / "index"))


def test_earlier_index_opens_and_answers(earlier: Path) -> None:
    index = load(earlier, Stub())
    assert damaged_files(earlier) == []
    assert [article.title for article in index.articles.values()] == TITLES
    assert [article.byline for article in index.articles.values()] == [("居丹荔", "邱冬白"), ("徐玉霞",)]
    assert list(index.page_hashes()) == ["one.txt", "two.txt"]
    retriever = Retriever(index, Stub(), "lexical")
    hits = retriever.search(parse("再生水利用量是多少？", (), retriever.names))
    assert hits[0].article.article_id == "one.txt#1"
    assert any("再生水利用量1107万立方米" in hit.passage.text for hit in hits)
    assert all(hit.article.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in hits)


def test_earlier_index_is_brought_up_to_date_without_embedding(earlier: Path) -> None:
    before = content_of(earlier)
    stub = Stub()
    done = build(EARLIER / "articles", earlier, stub)
    assert (done.embedded, done.reused, stub.asked) == (0, 5, [])
    assert done.changes.reread == ("one.txt", "two.txt")
    assert content_of(earlier) == before
    assert read_manifest(earlier).index == "ac8b3b10957222d689d12bb52b142581"
    assert damaged_files(earlier) == []
    (tmp := earlier.with_name("articles")).mkdir()
    shutil.copyfile(EARLIER / "articles" / "one.txt", tmp / "one.txt")
    (tmp / "new.txt").write_text("　　本报讯 昨天，平湖的黄桃喜获丰收，果香四溢。\n", encoding="utf-8")
    assert build(tmp, earlier, stub).embedded == len(stub.asked) == 1


def test_earlier_index_is_rebuilt_anew_without_embedding(earlier: Path) -> None:
    expected = content_of(earlier)
    stub = Stub()
    assert build(EARLIER / "articles", earlier, stub, anew=True).embedded == 0
    assert (stub.asked, content_of(earlier)) == ([], expected)


def test_other_version_of_the_readers_reads_once_and_embeds_nothing(
    built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = Embedder.embed_passages
    monkeypatch.setattr(
        Embedder, "embed_passages", lambda self, texts, *rest: asked.extend(texts) or real(self, texts, *rest)
    )
    monkeypatch.setattr("rag.indexing.build.reader_version", lambda limits: "0" * 16)
    first = build(folder, built, embedder)
    assert (first.changes.reread, first.embedded, first.reused) == (("a.txt", "b.txt"), 0, 2)
    assert (first.manifest.settings, current_generation(built)) == ({"reading": "0" * 16}, "g000002")
    second = build(folder, built, embedder)
    assert (second.changes.reread, second.changes.unchanged, current_generation(built)) == ((), 2, "g000002")
    assert asked == []
    (folder / "c.txt").write_text("　　本报讯 昨天，平湖的黄桃喜获丰收，果香四溢。\n", encoding="utf-8")
    build(folder, built, embedder)
    assert len(asked) == 1  # so the count is of the right calls
