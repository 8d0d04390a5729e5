"""The cases of `test_milvus_store.py` that need a server. It runs them in order, in a network namespace of their own."""

from __future__ import annotations

import itertools
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymilvus import DataType, MilvusClient

import rag.vectors.milvus_connection
from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, RagError, VectorServerError
from rag.index.bundle import pack, unpack
from rag.index.history import roll_back
from rag.index.manifest import read_manifest
from rag.indexing.build import build
from rag.schema import EVERYTHING, Article, Filter
from rag.text.filters import facts_of, filter_of, passes
from rag.vectors import milvus_collection as collection
from rag.vectors.milvus_connection import Address, connected
from rag.vectors.milvus_owner import drop_segments, owner_of, set_owner
from rag.vectors.milvus_store import MilvusVectors
from rag.vectors.store import Matrix, RowSelection, VectorStore
from tests.servers.milvus import METRICS, PORT, Server, clustered, loopback
from tests.support.exact_vectors import ExactVectors
from tests.support.paths import SEEDS

N, D, MODEL = 8000, 64, "f" * 32
HERE = Address("127.0.0.1", PORT, "baowen")
SEGMENT = "00000000000000a1"
ROWS, OTHERS, QUERIES = clustered(N, D, 1), clustered(1500, D, 2), clustered(N, D, 1)[::97][:50]
PLAIN = Article("a.txt#1", "a.txt", "", (), "", "article", "", ())
DATES = ["", "2024", "2025", "2025-04", "2025-07", "2025-04-21", "2025-07-28", "2024-12-31"]
LONG = "甲" * 2000  # more than a name's column takes
SOURCES = [
    "",
    "嘉兴日报",
    "嘉兴日报·平湖版",
    "平湖日报",
    'The "Daily" \\ Post',
    "ＤＡＩＬＹ",
    LONG + "晨报",
    LONG + "晚报",
    "坏\udc80报",
]
NAMES = [
    (),
    ("胡佳英",),
    ("胡佳英", "谢建伟"),
    ("胡佳",),
    ('O\'Neil "Bob" \\',),
    ("王 茹彤",),
    (LONG, "\ud800"),
    (LONG + "乙", "\x00甲"),
]
PAGES = ["", "03", "A02", "新" * 40 + "甲", "新" * 40 + "乙"]


def article(n: int) -> Article:
    pick = np.random.default_rng(n).integers(1000, size=5)
    return replace(
        PLAIN,
        date=DATES[pick[0] % len(DATES)],
        source=SOURCES[pick[1] % len(SOURCES)],
        byline=NAMES[pick[2] % len(NAMES)],
        kind=("article", "photo", "notice")[pick[3] % 3],
        page=PAGES[pick[4] % len(PAGES)],
    )


ARTICLES = [article(n) for n in range(N)]
FACTS = [facts_of(each) for each in ARTICLES]
LITTLE = ExactVectors.build(OTHERS)


def built(segment: str, local: VectorStore, base: str = "baowen") -> MilvusVectors:
    return MilvusVectors.build(replace(HERE, base=base), segment, MODEL, local, FACTS[: local.size])


