"""A process of its own for the readers that run other people's parsers: one that hangs, breaks off or eats all
memory is ended, and the file that made it do so is left out by itself.

Started with the first file that needs it and kept for the next. Requests are a line of JSON and the file's
bytes; answers are lines of JSON: how many parts there are, then each part.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

from rag.errors import CorpusError
from rag.schema import Part, Refused, Stated

_MAX_MEMORY = 6 << 30  # address space of the process; an OCR of a broadsheet takes two
_MAX_FAILURES = 3  # of the pages of one file: each costs up to the time limit and a new process
_BROKE = "cannot be read, its reader broke off: the file is damaged, save it again."
_KILLED = "could not be read, its reader was ended from outside, perhaps for want of memory: run `rag index` again."


class Document(Protocol):
    """A file opened. Opening raises CorpusError where the file cannot be used; messages go on from its name."""

    def __len__(self) -> int: ...

    def part(self, number: int) -> Part | Refused: ...


def _pdf(data: bytes) -> Document:
    from rag.reading.pdf import Pdf

    return Pdf(data)


def _word(data: bytes) -> Document:
    from rag.reading.docx import Word

    return Word(data)


def _html(data: bytes) -> Document:
    from rag.reading.html_article import Html

    return Html(data)


def _scan(data: bytes) -> Document:
    from rag.reading.ocr import Scan

    return Scan(data)


KINDS: dict[str, Callable[[bytes], Document]] = {"pdf": _pdf, "docx": _word, "html": _html, "scan": _scan}


class Worker:
    """``with Worker(60) as worker: worker.read("pdf", data)``; ``seconds`` is the time for each part."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, kind: str, data: bytes) -> Iterator[Part | Refused]:
        """The file's parts in order, each read or refused by itself."""
        number, parts, failures, killed = 0, 0, 0, False
        while True:
            try:
                self._ask(kind, data, number)
                if not parts:
                    opened = self._answer()
                    if "error" in opened:
                        yield Refused("", opened["error"])
                        return
                    parts = opened["of"]
                else:
                    self._answer()
                while number < parts:
                    yield _part(self._answer())
                    number += 1
                return
            except (TimeoutError, BrokenPipeError, EOFError) as error:
                late = f"took longer than {self._seconds:g} s: split it, or raise RAG_MAX_FILE_SECONDS."
                killed = not isinstance(error, TimeoutError) and self._was_killed()
                self._end()
                why = late if isinstance(error, TimeoutError) else _KILLED if killed else _BROKE
                yield Refused(f"#{number + 1}" if parts > 1 else "", why, passing=killed)
                number, failures = number + 1, failures + 1
            if number >= parts:
                return
            if failures >= _MAX_FAILURES:
                why = f"and what follows is left out: {failures} pages before it could not be read."
                yield Refused(f"#{number + 1}", why, passing=killed)
                return

    def _ask(self, kind: str, data: bytes, first: int) -> None:
        if self._process is None or self._process.poll() is not None:
            root = str(Path(__file__).parents[2])
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    f"import sys; sys.path.insert(0, {root!r}); from rag.reading.parser_process import serve; serve()",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._rest = b""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"kind": kind, "size": len(data), "first": first}).encode() + b"\n")
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        """The next line. Raises TimeoutError when it does not come in time, EOFError when the process has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        until = time.monotonic() + self._seconds
        pieces = [self._rest]
        while b"\n" not in pieces[-1]:
            if not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError
            pieces.append(os.read(pipe, 1 << 20))
            if not pieces[-1]:
                raise EOFError
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _was_killed(self) -> bool:
        """By another process, as the system does where memory is short."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(1.0) == -signal.SIGKILL
        return False

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):  # bytes that it no longer wanted
                        pipe.close()
            self._process = None


def serve() -> None:
    """The process's own loop, until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    while line := sys.stdin.buffer.readline():
        _serve_one(json.loads(line), sys.stdin.buffer, answers)


def _serve_one(asked: dict[str, Any], source: BinaryIO, answers: BinaryIO) -> None:
    def say(value: object) -> None:
        answers.write(json.dumps(value).encode() + b"\n")
        answers.flush()

    data = source.read(asked["size"])
    try:
        document = KINDS[asked["kind"]](data)
    except CorpusError as error:
        say({"error": str(error)})
        return
    parts = len(document)
    say({"of": parts})
    for number in range(asked["first"], parts):
        say(asdict(document.part(number)))


def _part(row: dict[str, Any]) -> Part | Refused:
    if "why" in row:
        return Refused(**row)
    stated = {**row["stated"], "byline": tuple(row["stated"]["byline"]), "articles": ()}  # a parser states no outlines
    return Part(row["text"], Stated(**stated), row["mark"])
