"""One step of one pipeline, in a process of its own, so that its time and memory can be measured.

``python -m eval.bench.peer_NAME STEP VARIANT CORPUS FOLDER``, where STEP is ``build``, ``ask`` or ``first``. Vectors come
from the parent process: a line of JSON asks for them, a line answers. They are cached in ``FOLDER.npz``, so that later
rounds time everything but the model. ``first`` loads the model itself.
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
MAX_CHARACTERS = 400
"""The limit of a passage in characters: ``rag.indexing.passages.MAX_CHARS``, which some environments cannot import."""
_KINDS = ("tokens", "passages", "queries")
Found = tuple[str, str]
"""The id of an article and the words of it that were found."""


class Pipeline(Protocol):
    """A pipeline, constructed from an embedder and the name of a variant."""

    def build(self, articles: Sequence[Article], folder: Path) -> None:
        """Write an index of the articles to ``folder``, which does not exist yet."""

    def open(self, folder: Path) -> None:
        """Open a written index for searches."""

    def search(self, question: str, k: int) -> list[Found]:
        """Return the ``k`` best passages, best first."""


class ParentProcess:
    """Messages to the parent process, one JSON line each, and its answers. What libraries print on stdout goes to stderr
    instead."""

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


class RemoteEmbedder(Embedder):
    """An embedder whose model is in the parent process. ``seconds`` is the time spent here on asking and on the cache."""

    def __init__(self, parent: ParentProcess, cache: Path) -> None:
        super().__init__()
        self._parent, self._cache = parent, cache
        self._about = parent.ask(about=True)
        self.seconds = 0.0
        self.passages: dict[str, int] = {}  # texts embedded as passages, and their lengths in characters
        self._busy = threading.Lock()
        self._rows: dict[str, dict[str, NDArray[np.float32]]] = {what: {} for what in _KINDS}
        if cache.exists():
            with np.load(cache, allow_pickle=False) as cached:
                for what, rows in self._rows.items():
                    rows.update(zip(cached[f"{what} keys"].tolist(), cached[what], strict=True))

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
        arrays: dict[str, Any] = {}
        for what, rows in self._rows.items():
            arrays |= {what: np.array(list(rows.values()), np.float32), f"{what} keys": np.array(list(rows), str)}
        np.savez(self._cache, **arrays)

    def _get(self, what: str, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        with self._busy:  # one thread at a time, so that no second is counted twice
            start = time.perf_counter()
            rows = self._rows[what]
            keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in rows}
            if missing:
                data = base64.b64decode(self._parent.ask(what=what, texts=list(missing.values()))["rows"])
                rows.update(zip(missing, np.frombuffer(data, np.float32).reshape(len(missing), -1), strict=True))
            found = [rows[key] for key in keys]
            self.seconds += time.perf_counter() - start
            return found


def as_markdown(article: Article) -> str:
    """Return an article in Markdown, as input for a pipeline without headlines."""
    return f"# {article.title}\n\n{article.text}" if article.title else article.text


def locate(article: Article, words: str) -> tuple[int, int]:
    """Return the half-open span in ``article.text`` of words of ``as_markdown(article)``, without its headline.

    Raise ValueError if the words are not in it.
    """
    text = as_markdown(article)
    at, before = text.index(words), len(text) - len(article.text)
    return max(0, at - before), max(0, at + len(words) - before)


def main(make: Callable[[Embedder, str], Pipeline]) -> None:
    """Run the step that the command line names and report it to the parent process."""
    parent = ParentProcess()
    step, variant, corpus, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    if step == "first":
        _first(make(Embedder(), variant), corpus, folder, parent)
        return
    embedder = RemoteEmbedder(parent, folder.with_suffix(".npz"))
    pipeline = make(embedder, variant)
    result = _build(pipeline, corpus, folder) if step == "build" else _ask(pipeline, corpus, folder, embedder)
    embedder.save()
    parent.tell(
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


def _ask(pipeline: Pipeline, corpus: Path, folder: Path, embedder: RemoteEmbedder) -> dict[str, Any]:
    """Open and ask once, then ask every question one by one. Times exclude the model."""
    articles = {article.article_id: article for article in load_corpus(corpus)}
    questions = load_set(corpus / "questions.jsonl", None)
    start = time.perf_counter()
    pipeline.open(folder)
    pipeline.search(questions[0].question, K)  # some pipelines open a part of the index only when they are asked
    opened = time.perf_counter() - start - embedder.seconds
    times, found = [], []
    for question in questions:
        before, start = embedder.seconds, time.perf_counter()
        hits = pipeline.search(question.question, K)
        times.append(1000 * (time.perf_counter() - start - (embedder.seconds - before)))
        found.append([(name, *locate(articles[name], words)) for name, words in hits])
    return {"open_seconds": opened, "milliseconds": times, "found": found}


def _first(pipeline: Pipeline, corpus: Path, folder: Path, parent: ParentProcess) -> None:
    one, other = load_set(corpus / "questions.jsonl", None)[:2]
    pipeline.open(folder)
    parent.tell(first=len(pipeline.search(one.question, K)))
    start = time.perf_counter()
    pipeline.search(other.question, K)
    parent.tell(result={"warm_seconds": time.perf_counter() - start, "peak_bytes": _peak()})


def _peak() -> int:
    """Return the peak memory of the process in bytes. Not by ``getrusage``: there a child starts with its parent's peak."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024
