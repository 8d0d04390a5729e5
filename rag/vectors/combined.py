"""The vectors of several segments as one store. Those that another machine searches are asked at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rag.vectors.flat import NO_SCORE, Among, Matrix, Rows, VectorStore

_AT_ONCE = 16  # stores asked


class Joined:
    """Several stores numbered through: the rows of the first, then those of the next. ``dimension`` is said, for there
    may be none."""

    remote = False

    def __init__(self, stores: Sequence[VectorStore], dimension: int) -> None:
        self._stores = tuple(stores)
        self._pool = ThreadPoolExecutor(_AT_ONCE)  # without a thread until one is wanted
        self._ends = np.cumsum([store.size for store in stores], dtype=np.int64)
        self.size = int(self._ends[-1]) if stores else 0
        self.dimension = dimension

    def search(self, queries: Matrix, k: int, among: Among | None = None) -> tuple[Matrix, Rows]:
        scores = [np.full((len(queries), k), NO_SCORE, np.float32)]
        rows = [np.full((len(queries), k), -1, np.int64)]
        asked = [
            (store, start, part)
            for store, start, part in self._parts(among)
            if store.size and (part is None or part.mask.any())
        ]
        later = [
            (start, self._pool.submit(store.search, queries, k, part)) for store, start, part in asked if store.remote
        ]
        answers = [(start, store.search(queries, k, part)) for store, start, part in asked if not store.remote]
        for start, (found, places) in [*answers, *((start, each.result()) for start, each in later)]:
            scores.append(found)
            rows.append(np.where(places >= 0, places + start, -1))
        every, numbers = np.concatenate(scores, axis=1), np.concatenate(rows, axis=1)
        order = np.lexsort((numbers, -every, numbers < 0), axis=1)[:, :k]
        return np.take_along_axis(every, order, axis=1), np.take_along_axis(numbers, order, axis=1)

    def _parts(self, among: Among | None) -> Iterator[tuple[VectorStore, int, Among | None]]:
        """Each store, the number of its first row, and which of its rows count."""
        for store, end in zip(self._stores, self._ends.tolist(), strict=True):
            start = end - store.size
            yield store, start, None if among is None else _part(among, start, end)

    def rows(self, numbers: Rows) -> Matrix:
        held = np.empty((len(numbers), self.dimension), np.float32)
        owner = np.searchsorted(self._ends, numbers, side="right")
        for at in np.unique(owner).tolist():
            store = self._stores[at]
            held[owner == at] = store.rows(numbers[owner == at] - (self._ends[at] - store.size))
        return held


def _part(among: Among, start: int, end: int) -> Among:
    gone = among.gone[slice(*np.searchsorted(among.gone, (start, end)))]
    return Among(among.mask[start:end], among.only, gone - start)
