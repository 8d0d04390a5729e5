"""The interface of vectors to the search, whether this process or a server searches them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.schema import EVERYTHING, Filter

Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
NO_SCORE = np.finfo(np.float32).min
"""The score where there is no row."""


@dataclass(frozen=True, slots=True)
class RowSelection:
    """The rows to search among: those for which ``mask`` (size,) is true.

    ``only`` and ``gone`` say the same in fewer words, for a server that knows the facts of each article: the rows that
    pass ``only``, without the rows in ``gone`` (ascending).
    """

    mask: Mask
    only: Filter = EVERYTHING
    gone: Rows = field(default_factory=lambda: np.zeros(0, np.int64))


class VectorStore(Protocol):
    """The vectors of one segment. Rows are numbered from 0, in the order in which they were added."""

    size: int
    dimension: int
    remote: bool
    """Whether another machine searches. Several such stores are asked at the same time."""

    def search(self, queries: Matrix, k: int, among: RowSelection | None = None) -> tuple[Matrix, Rows]:
        """Return (scores, rows), each (n, k), for queries (n, d): best first, -1 where there are fewer than ``k``
        rows."""

    def rows(self, numbers: Rows) -> Matrix:
        """Return the vectors of some rows, (len(numbers), d)."""
