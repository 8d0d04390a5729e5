"""Size, speed and recall of the vectors beside FAISS's exact index: ``python -m eval.bench.vectors [--most 1000000]``.

The vectors are made: 384 dimensions, around common topics and less common ones, all of them near one direction, as e5's
are (cosines of .6 to .9). A search is for one question's nearest 60. Each round takes ours, then the exact one. Files are
read once before, so that the disk is left out. What is measured runs in a process of its own. Results are kept as JSON and
as a plot in eval/out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np
from numpy.typing import NDArray

from eval.bench.words import _memory
from eval.harness.plots import Axis, Series, page, plot
from rag.vectors.flat import Vectors
from rag.vectors.store import Among, Matrix, Rows

_OUT = Path("eval/out/bench-vectors.json")
_PLOT = Path("eval/out/bench-vectors.html")
_SIZES = (10_000, 100_000, 1_000_000)
_DIMENSION, _TOPICS, _QUERIES, _WANTED = 384, 400, 60, 60
_ROUNDS = 7
_SHARE = 0.1
_BLOCK = 1 << 14
Row = dict[str, float]
_COLUMNS = {
    "build s": "vectors and codes written",
    "built MB": "more of its own memory by then",
    "disk": "bytes a passage",
    "open ms": "",
    "p50 ms": "a question",
    "p95 ms": "",
    "exact p50": "FAISS flat, in memory",
    "exact p95": "",
    "ratio": "ours to exact",
    "low": "of the rounds",
    "high": "",
    "recall@10": "",
    "recall@60": "",
    "10% @60": "where a tenth of the rows count",
    "10% ms": "p50 of these",
    "own MB": "memory of its own after the questions",
    "mapped MB": "files mapped then",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m eval.bench.vectors", description="Size, speed and recall of the vectors."
    )
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="the largest number of vectors")
    most = parser.parse_args().most
    print("\n".join(f"{name:12} {what}" for name, what in _COLUMNS.items() if what))
    print(f"{'':10}" + "".join(f"{name:>11}" for name in _COLUMNS))
    rows: dict[str, Row] = {}
    for size in (size for size in _SIZES if size <= most):
        rows[str(size)] = row = _measured(size)
        print(f"{size:10,}" + "".join(f"{row[name]:11,.3f}" for name in _COLUMNS), flush=True)
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if rows:
        _PLOT.write_text(drawn(rows), encoding="utf-8")


def made(size: int, seed: int) -> Matrix:
    """(size, 384) unit rows; another ``seed`` draws others around the same topics, of which the first are the commonest."""
    topics = np.random.default_rng(5)
    centres, common = _unit(topics.normal(size=(_TOPICS, _DIMENSION))), _unit(topics.normal(size=(1, _DIMENSION)))
    weights = 1 / np.arange(1, _TOPICS + 1)
    spread = _unit(1 / np.sqrt(np.arange(1, _DIMENSION + 1))[np.newaxis])  # some directions tell more than others
    rows = np.empty((size, _DIMENSION), np.float32)
    for at in range(0, size, _BLOCK):
        draw = np.random.default_rng([seed, at])
        count = min(_BLOCK, size - at)
        topic = draw.choice(_TOPICS, count, p=weights / weights.sum())
        rows[at : at + count] = _unit(
            1.2 * common + 0.6 * centres[topic] + 0.54 * draw.normal(size=(count, _DIMENSION)) * spread
        )
    return rows


def recall(found: Rows, exact: Rows) -> float:
    """The share of the exact rows (n, k) that are among those found (n, k)."""
    return float(np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, exact, strict=True)]))


def drawn(rows: dict[str, Row]) -> str:
    """Milliseconds against vectors, both as logarithms."""
    sizes = [int(size) for size in rows]
    series = [
        Series(
            name,
            tuple((float(np.log10(size)), float(np.log10(rows[str(size)][column]))) for size in sizes),
            marked=True,
        )
        for name, column in (("exact", "exact p50"), ("ours", "p50 ms"))
    ]
    low, high = int(np.log10(min(sizes))), int(np.ceil(np.log10(max(sizes) + 1)))
    title = "A search for 60 of many vectors"
    return page(
        title,
        plot(
            title,
            series,
            Axis("vectors", tuple((float(p), f"10^{p}") for p in range(low, high + 1))),
            Axis("milliseconds", tuple((float(p), f"{10.0**p:g}") for p in range(-1, 3))),
        ),
    )


def _measured(size: int) -> Row:
    with TemporaryDirectory() as folder:
        np.save(Path(folder) / "made.npy", made(size, 1))
        built = _apart(_built, Path(folder))
        return built | _apart(_asked, Path(folder))


def _apart(work: object, folder: Path) -> Row:
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        result: Row = other.submit(work, folder).result()  # type: ignore[arg-type]
        return result


def _built(folder: Path) -> Row:
    matrix = np.load(folder / "made.npy", mmap_mode="r")
    own = _memory()[0]
    start = time.perf_counter()
    Vectors.write([matrix], matrix.shape, folder)
    seconds = time.perf_counter() - start
    disk = sum(path.stat().st_size for path in folder.iterdir()) - (folder / "made.npy").stat().st_size
    return {"build s": seconds, "built MB": _memory()[0] - own, "disk": disk / len(matrix)}


def _asked(folder: Path) -> Row:
    size = int(np.load(folder / "made.npy", mmap_mode="r").shape[0])
    queries = made(_QUERIES, 2)
    own, mapped = _memory()
    start = time.perf_counter()
    vectors = Vectors.open(folder, size, _DIMENSION)
    opened = time.perf_counter() - start
    ours = np.concatenate([vectors.search(query[np.newaxis], _WANTED)[1] for query in queries])
    own_then, mapped_then = _memory()
    flat = faiss.IndexFlatIP(_DIMENSION)
    for at in range(0, size, _BLOCK):
        flat.add(vectors.rows(np.arange(at, min(at + _BLOCK, size))))
    exact = flat.search(queries, _WANTED)[1]
    times, baseline = [], []
    for _ in range(_ROUNDS):
        times.append(_timed(vectors, queries))
        baseline.append(_timed(flat, queries))
    ratios = sorted(statistics.median(a) / statistics.median(b) for a, b in zip(times, baseline, strict=True))
    mask = np.random.default_rng(3).random(size) < _SHARE
    kept = np.flatnonzero(mask)
    among = faiss.IndexFlatIP(_DIMENSION)
    among.add(vectors.rows(kept))
    filtered = np.concatenate([vectors.search(query[np.newaxis], _WANTED, Among(mask))[1] for query in queries])
    return {
        "open ms": 1000 * opened,
        "p50 ms": float(np.median(times)),
        "p95 ms": float(np.percentile(times, 95)),
        "exact p50": float(np.median(baseline)),
        "exact p95": float(np.percentile(baseline, 95)),
        "ratio": statistics.median(ratios),
        "low": ratios[0],
        "high": ratios[-1],
        "recall@10": recall(ours[:, :10], exact[:, :10]),
        "recall@60": recall(ours, exact),
        "10% @60": recall(filtered, kept[among.search(queries, _WANTED)[1]]),
        "10% ms": float(np.median(_timed(vectors, queries, Among(mask)))),
        "own MB": own_then - own,
        "mapped MB": mapped_then - mapped,
    }


def _timed(store: Vectors | faiss.IndexFlatIP, queries: Matrix, among: Among | None = None) -> list[float]:
    """Milliseconds of each search."""
    times = []
    for query in queries:
        start = time.perf_counter()
        if among and isinstance(store, Vectors):
            store.search(query[np.newaxis], _WANTED, among)
        else:
            store.search(query[np.newaxis], _WANTED)
        times.append(1000 * (time.perf_counter() - start))
    return times


def _unit(rows: NDArray[np.float64]) -> Matrix:
    unit: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


if __name__ == "__main__":
    main()
