from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import unittest.mock
import zipfile
from dataclasses import replace
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.assistant import Assistant
from rag.config import DEFAULT_LIMITS, Settings
from rag.embedding.embedder import Embedder
from rag.errors import CorpusError, IndexMissing
from rag.index.generation import damaged_files, generations
from rag.index.history import KEEP, roll_back
from rag.index.manifest import FORMAT, Counts, Model, current_generation, read_manifest
from rag.index.snapshot import load
from rag.indexing.build import build, what_changed
from rag.indexing.derived_version import derived_version
from rag.indexing.merge import segments_to_merge
from rag.indexing.reader_version import reader_sources, reader_version
from rag.layout.articles import articles_of
from rag.reading.reader import FileReader, read_page
from rag.search.query import parse
from rag.search.retriever import RANKERS, Retriever
from tests.faults.states import FIRST, OLD, OTHER, SECOND, texts_of
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

JUMPS = (
    "平湖建成算力中心\n\n■记者 王强\n\n　　本报讯 昨天，平湖算力中心建成，首期投入5亿元，\n　　机房已经通电。（下转2版）\n",
    "平湖建成算力中心\n\n　　（上接1版）算力中心二期明年开工，平湖的企业可以就近使用算力中心。\n",
)


def test_round_trip_of_the_seeds(index_dir: Path, seeds: Path, embedder: Embedder) -> None:
    opened = load(index_dir, embedder)
    expected = [a for path in sorted(seeds.glob("0*.txt")) for a in articles_of(read_page(path, seeds, 4.0))]
    assert list(opened.articles.values()) == expected
    assert opened.vectors.size == len(opened.passages) == opened.bm25.size == opened.manifest.counts.passages
    texts = [p.context for p in opened.passages]
    rows = opened.vectors.rows(np.arange(len(texts)))[::9]
    assert (rows * embedder.embed_passages(texts[::9])).sum(1).min() > 0.999
    assert damaged_files(index_dir) == []


def test_manifest(index_dir: Path, seeds: Path, embedder: Embedder) -> None:
    manifest = read_manifest(index_dir)
    assert manifest.format == FORMAT
    assert manifest.generation == current_generation(index_dir) == "g000001"
    assert manifest.model == Model(name="multilingual-e5-small", fingerprint=embedder.fingerprint, dimension=384)
    assert manifest.settings == {"reading": reader_version(DEFAULT_LIMITS), "derived": derived_version()}
    assert load(index_dir).page_hashes() == {
        p.name: read_page(p, seeds, 4.0).sha256 for p in sorted(seeds.glob("0*.txt"))
    }
    assert manifest.counts.files == 5
    assert manifest.counts.articles == 27
    assert manifest.refused == ()
    assert list(manifest.segments.values()) == [(27, manifest.counts.passages)]
    assert manifest.previous is None
    assert sorted(p.name for p in (index_dir / "segments").iterdir()) == list(manifest.segments)


def test_nothing_is_pickled(index_dir: Path) -> None:
    kinds = set()
    for path in (p for p in index_dir.rglob("*") if p.is_file()):
        kinds.add(path.suffix)
        data = path.read_bytes()
        assert not data.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK"))
        if path.suffix == ".npy":
            assert np.load(path, allow_pickle=False).dtype != object
        if path.suffix == ".json":
            json.loads(data)
    assert kinds == {"", ".json", ".npy", ".sqlite"}


