"""What a run of ``rag index`` costs, and a question, as the index grows: ``python -m eval.bench.index [--most 1000000]``.

The articles are made of sentences of the sets that ship, drawn at random; their vectors are drawn as in
eval/bench/vectors.py, but for what is added while the clock runs, which goes through the model. Each figure has a baseline
in the same run; results are kept as JSON and a plot in eval/out.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np

from eval.bench.ratios import ratio
from eval.bench.vectors import made
from eval.bench.words import _made, _memory
from eval.harness.plots import Axis, Series, page, plot
from eval.harness.sets import load_corpus, load_set
from rag.embedding.embedder import Embedder
from rag.index import generation, segment
from rag.index.manifest import FORMAT, Counts, Manifest, Model
from rag.index.segment import SEGMENTS, Content, keys_of
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.schema import Article, Entry, File, Run
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
_QUESTIONS, _WANTED = 100, 10
_NEW = "新埭黄桃喜获丰收\n\n■记者 王强\n\n　　本报讯 近日，新埭镇的黄桃喜获丰收，第{}批黄桃果香四溢，游客很多。\n"
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.index", description="What a run costs, and a question.")
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="the largest number of passages")
    most = parser.parse_args().most
    pool = [a.text[start:end] for folder in _SETS for a in load_corpus(folder) for start, end in sentences(a.text)]
    found: dict[str, Row] = {"nothing changed": _unchanged(pool), "one article added": _added(pool)}
    for name, row in found.items():
        print(name, *(f"{key} {value:,.3f}" for key, value in row.items()), sep="\n    ", flush=True)
    for size in (size for size in _SIZES if size <= most):
        with TemporaryDirectory() as folder:
            _synthetic(pool, size, Path(folder))
            with ProcessPoolExecutor(1, get_context("spawn")) as other:
                row = found[f"question, {size:,} passages"] = other.submit(_asked, Path(folder), size).result()
        print(
            f"question, {size:,} passages",
            *(f"{key} {value:,.3f}" for key, value in row.items()),
            sep="\n    ",
            flush=True,
        )
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    if len(found) > 2:
        _PLOT.write_text(
            _drawn({int(name.split()[1].replace(",", "")): row for name, row in found.items() if "passages" in name}),
            encoding="utf-8",
        )


class _Drawn(Embedder):
    """The model's own splitting, and vectors that are drawn: so that a large index is made in minutes."""

    def embed_passages(self, texts: Sequence[str], progress: object = None) -> Matrix:
        return made(len(texts), len(texts[0]))


def _unchanged(pool: Sequence[str]) -> Row:
    """A folder of files in which nothing changed, by the command, against reading them all again and keeping the vectors."""
    with TemporaryDirectory() as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        for number, text in enumerate(_made(pool, _FILES)):
            (folder / f"{number}.txt").write_text(f"　　{text}\n", encoding="utf-8")
        start = time.perf_counter()
        build(folder, index_dir, _Drawn())
        first = time.perf_counter() - start
        command = [sys.executable, "-m", "rag", "index", str(folder), "--index", str(index_dir)]
        pairs = [(_process(command), _process([*command, "--anew"])) for _ in range(_ROUNDS)]
        return {"files": _FILES, "first build without the model, s": first, **_against("s", pairs, "read anew, s")}


def _added(pool: Sequence[str]) -> Row:
    """One file added beside exports of many articles, until a question finds it, against writing words and vectors of all
    anew, which an index that cannot grow has to do."""
    embedder = Embedder()
    embedder.embed_passages(["。"])
    with TemporaryDirectory() as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        texts = _made(pool, 3 * _EXPORTS * _ROWS)
        for number in range(_EXPORTS):
            rows = [
                json.dumps(
                    {"title": f"{number} {row}", "text": next(texts) + next(texts) + next(texts)}, ensure_ascii=False
                )
                for row in range(_ROWS)
            ]
            (folder / f"{number}.jsonl").write_text("\n".join(rows), encoding="utf-8")
        start = time.perf_counter()
        build(folder, index_dir, _Drawn())
        first = time.perf_counter() - start
        index = load(index_dir, embedder)
        contexts = [passage.context for passage in index.passages]
        matrix = index.vectors.rows(np.arange(len(contexts)))
        pairs = []
        for number in range(_ROUNDS):
            (folder / f"new{number}.txt").write_text(_NEW.format(number), encoding="utf-8")
            start = time.perf_counter()
            built = build(folder, index_dir, embedder)
            hit = _search(index_dir, embedder, f"第{number}批黄桃")
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
            **_against("s", pairs, "words and vectors anew, s"),
        }