def all_built(stores: Mapping[str, VectorStore]) -> list[MilvusVectors]:
    """Build all at the same time: the server spends seconds on each, whatever its size."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(built, stores, stores.values()))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    loopback()
    started = Server(tmp_path_factory.mktemp("server"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rag.vectors.milvus_connection, "READ", 1.0)
        _one_line(
            VectorServerError,
            r"^Nothing answers at 127\.0\.0\.1:19530: start Milvus there",
            lambda: built(SEGMENT, LITTLE),
        )
    started.start()
    yield started
    started.signal(signal.SIGCONT)
    started.kill()


@pytest.fixture(scope="module")
def flat() -> ExactVectors:
    return ExactVectors.build(ROWS)


@pytest.fixture(scope="module")
def first(server: Server, flat: ExactVectors) -> MilvusVectors:
    return built(SEGMENT, flat)


def _one_line(kind: type[RagError], words: str, call: Callable[[], object]) -> float:
    """Return the seconds until the error."""
    began = time.monotonic()
    with pytest.raises(kind, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
    return time.monotonic() - began


def _same(found: tuple[Matrix, np.ndarray], exact: tuple[Matrix, np.ndarray], least: float = 0.98) -> None:
    """Check that at least this share of the exact rows is found, with the right number of rows and the right scores, and that rows whose
    scores differ by more than 1e-3 are in order."""
    recalled = [len({*a} & {*b}) / len({*b}) for a, b in zip(found[1].tolist(), exact[1].tolist(), strict=True)]
    assert np.mean(recalled) >= least
    assert ((found[1] >= 0).sum(axis=1) == (exact[1] >= 0).sum(axis=1)).all()
    assert (found[0][found[1] < 0] == exact[0][exact[1] < 0]).all()
    for scores, rows, true_scores, true_rows in zip(*found, *exact, strict=True):
        truth = dict(zip(true_rows.tolist(), true_scores.tolist(), strict=True))
        pairs = [(float(score), truth[row]) for score, row in zip(scores, rows.tolist(), strict=True) if row in truth]
        assert all(abs(a - b) < 1e-3 for a, b in pairs)
        assert all(b[1] <= a[1] + 1e-3 for a, b in itertools.pairwise(pairs))


def _there(base: str) -> set[str]:
    return {
        name.removeprefix(f"{base}_") for name in connected(HERE)("list_collections") if name.startswith(f"{base}_")
    }


def test_same_as_faiss(first: MilvusVectors, flat: ExactVectors) -> None:
    store: VectorStore = first
    assert (store.size, store.dimension) == (flat.size, flat.dimension) == (N, D)
    for k in (1, 10, 200):
        _same(store.search(QUERIES, k), flat.search(QUERIES, k))
    far = np.array([0, N - 1, 4321, 7, 4321])
    assert (store.rows(far) == ROWS[far]).all()
    assert store.rows(np.array([], np.int64)).shape == (0, D)
    scores, rows = store.search(QUERIES[:0], 5)
    assert scores.shape == rows.shape == (0, 5)


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.05, 0.5, 0.95, 1.0])
def test_rows_that_are_gone(first: MilvusVectors, flat: ExactVectors, share: float) -> None:
    mask = np.random.default_rng(3).random(N) >= share
    among = RowSelection(mask, gone=np.flatnonzero(~mask))
    found = first.search(QUERIES, 10, among)
    assert mask[found[1][found[1] >= 0]].all()
    _same(found, flat.search(QUERIES, 10, among))


@pytest.mark.parametrize(
    "only",
    [
        filter_of(since="2025-04"),
        filter_of(until="2025-04-20"),
        filter_of("2025-04-21", "2025-04-21"),
        filter_of("2025-05", "2025-06"),
        filter_of("2023", "2023"),
        filter_of(source="嘉兴日报"),
        filter_of(source="平湖"),
        filter_of(source="daily"),
        filter_of(source='"daily" \\ p'),
        filter_of(source="nowhere"),
        filter_of(source=LONG + "晚"),
        filter_of(source="甲"),
        filter_of(source="坏\udc80"),
        filter_of(byline="胡佳英"),
        filter_of(byline="胡佳"),
        filter_of(byline='o\'neil "bob" \\'),
        filter_of(byline="王茹彤"),
        filter_of(byline='x" or row >= 0 or kind == "'),
        filter_of(byline=LONG),
        filter_of(byline="\ud800"),
        filter_of(byline="\x00甲"),
        filter_of(kind="photo"),
        filter_of(page="3"),
        filter_of(page="9"),
        filter_of(page="新" * 40 + "甲"),
        filter_of("2025", "2025", "嘉兴日报", "胡佳英", "article"),
    ],
    ids=lambda only: ascii(only)[:80],
)
def test_filter(first: MilvusVectors, flat: ExactVectors, only: Filter) -> None:
    mask = np.array([passes(only, each) for each in ARTICLES])
    found = first.search(QUERIES, 10, RowSelection(mask, only))
    assert mask[found[1][found[1] >= 0]].all()
    # each build makes another graph, and a filter costs recall: 0.97 was seen
    _same(found, flat.search(QUERIES, 10, RowSelection(mask)), least=0.9)
    gone = np.arange(N) % 3 == 0
    both = RowSelection(mask & ~gone, only, np.flatnonzero(gone))
    found = first.search(QUERIES, 10, both)
    assert both.mask[found[1][found[1] >= 0]].all()
    _same(found, flat.search(QUERIES, 10, both), least=0.9)


def test_an_answer_cut_short(first: MilvusVectors, flat: ExactVectors, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that has not loaded every row yet answers like this; 2.3.5 raises no error."""

    class Short(rag.vectors.milvus_connection.Connection):
        kept = 0

        def __init__(self) -> None:
            self.address, self._client = HERE, connected(HERE)._client

        def __call__(self, method: str, *arguments: object, **named: object) -> object:
            found = super().__call__(method, *arguments, **named)
            return [hits[: self.kept] for hits in found] if method == "search" else found

    monkeypatch.setattr(first, "_server", Short())
    half = RowSelection(np.arange(N) < 4, gone=np.arange(4, N))
    assert (first.search(QUERIES, 10)[1] == flat.search(QUERIES, 10)[1]).all()
    assert (first.search(QUERIES, 10, half)[1] == flat.search(QUERIES, 10, half)[1]).all()
    with monkeypatch.context() as patch:
        patch.setattr("rag.vectors.milvus_collection.count_visible", lambda *_: N - 1)
        for Short.kept in (0, 3, 9):
            _one_line(VectorServerError, "is still loading: wait and try again", lambda: first.search(QUERIES, 10))
        assert first.search(QUERIES, 9)[1].shape == (50, 9)
        Short.kept = 4
        assert set(first.search(QUERIES, 10, half)[1].ravel().tolist()) == {-1, 0, 1, 2, 3}