def test_unchanged_files_are_not_read_again(
    built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileReader, "pages_of", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr(Embedder, "embed_passages", lambda *_: pytest.fail("embedded again"))
    os.utime(built / "CURRENT", (0, 0))
    os.utime(folder / "a.txt", (0, 0))
    again = build(folder, built, embedder)
    assert (again.embedded, again.reused, again.changes.unchanged) == (0, 2, 2)
    assert current_generation(built) == "g000001"
    assert (built / "CURRENT").stat().st_mtime > 1e9  # `make run` reads when the folder was last looked at


def test_file_is_not_even_opened_when_its_stamp_is_the_same(folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    time.sleep(0.1)
    with unittest.mock.patch("rag.indexing.changes._COARSE", 0):
        build(folder, tmp_path / "index", embedder)
        with unittest.mock.patch("rag.indexing.changes._content", side_effect=AssertionError):
            assert what_changed(folder, tmp_path / "index", embedder).unchanged == 2


def test_file_read_in_the_making_is_opened_once_more_and_no_more(
    folder: Path, tmp_path: Path, embedder: Embedder
) -> None:
    """Its times say nothing at first. The same is true for a copied folder."""
    index_dir = tmp_path / "index"
    build(folder, index_dir, embedder)
    shutil.copytree(folder, tmp_path / "copy")
    time.sleep(0.1)
    with unittest.mock.patch("rag.indexing.changes._COARSE", 0):
        for place in (folder, tmp_path / "copy"):
            assert len(build(place, index_dir, embedder).changes.stamps) == 2
            with unittest.mock.patch("rag.indexing.changes._content", side_effect=AssertionError):
                assert build(place, index_dir, embedder).changes.unchanged == 2
        (index_dir / "stamps.json").write_text("[1, {")
        assert build(folder, index_dir, embedder).changes.unchanged == 2
        (tmp_path / "copy" / "a.txt").write_text(OTHER, encoding="utf-8")
        assert build(tmp_path / "copy", index_dir, embedder).changes.edited == ("a.txt",)


def test_what_changed_is_named(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "b.txt").rename(folder / "d.txt")
    (folder / "a.txt").write_text(FIRST + "\n", encoding="utf-8")
    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    for found in (what_changed(folder, built, embedder), build(folder, built, embedder).changes):
        assert (found.added, found.edited, found.renamed, found.removed, found.unchanged) == (
            ("c.txt",),
            ("a.txt",),
            (("b.txt", "d.txt"),),
            (),
            0,
        )
    (folder / "d.txt").unlink()
    found = build(folder, built, embedder).changes
    assert (found.added, found.edited, found.renamed, found.removed, found.unchanged) == ((), (), (), ("d.txt",), 2)
    assert sorted(load(built).page_hashes()) == ["a.txt", "c.txt"]


def test_renamed_file_keeps_its_vectors_and_takes_its_new_name(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "b.txt").rename(folder / "2025-07-31.txt")
    assert build(folder, built, embedder).embedded == 0
    assert [(a.file, a.date) for a in load(built).articles.values()] == [
        ("2025-07-31.txt", "2025-07-31"),
        ("a.txt", ""),
    ]


def test_archive_that_is_unpacked_beside_the_other_page_of_a_story(tmp_path: Path, embedder: Embedder) -> None:
    """Another file holds the page, and the page and its article keep their names."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "z.txt").write_text(JUMPS[1], encoding="utf-8")
    with zipfile.ZipFile(folder / "x.zip", "w") as pack:
        pack.writestr("a.txt", JUMPS[0])
    build(folder, tmp_path / "index", embedder)
    (folder / "x.zip").unlink()
    (folder / "x.zip").mkdir()
    (folder / "x.zip" / "a.txt").write_text(JUMPS[0], encoding="utf-8")
    build(folder, tmp_path / "index", embedder)
    build(folder, tmp_path / "anew", embedder)
    grown, anew = load(tmp_path / "index"), load(tmp_path / "anew")
    sha256 = hashlib.sha256(JUMPS[0].encode()).hexdigest()
    assert grown.page_hashes() == anew.page_hashes() == {"x.zip/a.txt": sha256}
    assert grown.sha256_of("x.zip/a.txt") == sha256


def test_row_that_gets_its_text_takes_its_place(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    for second in ("", "平湖建成了一座体育馆。"):
        (folder / "a.csv").write_text(
            f"标题,正文\n一,平湖建成了一座图书馆。\n二,{second}\n三,平湖建成了一座博物馆。\n", encoding="utf-8"
        )
        build(folder, tmp_path / "index", embedder)
    assert list(load(tmp_path / "index").articles) == ["a.csv#1#1", "a.csv#2#1", "a.csv#3#1"]


def test_files_that_exchange_their_texts(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "a.txt").write_text(SECOND, encoding="utf-8")
    (folder / "b.txt").write_text(FIRST, encoding="utf-8")
    done = build(folder, built, embedder)
    assert (done.embedded, done.changes.edited) == (0, ("a.txt", "b.txt"))
    assert texts_of(built) == [OLD[1], OLD[0]]
    assert _brute(built, embedder) == _brute_anew(folder, built, embedder)


def test_edited_yaml_beside_a_file(built: Path, folder: Path, embedder: Embedder) -> None:
    for name, dates in (("a.txt.yaml", ["2025-04-21", ""]), ("baowen.yaml", ["2025-04-21", "2024"])):
        (folder / name).write_text(f"date: {dates[-1] or dates[0]}\n")
        assert build(folder, built, embedder).embedded == 0
        assert [a.date for a in load(built).articles.values()] == dates
    (folder / "a.txt.yaml").unlink()
    assert build(folder, built, embedder).changes.edited == ("a.txt",)
    assert [a.date for a in load(built).articles.values()] == ["2024", "2024"]


def test_of_articles_that_are_alike_the_same_is_found_whichever_came_first(
    built: Path, folder: Path, embedder: Embedder
) -> None:
    for name in ("c.txt", "0.txt", "b2.txt"):
        (folder / name).write_text(SECOND, encoding="utf-8")
        build(folder, built, embedder)
    build(folder, anew := built.with_name("anew"), embedder)
    searchers = [Retriever(load(each), embedder, ranker) for each in (built, anew) for ranker in RANKERS]
    found = [
        [hit.passage.passage_id for hit in each.search(parse("东片再生水厂", (), each.names), k)]
        for each in searchers
        for k in (1, 3, 10)
    ]
    assert found[:9] == found[9:]
    assert [name.partition("#")[0] for name in found[2][:4]] == ["0.txt", "b.txt", "b2.txt", "c.txt"]
    assert found[0] == found[2][:1]


def test_a_folder_whose_yaml_cannot_be_used_keeps_its_articles(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "c.txt").write_text(SECOND.replace("平湖", "乍浦"), encoding="utf-8")
    build(folder, built, embedder)
    generation, articles = current_generation(built), texts_of(built)
    for name in ("sub/baowen.yaml", "baowen.yaml"):
        (folder / name).write_text("data: 2020\n")
        with pytest.raises(CorpusError, match=rf"^{name}, line 1: .* The index in use stays as it is\.$"):
            build(folder, built, embedder)
        (folder / name).unlink()
        assert (current_generation(built), texts_of(built)) == (generation, articles)
    (folder / "sub" / "c.txt.yaml").write_text("data: 2020\n")  # speaks of one file only
    done = build(folder, built, embedder)
    assert (done.refused, done.unused_yaml) == ((), ["sub/c.txt.yaml"])
    assert (current_generation(built), texts_of(built)) == (generation, articles)


def test_no_generation_is_spent_on_yaml_that_cannot_be_used(built: Path, folder: Path, embedder: Embedder) -> None:
    name = next(path.name for path in sorted(folder.glob("*.txt")))
    generation, articles = current_generation(built), texts_of(built)
    for wrong in ("titel: x\n", "titel: y\n"):
        (folder / f"{name}.yaml").write_text(wrong)
        for _ in range(2):
            done = build(folder, built, embedder)
            assert (done.unused_yaml, current_generation(built)) == ([f"{name}.yaml"], generation)
            assert repr(wrong[:5]) in done.notes[0][1]
            assert texts_of(built) == articles
    (folder / "new.txt").write_text(SECOND, encoding="utf-8")  # another change takes the note along
    assert build(folder, built, embedder).unused_yaml == [f"{name}.yaml"]
    grown = current_generation(built)
    assert [row.file for row in read_manifest(built).notes] == [f"{name}.yaml"]
    again = build(folder, built, embedder)
    assert (again.changes.read, again.unused_yaml, current_generation(built)) == ((), [f"{name}.yaml"], grown)
    (folder / f"{name}.yaml").write_text("source: 平湖日报\n", encoding="utf-8")
    assert build(folder, built, embedder).notes == ()
    assert read_manifest(built).notes == ()
    assert {a.source for a in load(built).articles.values() if a.file == name} == {"平湖日报"}
    (folder / f"{name}.yaml").write_text("sauce: x\n")  # what it stated is no longer stated
    assert build(folder, built, embedder).unused_yaml == [f"{name}.yaml"]
    assert {a.source for a in load(built).articles.values() if a.file == name} == {""}


def test_what_linked_two_articles_may_go(tmp_path: Path, embedder: Embedder) -> None:
    """One article prints two stories that others print alone. When it is gone, the others have nothing in common, as in a new build. A
    reprint has nothing in common with the article that takes the place of the first one."""
    one, two = (
        "　　本报讯 " + "".join(f"{words}第{n}号{words[::-1]}，" for n in range(30)) + "。\n"
        for words in ("黄桃喜获丰收", "算力中心通电")
    )
    folder = tmp_path / "articles"
    folder.mkdir()
    for step in ({"b": one + two}, {"a": one, "c": two}, {"b": ""}, {"d": one}, {"a": two.replace("通电", "开工")}):
        for name, text in step.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8") if text else (folder / f"{name}.txt").unlink()
        build(folder, tmp_path / "index", embedder)
    build(folder, tmp_path / "anew", embedder)
    assert {a.article_id: a.copies for a in load(tmp_path / "index").articles.values()} == {
        a.article_id: a.copies for a in load(tmp_path / "anew").articles.values()
    }


def test_one_row_added_to_an_export(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    rows = [f"第{n}条,{'平湖' * n}建成了第{n}座图书馆。" for n in range(1, 30)]
    (folder / "a.csv").write_text("\n".join(["标题,正文", *rows]), encoding="utf-8")
    build(folder, tmp_path / "index", embedder)
    (folder / "a.csv").write_text("\n".join(["标题,正文", *rows, "新条,平湖又建成了一座图书馆。"]), encoding="utf-8")
    done = build(folder, tmp_path / "index", embedder)
    assert (done.embedded, list(done.manifest.segments.values())) == (1, [(29, 29), (1, 1)])
    assert len(load(tmp_path / "index").articles) == 30
    assert len(load(tmp_path / "index").page_hashes()) == 30


def test_export_that_fills_several_segments(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.indexing.segment_writer.BLOCK", 60)
    folder = tmp_path / "rows"
    folder.mkdir()
    rows = [f"第{n}条,{'平湖' * 10}建成了第{n}座图书馆。" for n in range(10, 17)]  # 30 characters each
    (folder / "a.csv").write_text("\n".join(["标题,正文", *rows]), encoding="utf-8")
    first = build(folder, tmp_path / "index", embedder)
    assert list(first.manifest.segments.values()) == [(2, 2), (2, 2), (2, 2), (1, 1)]
    assert first.manifest.counts == Counts(files=1, articles=7, passages=7)
    (folder / "a.csv").write_text(
        "\n".join(["标题,正文", *rows[1:]]), encoding="utf-8"
    )  # each row has another number now
    build(folder, tmp_path / "index", embedder)
    build(folder, tmp_path / "anew", embedder)
    assert list(load(tmp_path / "index").articles.values()) == list(load(tmp_path / "anew").articles.values())
    (folder / "b.txt").write_text(OTHER, encoding="utf-8")
    (folder / "a.csv").unlink()
    assert build(folder, tmp_path / "index", embedder).manifest.counts == Counts(files=1, articles=1, passages=1)


def test_damaged_vectors_are_not_sealed_into_what_is_new(built: Path, folder: Path, embedder: Embedder) -> None:
    (vectors,) = built.glob("segments/*/vectors.npy")
    data = bytearray(vectors.read_bytes())
    data[-1] ^= 0x80  # the sign of one number: the vector keeps its length
    vectors.write_bytes(data)
    (folder / "b.txt").rename(folder / "c.txt")
    assert build(folder, built, embedder).embedded == 1  # with undamaged vectors a rename embeds nothing


def test_version_that_reads_otherwise_reads_again(built: Path, folder: Path, embedder: Embedder) -> None:
    done = build(folder, built, embedder, replace(DEFAULT_LIMITS, text_mb=3.0))
    assert (done.changes.reread, done.embedded, done.manifest.generation) == (("a.txt", "b.txt"), 0, "g000002")
    assert not build(folder, built, embedder, replace(DEFAULT_LIMITS, text_mb=3.0)).changes.reread


def test_reader_version_covers_all_that_an_article_passes_through() -> None:
    """Follow the imports of the reader, the layout, the passages and the parsers that are loaded by name."""
    rag = ROOT / "rag"
    parsers = ("pdf", "docx", "html_article", "ocr")
    waiting = {
        "reading/reader",
        "layout/articles",
        "layout/continuations",
        "indexing/passages",
        *(f"reading/{name}" for name in parsers),
    }
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        source = (rag / f"{name}.py").read_text(encoding="utf-8")
        for package, names in re.findall(r"^\s*from rag\.?([\w.]*) import (\([^)]*\)|.*)", source, re.MULTILINE):
            module = package.replace(".", "/")
            modules = (
                [module]
                if (rag / f"{module}.py").is_file()
                else [f"{module}/{each}" for each in re.findall(r"\w+", names)]
            )
            waiting |= set(modules) - found
    covered = {path.relative_to(rag).with_suffix("").as_posix() for path in reader_sources()}
    assert found - {"config", "errors"} <= covered
    assert "text/terms" in covered
    assert "search/query" not in covered


def test_edited_file_is_embedded_alone(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "b.txt").write_text(SECOND.replace("1107万", "1200万"), encoding="utf-8")
    changed = build(folder, built, embedder)
    assert (changed.embedded, changed.reused) == (1, 1)
    assert texts_of(built) == [OLD[0], OLD[1].replace("1107万", "1200万")]


def test_article_added_and_article_removed(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "0.txt").write_text(OTHER, encoding="utf-8")
    assert (build(folder, built, embedder).embedded, len(texts_of(built))) == (1, 3)
    opened = load(built)
    rows = opened.vectors.rows(np.arange(3))
    texts = [p.context for p in opened.passages]
    assert (rows * embedder.embed_passages(texts)).sum(1).min() > 0.999  # each vector stayed with its text
    (folder / "a.txt").unlink()
    assert (build(folder, built, embedder).embedded, texts_of(built)[1:]) == (0, OLD[1:])


def _brute(index_dir: Path, embedder: Embedder) -> dict[str, list[str]]:
    """Return the passages found for some questions."""
    retriever = Retriever(load(index_dir, embedder), embedder)
    return {
        q: [h.passage.passage_id for h in retriever.search(parse(q, (), retriever.names), 5)]
        for q in ("平湖签约", "再生水厂", "黄桃")
    }


def _brute_anew(folder: Path, beside: Path, embedder: Embedder) -> dict[str, list[str]]:
    build(folder, beside.with_name("anew"), embedder)
    return _brute(beside.with_name("anew"), embedder)


STEPS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.integers(-1, 4)), min_size=1, max_size=8)


@given(STEPS)
@hypothesis.settings(max_examples=25)
def test_any_changes_lead_to_what_a_new_build_gives(embedder: Embedder, steps: list[tuple[str, int]]) -> None:
    """Write, overwrite and remove files, update an index after each step, and compare it with one built at the end. Among the texts are a
    story on two pages, a reprint and a text that says nothing."""
    texts = [FIRST, SECOND, JUMPS[0], JUMPS[1], "  \n"]
    with tempfile.TemporaryDirectory() as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        (folder / "z.txt").write_text(OTHER, encoding="utf-8")
        for name, number in steps:
            if number < 0:
                (folder / f"{name}.txt").unlink(missing_ok=True)
            else:
                (folder / f"{name}.txt").write_text(texts[number], encoding="utf-8")
            build(folder, index_dir, embedder)
        build(folder, Path(place, "anew"), embedder)
        grown, anew = load(index_dir), load(Path(place, "anew"))
        assert list(grown.articles.values()) == list(anew.articles.values())
        assert grown.page_hashes() == anew.page_hashes()
        assert grown.manifest.counts == anew.manifest.counts
        assert grown.manifest.refused == anew.manifest.refused
        assert sorted(grown.passages[i].passage_id for i in grown.live.tolist()) == sorted(
            p.passage_id for p in anew.passages
        )
        by_id = {p.passage_id: anew.vectors.rows(np.array([i])) for i, p in enumerate(anew.passages)}
        for i in grown.live.tolist():
            assert (by_id[grown.passages[i].passage_id] @ grown.vectors.rows(np.array([i])).T).item() > 0.999
        terms = ["平湖", "黄桃", "再生", "项目"]
        expected = {
            p.passage_id: score for p, score in zip(anew.passages, anew.bm25.scores(terms).tolist(), strict=True)
        }
        scores = grown.bm25.scores(terms)
        assert {grown.passages[i].passage_id: scores[i] for i in grown.live.tolist()} == pytest.approx(
            expected, abs=1e-5
        )
        assert damaged_files(index_dir) == []


def test_small_segments_are_merged(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    shapes = []
    for n in range(10):
        (folder / f"{n}.txt").write_text(OTHER.replace("黄桃", f"黄桃{n}号"), encoding="utf-8")
        shapes.append(len(build(folder, tmp_path / "index", embedder).manifest.segments))
    assert shapes == [1, 2, 3, 4, 5, 6, 7, 1, 2, 3]
    assert [a.file for a in load(tmp_path / "index").articles.values()] == [f"{n}.txt" for n in range(10)]
    for n in range(1, 10):
        (folder / f"{n}.txt").unlink()
    last = build(folder, tmp_path / "index", embedder)
    assert list(last.manifest.segments.values()) == [(8, 8)]
    assert [a.file for a in load(tmp_path / "index").articles.values()] == ["0.txt"]
    assert damaged_files(tmp_path / "index") == []


def test_segment_of_nothing_but_a_file_is_merged(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(9):
        (folder / f"{n}.txt").write_text(OTHER.replace("黄桃", f"黄桃{n}号") if n != 3 else "", encoding="utf-8")
        last = build(folder, tmp_path / "index", embedder)
    assert list(last.manifest.segments.values()) == [(7, 7), (1, 1)]


@pytest.mark.parametrize(
    ("live", "sizes", "expected"),
    [
        ([], [], []),
        ([5] * 7, [5] * 7, []),
        ([5] * 8, [5] * 8, list(range(8))),
        ([10_000, *[900] * 8], [10_000, *[900] * 8], list(range(1, 9))),
        ([8_000] * 8, [8_000] * 8, list(range(8))),
        ([300_000] * 8, [300_000] * 8, []),  # together too large
        ([60_000, 9_000, *[60_000] * 8], [60_000] * 10, [0, 1, *range(2, 8)]),  # the eight smallest of many
        ([10_000, 4_000, 50], [10_000, 9_000, 50], [1]),
        ([10_000, 5_000, 50], [10_000, 9_000, 50], []),
        ([10, 1, 50], [10, 9, 50], []),
        ([0], [0], []),
    ],
)
def test_what_is_merged(live: list[int], sizes: list[int], expected: list[int]) -> None:
    assert segments_to_merge(live, sizes) == expected


def test_generations_are_kept_to_go_back_to(built: Path, folder: Path, embedder: Embedder) -> None:
    for n in range(KEEP + 1):
        (folder / "c.txt").write_text(OTHER.replace("黄桃", f"黄桃{n}号"), encoding="utf-8")
        build(folder, built, embedder)
    assert len(generations(built)) == KEEP
    for n in range(KEEP - 1, -1, -1):
        assert f"黄桃{n + 1}号" in "".join(texts_of(built))
        if n:
            roll_back(built)
    with pytest.raises(IndexMissing, match=r"No generation before g00000\d is kept"):
        roll_back(built)
    build(folder, built, embedder)
    assert f"黄桃{KEEP}号" in "".join(texts_of(built))


def test_back_to_the_first(built: Path, folder: Path, embedder: Embedder) -> None:
    with pytest.raises(IndexMissing, match="No generation before g000001 is kept"):
        roll_back(built)
    (folder / "a.txt").unlink()
    build(folder, built, embedder)
    assert (texts_of(built), roll_back(built), texts_of(built)) == (OLD[1:], "g000001", OLD)
    assert build(folder, built, embedder).changes.removed == ("a.txt",)
    assert (texts_of(built), roll_back(built), texts_of(built)) == (OLD[1:], "g000001", OLD)


def test_assistant_moves_to_the_newer_generation(built: Path, folder: Path, embedder: Embedder) -> None:
    assistant = Assistant(Settings(index_dir=built), embedder)
    assert {h.article.file for h in assistant.search("黄桃")} == {"a.txt", "b.txt"}
    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    build(folder, built, embedder)
    assert assistant.search("黄桃")[0].article.file == "c.txt"


def test_assistant_moves_to_another_index_of_the_same_name(built: Path, folder: Path, embedder: Embedder) -> None:
    assistant = Assistant(Settings(index_dir=built), embedder)
    assert assistant.retriever.index.generation == "g000001"
    (folder / "a.txt").unlink()
    shutil.rmtree(built)
    build(folder, built, embedder)
    assert assistant.retriever.index.generation == "g000001"
    assert len(assistant.retriever.index.articles) == 1


def test_bad_files_are_left_out_and_named(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "binary.txt").write_bytes(b"\x7fELF" + bytes(300))
    (folder / "empty.txt").write_bytes(b"")
    (folder / "large.txt").write_bytes(b"x" * 5_000_000)
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    (folder / "gbk.txt").write_bytes(OTHER.encode("gbk"))
    (folder / "folder.txt").mkdir()
    done = build(folder, built, embedder)
    assert dict(done.refused) == {
        "binary.txt": "binary.txt is not text in UTF-8, UTF-16, GB18030 or Big5: convert it to UTF-8 or remove it.",
        "empty.txt": "empty.txt is empty: fill it or remove it.",
        "gone.txt": "gone.txt cannot be read (No such file or directory): check the file and its permissions.",
        "large.txt": "large.txt has 5.0 MB, over the limit of 4 MB a file: split it, or raise RAG_MAX_FILE_MB.",
    }
    assert [(row.file, row.why) for row in read_manifest(built).refused] == list(done.refused)
    assert texts_of(built) == [*OLD, "本报讯近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。"]
    again = build(folder, built, embedder)
    assert (again.refused, again.changes.read, again.manifest.generation) == (
        done.refused,
        (),
        done.manifest.generation,
    )
    (folder / "nowhere").symlink_to(folder / "gbk.txt")
    assert build(folder, built, embedder).changes.reread == ("gone.txt",)
    assert len(texts_of(built)) == 4


@pytest.mark.parametrize(
    "content",
    [None, b"", b"\x7fELF" + bytes(300), b"x" * 5_000_000, "\ufeff\u3000".encode()],
    ids=["no file", "0 bytes", "binary", "5 MB of one line", "blanks"],
)
def test_folder_of_which_nothing_can_be_used(
    built: Path, tmp_path: Path, embedder: Embedder, content: bytes | None
) -> None:
    (tmp_path / "bad").mkdir()
    if content is not None:
        (tmp_path / "bad" / "x.txt").write_bytes(content)
    with pytest.raises(CorpusError) as raised:
        build(tmp_path / "bad", built, embedder)
    assert "\n" not in str(raised.value)
    assert texts_of(built) == OLD
    assert current_generation(built) == "g000001"


def test_unreadable_file(built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self.name == "c.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self)

    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    done = build(folder, built, embedder)
    assert done.refused == (("c.txt", "c.txt cannot be read (Permission denied): check the file and its permissions."),)
    assert texts_of(built) == OLD
    again = build(folder, built, embedder)
    assert (again.changes.reread, again.refused, again.manifest.generation) == (
        ("c.txt",),
        done.refused,
        done.manifest.generation,
    )
    monkeypatch.undo()
    assert build(folder, built, embedder).refused == ()  # although the file did not change
    assert len(texts_of(built)) == 3


def test_folder_within_that_cannot_be_read(
    built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its articles do not count as removed."""
    (folder / "sub").mkdir()
    (folder / "sub" / "c.txt").write_text(OTHER, encoding="utf-8")
    build(folder, built, embedder)
    real = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "sub":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(
        CorpusError, match=r"/sub cannot be read \(Permission denied\): correct .* The index in use stays as it is\.$"
    ):
        build(folder, built, embedder)
    assert len(texts_of(built)) == 3


def test_linked_folder_and_names_that_are_spelled_alike_are_named(
    built: Path, folder: Path, embedder: Embedder
) -> None:
    (folder / "link").symlink_to(folder.parent)
    (folder / "\udcff.txt").write_text(OTHER, encoding="utf-8")
    (folder / "\\udcff.txt").write_text(OTHER, encoding="utf-8")
    assert [why for _, why in build(folder, built, embedder).refused] == [
        "\\udcff.txt is the spelling of the names of two files: rename one of them.",
        "link is a link to a folder: copy the folder here, or index it by itself.",
    ]
    assert len(texts_of(built)) == 3


def test_file_that_is_cut_short_while_it_is_read(
    built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.read_bytes
    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", lambda self: b"" if self.name == "c.txt" else real(self))
    assert build(folder, built, embedder).refused == (("c.txt", "c.txt is empty: fill it or remove it."),)
    monkeypatch.undo()
    assert build(folder, built, embedder).refused == ()  # the same text was written again


def test_file_name_in_another_encoding(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    """An archive packed on a Chinese Windows unpacks to such names: their bytes are GBK, not UTF-8."""
    (folder / "a.txt").rename(os.fsdecode(os.fsencode(folder) + b"/" + "平湖.txt".encode("gbk")))
    build(folder, tmp_path / "index", embedder)
    assert sorted(texts_of(tmp_path / "index")) == sorted(OLD)


def test_copied_index_answers_from_its_new_place(built: Path, tmp_path: Path) -> None:
    shutil.move(built, tmp_path / "moved")
    assert texts_of(tmp_path / "moved") == OLD
    assert damaged_files(tmp_path / "moved") == []


def test_files_of_every_kind(tmp_path: Path, embedder: Embedder) -> None:
    """Each unusable one is named, and the others are in the index."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_bytes(FIRST.encode("gbk"))
    (folder / "b.html").write_text(
        f"<html><body><article><h1>东片再生水厂投用</h1><p>{OLD[1]}</p></article></body></html>", encoding="utf-8"
    )
    (folder / "c.csv").write_text(f"标题,正文,日期\n黄桃,{OLD[0]},2025-07-31\n空,,\n", encoding="utf-8")
    (folder / "d.pdf").write_bytes(b"%PDF-1.7")
    with zipfile.ZipFile(folder / "e.zip", "w") as archive:
        archive.writestr("a.txt", OTHER)
        archive.writestr("../b.txt", OTHER)
    built = build(folder, tmp_path / "index", embedder)
    assert list(load(tmp_path / "index").page_hashes()) == ["a.txt", "b.html", "c.csv#1", "e.zip/a.txt"]
    assert built.refused == (
        ("c.csv#2", "c.csv#2 holds no text: fill it in or remove it."),
        ("d.pdf", "d.pdf is damaged or not a PDF: save it again."),
        ("e.zip/../b.txt", "e.zip/../b.txt has a path that leads out of its archive: pack it again."),
    )
    opened = load(tmp_path / "index", embedder)
    assert [(a.article_id, a.title, a.date, a.date_basis) for a in opened.articles.values()] == [
        ("a.txt#1", "平湖签约五个项目", "", ""),
        ("b.html#1", "东片再生水厂投用", "", ""),
        ("c.csv#1#1", "黄桃", "2025-07-31", "stated"),
        ("e.zip/a.txt#1", "新埭黄桃喜获丰收", "", ""),
    ]


def test_a_text_in_several_places_is_embedded_once(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "twice"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(FIRST if name != "c.txt" else SECOND, encoding="utf-8")
    asked: list[int] = []

    class Counting(Embedder):
        def embed_passages(self, texts, progress=None):  # type: ignore[no-untyped-def]
            asked.append(len(texts))
            return embedder.embed_passages(texts, progress)

    build(folder, tmp_path / "index", Counting())
    index = load(tmp_path / "index", embedder)
    assert (asked, len(index.passages)) == ([2], 3)
    assert index.vectors.rows(np.array([0]))[0].tolist() == index.vectors.rows(np.array([1]))[0].tolist()
