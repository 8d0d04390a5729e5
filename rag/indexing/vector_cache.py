"""Vectors embedded before, found by a hash of what was embedded: whatever is built anew, no text is embedded twice.

They lie in the segments of the index, in use or left by a build that was cut short, and in the journal of that build.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Encoder
from rag.errors import IndexDamaged
from rag.files import mapped
from rag.index import segment
from rag.index.segment import SEGMENTS, Keys, keys_of
from rag.vectors.flat import Matrix

Found = NDArray[np.bool_]
_FILES = ("keys.npy", "rows.npy", "vectors.npy")


class Journal:
    """Vectors as they come from the encoder, appended one by one, so that a build that is killed goes on where it was."""

    def __init__(self, index_dir: Path, model: str, dimension: int) -> None:
        self._path = index_dir / f"embedded-{model[:16]}.journal"
        self._record = np.dtype([("key", "<u8"), ("vector", "<f4", (dimension,)), ("check", "<u4")])

    def append(self, keys: Keys, vectors: Matrix) -> None:
        """Raises OSError."""
        records = np.zeros(len(keys), self._record)
        records["key"], records["vector"] = keys, vectors
        records["check"] = [_check(record) for record in records]
        with self._path.open("ab") as out:
            out.seek(-(out.tell() % self._record.itemsize), os.SEEK_END)  # the last record may have been cut off
            out.truncate()
            out.write(records.tobytes())

    def read(self) -> tuple[Keys, NDArray[np.int64], Matrix]:
        """What was appended, less what was damaged: keys (n,), the records (n,) they are of, and the vectors of all records,
        which stay on the disk."""
        count = self._path.stat().st_size // self._record.itemsize if self._path.exists() else 0
        records = np.memmap(self._path, self._record, "r", shape=(count,)) if count else np.zeros(0, self._record)
        rows = np.flatnonzero(np.fromiter((_check(record) == record["check"] for record in records), bool, count))
        return records["key"][rows], rows, np.asarray(records["vector"])


def forget(index_dir: Path) -> None:
    """What was kept for the case that a build is cut short. Raises OSError."""
    for path in index_dir.glob(f"embedded-{'[0-9a-f]' * 16}.journal"):
        path.unlink()


class Known:
    """The vectors of one model. A segment's are taken once a hash has told that they are what they were."""

    def __init__(self, index_dir: Path, embedder: Encoder) -> None:
        self.embedded = 0
        """How many texts had to be embedded."""
        self.journal = Journal(index_dir, embedder.fingerprint, embedder.dimension)
        self._embedder = embedder
        self._sources = list(_segments(index_dir / SEGMENTS, embedder.fingerprint, embedder.dimension))
        keys, rows, vectors = self.journal.read()
        order = np.argsort(keys, kind="stable")
        self._sources.append(_Source(keys[order], rows[order], vectors))

    def vectors(self, texts: Sequence[str], progress: Callable[[str, int, int], None]) -> Matrix:
        """(n, d); those never embedded are, the longest first, and written down as they come. Raises OSError."""
        keys = keys_of(texts)
        found, vectors = self.find(keys)
        fresh = {
            int(keys[i]): i for i in np.flatnonzero(~found)[::-1]
        }  # a text that stands in several places is embedded once
        places = np.array(sorted(fresh.values(), key=lambda i: (-len(texts[i]), i)), int)
        progress("embed", 0, len(places))
        if not len(places):  # to ask for a portion would call a fleet together
            return vectors
        for at in range(0, len(places), self._embedder.portion):
            portion = places[at : at + self._embedder.portion]
            vectors[portion] = self._embedder.embed_passages([texts[i] for i in portion])
            self.journal.append(keys[portion], vectors[portion])
            progress("embed", at + len(portion), len(places))
        self.embedded += len(places)
        lost = np.flatnonzero(~found)
        vectors[lost] = vectors[[fresh[int(key)] for key in keys[lost]]]
        return vectors

    def find(self, keys: Keys) -> tuple[Found, Matrix]:
        """Which of the keys (n,) are known, and the vectors (n, d), zero for the others."""
        found = np.zeros(len(keys), bool)
        vectors = np.zeros((len(keys), self._embedder.dimension), np.float32)
        for source in self._sources:
            wanted = np.flatnonzero(~found)
            places, rows = source.find(keys[wanted])
            found[wanted[places]] = True
            vectors[wanted[places]] = rows
        return found, vectors


class _Source:
    def __init__(self, keys: Keys, rows: NDArray[np.integer], vectors: Matrix, folder: Path | None = None) -> None:
        """``keys`` ascend, and are of the vectors in ``rows``. ``folder``: the segment that these are of."""
        self._keys, self._rows, self._vectors, self._folder = keys, rows, vectors, folder

    def find(self, keys: Keys) -> tuple[NDArray[np.int64], Matrix]:
        """Places among ``keys`` and the vectors of these."""
        if not len(self._keys):
            return np.zeros(0, np.int64), self._vectors[:0]
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        places = np.flatnonzero(self._keys[at] == keys)
        if len(places) and self._folder:
            if segment.damage(self._folder, _FILES):  # what is taken from here is sealed into what is whole
                self._keys = self._keys[:0]
                places = places[:0]
            self._folder = None
        return places, np.asarray(self._vectors[self._rows[at[places]]])


def _segments(folder: Path, model: str, dimension: int) -> Iterator[_Source]:
    for path in sorted(folder.glob("[0-9a-f]*")):
        try:
            if segment.note_of(path)["model"] != model:
                continue
            keys, rows, vectors = (mapped(path / name) for name in _FILES)
            if keys.shape == rows.shape == vectors.shape[:1] and vectors.shape[1:] == (dimension,):
                yield _Source(keys, rows, vectors, path)
        except (IndexDamaged, OSError, ValueError):  # nothing to be had from it
            continue


def _check(record: np.void) -> int:
    return zlib.crc32(record.tobytes()[:-4])
