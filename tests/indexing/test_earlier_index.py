"""An index that an earlier version built: it opens, answers, and is brought up to date without embedding anything again."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from rag.embedding.embedder import Embedder
from rag.index.generation import damaged_files
from rag.index.manifest import current_generation, read_manifest
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.indexing.derived_version import MODULES
from rag.search.query import parse
from rag.search.retriever import Retriever
from tests.faults.states import content_of
from tests.faults.update import Stub
from tests.support.paths import DATA, ROOT

EARLIER = DATA / "index-format-5"
"""Built by the version of 2026-11-21, before its modules moved into packages: two articles of the seeds, vectors by ``Stub``."""
TITLES = [
    "我市再生水利用案例入选全省典型 每年节约用水1107万立方米",
    "一份代表建议催生一个职工驿站 平湖将“娘家人”关爱送到田间地头",
]


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EARLIER / "index", tmp_path / "index"))


def but_words(index_dir: Path) -> dict[str, Any]:
    """Return what an index holds, but for the terms, which another version derives in another way."""
    return {name: value for name, value in content_of(index_dir).items() if name != "words"}


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


def test_earlier_index_is_brought_up_to_date_without_embedding(earlier: Path, tmp_path: Path) -> None:
    before = but_words(earlier)
    stub = Stub()
    done = build(EARLIER / "articles", earlier, stub)
    assert (done.embedded, done.reused, stub.asked) == (0, 5, [])
    assert done.changes.reread == ("one.txt", "two.txt")
    assert but_words(earlier) == before
    build(EARLIER / "articles", tmp_path / "anew", Stub())
    assert content_of(earlier)["words"] == content_of(tmp_path / "anew")["words"]
    assert read_manifest(earlier).index == "ac8b3b10957222d689d12bb52b142581"
    assert damaged_files(earlier) == []
    (tmp := earlier.with_name("articles")).mkdir()
    shutil.copyfile(EARLIER / "articles" / "one.txt", tmp / "one.txt")
    (tmp / "new.txt").write_text("　　本报讯 昨天，平湖的黄桃喜获丰收，果香四溢。\n", encoding="utf-8")
    assert build(tmp, earlier, stub).embedded == len(stub.asked) == 1


def test_terms_and_copies_of_an_earlier_version_are_derived_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that knew neither scripts nor figures: its articles are stored anew, and only a changed text is embedded."""
    articles = tmp_path / "articles"
    articles.mkdir()
    story = "　　本报讯 石塘大桥昨日签约，" + "，".join(f"第{n}标段由某某公司承建" for n in range(1, 30))
    texts = {
        "a.txt": story + "，总投资三百四十五亿元。\n",
        "b.txt": story + "，总投资三百五十四亿元。\n",
        "c.txt": "　　本報訊 石塘縣興建體育館。\n",
        "d.txt": "　　本报讯 石塘县召开大会。\n",
    }
    for name, text in texts.items():
        (articles / name).write_text(text, encoding="utf-8")
    with monkeypatch.context() as earlier:
        earlier.setattr("rag.text.terms.normalise", lambda text: unicodedata.normalize("NFKC", text).casefold())
        earlier.setattr("rag.text.terms.values", lambda text: [])
        earlier.setattr("rag.indexing.segment_writer.legible", lambda text: text)
        earlier.setattr("rag.index.reprints.differ_in_a_figure", lambda a, b: False)
        for module in ("build", "context", "writer"):
            earlier.setattr(f"rag.indexing.{module}.derived_version", lambda: "0" * 16)
        build(articles, tmp_path / "index", Stub())
    before = load(tmp_path / "index", Stub())
    assert before.articles["a.txt#1"].copies == ("b.txt#1",)
    assert before.bm25.frequencies.get("345", 0) == before.bm25.frequencies.get("体育", 0) == 0
    stub = Stub()
    done = build(articles, tmp_path / "index", stub)
    assert done.changes.reread == tuple(texts)
    assert stub.asked == ["本报讯石塘县兴建体育馆。"]
    after = load(tmp_path / "index", Stub())
    assert after.articles["a.txt#1"].copies == ()
    assert [after.bm25.frequencies.get(term, 0) for term in ("345", "体育", "34500000000")] == [0, 1, 1]
    assert after.articles["c.txt#1"].text == "本報訊石塘縣興建體育館。"
    assert damaged_files(tmp_path / "index") == []
    build(articles, tmp_path / "anew", Stub())
    assert content_of(tmp_path / "index") == content_of(tmp_path / "anew")
    assert not build(articles, tmp_path / "index", stub).changes.reread
    assert len(stub.asked) == 1


def test_derived_version_covers_what_terms_and_copies_depend_on() -> None:
    """Follow the imports of the modules that compute them."""
    waiting, found = {"text/terms", "index/reprints", "words/postings"}, set[str]()
    while waiting:
        name = waiting.pop()
        found.add(name)
        source = (ROOT / "rag" / f"{name}.py").read_text(encoding="utf-8")
        modules = {
            module.replace(".", "/") for module in re.findall(r"^from rag\.([\w.]+) import", source, re.MULTILINE)
        }
        waiting |= modules - found - {"schema", "errors", "files", "words/vocabulary"}
    assert found == {name.removesuffix(".py") for name in MODULES}


def test_earlier_index_is_rebuilt_anew_without_embedding(earlier: Path) -> None:
    expected = but_words(earlier)
    stub = Stub()
    assert build(EARLIER / "articles", earlier, stub, anew=True).embedded == 0
    assert (stub.asked, but_words(earlier)) == ([], expected)


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
    assert (first.manifest.settings["reading"], current_generation(built)) == ("0" * 16, "g000002")
    second = build(folder, built, embedder)
    assert (second.changes.reread, second.changes.unchanged, current_generation(built)) == ((), 2, "g000002")
    assert asked == []
    (folder / "c.txt").write_text("　　本报讯 昨天，平湖的黄桃喜获丰收，果香四溢。\n", encoding="utf-8")
    build(folder, built, embedder)
    assert len(asked) == 1  # so the count is of the right calls
