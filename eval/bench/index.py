"""What a run of ``rag index`` costs, and a question, as the index grows: ``python -m eval.bench.index [--most 1000000]``.

The articles are made of sentences of the shipped sets, drawn at random. Their vectors are synthetic
(``eval.bench.common``), except for articles added while the clock runs: those go through the model. Each figure has a
baseline in the same run. Results are saved as JSON and as a plot in eval/out.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np

from eval.bench.common import (
    DIMENSION,
    Row,
    in_fresh_process,
    log_log_page,
    memory_mb,
    synthetic_texts,
    synthetic_vectors,
)
from eval.bench.ratios import ratio
from eval.bench.synthetic_index import write_index
from eval.harness.sets import load_corpus, load_set
from rag.embedding.embedder import Embedder
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.search.query import parse
from rag.search.retriever import Retriever
from rag.text.sentences import sentences
from rag.vectors.flat import Vectors
from rag.vectors.store import Matrix
from rag.words.postings import Postings

_OUT, _PLOT = Path("eval/out/bench-index.json"), Path("eval/out/bench-index.html")
_SETS = [Path(__file__).parents[1] / "data" / "sets" / name for name in ("cmrc2018-sample", "dureader-robust-sample")]
_FILES, _EXPORTS, _ROWS = 5_000, 100, 350
_ROUNDS = 5
_SIZES = (10_000, 100_000, 1_000_000)
_BLOCK = 100_000
_QUESTIONS, _HITS = 100, 10
_LINES = {
    "question to hits, p95": "p95, ms",
    "p50": "p50, ms",
    "FAISS flat alone": "FAISS flat alone, p50, ms",
}
_NEW = "新埭黄桃喜获丰收\n\n■记者 王强\n\n　　本报讯 近日，新埭镇的黄桃喜获丰收，第{}批黄桃果香四溢，游客很多。\n"


def main() -> None:
    """Print and save the figures of runs and of questions."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.index", description="Cost of a run and of a question.")
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="the largest number of passages")
    most = parser.parse_args().most
    pool = [a.text[start:end] for folder in _SETS for a in load_corpus(folder) for start, end in sentences(a.text)]
    found: dict[str, Row] = {"nothing changed": _measure_unchanged(pool), "one article added": _measure_added(pool)}
    for name, row in found.items():
        print(name, *(f"{key} {value:,.3f}" for key, value in row.items()), sep="\n    ", flush=True)
    for size in (size for size in _SIZES if size <= most):
        with TemporaryDirectory() as folder:
            write_index(pool, size, Path(folder))
            row = found[f"question, {size:,} passages"] = in_fresh_process(_measure_questions, Path(folder), size)
        print(
            f"question, {size:,} passages",
            *(f"{key} {value:,.3f}" for key, value in row.items()),
            sep="\n    ",
            flush=True,
        )
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    if len(found) > 2:
        rows = {int(name.split()[1].replace(",", "")): row for name, row in found.items() if "passages" in name}
        title = "A question, without the time of the model"
        _PLOT.write_text(log_log_page(title, "passages", rows, _LINES), encoding="utf-8")


class _SyntheticEmbedder(Embedder):
    """The model's tokenizer with synthetic vectors, so that a large index is built in minutes."""

    def embed_passages(self, texts: Sequence[str], progress: object = None) -> Matrix:
        return synthetic_vectors(len(texts), len(texts[0]))


def _measure_unchanged(pool: Sequence[str]) -> Row:
    """Time ``rag index`` on a folder without changes, against reading all its files again with the vectors kept."""
    with TemporaryDirectory() as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        for number, text in enumerate(synthetic_texts(pool, _FILES)):
            (folder / f"{number}.txt").write_text(f"　　{text}\n", encoding="utf-8")
        start = time.perf_counter()
        build(folder, index_dir, _SyntheticEmbedder())
        first = time.perf_counter() - start
        command = [sys.executable, "-m", "rag", "index", str(folder), "--index", str(index_dir)]
        pairs = [(_seconds(command), _seconds([*command, "--anew"])) for _ in range(_ROUNDS)]
        return {
            "files": _FILES,
            "first build without the model, s": first,
            **_beside_baseline("s", pairs, "read anew, s"),
        }


