from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.embedder import Embedder
from rag.errors import IndexDamaged
from rag.opened import Index
from rag.vectors import Among, FlatVectors


def _unit(n: int, d: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "d", "k"), [(1, 4, 1), (500, 32, 10), (1000, 384, 100), (50, 8, 50)])
def test_search_is_brute_force(n: int, d: int, k: int) -> None:
    rows, queries = _unit(n, d, 1), _unit(7, d, 2)
    scores, found = FlatVectors.build(rows).search(queries, k)
    exact = queries @ rows.T
    order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
    assert found.tolist() == order.tolist()
    np.testing.assert_allclose(scores, np.take_along_axis(exact, order, axis=1), atol=1e-6)


def test_scores_are_cosines() -> None:
    rows = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], np.float32)
    scores, found = FlatVectors.build(rows).search(np.array([[1, 0]], np.float32), 4)
    assert found.tolist() == [[0, 1, 2, 3]]
    np.testing.assert_allclose(scores, [[1, 0.6, 0, -1]], atol=1e-6)


def test_fewer_rows_than_asked_for() -> None:
    _, found = FlatVectors.build(_unit(2, 4, 1)).search(_unit(1, 4, 2), 4)
    assert sorted(found[0, :2].tolist()) == [0, 1]
    assert found[0, 2:].tolist() == [-1, -1]


def test_scores_of_the_seeds(index: Index, embedder: Embedder) -> None:
    queries = embedder.embed_queries(["平湖签约了哪些人工智能项目？", "再生水", "What is 62.3%?"])
    rows = index.vectors.rows(np.arange(index.vectors.size))
    scores, found = index.vectors.search(queries, 20)
    exact = queries @ rows.T
    np.testing.assert_allclose(scores, -np.sort(-exact, axis=1)[:, :20], atol=1e-6)
    np.testing.assert_allclose(scores, np.take_along_axis(exact, found, axis=1), atol=1e-6)


@pytest.mark.parametrize(
    "rows", [[[2, 0]], [[1, 0], [0.5, 0.5]], [[0, 0]], [[np.nan, 0]], [[1.01, 0]]],
    ids=["long", "second", "zero", "nan", "slightly long"])
def test_rows_not_of_unit_length_are_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="unit length"):
        FlatVectors.build(np.array(rows, np.float32))


def test_rows_come_back_as_given(tmp_path: Path) -> None:
    rows = _unit(20, 16, 3)
    built = FlatVectors.build(rows)
    built.save(tmp_path / "v.faiss")
    read = FlatVectors.load(tmp_path / "v.faiss")
    assert (read.size, read.dimension) == (built.size, built.dimension) == (20, 16)
    for store in (built, read):
        assert store.rows(np.array([19, 0, 7])).tolist() == rows[[19, 0, 7]].tolist()
        assert store.rows(np.array([], np.int64)).shape == (0, 16)


@pytest.mark.parametrize("content", [b"", b"IxFI", b"null\n", b"\0" * 4000, b"PK\x03\x04" * 50])
def test_damaged_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.faiss").write_bytes(content)
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        FlatVectors.load(tmp_path / "v.faiss")


def test_missing_and_cut_file(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        FlatVectors.load(tmp_path / "v.faiss")
    FlatVectors.build(_unit(20, 16, 3)).save(tmp_path / "v.faiss")
    (tmp_path / "v.faiss").write_bytes((tmp_path / "v.faiss").read_bytes()[:-100])
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        FlatVectors.load(tmp_path / "v.faiss")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_search_among_some_rows_is_brute_force_over_them(share: float) -> None:
    rows, queries = _unit(700, 16, 1), _unit(5, 16, 2)
    among = np.random.default_rng(3).random(700) < share
    _, found = FlatVectors.build(rows).search(queries, 10, Among(among))
    exact = np.where(among, queries @ rows.T, -np.inf)
    order = np.argsort(-exact, axis=1, kind="stable")[:, :10]
    wanted = np.where(np.take_along_axis(exact, order, axis=1) == -np.inf, -1, order)
    assert found.tolist() == wanted.tolist()
