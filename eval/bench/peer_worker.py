"""One step of one pipeline, in a process of its own, so that time and memory are its own.

``python -m eval.bench.peer_NAME STEP VARIANT CORPUS FOLDER`` with a step of ``build``, ``ask``, ``first``. Vectors come from the
process that started this one: a line of JSON asks for them, a line answers. What was asked for once is kept in
``FOLDER.npz``, so that later rounds time what is not the model's. ``first`` loads the model itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eval.harness.sets import load_corpus, load_set
from rag.embedding.embedder import Embedder, Matrix
from rag.schema import Article

K = 10
LONGEST = 400
"""Characters of a passage: ``rag.indexing.passages.MAX_CHARS``, said again for environments that cannot import it."""
_KINDS = ("tokens", "passages", "queries")
Found = tuple[str, str]
"""An article's id and the words of it that were found."""


class Pipeline(Protocol):
    """Made of an embedder and the name of a variant."""

    def build(self, articles: Sequence[Article], folder: Path) -> None:
        """Writes an index of the articles to ``folder``, which is not there."""

    def open(self, folder: Path) -> None:
        """Makes a written index ready to be searched."""

    def search(self, question: str, k: int) -> list[Found]:
        """The ``k`` best passages, best first."""


class Wire:
    """Lines to the process that started this one, and its answers. Libraries that print to the standard output
    find the error output in its place."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def tell(self, **message: object) -> None:
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()

    def ask(self, **message: object) -> dict[str, Any]:
        with self._lock:
            self.tell(**message)
            answer: dict[str, Any] = json.loads(sys.stdin.readline())
            return answer


class Served(Embedder):
    """An embedder whose model is in another process. ``seconds`` is what was spent on it here, asking or looking up."""

    def __init__(self, wire: Wire, kept: Path) -> None:
        super().__init__()
        self._wire, self._kept = wire, kept
        self._about = wire.ask(about=True)
        self.seconds = 0.0
        self.passages: dict[str, int] = {}  # what was embedded as a passage, and its characters
        self._busy = threading.Lock()
        self._rows: dict[str, dict[str, NDArray[np.float32]]] = {what: {} for what in _KINDS}
        if kept.exists():
            with np.load(kept, allow_pickle=False) as held:
                for what, rows in self._rows.items():
                    rows.update(zip(held[f"{what} keys"].tolist(), held[what], strict=True))

    @property
    def dimension(self) -> int:
        return int(self._about["dimension"])

    @property
    def max_tokens(self) -> int:
        return int(self._about["max_tokens"])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [int(row[0]) for row in self._get("tokens", texts)]

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        self.passages.update((text, len(text)) for text in texts)
        return np.array(self._get("passages", texts), np.float32).reshape(len(texts), self.dimension)

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        return np.array(self._get("queries", texts), np.float32).reshape(len(texts), self.dimension)

    def save(self) -> None:
        held: dict[str, Any] = {}
        for what, rows in self._rows.items():
            held |= {what: np.array(list(rows.values()), np.float32), f"{what} keys": np.array(list(rows), str)}
        np.savez(self._kept, **held)

    def _get(self, what: str, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        with self._busy:  # of several threads, so that no second is counted twice
            start = time.perf_counter()
            rows = self._rows[what]
            keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
            lacking = {key: text for key, text in zip(keys, texts, strict=True) if key not in rows}
            if lacking:
                data = base64.b64decode(self._wire.ask(what=what, texts=list(lacking.values()))["rows"])
                rows.update(zip(lacking, np.frombuffer(data, np.float32).reshape(len(lacking), -1), strict=True))
            found = [rows[key] for key in keys]
            self.seconds += time.perf_counter() - start
            return found


def whole(article: Article) -> str:
    """An article as a person would hand it to a pipeline that knows no headlines: in Markdown."""
    return f"# {article.title}\n\n{article.text}" if article.title else article.text


def place(article: Article, words: str) -> tuple[int, int]:
    """Where words of ``whole(article)`` stand in ``article.text``, half open; nothing of a headline is counted.

    Raises ValueError where they do not stand there."""
    text = whole(article)
    at, before = text.index(words), len(text) - len(article.text)
    return max(0, at - before), max(0, at + len(words) - before)


def main(make: Callable[[Embedder, str], Pipeline]) -> None:
    wire = Wire()
    step, variant, corpus, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    if step == "first":
        _first(make(Embedder(), variant), corpus, folder, wire)
        return
    embedder = Served(wire, folder.with_suffix(".npz"))
    pipeline = make(embedder, variant)
    result = _build(pipeline, corpus, folder) if step == "build" else _ask(pipeline, corpus, folder, embedder)
    embedder.save()
    wire.tell(
        result=result
        | {
            "model_seconds": embedder.seconds,
            "texts": len(embedder.passages),
            "characters": sum(embedder.passages.values()),
            "peak_bytes": _peak(),
        }
    )


def _build(pipeline: Pipeline, corpus: Path, folder: Path) -> dict[str, Any]:
    articles = load_corpus(corpus)
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    pipeline.build(articles, folder)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "bytes": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())}


def _ask(pipeline: Pipeline, corpus: Path, folder: Path, embedder: Served) -> dict[str, Any]:
    """Opened and asked once, then every question one by one. Times are less what the model took."""
    articles = {article.article_id: article for article in load_corpus(corpus)}
    questions = load_set(corpus / "questions.jsonl", None)
    start = time.perf_counter()
    pipeline.open(folder)
    pipeline.search(questions[0].question, K)  # some open no more than they must until they are asked
    opened = time.perf_counter() - start - embedder.seconds
    times, found = [], []
    for question in questions:
        before, start = embedder.seconds, time.perf_counter()
        hits = pipeline.search(question.question, K)
        times.append(1000 * (time.perf_counter() - start - (embedder.seconds - before)))
        found.append([(name, *place(articles[name], words)) for name, words in hits])
    return {"open_seconds": opened, "milliseconds": times, "found": found}


def _first(pipeline: Pipeline, corpus: Path, folder: Path, wire: Wire) -> None:
    one, other = load_set(corpus / "questions.jsonl", None)[:2]
    pipeline.open(folder)
    wire.tell(first=len(pipeline.search(one.question, K)))
    start = time.perf_counter()
    pipeline.search(other.question, K)
    wire.tell(result={"warm_seconds": time.perf_counter() - start, "peak_bytes": _peak()})


def _peak() -> int:
    """Bytes of the process at its largest. Not ``getrusage``: there a child starts with what its parent holds."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024
