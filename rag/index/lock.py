"""One writer of an index at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import IndexNotWritable
from rag.index.manifest import CURRENT

_BESIDE = re.compile(r"README\.md|\.gitignore|embedded-[0-9a-f]{16}\.journal")
"""What may stand in the folder of an index that has not been built yet."""


@contextmanager
def writer_lock(index_dir: Path) -> Iterator[None]:
    """Hold the lock of the index, or raise IndexNotWritable at once. The system frees the lock when the process dies.

    Make the folder if there is none. Raise IndexNotWritable for a folder that holds other things than an index."""
    path = index_dir / ".lock"
    lock = FileLock(path, blocking=False, fallback_to_soft=False)  # a soft lock would outlive a process that is killed
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists() and (other := _foreign_entry(index_dir)):
            raise IndexNotWritable(
                f"{index_dir} holds other things than an index ({other}): name an empty folder with --index."
            )
        lock.acquire()
    except Timeout as error:
        raise IndexNotWritable(
            f"Another `rag index` is writing {index_dir}: wait for it to end, then run yours again."
        ) from error
    except OSError as error:  # some network folders have no locks
        raise not_writable(index_dir, error) from error
    try:
        yield
    finally:
        lock.release()


def not_writable(index_dir: Path, error: Exception) -> IndexNotWritable:
    """Return the error for a failed write."""
    why = getattr(error, "strerror", None) or "the write failed, most likely because the disk is full"
    return IndexNotWritable(
        f"The index in {index_dir} could not be written ({why}): free space or correct the permissions, or name "
        "another folder with --index. The index in use is as it was."
    )


def _foreign_entry(index_dir: Path) -> str:
    """Return the name of something in the folder that does not belong to an index, or ""."""
    with suppress(OSError, ValueError):
        text = (index_dir / "CURRENT").read_text(encoding="utf-8")
        if CURRENT.fullmatch(text) or re.fullmatch(r"g\d{6}\n?", text):  # an index that was copied without its lock
            return ""
    return next((path.name for path in sorted(index_dir.iterdir()) if not _BESIDE.fullmatch(path.name)), "")
