"""The lock of the writer. Two processes, and one that is killed: tests/faults/test_writers.py."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from rag.errors import IndexNotWritable
from rag.index.lock import writer_lock

BUSY = "Another `rag index` is writing .*: wait for it to end, then run yours again"


def test_second_writer_is_refused_at_once_and_admitted_later(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "index"):
        for _ in range(2):
            with pytest.raises(IndexNotWritable, match=BUSY), writer_lock(tmp_path / "index"):
                pass
        with writer_lock(tmp_path / "other"):
            pass
    with writer_lock(tmp_path / "index"):
        pass


def test_lock_is_freed_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), writer_lock(tmp_path):
        raise KeyboardInterrupt
    with writer_lock(tmp_path):
        pass


def test_lock_of_an_earlier_version_counts_and_ours_counts_for_it(tmp_path: Path) -> None:
    """Earlier versions called flock on the same file."""
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndexNotWritable, match=BUSY), writer_lock(tmp_path):
            pass
    with writer_lock(tmp_path), (tmp_path / ".lock").open("w") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """No other kind of lock stands in: a mark in the folder would outlive a process that is killed."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(IndexNotWritable, match=rf"could not be written \({os.strerror(number)}\)"),
        writer_lock(tmp_path / "index"),
    ):
        pass
    assert [path.name for path in (tmp_path / "index").iterdir()] == [".lock"]
    assert (tmp_path / "index" / ".lock").read_bytes() == b""
    monkeypatch.undo()
    with writer_lock(tmp_path / "index"):
        pass


def test_errors_inside_are_not_those_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"), writer_lock(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_folder_that_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine", encoding="utf-8")
    with (
        pytest.raises(IndexNotWritable, match=r"holds other things than an index \(thesis.docx\): name an empty"),
        writer_lock(tmp_path),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_index_that_was_copied_without_its_lock(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text(f"g000001 {'0' * 16}\n", encoding="utf-8")
    (tmp_path / "g000001").mkdir()
    with writer_lock(tmp_path):
        pass
