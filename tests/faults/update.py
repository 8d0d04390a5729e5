"""An index, and an update of it that can be killed at any point, with an embedder that takes no time.

As a program it imports everything once and forks an update for each line of JSON on its input:
{"articles": FOLDER, "index": FOLDER}, and when to kill it: {"step": n} at the n-th call of ``progress``, {"call": n} before or after
a call that touches the disk, the n-th in all, {"after": seconds} after some time. With {"wait": FILE} the update prints "waits" before
it embeds the first text, and waits until the file exists. A line of output says how each update ended.
With the arguments "read FOLDER" it searches the index in FOLDER until a file "stop" lies beside the index.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import RagError
from rag.indexing.build import build

DIMENSION = 16
JUMPS = (
    "平湖建成算力中心\n\n■记者 王强\n\n　　本报讯 昨天，平湖算力中心建成，首期投入5亿元，\n　　机房已经通电。（下转2版）\n",
    "平湖建成算力中心\n\n　　（上接1版）算力中心二期明年开工，平湖的企业可以就近使用算力中心。\n",
)


class Stub(Embedder):
    """An embedder that makes the vector of a text from its hash."""

    def __init__(self, dimension: int = DIMENSION, die_after: int = -1) -> None:
        super().__init__("stub")
        self._own = dimension
        self.asked: list[str] = []
        self._left = die_after

    @property
    def dimension(self) -> int:
        return self._own

    @property
    def max_tokens(self) -> int:
        return 2000

    @property
    def fingerprint(self) -> str:
        return "5b" * 16

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Any:
        for text in texts:
            if self._left == 0:
                raise KeyboardInterrupt
            self._left -= 1
            self.asked.append(text)
        return np.array([self._vector(text) for text in texts], np.float32).reshape(-1, self._own)

    def embed_queries(self, texts: Sequence[str]) -> Any:
        return np.array([self._vector(text) for text in texts], np.float32).reshape(-1, self._own)

    embed_sentences = embed_queries

    def _vector(self, text: str) -> Any:
        seed = np.frombuffer(hashlib.shake_128(text.encode()).digest(2 * self._own), np.int16).astype(np.float64)
        return seed / np.linalg.norm(seed)


def page(number: int, word: str = "图书馆") -> str:
    text = f"近日，平湖第{number}座{word}建成，藏书{number + 3}万册，前来的读者很多。"
    return f"平湖建成第{number}座{word}\n\n■记者 王强\n\n　　本报讯 {text}\n"


def start(articles: Path, index_dir: Path) -> None:
    """Build eight times: seven segments, and one generation and one segment that the next build will delete."""
    articles.mkdir()
    for n, text in enumerate([*(page(n) for n in range(6)), *JUMPS]):
        (articles / f"a{n}.txt").write_text(text, encoding="utf-8")
    for n in range(1, 9):
        if n > 1:
            (articles / f"b{2 if n == 5 else n}.txt").write_text(page(10 + n), encoding="utf-8")
        build(articles, index_dir, Stub())


def change(articles: Path) -> None:
    """Add two files, edit two, remove one, rename one."""
    (articles / "c1.txt").write_text(page(31, "体育馆"), encoding="utf-8")
    (articles / "c2.txt").write_text(page(32, "体育馆"), encoding="utf-8")
    (articles / "a1.txt").write_text(page(1, "博物馆"), encoding="utf-8")
    (articles / "a7.txt").write_text(JUMPS[1].replace("明年", "后年"), encoding="utf-8")
    (articles / "a2.txt").unlink()
    (articles / "a3.txt").rename(articles / "d3.txt")


class _KilledAtCall:
    """Counts calls and kills this process at the given one."""

    def __init__(self, at: int) -> None:
        self._left = at

    def pass_(self, where: str) -> None:
        if self._left == 0:
            os.write(1, f"{where}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class _CallLister:
    """Prints the numbers of the calls that change the disk: to be killed at another call has the same result."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._calls, self._state = folder, 0, ""

    def pass_(self, where: str) -> None:
        digest = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            digest.update(f"{path} {path.stat().st_size if path.is_file() else 0}".encode())
            if path.is_file() and path.stat().st_mtime > time.time() - 60:
                digest.update(path.read_bytes())
        if digest.hexdigest() != self._state:
            self._state = digest.hexdigest()
            os.write(1, f"{self._calls} ".encode())
        self._calls += 1


