from __future__ import annotations

import resource
import signal
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.embedding.embedder import Embedder
from rag.errors import IndexDamaged
from rag.index.snapshot import Index
from rag.schema import Filter
from rag.vectors import flat as module
from rag.vectors.combined import CombinedVectors
from rag.vectors.flat import Vectors
from rag.vectors.store import Mask, Matrix, Rows, RowSelection
from tests.support.exact_vectors import ExactVectors


def _unit(n: int, d: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "d", "k"), [(1, 4, 1), (500, 32, 10), (1000, 384, 100), (50, 8, 50)])
def test_search_is_brute_force(n: int, d: int, k: int) -> None:
    rows, queries = _unit(n, d, 1), _unit(7, d, 2)
    scores, found = ExactVectors.build(rows).search(queries, k)
    exact = queries @ rows.T
    order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
    assert found.tolist() == order.tolist()
    np.testing.assert_allclose(scores, np.take_along_axis(exact, order, axis=1), atol=1e-6)


def test_scores_are_cosines() -> None:
    rows = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], np.float32)
    scores, found = ExactVectors.build(rows).search(np.array([[1, 0]], np.float32), 4)
    assert found.tolist() == [[0, 1, 2, 3]]
    np.testing.assert_allclose(scores, [[1, 0.6, 0, -1]], atol=1e-6)


def test_fewer_rows_than_asked_for() -> None:
    _, found = ExactVectors.build(_unit(2, 4, 1)).search(_unit(1, 4, 2), 4)
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
    "rows",
    [[[2, 0]], [[1, 0], [0.5, 0.5]], [[0, 0]], [[np.nan, 0]], [[1.01, 0]]],
    ids=["long", "second", "zero", "nan", "slightly long"],
)
def test_rows_not_of_unit_length_are_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="unit length"):
        ExactVectors.build(np.array(rows, np.float32))


def test_rows_come_back_as_given(tmp_path: Path) -> None:
    rows = _unit(20, 16, 3)
    for store in (ExactVectors.build(rows), _written(rows, tmp_path)):
        assert (store.size, store.dimension) == (20, 16)
        assert store.rows(np.array([19, 0, 7])).tolist() == rows[[19, 0, 7]].tolist()
        assert store.rows(np.array([], np.int64)).shape == (0, 16)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_search_among_some_rows_is_brute_force_over_them(share: float) -> None:
    rows, queries = _unit(700, 16, 1), _unit(5, 16, 2)
    among = np.random.default_rng(3).random(700) < share
    _, found = ExactVectors.build(rows).search(queries, 10, RowSelection(among))
    exact = np.where(among, queries @ rows.T, -np.inf)
    order = np.argsort(-exact, axis=1, kind="stable")[:, :10]
    wanted = np.where(np.take_along_axis(exact, order, axis=1) == -np.inf, -1, order)
    assert found.tolist() == wanted.tolist()


def _write(rows: np.ndarray, folder: Path) -> None:
    """Write in blocks that end elsewhere than those of the module."""
    Vectors.write((rows[at : at + 7] for at in range(0, len(rows), 7)), rows.shape, folder)


def _written(rows: np.ndarray, folder: Path) -> Vectors:
    folder.mkdir(exist_ok=True)
    _write(rows, folder)
    return Vectors.open(folder, *rows.shape)


def _brute(rows: Matrix, queries: Matrix, k: int, mask: Mask | None = None) -> tuple[list[list[int]], Matrix]:
    """Search by definition: float64, equal scores ordered by row, -1 where there are fewer rows."""
    exact = (queries.astype(np.float64) @ rows.T.astype(np.float64)).astype(np.float32)
    exact[:, ~(np.ones(len(rows), bool) if mask is None else mask)] = -np.inf
    order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
    scores = np.take_along_axis(exact, order, axis=1)
    return np.where(scores == -np.inf, -1, order).tolist(), scores


def _recall(found: Rows, exact: list[list[int]]) -> float:
    return float(np.mean([len(set(a) & set(b)) / len(set(b)) for a, b in zip(found.tolist(), exact, strict=True)]))


