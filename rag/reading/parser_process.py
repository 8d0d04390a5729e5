"""Bytes of a PDF, Word, HTML, mail, book or picture file -> its parts, parsed in a separate process.

A parser that hangs, crashes or uses up the memory is killed with its process, and only the file that it was parsing is
left out. The process starts with the first file that needs it and is kept for the next. A request is a line of JSON and
the bytes of the file. The answers are lines of JSON: the number of parts, then each part.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

from rag.errors import CorpusError
from rag.files import wait_readable
from rag.schema import Part, Refused, Stated

_MAX_MEMORY = 6 << 30  # bytes of address space; the OCR of a broadsheet takes two GB
_MAX_FAILURES = 3  # pages of one file; each failure costs up to the time limit and a new process
_CRASHED = "cannot be read, its parser crashed: the file is damaged, save it again."
_KILLED = "could not be read, its parser was killed, perhaps because memory was short: run `rag index` again."


class Document(Protocol):
    """An open file. Opening raises CorpusError if the file cannot be used; the message goes on from the file's name."""

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


def _mail(data: bytes) -> Document:
    from rag.reading.mail import Mail

    return Mail(data)


def _epub(data: bytes) -> Document:
    from rag.reading.epub import Epub

    return Epub(data)


def _scan(data: bytes) -> Document:
    from rag.reading.ocr import Scan

    return Scan(data)


def _spreadsheet(data: bytes, is_dated: bool = False) -> Document:
    from rag.reading.spreadsheet import Spreadsheet

    return Spreadsheet(data, is_dated)


def _open_text(data: bytes) -> Document:
    from rag.reading.opendocument import OpenText

    return OpenText(data)


def _rtf(data: bytes) -> Document:
    from rag.reading.rtf import Rtf

    return Rtf(data)


PARSERS: dict[str, Callable[[bytes], Document]] = {
    "pdf": _pdf,
    "docx": _word,
    "html": _html,
    "mail": _mail,
    "epub": _epub,
    "scan": _scan,
    "spreadsheet": _spreadsheet,
    "dated spreadsheet": partial(_spreadsheet, is_dated=True),
    "odt": _open_text,
    "rtf": _rtf,
}


class ParserProcess:
    """``with ParserProcess(60) as parsers: parsers.parse("pdf", data)``. ``seconds`` is the time limit for each part."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def __enter__(self) -> ParserProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def parse(self, parser: str, data: bytes) -> Iterator[Part | Refused]:
        """Yield the parts of a file in order, each parsed or refused by itself. ``parser`` is a key of ``PARSERS``."""
        number, parts, failures, killed = 0, 0, 0, False
        while True:
            try:
                self._request(parser, data, number)
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
                killed = not isinstance(error, TimeoutError) and self._was_killed()
                self._end()
                if isinstance(error, TimeoutError):
                    why = f"took longer than {self._seconds:g} s: split it, or raise RAG_MAX_FILE_SECONDS."
                else:
                    why = _KILLED if killed else _CRASHED
                yield Refused(f"#{number + 1}" if parts > 1 else "", why, passing=killed)
                number, failures = number + 1, failures + 1
            if number >= parts:
                return
            if failures >= _MAX_FAILURES:
                why = f"and the following pages are left out: {failures} pages before could not be read."
                yield Refused(f"#{number + 1}", why, passing=killed)
                return

    def _request(self, parser: str, data: bytes, first: int) -> None:
        """Send a file, of which the parts from ``first`` on are to be parsed."""
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
        self._process.stdin.write(json.dumps({"parser": parser, "size": len(data), "first": first}).encode() + b"\n")
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        """The next line. Raise TimeoutError if it does not come in time, EOFError if the process has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        until = time.monotonic() + self._seconds
        pieces = [self._rest]
        while b"\n" not in pieces[-1]:
            if not wait_readable(pipe, until - time.monotonic()):
                raise TimeoutError
            pieces.append(os.read(pipe, 1 << 20))
            if not pieces[-1]:
                raise EOFError
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _was_killed(self) -> bool:
        """Whether another process ended this one; the system does so when memory is short."""
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
                    with suppress(BrokenPipeError):  # bytes that were not read any more
                        pipe.close()
            self._process = None


def serve() -> None:
    """Answer requests on standard input until it is closed. This is the loop of the separate process."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # text that a library prints is not an answer
    while line := sys.stdin.buffer.readline():
        _answer_request(json.loads(line), sys.stdin.buffer, answers)


def _answer_request(request: dict[str, Any], source: BinaryIO, answers: BinaryIO) -> None:
    def answer(value: object) -> None:
        answers.write(json.dumps(value).encode() + b"\n")
        answers.flush()

    data = source.read(request["size"])
    try:
        document = PARSERS[request["parser"]](data)
    except CorpusError as error:
        answer({"error": str(error)})
        return
    parts = len(document)
    answer({"of": parts})
    for number in range(request["first"], parts):
        answer(asdict(document.part(number)))


def _part(row: dict[str, Any]) -> Part | Refused:
    """A part from its line of JSON."""
    if "why" in row:
        return Refused(**row)
    stated = {**row["stated"], "byline": tuple(row["stated"]["byline"]), "articles": ()}  # a parser states no outlines
    return Part(row["text"], Stated(**stated), row["mark"])
