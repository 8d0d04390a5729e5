"""One writer of an index at a time."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rag.errors import IndexNotWritable
from rag.index.manifest import CURRENT

_OURS = re.compile(r"README\.md|\.gitignore|embedded-[0-9a-f]{16}\.journal")  # beside what an index is told by


@contextmanager
def writing(index_dir: Path) -> Iterator[None]:
    """One writer at a time; the lock goes with the process that holds it."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        if not (index_dir / ".lock").exists() and (other := _foreign(index_dir)):
            raise IndexNotWritable(
                f"{index_dir} holds other things than an index ({other}): name an empty folder with --index."
            )
        lock = open(index_dir / ".lock", "w")  # noqa: SIM115  (closed below, by the with)
    except OSError as error:
        raise not_writable(index_dir, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexNotWritable(
                f"Another `rag index` is writing {index_dir}: wait for it to end, then run yours again."
            ) from error
        except OSError as error:  # some network folders have no locks
            raise not_writable(index_dir, error) from error
        yield


def _foreign(index_dir: Path) -> str:
    """Something in a folder that is no index, and that an index would have to live with."""
    with suppress(OSError, ValueError):
        text = (index_dir / "CURRENT").read_text(encoding="utf-8")
        if CURRENT.fullmatch(text) or re.fullmatch(r"g\d{6}\n?", text):  # one that was copied, but for its lock
            return ""
    return next((p.name for p in sorted(index_dir.iterdir()) if not _OURS.fullmatch(p.name)), "")


def not_writable(index_dir: Path, error: Exception) -> IndexNotWritable:
    """What to raise for a failed write."""
    why = getattr(error, "strerror", None) or "the write failed, most likely for want of space"
    return IndexNotWritable(
        f"The index in {index_dir} could not be written ({why}): free space or correct the permissions, or name "
        "another folder with --index. The index in use is as it was."
    )
