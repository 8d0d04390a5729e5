"""The process of the parsers: it is reused, ended when it is late or gone, and the rest of the file is parsed."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import docx
import pypdfium2
import pytest

from rag.reading.parser_process import ParserProcess
from rag.schema import Part, Refused
from tests.support.paths import DATA
from tests.support.word_files import word_file

pytestmark = pytest.mark.slow

PAPER = (DATA / "paper.pdf").read_bytes()
KILLED = "could not be read, its parser was killed, perhaps because memory was short: run `rag index` again."
CRASHED = "cannot be read, its parser crashed: the file is damaged, save it again."


@pytest.fixture
def parsers() -> Iterator[ParserProcess]:
    with ParserProcess(60) as made:
        yield made


def _word(text: str) -> bytes:
    file = io.BytesIO()
    document = docx.Document()
    document.add_paragraph(text)
    document.save(file)
    return file.getvalue()


def _process(parsers: ParserProcess) -> int:
    assert parsers._process is not None
    return parsers._process.pid


def test_one_process_reads_file_after_file(parsers: ParserProcess) -> None:
    assert list(parsers.parse("docx", _word("昨天😀。"))) == [Part("昨天😀。\n")]
    first = _process(parsers)
    assert [part.mark for part in parsers.parse("pdf", PAPER) if isinstance(part, Part)] == ["#1", "#2", "#3"]
    assert list(parsers.parse("pdf", b"no PDF")) == [Refused("", "is damaged or not a PDF: save it again.")]
    assert _process(parsers) == first


def test_it_ends_with_its_context() -> None:
    with ParserProcess(60) as parsers:
        list(parsers.parse("docx", _word("甲。")))
        process = parsers._process
        assert process is not None
    assert process.poll() is not None


def test_a_file_that_ends_the_process_is_refused_and_the_next_is_read(parsers: ParserProcess) -> None:
    data = _word("甲。")
    broken = word_file("<w:sdt>" * 1500 + "</w:sdt>" * 1500)  # deeper than Python's stack
    assert list(parsers.parse("docx", broken)) == [Refused("", CRASHED)]
    assert list(parsers.parse("docx", data)) == [Part("甲。\n")]


def _failing(
    parsers: ParserProcess, monkeypatch: pytest.MonkeyPatch, at: Callable[[int], bool], by: int = signal.SIGSEGV
) -> None:
    """End the process in place of each answer (counted from 1) that ``at`` chooses."""
    answer, count = parsers._answer, iter(range(1, 100))

    def taken() -> dict[str, Any]:
        if at(next(count)):
            os.kill(_process(parsers), by)
            raise EOFError
        return answer()

    monkeypatch.setattr(parsers, "_answer", taken)


def test_a_page_that_ends_the_process_does_not_lose_the_others(
    parsers: ParserProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = list(parsers.parse("pdf", PAPER))
    _failing(parsers, monkeypatch, lambda n: n == 3)  # how many pages, page 1, page 2
    assert list(parsers.parse("pdf", PAPER)) == [pages[0], Refused("#2", CRASHED), pages[2]]


def test_a_page_whose_parser_was_killed_is_tried_again_the_next_time(
    parsers: ParserProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = list(parsers.parse("pdf", PAPER))
    _failing(parsers, monkeypatch, lambda n: n == 3, signal.SIGKILL)
    assert list(parsers.parse("pdf", PAPER)) == [pages[0], Refused("#2", KILLED, passing=True), pages[2]]


def test_a_file_is_given_up_after_three_crashes(parsers: ParserProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    document = pypdfium2.PdfDocument.new()
    for _ in range(5):
        document.new_page(100, 100)
    file = io.BytesIO()
    document.save(file)
    _failing(parsers, monkeypatch, lambda n: n % 2 == 0)
    assert list(parsers.parse("pdf", file.getvalue())) == [
        *(Refused(f"#{n}", CRASHED) for n in (1, 2, 3)),
        Refused("#4", "and the following pages are left out: 3 pages before could not be read."),
    ]


def test_a_file_that_takes_too_long() -> None:
    with ParserProcess(0.01) as parsers:
        assert list(parsers.parse("pdf", PAPER)) == [
            Refused("", "took longer than 0.01 s: split it, or raise RAG_MAX_FILE_SECONDS.")
        ]
