"""The vectors of several segments as one store. Stores on other machines are asked at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rag.vectors.store import NO_SCORE, Matrix, Rows, RowSelection, VectorStore

_AT_ONCE = 16  # stores asked at the same time


class CombinedVectors:
    """Several stores with one numbering: the rows of the first store, then those of the next.

    ``dimension`` is a parameter, because there may be no store."""

    remote = False

    def __init__(self, stores: Sequence[VectorStore], dimension: int) -> None:
        self._stores = tuple(stores)
        self._pool = ThreadPoolExecutor(_AT_ONCE)  # starts no thread before the first remote search
        self._ends = np.cumsum([store.size for store in stores], dtype=np.int64)
        self.size = int(self._ends[-1]) if stores else 0
        self.dimension = dimension

    def search(self, queries: Matrix, k: int, among: RowSelection | None = None) -> tuple[Matrix, Rows]:
        """As ``VectorStore.search``. Raise what the store of another machine raises."""
        scores = [np.full((len(queries), k), NO_SCORE, np.float32)]
        rows = [np.full((len(queries), k), -1, np.int64)]
        asked = [
            (store, start, part)
            for store, start, part in self._parts(among)
            if store.size and (part is None or part.mask.any())
        ]
        pending = [
            (start, self._pool.submit(store.search, queries, k, part)) for store, start, part in asked if store.remote
        ]
        answers = [(start, store.search(queries, k, part)) for store, start, part in asked if not store.remote]
        for start, (found, places) in [*answers, *((start, answer.result()) for start, answer in pending)]:
            scores.append(found)
            rows.append(np.where(places >= 0, places + start, -1))
        all_scores, all_rows = np.concatenate(scores, axis=1), np.concatenate(rows, axis=1)
        order = np.lexsort((all_rows, -all_scores, all_rows < 0), axis=1)[:, :k]
        return np.take_along_axis(all_scores, order, axis=1), np.take_along_axis(all_rows, order, axis=1)

    def rows(self, numbers: Rows) -> Matrix:
        """As ``VectorStore.rows``."""
        vectors = np.empty((len(numbers), self.dimension), np.float32)
        store_of = np.searchsorted(self._ends, numbers, side="right")
        for at in np.unique(store_of).tolist():
            store = self._stores[at]
            vectors[store_of == at] = store.rows(numbers[store_of == at] - (self._ends[at] - store.size))
        return vectors

    def _parts(self, among: RowSelection | None) -> Iterator[tuple[VectorStore, int, RowSelection | None]]:
        """Yield each store, the number of its first row, and which of its rows to search among."""
        for store, end in zip(self._stores, self._ends.tolist(), strict=True):
            start = end - store.size
            yield store, start, None if among is None else _part(among, start, end)


def _part(among: RowSelection, start: int, end: int) -> RowSelection:
    """Return ``among`` for the rows start:end, numbered from 0."""
    gone = among.gone[slice(*np.searchsorted(among.gone, (start, end)))]
    return RowSelection(among.mask[start:end], among.only, gone - start)