def _search(index_dir: Path, embedder: Embedder, question: str) -> str:
    retriever = Retriever(load(index_dir, embedder), embedder)
    return retriever.search(parse(question, (), retriever.names), 1)[0].article.file


def _synthetic(pool: Sequence[str], size: int, index_dir: Path) -> None:
    """An index of ``size`` passages, three to an article, written segment by segment."""
    texts = _made(pool, size)
    segments = {}
    for base in range(0, size, _BLOCK):
        count = min(_BLOCK, size - base)
        passages = [next(texts) for _ in range(count)]
        entries, spans = [], []
        for at in range(0, count, 3):
            own = passages[at : at + 3]
            text = "".join(own)
            entries.append(
                Entry(
                    Article(
                        f"{base + at}.txt#1", f"{base + at}.txt", "", (), "", "article", text, (Run(0, 0, len(text)),)
                    ),
                    f"{base + at}.txt",
                    0,
                )
            )
            ends = np.cumsum([len(each) for each in own])
            spans += [(int(end) - len(each), int(end), 0) for end, each in zip(ends, own, strict=True)]
        first = np.minimum(np.arange(len(entries) + 1) * 3, count)
        name = segment.write(
            index_dir / SEGMENTS,
            "drawn",
            Content(
                entries,
                [],
                [File(entry.home, "", "", "", 1) for entry in entries],
                first,
                np.array(spans, np.int32),
                keys_of(passages),
                [made(count, base + 1)],
                384,
                Postings.build(passages),
            ),
        )
        segments[name] = (len(entries), count)
    manifest = Manifest(
        format=FORMAT,
        generation="g000001",
        model=Model(name="drawn", fingerprint="drawn", dimension=384),
        settings={},
        counts=Counts(files=0, articles=sum(a for a, _ in segments.values()), passages=size),
        segments=segments,
        refused=(),
        checksums={},
    )
    generation.write(index_dir, manifest, {})
    generation.publish(index_dir, "g000001")


class _Asker(Embedder):
    """Questions whose vectors are there already: what is timed is what comes after the model."""

    def __init__(self, vectors: Matrix) -> None:
        super().__init__()
        self._vectors = vectors
        self.at = 0

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        self.at += 1
        return self._vectors[[self.at % len(self._vectors)]]


def _asked(index_dir: Path, size: int) -> Row:
    """In a process that has opened nothing."""
    questions = [q.question for folder in _SETS for q in load_set(folder / "questions.jsonl", None)]
    questions = random.Random(1).sample(questions, _QUESTIONS)
    asker = _Asker(made(_QUESTIONS, 2))
    parse("What did Pinghu sign?", (), Retriever(load(index_dir), asker).names)  # the dictionaries are read once
    own, mapped = _memory()
    start = time.perf_counter()
    index = load(index_dir)
    opened = time.perf_counter() - start
    retriever = Retriever(index, asker)
    times, spread = [], []
    flat = faiss.IndexFlatIP(384)
    for _ in range(_ROUNDS):
        round_ = []
        for question in questions:
            start = time.perf_counter()
            retriever.search(parse(question, (), retriever.names), _WANTED)
            round_.append(1000 * (time.perf_counter() - start))
        times += round_
        spread.append(float(np.median(round_)))
    own_then, mapped_then = _memory()
    for at in range(0, size, _BLOCK):
        flat.add(index.vectors.rows(np.arange(at, min(at + _BLOCK, size))))
    exact = []
    for query in made(_QUESTIONS, 2):
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
        "segments": len(index.parts),
    }


def _drawn(rows: dict[int, Row]) -> str:
    """Milliseconds against passages, both as logarithms."""
    lines = (
        ("question to hits, p95", "p95, ms"),
        ("p50", "p50, ms"),
        ("FAISS flat alone", "FAISS flat alone, p50, ms"),
    )
    series = [
        Series(
            name,
            tuple((float(np.log10(size)), float(np.log10(row[column]))) for size, row in rows.items()),
            marked=True,
        )
        for name, column in lines
    ]
    title = "A question, the model's share left out"
    return page(
        title,
        plot(
            title,
            series,
            Axis("passages", tuple((float(p), f"10^{p}") for p in range(4, 7))),
            Axis("milliseconds", tuple((float(p), f"{10.0**p:g}") for p in range(-1, 3))),
        ),
    )


def _process(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def _against(unit: str, pairs: Sequence[tuple[float, float]], other: str) -> Row:
    found = ratio(pairs)
    return {unit: found.one, other: found.other, "ratio": found.ratio, "least": found.low, "greatest": found.high}


if __name__ == "__main__":
    main()
