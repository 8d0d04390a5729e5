"""Texts -> vectors. No text is embedded twice while a segment or the journal holds its vector.

Vectors are found by a hash of the embedded text: in the segments of the index, whether in use or left by a build that
was cut short, and in the journal of that build.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import TextEmbedder
from rag.errors import IndexDamaged
from rag.files import mapped
from rag.index.segment import SEGMENTS, Keys, keys_of
from rag.index.segment_note import damaged_files, read_note
from rag.indexing.context import Progress
from rag.indexing.journal import Journal
from rag.vectors.store import Mask, Matrix

_FILES = ("keys.npy", "rows.npy", "vectors.npy")


class VectorCache:
    """The vectors of one model. Those of a segment are used only after its hashes have been compared."""

    def __init__(self, index_dir: Path, embedder: TextEmbedder) -> None:
        self.embedded = 0
        """The number of texts that had to be embedded."""
        self._embedder = embedder
        self._journal = Journal(index_dir, embedder.fingerprint, embedder.dimension)
        self._sources = list(_segments(index_dir / SEGMENTS, embedder.fingerprint, embedder.dimension))
        keys, rows, vectors = self._journal.read()
        order = np.argsort(keys, kind="stable")
        self._sources.append(_StoredVectors(keys[order], rows[order], vectors))

    def vectors(self, texts: Sequence[str], progress: Progress) -> Matrix:
        """Return the vectors (n, d) of the texts. Embed the unknown ones, the longest first, and write each to the
        journal at once.

        Raise OSError.
        """
        keys = keys_of(texts)
        known, vectors = self._find(keys)
        # a text that stands in several places is embedded once
        first_place = {int(keys[i]): i for i in np.flatnonzero(~known)[::-1]}
        places = np.array(sorted(first_place.values(), key=lambda i: (-len(texts[i]), i)), int)
        progress("embed", 0, len(places))
        if not len(places):  # asking for the size of a portion would start the workers of a Ray cluster
            return vectors
        for at in range(0, len(places), self._embedder.portion):
            portion = places[at : at + self._embedder.portion]
            vectors[portion] = self._embedder.embed_passages([texts[i] for i in portion])
            self._journal.append(keys[portion], vectors[portion])
            progress("embed", at + len(portion), len(places))
        self.embedded += len(places)
        unknown = np.flatnonzero(~known)
        vectors[unknown] = vectors[[first_place[int(key)] for key in keys[unknown]]]
        return vectors

    def _find(self, keys: Keys) -> tuple[Mask, Matrix]:
        """Return which of the keys (n,) are known, and the vectors (n, d), zero for the others."""
        known = np.zeros(len(keys), bool)
        vectors = np.zeros((len(keys), self._embedder.dimension), np.float32)
        for source in self._sources:
            unknown = np.flatnonzero(~known)
            places, rows = source.find(keys[unknown])
            known[unknown[places]] = True
            vectors[unknown[places]] = rows
        return known, vectors


class _StoredVectors:
    """Vectors by key. ``keys`` ascend, and belong to the vectors in ``rows``. ``folder``: the segment that holds
    them."""

    def __init__(self, keys: Keys, rows: NDArray[np.integer], vectors: Matrix, folder: Path | None = None) -> None:
        self._keys, self._rows, self._vectors, self._folder = keys, rows, vectors, folder

    def find(self, keys: Keys) -> tuple[NDArray[np.int64], Matrix]:
        """Return the positions of the known ``keys`` (n,), and their vectors."""
        if not len(self._keys):
            return np.zeros(0, np.int64), self._vectors[:0]
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        places = np.flatnonzero(self._keys[at] == keys)
        if len(places) and self._folder:
            if damaged_files(self._folder, _FILES):  # a damaged vector would be sealed into a segment that looks whole
                self._keys = self._keys[:0]
                places = places[:0]
            self._folder = None
        return places, np.asarray(self._vectors[self._rows[at[places]]])


def _segments(folder: Path, model: str, dimension: int) -> Iterator[_StoredVectors]:
    """Yield the vectors of each segment that the model made and that can be read."""
    for path in sorted(folder.glob("[0-9a-f]*")):
        try:
            if read_note(path).model != model:
                continue
            keys, rows, vectors = (mapped(path / name) for name in _FILES)
            if keys.shape == rows.shape == vectors.shape[:1] and vectors.shape[1:] == (dimension,):
                yield _StoredVectors(keys, rows, vectors, path)
        except (IndexDamaged, OSError, ValueError):
            continue
