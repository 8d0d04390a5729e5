"""Damaged bytes are found, they change no quoted word, and a rebuild repairs the index."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from rag.embedding.embedder import Embedder
from rag.errors import IndexDamaged, IndexIncompatible, RagError
from rag.index.generation import damaged_files
from rag.index.manifest import read_manifest
from rag.index.segment import SEGMENTS
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.search.query import parse
from rag.search.retriever import Retriever
from tests.faults.states import (
    OLD,
    Case,
    content_of,
    files_of,
    one_line,
    texts_of,
    tidy,
    with_flip,
)
from tests.faults.update import Stub

pytestmark = pytest.mark.slow


@contextmanager
def _flipped(path: Path, at: int, bit: int = 1) -> Iterator[None]:
    good = path.read_bytes()
    path.write_bytes(with_flip(good, at, bit))
    yield
    path.write_bytes(good)


def _places(path: Path) -> list[int]:
    """Return every byte of a small file; of a large one its ends and two dozen bytes between them."""
    size = path.stat().st_size
    return list(range(size)) if size <= 170 else sorted({0, size - 1, *range(0, size, max(1, size // 24))})


def _search(index_dir: Path, embedder: Embedder) -> list[str]:
    retriever = Retriever(load(index_dir, embedder), embedder)
    return [hit.article.text for hit in retriever.search(parse("平湖签约", (), retriever.names))]


def test_flipped_byte_is_found(grown: tuple[Path, Path]) -> None:
    _, index_dir = grown
    files, found = files_of(index_dir), 0
    for path in files:
        for at in _places(path):
            with _flipped(path, at):
                if path.name == "manifest.json":
                    with pytest.raises(
                        (IndexDamaged, IndexIncompatible), match=r"run `rag index --anew`|run `rag index` with"
                    ):
                        damaged_files(index_dir)
                else:
                    (broken,) = damaged_files(index_dir)
                    assert path.as_posix().endswith(f"/{broken}")
            found += 1
        good = path.read_bytes()
        path.unlink()
        with pytest.raises(IndexDamaged) if path.name == "manifest.json" else nullcontext():
            assert path.as_posix().endswith(damaged_files(index_dir)[0])
        path.write_bytes(good)
    for at in range(len((index_dir / "CURRENT").read_bytes())):
        with _flipped(index_dir / "CURRENT", at), pytest.raises(IndexDamaged, match="run `rag index --anew`"):
            damaged_files(index_dir)
    assert damaged_files(index_dir) == []
    assert found >= 2000


@pytest.mark.filterwarnings("ignore:Reading `.npy`")
def test_flipped_byte_alters_no_answer(grown: tuple[Path, Path]) -> None:
    """A search may return another order. Its words are those of the articles, or an error names the command to run."""
    _, index_dir = grown
    truth = {a.article_id: a for a in load(index_dir).articles.values()}
    told = 0
    for path in files_of(index_dir):
        for at in _places(path)[::2]:
            for bit in (1, 128):
                with _flipped(path, at, bit):
                    try:
                        index = load(index_dir, Stub())
                        assert {
                            name: article for name, article in index.articles.items() if truth[name] != article
                        } == {}
                        retriever = Retriever(index, Stub())
                        for hit in retriever.search(parse("平湖第3座图书馆建成 Pinghu", (), retriever.names)):
                            assert hit.article == truth[hit.article.article_id]
                            assert hit.passage.text in hit.article.text
                    except RagError as error:
                        told += one_line(error)
    assert told >= 500


def test_flipped_byte_is_mended(grown: tuple[Path, Path]) -> None:
    """Only texts of a segment with damaged vectors are embedded again."""
    folder, index_dir = grown
    expected = content_of(index_dir)
    texts = {
        name: {index.passages[i].context for i in range(start, start + part.segment.size)}
        for index in [load(index_dir)]
        for name, part, start in zip(index.manifest.segments, index.live_segments, index.starts, strict=False)
    }
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        for path in [*files_of(index_dir), index_dir / "CURRENT"]:
            size = path.stat().st_size
            for at in (0, size // 2, size - 1):
                copy = Path(place, "copy")
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(index_dir, copy)
                (copy / path.relative_to(index_dir)).write_bytes(with_flip(path.read_bytes(), at))
                stub = Stub()
                build(folder, copy, stub, anew=True)
                assert content_of(copy) == expected
                assert damaged_files(copy) == []
                tidy(copy)
                lost = (
                    path.name in ("vectors.npy", "keys.npy", "rows.npy", "segment.json") and path.parent.name != "words"
                )
                assert set(stub.asked) <= (texts[path.parent.name] if lost else set())
                assert bool(stub.asked) == lost


@pytest.mark.parametrize("content", [b"", b"null\n", b"[]\n", b"{}\n", b"{", b"\xff\xfe\x00", b"[1]\n{}\n"])
def test_any_file_replaced_by_nonsense(built: Path, folder: Path, embedder: Embedder, content: bytes) -> None:
    """Loading raises an error of the program or none, and a rebuild repairs the index."""
    for path in files_of(built):
        good = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(RagError, match="`rag index"):
            load(built, embedder)
        path.write_bytes(good)
        assert texts_of(built) == OLD
    (built / "g000001" / "manifest.json").write_bytes(content)
    build(folder, built, embedder)
    assert texts_of(built) == OLD


def test_quote_altered_on_disk_is_not_shown(built: Path, folder: Path, embedder: Embedder) -> None:
    path = next(built.glob("segments/*/articles.sqlite"))
    path.write_bytes(path.read_bytes().replace("总投资5亿元".encode(), "总投资9亿元".encode()))
    with pytest.raises(IndexDamaged, match="run `rag index --anew`"):
        texts_of(built)
    with pytest.raises(IndexDamaged, match="run `rag index --anew`"):
        _search(built, embedder)
    assert damaged_files(built) == [f"{path.parent.name}/{path.name}"]
    assert build(folder, built, embedder, anew=True).embedded == 0
    assert texts_of(built) == OLD


def test_damage_is_not_merged_into_what_is_whole(case: Case, room: Path) -> None:
    place = room / "rotten"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(case.index, place)
    name = list(read_manifest(place).segments)[2]
    path = place / SEGMENTS / name / "vectors.npy"
    path.write_bytes(with_flip(path.read_bytes(), path.stat().st_size - 1))
    for _ in range(2):
        with pytest.raises(IndexDamaged, match=rf"is damaged \({name}/vectors.npy\): run `rag index --anew`"):
            build(case.articles, place, Stub())
        assert damaged_files(place) == [f"{name}/vectors.npy"]
        assert list(load(place, Stub()).articles.values()) == case.new
    build(case.articles, place, Stub(), anew=True)
    assert content_of(place) == case.content
    tidy(place)