def _update(order: dict[str, Any]) -> None:
    steps = _KilledAtCall(order.get("step", -1))
    edges = _CallLister(Path(order["index"])) if order.get("call") == "all" else _KilledAtCall(order.get("call", -1))
    Stub.portion = 1
    for module, name, both in (
        (os, "rename", True),
        (os, "replace", True),
        (os, "fsync", True),
        (np, "save", True),
        (shutil, "rmtree", True),
        (os, "unlink", False),
        (os, "rmdir", False),
        (os, "mkdir", False),
    ):
        setattr(module, name, _edged(getattr(module, name), name, both, edges))
    last = "begin"

    def progress(step: str, done: int, of: int) -> None:
        nonlocal last
        last = step
        steps.pass_(f"{step} {done}/{of}")
        if (step, done) == ("embed", 0) and "wait" in order:
            os.write(1, b"waits\n")
            while not Path(order["wait"]).exists():
                time.sleep(0.005)

    try:
        build(Path(order["articles"]), Path(order["index"]), Stub(), progress=progress)
    except (RagError, OSError, ValueError, LookupError, TypeError) as error:
        os.write(1, f"{last}: {type(error).__name__}: {error}\n".encode())
        os._exit(1)


def _edged(call: Callable[..., Any], name: str, both: bool, edges: _KilledAtCall | _CallLister) -> Callable[..., Any]:
    def edged(*given: Any, **named: Any) -> Any:
        edges.pass_(f"before {name} {given[0]}")
        done = call(*given, **named)
        if both:
            edges.pass_(f"after {name} {given[0]}")
        return done

    return edged


def _serve() -> None:
    with tempfile.TemporaryDirectory() as place:  # loads the dictionaries once for all children
        start(Path(place, "articles"), Path(place, "index"))
    for line in sys.stdin:
        order = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if not child:
            try:
                _update(order)
                os.write(1, b"\n")
                os._exit(0)
            finally:
                os._exit(2)  # whatever happened, the child must not go on as a second server
        if "after" in order:
            time.sleep(order["after"])
            os.kill(child, signal.SIGKILL)  # nobody has waited for the child yet, so no other process has its id
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"code": code, "seconds": time.monotonic() - began}), flush=True)


def _read(index_dir: Path) -> None:
    """Search until told to stop. Print the answers that are wrong, and how many files are open for each number of segments."""
    assistant = Assistant(Settings(index_dir=index_dir), Stub())
    answers, wrong, generations = 0, [], []
    held: dict[int, set[tuple[int, int]]] = defaultdict(set)
    while True:
        last = (index_dir.parent / "stop").exists()
        hits = assistant.search("平湖建成图书馆", k=60)
        files = sorted({hit.article.file for hit in hits})
        now = [hit.article.text for hit in hits if hit.article.file == "now.txt"]
        number = int(now[0].partition("第")[2].partition("座")[0]) if len(now) == 1 else -1
        if files != sorted(["now.txt", *(f"n{n:02}.txt" for n in range(max(0, number - 9), number + 1))]):
            wrong.append([number, files])
        answers += 1
        del hits
        index = assistant.retriever.index
        if index.generation not in generations[-1:]:
            generations.append(index.generation)
            gc.collect()
        if answers == 1:
            print("reads", flush=True)
            gc.freeze()
        held[len(index.live_segments)].add((len(os.listdir("/proc/self/fd")), threading.active_count()))
        del index
        if last:
            break
    print(
        json.dumps(
            {
                "answers": answers,
                "wrong": wrong,
                "generations": generations,
                "number": number,
                "held": {n: sorted(each) for n, each in held.items()},
            }
        )
    )


def step_of(articles: Path, number: int) -> None:
    """Write the articles after n updates: one says how many updates there were, and each of the last ten has its own."""
    (articles / "now.txt").write_text(page(number, "图书馆（最新）"), encoding="utf-8")
    (articles / f"n{number:02}.txt").write_text(page(100 + number), encoding="utf-8")
    (articles / f"n{number - 10:02}.txt").unlink(missing_ok=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.argv[1:2] == ["read"]:
        _read(Path(sys.argv[2]))
    else:
        _serve()
