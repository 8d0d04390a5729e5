"""Size and speed of the word index beside bm25s: ``python -m eval.bench.words FOLDER [PASSAGES ...]``.

FOLDER holds a set with a corpus (eval/harness/sets.py). Passages are made of its sentences, drawn at random, so there
can be more of them than it has; they hold fewer rare terms than as many real ones would. What is opened is
opened in a process of its own, whose memory is told apart: its own, and files that the system may drop.
Results are kept as JSON in eval/out/bench_lexical.json.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from eval.harness.sets import load_corpus, load_set
from rag.errors import RagError
from rag.search.query import parse
from rag.search.romanised_names import RomanisedNames
from rag.text.sentences import sentences
from rag.text.terms import tokens
from rag.words.bm25 import Bm25Index, Scores, top
from rag.words.postings import Postings

_OUT = Path("eval/out/bench_lexical.json")
_SIZES = (10_000, 100_000)
_LARGEST_BM25S = 200_000  # it wants every token of every passage in memory as a string
_CHARACTERS = 300
_QUESTIONS = 200
_POOL = 60
_NAMES = "What did Zhou Junbo say in Shanghai?"
Row = dict[str, float]
_COLUMNS = {
    "build/s": "passages tokenised, built and written a second",
    "disk": "bytes a passage",
    "open ms": "until the first question",
    "own MB": "more of its own memory once opened",
    "mapped MB": "of files, once opened",
    "p50 ms": "a question's scores and best 60",
    "p95 ms": "",
    "then own": "own memory after the questions, MB",
    "then mapped": "",
    "names ms": "first question with a romanised name",
}


def main() -> None:
    folder, sizes = Path(sys.argv[1]), [int(size) for size in sys.argv[2:]] or _SIZES
    found = [article.text for article in load_corpus(folder)]
    pool = [text[start:end] for text in found for start, end in sentences(text)]
    names = RomanisedNames(Bm25Index.build([]).frequencies)
    asked = [q.question for q in load_set(folder / "questions.jsonl", None) if q.lang == "zh"]
    queries = [
        tokens(parse(text, (), names).lexical) for text in random.Random(1).sample(asked, min(_QUESTIONS, len(asked)))
    ]
    print("\n".join(f"{name:12} {what}" for name, what in _COLUMNS.items() if what))
    print(f"{'':28}" + "".join(f"{name:>13}" for name in _COLUMNS))
    rows: dict[str, Row] = {}
    for size in sizes:
        texts = list(_made(pool, size))
        for name, segments in (("one segment", 1), ("ten segments", 10), ("bm25s", 0)):
            if segments or size <= _LARGEST_BM25S:
                row = _ours(texts, queries, segments) if segments else _theirs(texts, queries)
                rows[f"{name}, {size:,}"] = row
                print(f"{f'{name}, {size:,}':28}" + "".join(f"{row[column]:13,.2f}" for column in _COLUMNS), flush=True)
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _made(pool: Sequence[str], size: int) -> Iterator[str]:
    draw = random.Random(size)
    for _ in range(size):
        text = ""
        while len(text) < _CHARACTERS:
            text += draw.choice(pool)
        yield text[:400]


def _ours(texts: Sequence[str], queries: Sequence[list[str]], segments: int) -> Row:
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        step = -(-len(texts) // segments)
        for at in range(0, len(texts), step):
            held = texts[at : at + step]
            into = Path(folder) / f"{at:08d}-{len(held)}"
            into.mkdir()
            Postings.build(held).save(into)
        return _measured(time.perf_counter() - start, len(texts), Path(folder), queries, ours=True)


def _theirs(texts: Sequence[str], queries: Sequence[list[str]]) -> Row:
    import bm25s

    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        index = bm25s.BM25(k1=1.2, b=0.75)
        index.index([tokens(text) or ["\0"] for text in texts], show_progress=False)
        index.save(folder, allow_pickle=False, show_progress=False)
        return _measured(time.perf_counter() - start, len(texts), Path(folder), queries, ours=False)


def _measured(seconds: float, size: int, folder: Path, queries: Sequence[list[str]], ours: bool) -> Row:
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        return {"build/s": size / seconds, "disk": disk / size} | other.submit(_opened, folder, queries, ours).result()


def _opened(folder: Path, queries: Sequence[list[str]], ours: bool) -> Row:
    """In a process that has imported everything and opened nothing."""
    import bm25s

    own, mapped = _memory()
    start = time.perf_counter()
    index = None if ours else bm25s.BM25.load(str(folder), allow_pickle=False, show_progress=False)
    parts = sorted(folder.iterdir()) if ours else []
    lexical = Bm25Index([Postings.open(part, int(part.name.split("-")[1])) for part in parts])
    opened = time.perf_counter() - start
    own_open, mapped_open = _memory()
    times = []
    for terms in queries:
        start = time.perf_counter()
        if index:
            _best(index.get_scores([term for term in dict.fromkeys(terms) if term in index.vocab_dict]))
        else:
            top(lexical.scores(terms), _POOL)
        times.append(1000 * (time.perf_counter() - start))
    own_then, mapped_then = _memory()
    start = time.perf_counter()
    if ours:
        RomanisedNames(lexical.frequencies).chinese_forms(_NAMES)
    return {
        "open ms": 1000 * opened,
        "own MB": own_open - own,
        "mapped MB": mapped_open - mapped,
        "p50 ms": float(np.percentile(times, 50)),
        "p95 ms": float(np.percentile(times, 95)),
        "then own": own_then - own,
        "then mapped": mapped_then - mapped,
        "names ms": 1000 * (time.perf_counter() - start) if ours else float("nan"),
    }


def _best(scores: Scores) -> None:
    np.argpartition(-scores, _POOL)[:_POOL]


def _memory() -> tuple[float, float]:
    """Megabytes that the process holds of its own, and of files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(lines["RssAnon"].split()[0]) / 1024, int(lines["RssFile"].split()[0]) / 1024


if __name__ == "__main__":
    try:
        main()
    except RagError as error:
        sys.exit(str(error))
