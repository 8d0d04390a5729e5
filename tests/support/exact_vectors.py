"""FAISS's exact search as a vector store: the truth that the tests compare other stores with."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from rag.vectors.flat import demand_unit
from rag.vectors.store import Matrix, Rows, RowSelection


class ExactVectors:
    """Inner product over unit rows, all of them in memory."""

    remote = False

    def __init__(self, index: faiss.IndexFlatIP) -> None:
        """Use ``build``."""
        self._index = index
        self.size, self.dimension = int(index.ntotal), int(index.d)

    @classmethod
    def build(cls, vectors: Matrix) -> ExactVectors:
        """Raise ValueError for rows (n, d) that are not of unit length."""
        demand_unit(vectors)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    def search(self, queries: Matrix, k: int, among: RowSelection | None = None) -> tuple[Matrix, Rows]:
        params: Any = None
        if among is not None:
            selector = faiss.IDSelectorBitmap(np.packbits(among.mask, bitorder="little"))
            params = faiss.SearchParameters(sel=selector)
        scores, rows = self._index.search(np.ascontiguousarray(queries, np.float32), k, params=params)
        return scores, rows

    def rows(self, numbers: Rows) -> Matrix:
        if not len(numbers):
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._index.reconstruct(int(n)) for n in numbers])