def _measure_added(pool: Sequence[str]) -> Row:
    """Time one file added to exports of many articles, until a question finds it.

    The baseline writes the words and vectors of all articles again, as an index that cannot grow must do.
    """
    embedder = Embedder()
    embedder.embed_passages(["。"])
    with TemporaryDirectory() as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        texts = synthetic_texts(pool, 3 * _EXPORTS * _ROWS)
        for number in range(_EXPORTS):
            rows = [
                json.dumps(
                    {"title": f"{number} {row}", "text": next(texts) + next(texts) + next(texts)}, ensure_ascii=False
                )
                for row in range(_ROWS)
            ]
            (folder / f"{number}.jsonl").write_text("\n".join(rows), encoding="utf-8")
        start = time.perf_counter()
        build(folder, index_dir, _SyntheticEmbedder())
        first = time.perf_counter() - start
        index = load(index_dir, embedder)
        contexts = [passage.context for passage in index.passages]
        matrix = index.vectors.rows(np.arange(len(contexts)))
        pairs = []
        for number in range(_ROUNDS):
            (folder / f"new{number}.txt").write_text(_NEW.format(number), encoding="utf-8")
            start = time.perf_counter()
            built = build(folder, index_dir, embedder)
            hit = _best_file(index_dir, embedder, f"第{number}批黄桃")
            took = time.perf_counter() - start
            assert (built.embedded, hit) == (1, f"new{number}.txt")
            start = time.perf_counter()
            with TemporaryDirectory() as other:
                Postings.build(contexts).save(Path(other))
                Vectors.write([matrix], matrix.shape, Path(other))
            pairs.append((took, time.perf_counter() - start))
        return {
            "passages": len(contexts),
            "first build without the model, s": first,
            **_beside_baseline("s", pairs, "words and vectors anew, s"),
        }


def _best_file(index_dir: Path, embedder: Embedder, question: str) -> str:
    retriever = Retriever(load(index_dir, embedder), embedder)
    return retriever.search(parse(question, (), retriever.names), 1)[0].article.file


class _PreparedQueries(Embedder):
    """Prepared vectors for questions, so that the time of the model is left out."""

    def __init__(self, vectors: Matrix) -> None:
        super().__init__()
        self._vectors = vectors
        self.at = 0

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        self.at += 1
        return self._vectors[[self.at % len(self._vectors)]]


def _measure_questions(index_dir: Path, size: int) -> Row:
    """Return the figures of opening and asking; run it in a fresh process."""
    questions = [q.question for folder in _SETS for q in load_set(folder / "questions.jsonl", None)]
    questions = random.Random(1).sample(questions, _QUESTIONS)
    embedder = _PreparedQueries(synthetic_vectors(_QUESTIONS, 2))
    parse(
        "What did Pinghu sign?", (), Retriever(load(index_dir), embedder).names
    )  # reads the dictionaries, once in a process
    own, mapped = memory_mb()
    start = time.perf_counter()
    index = load(index_dir)
    opened = time.perf_counter() - start
    retriever = Retriever(index, embedder)
    times, spread = [], []
    flat = faiss.IndexFlatIP(DIMENSION)
    for _ in range(_ROUNDS):
        round_ = []
        for question in questions:
            start = time.perf_counter()
            retriever.search(parse(question, (), retriever.names), _HITS)
            round_.append(1000 * (time.perf_counter() - start))
        times += round_
        spread.append(float(np.median(round_)))
    own_then, mapped_then = memory_mb()
    for at in range(0, size, _BLOCK):
        flat.add(index.vectors.rows(np.arange(at, min(at + _BLOCK, size))))
    exact = []
    for query in synthetic_vectors(_QUESTIONS, 2):
        start = time.perf_counter()
        flat.search(query[np.newaxis], 60)
        exact.append(1000 * (time.perf_counter() - start))
    disk = sum(path.stat().st_size for path in index_dir.rglob("*") if path.is_file())
    return {
        "p50, ms": float(np.median(times)),
        "p95, ms": float(np.percentile(times, 95)),
        "least p50 of a round": min(spread),
        "greatest": max(spread),
        "FAISS flat alone, p50, ms": float(np.median(exact)),
        "open, ms": 1000 * opened,
        "own memory, MB": own_then - own,
        "mapped, MB": mapped_then - mapped,
        "bytes a passage": disk / size,
        "segments": len(index.live_segments),
    }


def _seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def _beside_baseline(unit: str, pairs: Sequence[tuple[float, float]], other: str) -> Row:
    found = ratio(pairs)
    return {unit: found.one, other: found.other, "ratio": found.ratio, "least": found.low, "greatest": found.high}


if __name__ == "__main__":
    main()
