"""Size and speed of the word index beside bm25s: ``python -m eval.bench.words FOLDER [PASSAGES ...]``.

FOLDER holds a set with a corpus (eval/harness/sets.py). Passages are made of its sentences, drawn at random, so that
there can be more of them than the corpus has; they hold fewer rare terms than the same number of real passages. An
index is opened in a process of its own, whose own memory and mapped files are counted separately. Results are saved as
JSON in eval/out/bench-words.json.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from eval.bench.common import Row, in_fresh_process, memory_mb, synthetic_texts
from eval.harness.sets import load_corpus, load_set
from rag.errors import RagError
from rag.search.query import parse
from rag.search.romanised_names import RomanisedNames
from rag.text.sentences import sentences
from rag.text.terms import tokens
from rag.words.bm25 import Bm25Index, Scores, top
from rag.words.postings import Postings

_OUT = Path("eval/out/bench-words.json")
_SIZES = (10_000, 100_000)
_LARGEST_BM25S = 200_000  # it holds every token of every passage in memory as a string
_QUESTIONS = 200
_BEST = 60
_NAMES = "What did Zhou Junbo say in Shanghai?"
_COLUMNS = {
    "build/s": "passages tokenised, built and written a second",
    "disk": "bytes a passage",
    "open ms": "until the first question can be asked",
    "own MB": "growth of own memory after opening",
    "mapped MB": "growth of mapped files after opening",
    "p50 ms": "scores and best 60 of a question",
    "p95 ms": "",
    "then own": "own memory after the questions, MB",
    "then mapped": "",
    "names ms": "first question with a romanised name",
}


def main() -> None:
    """Print and save the figures for each size."""
    folder, sizes = Path(sys.argv[1]), [int(size) for size in sys.argv[2:]] or _SIZES
    pool = [a.text[start:end] for a in load_corpus(folder) for start, end in sentences(a.text)]
    names = RomanisedNames(Bm25Index.build([]).frequencies)
    asked = [q.question for q in load_set(folder / "questions.jsonl", None) if q.lang == "zh"]
    queries = [
        tokens(parse(text, (), names).lexical) for text in random.Random(1).sample(asked, min(_QUESTIONS, len(asked)))
    ]
    print("\n".join(f"{name:12} {what}" for name, what in _COLUMNS.items() if what))
    print(f"{'':28}" + "".join(f"{name:>13}" for name in _COLUMNS))
    rows: dict[str, Row] = {}
    for size in sizes:
        texts = list(synthetic_texts(pool, size))
        for name, segments in (("one segment", 1), ("ten segments", 10), ("bm25s", 0)):
            if segments or size <= _LARGEST_BM25S:
                row = _measure_ours(texts, queries, segments) if segments else _measure_bm25s(texts, queries)
                rows[f"{name}, {size:,}"] = row
                print(f"{f'{name}, {size:,}':28}" + "".join(f"{row[column]:13,.2f}" for column in _COLUMNS), flush=True)
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _measure_ours(texts: Sequence[str], queries: Sequence[list[str]], segments: int) -> Row:
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        step = -(-len(texts) // segments)
        for at in range(0, len(texts), step):
            part = texts[at : at + step]
            into = Path(folder) / f"{at:08d}-{len(part)}"
            into.mkdir()
            Postings.build(part).save(into)
        return _measure(time.perf_counter() - start, len(texts), Path(folder), queries, ours=True)


def _measure_bm25s(texts: Sequence[str], queries: Sequence[list[str]]) -> Row:
    import bm25s

    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        index = bm25s.BM25(k1=1.2, b=0.75)
        index.index([tokens(text) or ["\0"] for text in texts], show_progress=False)
        index.save(folder, allow_pickle=False, show_progress=False)
        return _measure(time.perf_counter() - start, len(texts), Path(folder), queries, ours=False)


def _measure(seconds: float, size: int, folder: Path, queries: Sequence[list[str]], ours: bool) -> Row:
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"build/s": size / seconds, "disk": disk / size} | in_fresh_process(_measure_search, folder, queries, ours)


def _measure_search(folder: Path, queries: Sequence[list[str]], ours: bool) -> Row:
    """Return the figures of opening and asking; run it in a fresh process."""
    import bm25s

    own, mapped = memory_mb()
    start = time.perf_counter()
    index = None if ours else bm25s.BM25.load(str(folder), allow_pickle=False, show_progress=False)
    parts = sorted(folder.iterdir()) if ours else []
    lexical = Bm25Index([Postings.open(part, int(part.name.split("-")[1])) for part in parts])
    opened = time.perf_counter() - start
    own_open, mapped_open = memory_mb()
    times = []
    for terms in queries:
        start = time.perf_counter()
        if index:
            _select_best(index.get_scores([term for term in dict.fromkeys(terms) if term in index.vocab_dict]))
        else:
            top(lexical.scores(terms), _BEST)
        times.append(1000 * (time.perf_counter() - start))
    own_then, mapped_then = memory_mb()
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


def _select_best(scores: Scores) -> None:
    np.argpartition(-scores, _BEST)[:_BEST]


if __name__ == "__main__":
    try:
        main()
    except RagError as error:
        sys.exit(str(error))