def test_opened_or_refused(first: MilvusVectors, flat: ExactVectors, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = MilvusVectors.open(HERE, SEGMENT, MODEL, flat)
    assert opened.search(QUERIES, 10)[1].tolist() == first.search(QUERIES, 10)[1].tolist()
    _one_line(
        IndexIncompatible,
        "another model, f{12} of 64 dimensions: run",
        lambda: MilvusVectors.open(HERE, SEGMENT, "e" * 32, flat),
    )
    _one_line(
        IndexIncompatible,
        "another model",
        lambda: MilvusVectors.open(HERE, SEGMENT, MODEL, ExactVectors.build(clustered(9, 8, 1))),
    )
    _one_line(
        IndexDamaged,
        "has 8000 of 1500 vectors: run `rag index`",
        lambda: MilvusVectors.open(HERE, SEGMENT, MODEL, LITTLE),
    )
    _one_line(
        IndexMissing, "has no baowen_0{16}: run `rag index`", lambda: MilvusVectors.open(HERE, "0" * 16, MODEL, flat)
    )
    _one_line(VectorServerError, "refuses: ", lambda: first.search(QUERIES[:1, :8], 5))
    for name in ("a1", "A" * 16, "0" * 17, "../../0000000000"):
        with pytest.raises(ValueError, match="no name of a segment"):
            MilvusVectors.open(HERE, name, MODEL, flat)
    with monkeypatch.context() as patch:
        patch.setattr("pymilvus.MilvusClient.get_server_version", lambda self, **_: "v2.2.16")
        _one_line(
            VectorServerError,
            r"is Milvus v2\.2\.16: it must be 2\.3 or newer",
            lambda: MilvusVectors.open(replace(HERE, base="old"), SEGMENT, MODEL, flat),
        )


def test_another_programs_collections_stay(first: MilvusVectors) -> None:
    foreign = f"baowen_{'f' * 16}"
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=8)
    server = connected(HERE)
    server("create_collection", foreign, schema=schema)
    for call in (lambda: MilvusVectors.open(HERE, "f" * 16, MODEL, LITTLE), lambda: built("f" * 16, LITTLE)):
        _one_line(IndexIncompatible, "baowen_f{16} at [0-9.:]+ was made by another program", call)
    others = [
        "baowen",
        "baowen_0123",
        "baowen_old_00000000000000a1",
        f"{'a' * 16}",
        "baowenx_00000000000000a1",
        "baowen_00000000000000A1",
    ]
    for other in others:
        server("create_collection", other, schema=schema)
    drop_segments(HERE, {SEGMENT})
    assert set(server("list_collections")) == {foreign, first.name, *others}
    for other in (foreign, *others):
        server("drop_collection", other)


