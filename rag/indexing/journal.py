"""Vectors as they come from the embedder, appended one by one: a build that was killed continues where it stopped."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.index.segment import Keys
from rag.vectors.store import Matrix


class Journal:
    """The journal of one model in an index folder."""

    def __init__(self, index_dir: Path, model: str, dimension: int) -> None:
        self._path = index_dir / f"embedded-{model[:16]}.journal"
        self._record = np.dtype([("key", "<u8"), ("vector", "<f4", (dimension,)), ("check", "<u4")])

    def append(self, keys: Keys, vectors: Matrix) -> None:
        """Raise OSError."""
        records = np.zeros(len(keys), self._record)
        records["key"], records["vector"] = keys, vectors
        records["check"] = [_checksum(record) for record in records]
        with self._path.open("ab") as out:
            out.seek(-(out.tell() % self._record.itemsize), os.SEEK_END)  # the last record may have been cut off
            out.truncate()
            out.write(records.tobytes())

    def read(self) -> tuple[Keys, NDArray[np.int64], Matrix]:
        """Return the keys (n,) of the undamaged records, the numbers (n,) of these records, and the vectors of all
        records, which stay on the disk."""
        count = self._path.stat().st_size // self._record.itemsize if self._path.exists() else 0
        records = np.memmap(self._path, self._record, "r", shape=(count,)) if count else np.zeros(0, self._record)
        whole = (_checksum(record) == record["check"] for record in records)
        rows = np.flatnonzero(np.fromiter(whole, bool, count))
        return records["key"][rows], rows, np.asarray(records["vector"])


def drop_journals(index_dir: Path) -> None:
    """Delete the journals of all models. Raise OSError."""
    for path in index_dir.glob(f"embedded-{'[0-9a-f]' * 16}.journal"):
        path.unlink()


def _checksum(record: np.void) -> int:
    return zlib.crc32(record.tobytes()[:-4])