@pytest.fixture(scope="module")
def crowded() -> tuple[Matrix, Matrix]:
    """8000 rows and 40 queries of 96 dimensions: topics around one direction, with a larger spread in some dimensions."""
    draw = np.random.default_rng(11)
    topics, common = draw.normal(size=(30, 96)) / 10, draw.normal(size=(1, 96)) / 5
    made = common + topics[draw.integers(0, 30, 8040)] + draw.normal(size=(8040, 96)) / np.sqrt(np.arange(1, 97)) / 4
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return made[:8000], made[8000:]


@pytest.mark.parametrize(("n", "d", "k"), [(1, 4, 1), (500, 32, 10), (1000, 384, 100), (50, 8, 50), (40_000, 4, 7)])
def test_a_written_segment_is_brute_force(
    tmp_path: Path, n: int, d: int, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CODED_FROM", 10**9)  # the largest has several blocks
    rows, queries = _unit(n, d, 1), _unit(7, d, 2)
    store = _written(rows, tmp_path)
    assert (store.size, store.dimension) == (n, d)
    scores, found = store.search(queries, k)
    wanted, exact = _brute(rows, queries, k)
    assert found.tolist() == wanted
    np.testing.assert_allclose(scores, exact, atol=1e-6)


def test_equal_rows_come_in_their_order(tmp_path: Path) -> None:
    rows = np.repeat(_unit(3, 384, 1), 30, axis=0)[np.random.default_rng(2).permutation(90)]
    scores, found = _written(rows, tmp_path).search(rows[:1], 40)
    same = np.flatnonzero((rows == rows[0]).all(axis=1))
    assert found[0, :30].tolist() == same.tolist()
    assert len(set(scores[0, :30].tolist())) == 1
    assert sorted(found[0, 30:].tolist()) == found[0, 30:].tolist()


def test_more_wanted_than_there_are(tmp_path: Path) -> None:
    scores, found = _written(_unit(2, 4, 1), tmp_path).search(_unit(1, 4, 2), 4)
    assert found[0, 2:].tolist() == [-1, -1]
    assert scores[0, 2:].tolist() == [np.finfo(np.float32).min] * 2


def test_no_rows(tmp_path: Path) -> None:
    store = _written(np.zeros((0, 8), np.float32), tmp_path)
    scores, found = store.search(_unit(2, 8, 1), 3)
    assert found.tolist() == [[-1] * 3] * 2
    assert scores.shape == (2, 3)
    assert store.rows(np.zeros(0, np.int64)).shape == (0, 8)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
@pytest.mark.parametrize("coded_from", [1, 10**9])
def test_a_segment_among_some_rows(
    tmp_path: Path, share: float, coded_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CODED_FROM", coded_from)  # few rows pass, so the codes are not asked
    rows, queries = _unit(700, 16, 1), _unit(5, 16, 2)
    mask = np.random.default_rng(3).random(700) < share
    mask[0] = False
    assert (
        _written(rows, tmp_path).search(queries, 10, RowSelection(mask))[1].tolist()
        == _brute(rows, queries, 10, mask)[0]
    )


@pytest.mark.parametrize("k", [10, 60])
@pytest.mark.parametrize("kept", [1.0, 0.999, 0.5, 0.1, 0.03, 0.001])
def test_codes_find_what_is_near_and_score_it_truly(
    tmp_path: Path, crowded: tuple[Matrix, Matrix], k: int, kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CODED_FROM", 8000)
    monkeypatch.setattr(module, "_FEW", 200)
    rows, queries = crowded
    mask = None if kept == 1 else np.random.default_rng(3).random(8000) < kept
    store = _written(rows, tmp_path)
    scores, found = store.search(queries, k, None if mask is None else RowSelection(mask))
    wanted, _ = _brute(rows, queries, k, mask)
    assert _recall(found, wanted) >= 0.98
    assert mask is None or mask[found[found >= 0]].all()
    for query, line, numbers in zip(queries, scores, found, strict=True):
        held = numbers[numbers >= 0]
        np.testing.assert_allclose(line[: len(held)], rows[held] @ query, atol=1e-6)
        assert (np.diff(line) <= 0).all()
    assert store.rows(found[0][found[0] >= 0]).tolist() == rows[found[0][found[0] >= 0]].tolist()


def test_where_a_filter_cuts_through_a_crowd_what_is_found_is_as_near(
    tmp_path: Path, crowded: tuple[Matrix, Matrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only rows below the median pass. Hundreds of them differ in the third decimal, and codes cannot tell which are the nearest."""
    monkeypatch.setattr(module, "_CODED_FROM", 8000)
    monkeypatch.setattr(module, "_FEW", 200)
    rows, queries = crowded
    store = _written(rows, tmp_path)
    for query in queries[:10, np.newaxis]:
        mask = (rows @ query[0]) < np.median(rows @ query[0])
        scores, exact = store.search(query, 60, RowSelection(mask))[0], _brute(rows, query, 60, mask)[1]
        assert (exact - scores).max() < 0.01


def test_equal_vectors_give_equal_files(
    tmp_path: Path, crowded: tuple[Matrix, Matrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CODED_FROM", 8000)
    monkeypatch.setattr(module, "_BLOCK", 1000)
    for name in "ab":
        _written(crowded[0], tmp_path / name)
    assert (tmp_path / "a/nearest.faiss").read_bytes() == (tmp_path / "b/nearest.faiss").read_bytes()


def test_a_mapped_matrix_is_written_as_it_is(tmp_path: Path) -> None:
    rows = _unit(50, 8, 1)
    np.save(tmp_path / "other.npy", rows)
    store = _written(np.load(tmp_path / "other.npy", mmap_mode="r"), tmp_path / "segment")
    assert store.rows(np.arange(50)).tolist() == rows.tolist()
    assert (tmp_path / "segment/vectors.npy").read_bytes() == (tmp_path / "other.npy").read_bytes()


@pytest.mark.parametrize("rows", [[[2, 0]], [[1, 0], [0.5, 0.5]], [[0, 0]], [[np.nan, 0]]])
def test_a_segment_takes_unit_rows(tmp_path: Path, rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="unit length"):
        _write(np.array(rows, np.float32), tmp_path)


@pytest.mark.parametrize("name", ["vectors.npy", "nearest.faiss"])
@pytest.mark.parametrize("content", [None, b"", b"IxPT", b"null\n", b"\0" * 4000, b"\x93NUMPY\x01\x00", "cut", "other"])
def test_what_write_did_not_write_is_refused(
    tmp_path: Path, name: str, content: bytes | str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CODED_FROM", 200)
    _write(_unit(300, 16, 1), tmp_path)
    path = tmp_path / name
    written = path.read_bytes()
    path.unlink()
    if content == "other":
        (tmp_path / "b").mkdir()
        _write(_unit(301, 16, 1), tmp_path / "b")
        content = (tmp_path / "b" / name).read_bytes()
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else written[:-100])
    with pytest.raises(IndexDamaged, match=r"run `rag index` to build them anew\.$"):
        Vectors.open(tmp_path, 300, 16)


def test_an_array_with_more_behind_it_is_refused(tmp_path: Path) -> None:
    _write(_unit(4, 8, 1), tmp_path)
    (tmp_path / "vectors.npy").write_bytes((tmp_path / "vectors.npy").read_bytes() + b"\0")
    with pytest.raises(IndexDamaged):
        Vectors.open(tmp_path, 4, 8)


@pytest.mark.parametrize(
    "rows",
    [np.ones((2, 4), np.float64), np.asfortranarray(np.ones((2, 4), np.float32)), np.ones(8, np.float32)],
    ids=["float64", "columns", "flat"],
)
def test_an_array_of_another_kind_is_refused(tmp_path: Path, rows: np.ndarray) -> None:
    np.save(tmp_path / "vectors.npy", rows)
    with pytest.raises(IndexDamaged):
        Vectors.open(tmp_path, 2, 4)


def test_a_segment_of_another_dimension_is_refused(tmp_path: Path) -> None:
    _write(_unit(4, 8, 1), tmp_path)
    with pytest.raises(IndexDamaged):
        Vectors.open(tmp_path, 4, 16)


@pytest.mark.parametrize("limit", [5_000, 12_000], ids=["vectors", "codes"])
def test_a_full_disk_is_an_os_error(tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CODED_FROM", 40)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            _write(_unit(40, 64, 1), tmp_path)  # 10 KB of vectors, 16 KB of the rotation before the codes
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == 27


class _RecordingStore(ExactVectors):
    """Records the ``among`` of each search."""

    asked: list[RowSelection | None]

    def search(self, queries: Matrix, k: int, among: RowSelection | None = None) -> tuple[Matrix, Rows]:
        self.asked = [*getattr(self, "asked", []), among]
        return super().search(queries, k, among)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 40), max_size=5),
    k=st.integers(1, 30),
    share=st.sampled_from([None, 0.0, 0.1, 0.9]),
    seed=st.integers(0, 99),
)
def test_joined_stores_are_as_one(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], k: int, share: float | None, seed: int
) -> None:
    rows = _unit(sum(sizes), 8, seed)[
        np.random.default_rng(seed).integers(0, max(sum(sizes), 1), sum(sizes))
    ]  # some twice
    folder = tmp_path_factory.mktemp("joined")
    ends = np.cumsum([0, *sizes])
    parts = [_written(rows[a:b], folder / f"{a}-{b}-{i}") for i, (a, b) in enumerate(pairwise(ends))]
    joined, one = CombinedVectors(parts, 8), _written(rows, folder / "one")
    among = None if share is None else RowSelection(np.random.default_rng(seed).random(len(rows)) < share)
    queries = _unit(3, 8, seed + 1)
    assert (joined.size, joined.dimension) == (one.size, 8)
    for a, b in zip(joined.search(queries, k, among), one.search(queries, k, among), strict=True):
        assert a.tolist() == b.tolist()
    numbers = np.random.default_rng(seed).permutation(len(rows))
    assert joined.rows(numbers).tolist() == rows[numbers].tolist()


def test_a_joined_store_tells_each_what_it_is_to_leave_out() -> None:
    stores = [_RecordingStore.build(_unit(n, 4, n)) for n in (3, 2, 4)]
    mask = np.array([1, 0, 1, 0, 0, 1, 1, 1, 0], bool)
    only = Filter(source="news")
    CombinedVectors(stores, 4).search(_unit(1, 4, 9), 2, RowSelection(mask, only, np.array([1, 3, 4, 8])))
    first, third = stores[0].asked[0], stores[2].asked[0]
    assert not hasattr(stores[1], "asked")  # none of its rows count
    assert first
    assert third
    assert (first.mask.tolist(), first.gone.tolist(), first.only) == ([True, False, True], [1], only)
    assert (third.mask.tolist(), third.gone.tolist(), third.only) == ([True, True, True, False], [3], only)


class _RemoteStore(ExactVectors):
    """Answers once all remote stores have been asked."""

    remote = True
    together: threading.Barrier

    def search(self, queries: Matrix, k: int, among: RowSelection | None = None) -> tuple[Matrix, Rows]:
        self.together.wait(10)
        return super().search(queries, k, among)


def test_stores_that_other_machines_search_are_asked_at_the_same_time() -> None:
    _RemoteStore.together = threading.Barrier(3)
    rows, queries = _unit(12, 4, 1), _unit(2, 4, 2)
    stores = [
        _RemoteStore.build(rows[:3]),
        ExactVectors.build(rows[3:5]),
        _RemoteStore.build(rows[5:9]),
        _RemoteStore.build(rows[9:]),
    ]
    scores, found = CombinedVectors(stores, 4).search(queries, 5)
    expected = ExactVectors.build(rows).search(queries, 5)
    assert found.tolist() == expected[1].tolist()
    assert scores == pytest.approx(expected[0])


def test_an_error_of_another_machine_is_the_error_of_all() -> None:
    stores = [ExactVectors.build(_unit(3, 4, 1)), _RemoteStore.build(_unit(3, 4, 2))]
    _RemoteStore.together = threading.Barrier(1)
    _RemoteStore.together.abort()
    with pytest.raises(threading.BrokenBarrierError):
        CombinedVectors(stores, 4).search(_unit(1, 4, 3), 2)


def test_no_stores() -> None:
    joined = CombinedVectors([], 4)
    scores, found = joined.search(_unit(2, 4, 1), 3, RowSelection(np.zeros(0, bool)))
    assert (joined.size, joined.dimension, found.tolist()) == (0, 4, [[-1] * 3] * 2)
    assert scores.tolist() == [[float(np.finfo(np.float32).min)] * 3] * 2
    assert joined.rows(np.zeros(0, np.int64)).shape == (0, 4)