def test_whole_once_and_left_as_it_is(
    first: MilvusVectors, flat: ExactVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = connected(HERE)("describe_collection", first.name)["collection_id"]

    def never(*_: object) -> None:
        raise AssertionError("written again")

    with monkeypatch.context() as patch:
        patch.setattr("rag.vectors.milvus_collection.create", never)
        again = MilvusVectors.build(HERE, SEGMENT, MODEL, flat, iter(FACTS))
    assert connected(HERE)("describe_collection", again.name)["collection_id"] == number
    for facts in (FACTS[:1499], FACTS[:1501]):  # more or fewer facts than rows
        with pytest.raises(ValueError, match=r"argument 3 is shorter|more facts than the 1500 vectors"):
            MilvusVectors.build(HERE, "b" * 16, MODEL, LITTLE, facts)
        _one_line(
            IndexDamaged, "is unfinished: run `rag index`", lambda: MilvusVectors.open(HERE, "b" * 16, MODEL, LITTLE)
        )
    with ThreadPoolExecutor() as pool:
        pool.submit(MilvusVectors.build, HERE, "e" * 16, "e" * 32, LITTLE, FACTS[:1500])
        repaired, none, one = all_built(
            {"b" * 16: LITTLE, "c" * 16: ExactVectors.build(OTHERS[:0]), "d" * 16: ExactVectors.build(OTHERS[:1])}
        )
    _same(repaired.search(OTHERS[:20], 10), LITTLE.search(OTHERS[:20], 10))
    assert none.search(QUERIES[:2], 2)[1].tolist() == [[-1, -1]] * 2
    assert one.search(OTHERS[:1], 3)[1].tolist() == [[0, -1, -1]]
    server = connected(HERE)
    server("delete", repaired.name, ids=[1])  # by another program
    server("query", repaired.name, "", output_fields=["count(*)"], consistency_level="Strong")
    _one_line(IndexDamaged, "has 1499 of 1500 vectors", lambda: MilvusVectors.open(HERE, "b" * 16, MODEL, LITTLE))
    _one_line(IndexIncompatible, "another model, e{12} ", lambda: MilvusVectors.open(HERE, "e" * 16, MODEL, LITTLE))
    for anew in all_built({"b" * 16: LITTLE, "e" * 16: LITTLE}):
        assert anew.search(OTHERS[1:2], 1)[1].tolist() == [[1]]
    drop_segments(HERE, {SEGMENT, "d" * 16})
    assert sorted(server("list_collections")) == [first.name, one.name]
    _one_line(IndexMissing, "no longer has these vectors: start again", lambda: repaired.search(OTHERS[:1], 3))


def test_a_switch_never_mixes_rows(first: MilvusVectors) -> None:
    """Two generations of the same texts, one with three segments, one with a merged and a new one, are exchanged while questions are
    asked. Every answer is that of one of the two generations, row by row."""
    parts = {
        name: ExactVectors.build(OTHERS[at:to])
        for name, at, to in (
            ("1" * 16, 0, 600),
            ("2" * 16, 600, 1000),
            ("3" * 16, 1000, 1500),
            ("4" * 16, 0, 1000),
            ("5" * 16, 200, 1400),
        )
    }
    generations = [("1" * 16, "2" * 16, "3" * 16), ("4" * 16, "5" * 16)]
    query = OTHERS[::100]

    def joined(stores: list[VectorStore]) -> list[tuple[float, int, int]]:
        return sorted(
            (-round(float(score), 3), number, row)
            for number, store in enumerate(stores)
            for scores, rows in [store.search(query, 3)]
            for score, row in zip(scores.ravel(), rows.ravel(), strict=True)
        )

    exact = [joined([parts[name] for name in names]) for names in generations]
    assert exact[0] != exact[1]
    current = [0]
    answers: list[tuple[int, int, bool]] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            number = current[0]
            stores = [MilvusVectors.open(HERE, name, MODEL, parts[name]) for name in generations[number]]
            for _ in range(3):
                found = joined(stores)
                answers.append(
                    (number, current[0], [(n, r) for _, n, r in found] == [(n, r) for _, n, r in exact[number]])
                )

    all_built({name: parts[name] for name in generations[0]})
    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(1, 5):
        all_built({name: parts[name] for name in generations[turn % 2]})
        current[0] = turn % 2
        time.sleep(1)
    over.set()
    for thread in threads:
        thread.join()
    assert all(right for *_, right in answers)
    assert sum(number == 1 for number, *_ in answers) > 5 < sum(number == 0 for number, *_ in answers)
    assert any(number != now for number, now, _ in answers)  # one question was asked across a switch
    drop_segments(HERE, {SEGMENT, *generations[0]})
    assert len(connected(HERE)("list_collections")) == 4
    drop_segments(HERE, {SEGMENT})


def test_an_index_that_the_server_searches(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds, questions and rollback with the server and without it: the same hits and answers."""
    folder, index_dir, address = tmp_path / "articles", tmp_path / "index", f"milvus+http://127.0.0.1:{PORT}/walk"
    shutil.copytree(SEEDS, folder)
    embedder = Embedder()
    here, there = (Assistant(Settings(index_dir=index_dir, vector_store=store), embedder) for store in ("", address))

    def agree() -> None:
        for question in ("平湖签约了哪些人工智能项目？", "What AI projects has Pinghu signed?", "高铁票价是多少？"):
            for only in (EVERYTHING, filter_of(since="2025"), filter_of(byline="王 强")):
                near, far = here.ask(question, (), only), there.ask(question, (), only)
                assert [h.passage for h in near.hits] == [h.passage for h in far.hits]
                assert (near.answer, near.citations, near.generation) == (far.answer, far.citations, far.generation)

    build(folder, index_dir, embedder, server=address)
    agree()
    first = set(read_manifest(index_dir).segments)
    next(folder.glob("003*")).rename(folder / "renamed.txt")
    next(folder.glob("001*")).unlink()
    build(folder, index_dir, embedder, server=address)
    agree()
    assert _there("walk") == {*first, "owner"}  # the new segment is small: this machine searches it
    roll_back(index_dir)
    agree()
    (folder / "new.txt").write_text(
        "　　本报讯 昨天，平湖的人工智能黄桃喜获丰收，果香四溢，游客很多。\n", encoding="utf-8"
    )
    monkeypatch.setattr(rag.vectors.milvus_connection.Connection.__call__, "__kwdefaults__", {"seconds": 1.0})
    server.signal(signal.SIGSTOP)
    _one_line(VectorServerError, "does not answer", lambda: build(folder, index_dir, embedder, server=address))
    server.signal(signal.SIGCONT)
    monkeypatch.undo()
    assert read_manifest(index_dir).generation == "g000001"
    agree()
    drop_segments(Address.of(address), set())
    fresh = Assistant(there.settings, embedder)
    _one_line(IndexMissing, "run `rag index` to build it", lambda: fresh.search("平湖"))
    build(folder, index_dir, embedder, server=address)
    there = Assistant(there.settings, embedder)
    assert "new.txt" in {h.article.file for h in there.search("人工智能黄桃")}
    agree()
    drop_segments(Address.of(address), set())


def test_an_address_belongs_to_one_index(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two indexes with one address: the collections of one are dropped for the other only with --anew."""
    address, embedder = f"milvus+http://127.0.0.1:{PORT}/shared", Embedder()
    taken = r"^Another index has its vectors at 127\.0\.0\.1:19530/shared: name another collection in RAG_VECTOR_STORE"
    offered, refused = taken + r", or add --anew to take its place there, which drops them\.$", taken + r"\.$"
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, what in ((one, "黄桃"), (two, "西瓜")):
        folder.mkdir()
        (folder / "a.txt").write_text(f"　　本报讯 昨天，平湖{what}喜获丰收，果香四溢。\n", encoding="utf-8")

    def index_of(folder: Path) -> Path:
        return folder.with_name(f"index {folder.name}")

    def run(folder: Path, anew: bool = False) -> set[str]:
        """What the server has afterwards."""
        build(folder, index_of(folder), embedder, server=address, anew=anew)
        return _there("shared")

    def found(folder: Path) -> str:
        settings = Settings(index_dir=index_of(folder), vector_store=address)
        return Assistant(settings, embedder).search("丰收")[0].passage.text

    def segments(folder: Path) -> set[str]:
        return {*read_manifest(index_of(folder)).segments}

    with monkeypatch.context() as patch:  # the first build is killed after the upload of its vectors
        patch.setattr("rag.index.publication.check_generation", lambda *_: pytest.exit("killed"))
        with pytest.raises(pytest.exit.Exception):
            run(one)
    left = _there("shared")
    collection.create(
        connected(HERE), "shared_0123456789abcdef", MODEL, LITTLE
    )  # as a build leaves it that is killed at once
    had = run(
        one
    )  # the killed builds were its own: their collections are gone, unless the last generation but one names them
    assert had == {*left, *segments(one)}
    assert "owner" in left
    identity = read_manifest(index_of(one)).index
    assert owner_of(Address.of(address)) == identity

    with (
        monkeypatch.context() as patch
    ):  # two indexes find the address free at the same time: the later one gets an error
        patch.setattr(
            "rag.vectors.milvus_owner.connected",
            lambda at: (
                lambda method, *arguments, **named: (
                    method != "has_collection" and connected(at)(method, *arguments, **named)
                )
            ),
        )
        _one_line(VectorServerError, "refuses", lambda: set_owner(Address.of(address), "0" * 32))
    assert owner_of(Address.of(address)) == identity

    with monkeypatch.context() as patch:
        patch.setattr(Embedder, "embed_passages", lambda *_: pytest.fail("embedded"))
        _one_line(IndexIncompatible, offered, lambda: run(two))
    assert not index_of(two).exists()
    build(two, index_of(two), embedder)
    _one_line(IndexIncompatible, offered, lambda: run(two))  # also with an index that exists already
    (two / "b.txt").write_text("　　本报讯 昨天，嘉兴南湖菱上市。\n", encoding="utf-8")
    build(two, index_of(two), embedder)
    _one_line(IndexIncompatible, refused, lambda: roll_back(index_of(two), address))
    pack(index_of(one), tmp_path / "one.zip")
    pack(index_of(two), tmp_path / "two.zip")
    _one_line(IndexIncompatible, refused, lambda: unpack(tmp_path / "two.zip", tmp_path / "three", address))
    assert list((tmp_path / "three").glob("[gs]*")) == []
    unpack(tmp_path / "one.zip", tmp_path / "four", address)  # a copy of the index that owns the address
    assert read_manifest(tmp_path / "four").index == identity
    unpack(tmp_path / "two.zip", tmp_path / "four")
    assert read_manifest(tmp_path / "four").index == identity  # an import does not change the id of an index
    assert _there("shared") == had  # the copy drops only collections of its own segments
    assert "黄桃" in found(one)

    assert run(two, anew=True) == {*segments(two), "owner"}
    assert "西瓜" in found(two)
    _one_line(IndexMissing, "run `rag index` to build it", lambda: found(one))
    _one_line(IndexIncompatible, offered, lambda: run(one))
    before = segments(two)
    shutil.rmtree(index_of(two))  # the index is lost, and with it its id
    _one_line(IndexIncompatible, offered, lambda: run(two))
    assert _there("shared") == {*before, "owner"}
    assert run(two, anew=True) == {*segments(two), "owner"}
    assert "西瓜" in found(two)

    again = segments(two)
    connected(HERE)("drop_collection", "shared_owner")  # as an earlier version left it
    assert owner_of(Address.of(address)) == "?"
    _one_line(IndexIncompatible, offered, lambda: run(two))
    assert run(two, anew=True) == {*again, *segments(two), "owner"}
    drop_segments(Address.of(address), set())
    assert _there("shared") == {"owner"}


def test_what_answers_but_is_no_vector_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.vectors.milvus_connection, "READ", 1.0)
    _one_line(
        VectorServerError,
        r"^What listens at 127\.0\.0\.1:9091 does not answer as Milvus does: start Milvus there, correct",
        lambda: connected(replace(HERE, port=METRICS)),
    )
    _one_line(
        VectorServerError,
        r"^There is no host nowhere\.invalid: correct RAG_VECTOR_STORE, or unset it",
        lambda: connected(replace(HERE, host="nowhere.invalid")),
    )


def test_slow_server(first: MilvusVectors, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.vectors.milvus_connection.Connection.__call__, "__kwdefaults__", {"seconds": 1.0})
    monkeypatch.setattr(rag.vectors.milvus_connection, "READ", 1.0)
    server.signal(signal.SIGSTOP)
    assert _one_line(VectorServerError, "does not answer", lambda: first.search(QUERIES[:1], 5)) < 3
    assert _one_line(VectorServerError, "does not answer", lambda: MilvusVectors.open(HERE, SEGMENT, MODEL, LITTLE)) < 3
    assert (
        _one_line(VectorServerError, "does not answer", lambda: built("a" * 16, LITTLE, "slow")) < 3
    )  # no connection yet
    server.signal(signal.SIGCONT)
    assert first.search(QUERIES[:1], 1)[1].shape == (1, 1)


def test_killed_while_built_and_read(first: MilvusVectors, server: Server, flat: ExactVectors) -> None:
    mask = np.arange(N) % 2 == 0
    among = RowSelection(mask, gone=np.flatnonzero(~mask))
    exact, exact_half = flat.search(QUERIES, 10), flat.search(QUERIES, 10, among)
    large = ExactVectors.build(clustered(30_000, D, 5))
    errors: dict[str, RagError] = {}
    under_way, over = threading.Event(), threading.Event()
    said: set[str] = set()
    answered = [0, 0]

    def facts() -> Iterator[object]:
        for number in range(large.size):
            if number == 5000:
                under_way.set()
            yield FACTS[number % N]

    def write() -> None:
        try:
            MilvusVectors.build(HERE, "8" * 16, MODEL, large, facts())  # type: ignore[arg-type]
        except RagError as error:
            errors["write"] = error

    def read() -> None:
        """Search across the kill and the restart: each answer is right, or an error of one line."""
        while not over.is_set():
            try:
                found, half = first.search(QUERIES, 10), first.search(QUERIES, 10, among)
            except VectorServerError as error:
                said.add(str(error))
                errors["read"] = error
                time.sleep(0.05)
            else:
                _same(found, exact)
                _same(half, exact_half)
                answered["read" in errors] += 1

    threads = [threading.Thread(target=work) for work in (write, read)]
    for thread in threads:
        thread.start()
    assert under_way.wait(30)
    server.kill()
    began = time.monotonic()
    threads[0].join(30)
    assert time.monotonic() - began < 15
    while "read" not in errors:
        time.sleep(0.01)
    assert time.monotonic() - began < 15
    for error in errors.values():
        assert isinstance(error, VectorServerError)
        assert re.fullmatch(r"The vector server at 127\.0\.0\.1:19530 is [^\n]*(again|this machine)\.", str(error))
    _one_line(VectorServerError, "is down", lambda: MilvusVectors.open(HERE, SEGMENT, MODEL, flat))
    server.start()
    again = MilvusVectors.open(HERE, SEGMENT, MODEL, flat)  # waits until it is loaded
    _same(again.search(QUERIES, 10), exact)
    _same(first.search(QUERIES, 10), exact)  # a store that was open before continues
    until = time.monotonic() + 20
    while not answered[1] and time.monotonic() < until:
        time.sleep(0.05)
    over.set()
    threads[1].join(30)
    assert min(answered) > 0
    assert all(
        re.fullmatch(r"The vector server at 127\.0\.0\.1:19530 is [^\n]*(again|this machine)\.", line) for line in said
    ), said
    _one_line(IndexDamaged, "8{16} at .* is unfinished", lambda: MilvusVectors.open(HERE, "8" * 16, MODEL, large))
    MilvusVectors.build(HERE, "8" * 16, MODEL, large, (FACTS[n % N] for n in range(large.size)))
    repaired = MilvusVectors.open(HERE, "8" * 16, MODEL, large)
    asked = large.rows(np.arange(0, large.size, 600))
    _same(repaired.search(asked, 10), large.search(asked, 10))
