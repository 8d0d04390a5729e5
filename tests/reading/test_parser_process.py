"""The parsers' own process: reused, ended when it is late or gone, and the file read on."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import docx
import pypdfium2
import pytest

from rag.reading.parser_process import Worker
from rag.schema import Part, Refused
from tests.support.paths import DATA

PAPER = (DATA / "paper.pdf").read_bytes()
KILLED = "could not be read, its reader was ended from outside, perhaps for want of memory: run `rag index` again."
BROKE = "cannot be read, its reader broke off: the file is damaged, save it again."


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker(60) as made:
        yield made


def _word(text: str) -> bytes:
    file = io.BytesIO()
    document = docx.Document()
    document.add_paragraph(text)
    document.save(file)
    return file.getvalue()


def _process(worker: Worker) -> int:
    assert worker._process is not None
    return worker._process.pid


def test_one_process_reads_file_after_file(worker: Worker) -> None:
    assert list(worker.read("docx", _word("昨天😀。"))) == [Part("昨天😀。\n")]
    first = _process(worker)
    assert [part.mark for part in worker.read("pdf", PAPER) if isinstance(part, Part)] == ["#1", "#2", "#3"]
    assert list(worker.read("pdf", b"no PDF")) == [Refused("", "is damaged or no PDF: save it again.")]
    assert _process(worker) == first


def test_it_ends_with_its_owner() -> None:
    with Worker(60) as worker:
        list(worker.read("docx", _word("甲。")))
        process = worker._process
        assert process is not None
    assert process.poll() is not None


def test_a_file_that_ends_the_process_is_refused_and_the_next_is_read(worker: Worker) -> None:
    data = _word("甲。")
    broken = data[:600] + b"X" * 80 + data[680:]
    assert list(worker.read("docx", broken)) == [Refused("", BROKE)]
    assert list(worker.read("docx", data)) == [Part("甲。\n")]


def _failing(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, at: Callable[[int], bool], by: int = signal.SIGSEGV
) -> None:
    """Ends the process instead of taking those of its answers, counted from 1, that ``at`` chooses."""
    answer, count = worker._answer, iter(range(1, 100))

    def taken() -> dict[str, Any]:
        if at(next(count)):
            os.kill(_process(worker), by)
            raise EOFError
        return answer()

    monkeypatch.setattr(worker, "_answer", taken)


def test_a_page_that_ends_the_process_does_not_lose_the_others(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(worker.read("pdf", PAPER))
    _failing(worker, monkeypatch, lambda n: n == 3)  # how many pages, page 1, page 2
    assert list(worker.read("pdf", PAPER)) == [whole[0], Refused("#2", BROKE), whole[2]]


def test_a_reader_that_the_system_ended_may_do_better_the_next_time(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(worker.read("pdf", PAPER))
    _failing(worker, monkeypatch, lambda n: n == 3, signal.SIGKILL)
    assert list(worker.read("pdf", PAPER)) == [whole[0], Refused("#2", KILLED, passing=True), whole[2]]


def test_a_file_whose_pages_all_end_it_is_given_up(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    document = pypdfium2.PdfDocument.new()
    for _ in range(5):
        document.new_page(100, 100)
    file = io.BytesIO()
    document.save(file)
    _failing(worker, monkeypatch, lambda n: n % 2 == 0)
    assert list(worker.read("pdf", file.getvalue())) == [
        *(Refused(f"#{n}", BROKE) for n in (1, 2, 3)),
        Refused("#4", "and what follows is left out: 3 pages before it could not be read."),
    ]


def test_a_file_that_takes_too_long() -> None:
    with Worker(0.01) as worker:
        assert list(worker.read("pdf", PAPER)) == [
            Refused("", "took longer than 0.01 s: split it, or raise RAG_MAX_FILE_SECONDS.")
        ]
