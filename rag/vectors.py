"""Vectors -> nearest passages, by FAISS."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.schema import EVERYTHING, Filter

Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Among:
    """Which rows count: those for which ``mask`` (size,) is true. A server that knows the articles' facts can be told the
    same in fewer words: those that pass ``only``, less the rows ``gone``, ascending."""

    mask: Mask
    only: Filter = EVERYTHING
    gone: Rows = field(default_factory=lambda: np.zeros(0, np.int64))


class VectorStore(Protocol):
    """What retrieval asks of a vector engine: rows are numbered as they were added."""

    size: int
    dimension: int

    def search(self, queries: Matrix, k: int, among: Among | None = None) -> tuple[Matrix, Rows]:
        """(scores, rows), each (n, k) for queries (n, d), best first; -1 where there are fewer."""

    def rows(self, numbers: Rows) -> Matrix:
        """The vectors of some rows, (len(numbers), d)."""


class FlatVectors:
    """Exact inner product over unit rows, that is cosine."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index
        self.size = int(index.ntotal)
        self.dimension = int(index.d)

    @classmethod
    def build(cls, vectors: Matrix) -> FlatVectors:
        """``vectors`` (n, d). Raises ValueError for rows that are not of unit length: inner product
        would no longer be cosine."""
        lengths = np.linalg.norm(vectors, axis=1)
        if vectors.shape[0] and not np.allclose(lengths, 1.0, atol=1e-3):
            raise ValueError(f"rows must have unit length, found {lengths.min():.4f} to {lengths.max():.4f}")
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    def search(self, queries: Matrix, k: int, among: Among | None = None) -> tuple[Matrix, Rows]:
        params: Any = None
        if among is not None:
            chosen: Any = faiss.IDSelectorBitmap  # the Python wrapper takes the bits as an array, its stub does not know
            params = cast("Any", faiss).SearchParameters(sel=chosen(np.packbits(among.mask, bitorder="little")))
        scores, rows = self._index.search(np.ascontiguousarray(queries, np.float32), k, params=params)
        return scores, rows

    def rows(self, numbers: Rows) -> Matrix:
        if not len(numbers):
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._index.reconstruct(int(n)) for n in numbers])

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> FlatVectors:
        """Raises IndexDamaged when the file is missing or no FAISS index."""
        try:
            return cls(faiss.read_index(str(path)))
        except (RuntimeError, AttributeError) as error:  # the latter where FAISS reads "no index" 
            raise IndexDamaged(f"The vectors in {path} cannot be read: run `rag index` to build them anew.") from error
