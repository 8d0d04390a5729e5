"""Size, speed and recall of the vectors beside FAISS's exact index: ``python -m eval.bench.vectors [--most 1000000]``.

The vectors are synthetic (``eval.bench.common``). A search finds the 60 nearest to one question. Each round times ours,
then the exact index. Files are read once before, so that the disk is not timed. Each measurement has a process of its
own. Results are saved as JSON and as a plot in eval/out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np

from eval.bench.common import DIMENSION, Row, in_fresh_process, log_log_page, memory_mb, synthetic_vectors
from rag.vectors.flat import Vectors
from rag.vectors.store import Matrix, Rows, RowSelection

_OUT = Path("eval/out/bench-vectors.json")
_PLOT = Path("eval/out/bench-vectors.html")
_SIZES = (10_000, 100_000, 1_000_000)
_QUERIES, _NEAREST = 60, 60
_ROUNDS = 7
_FILTERED_SHARE = 0.1
_BLOCK = 1 << 14
_MATRIX = "matrix.npy"
_COLUMNS = {
    "build s": "vectors and codes written",
    "built MB": "growth of the process's own memory",
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
    "10% @60": "recall if a filter keeps a tenth of the rows",
    "10% ms": "p50 with that filter",
    "own MB": "own memory after the questions",
    "mapped MB": "mapped files after the questions",
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
        rows[str(size)] = row = _measure(size)
        print(f"{size:10,}" + "".join(f"{row[name]:11,.3f}" for name in _COLUMNS), flush=True)
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if rows:
        title = "A search for the 60 nearest of many vectors"
        lines = {"exact": "exact p50", "ours": "p50 ms"}
        _PLOT.write_text(
            log_log_page(title, "vectors", {int(size): row for size, row in rows.items()}, lines), encoding="utf-8"
        )


def recall(found: Rows, exact: Rows) -> float:
    """Return the share of the exact rows (n, k) that are among the found rows (n, k)."""
    return float(np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, exact, strict=True)]))


def _measure(size: int) -> Row:
    with TemporaryDirectory() as folder:
        np.save(Path(folder) / _MATRIX, synthetic_vectors(size, 1))
        return in_fresh_process(_measure_build, Path(folder)) | in_fresh_process(_measure_search, Path(folder))


def _measure_build(folder: Path) -> Row:
    matrix = np.load(folder / _MATRIX, mmap_mode="r")
    own = memory_mb()[0]
    start = time.perf_counter()
    Vectors.write([matrix], matrix.shape, folder)
    seconds = time.perf_counter() - start
    disk = sum(path.stat().st_size for path in folder.iterdir()) - (folder / _MATRIX).stat().st_size
    return {"build s": seconds, "built MB": memory_mb()[0] - own, "disk": disk / len(matrix)}


def _measure_search(folder: Path) -> Row:
    size = int(np.load(folder / _MATRIX, mmap_mode="r").shape[0])
    queries = synthetic_vectors(_QUERIES, 2)
    own, mapped = memory_mb()
    start = time.perf_counter()
    vectors = Vectors.open(folder, size, DIMENSION)
    opened = time.perf_counter() - start
    ours = np.concatenate([vectors.search(query[np.newaxis], _NEAREST)[1] for query in queries])
    own_then, mapped_then = memory_mb()
    flat = faiss.IndexFlatIP(DIMENSION)
    for at in range(0, size, _BLOCK):
        flat.add(vectors.rows(np.arange(at, min(at + _BLOCK, size))))
    exact = flat.search(queries, _NEAREST)[1]
    times, baseline = [], []
    for _ in range(_ROUNDS):
        times.append(_milliseconds(vectors, queries))
        baseline.append(_milliseconds(flat, queries))
    ratios = sorted(statistics.median(a) / statistics.median(b) for a, b in zip(times, baseline, strict=True))
    mask = np.random.default_rng(3).random(size) < _FILTERED_SHARE
    kept = np.flatnonzero(mask)
    among = faiss.IndexFlatIP(DIMENSION)
    among.add(vectors.rows(kept))
    filtered = np.concatenate([vectors.search(query[np.newaxis], _NEAREST, RowSelection(mask))[1] for query in queries])
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
        "10% @60": recall(filtered, kept[among.search(queries, _NEAREST)[1]]),
        "10% ms": float(np.median(_milliseconds(vectors, queries, RowSelection(mask)))),
        "own MB": own_then - own,
        "mapped MB": mapped_then - mapped,
    }


def _milliseconds(
    store: Vectors | faiss.IndexFlatIP, queries: Matrix, among: RowSelection | None = None
) -> list[float]:
    """Return the time of each search."""
    times = []
    for query in queries:
        start = time.perf_counter()
        if among and isinstance(store, Vectors):
            store.search(query[np.newaxis], _NEAREST, among)
        else:
            store.search(query[np.newaxis], _NEAREST)
        times.append(1000 * (time.perf_counter() - start))
    return times


if __name__ == "__main__":
    main()
