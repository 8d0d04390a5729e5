"""Query -> ranked hits, by nearest vectors and BM25."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Embedder
from rag.index.snapshot import Index
from rag.schema import EVERYTHING, Filter, Hit, Query, Turn
from rag.search.near_names import NearNames
from rag.search.query import parse, respelled
from rag.search.romanised_names import RomanisedNames
from rag.text.terms import tokens
from rag.vectors.flat import products
from rag.vectors.store import RowSelection
from rag.words.bm25 import top

Scores = NDArray[np.float64]
_CANDIDATES = 60  # of each ranker
RANKERS = ("fused", "dense", "lexical")


class Retriever:
    """Searches one opened index.

    ``ranker`` is "dense" (cosine of the vectors), "lexical" (BM25) or "fused" (both). Raises ValueError for another one.
    """

    def __init__(self, index: Index, embedder: Embedder, ranker: str = "fused") -> None:
        if ranker not in RANKERS:
            raise ValueError(f"ranker {ranker!r} is not one of {RANKERS}")
        self.index = index
        self.embedder = embedder
        self.ranker = ranker
        self.names = RomanisedNames(index.bm25.frequencies)
        self._near_names = NearNames(index, self.names)

    def parse(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Query:
        """Return what to search for, with near names for names that the articles lack. Raises BadInput."""
        query = parse(question, history, self.names, only)
        near = self._near_names.find(query.search) if query.language == "zh" else {}
        return respelled(query, near) if near else query

    def search(self, query: Query, k: int = 10) -> list[Hit]:
        """Return the ``k`` best passages, best first."""
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[Query], k: int = 10) -> list[list[Hit]]:
        """Return the ``k`` best passages for each query, best first. Embeds all queries in one call."""
        vectors = self.embedder.embed_queries([query.search for query in queries])
        candidates = max(_CANDIDATES, k)
        found: list[list[Hit]] = [[] for _ in queries]
        for only in dict.fromkeys(query.only for query in queries):
            asked = [i for i, query in enumerate(queries) if query.only == only]
            among = self.index.among(only)
            _, nearest = self.index.vectors.search(vectors[asked], candidates, among)
            for i, rows in zip(asked, nearest, strict=True):
                found[i] = self._rank(queries[i], vectors[i], rows, among, k)
        return found

    def _rank(
        self, query: Query, vector: NDArray[np.float32], nearest: NDArray[np.int64], among: RowSelection | None, k: int
    ) -> list[Hit]:
        scores = self.index.bm25.scores(tokens(query.lexical))
        if among is not None:
            scores *= among.mask
        rows = np.unique(np.concatenate([nearest[nearest >= 0], top(scores, max(_CANDIDATES, k))]))
        dense = products(self.index.vectors.rows(rows), vector)
        lexical = scores[rows].astype(np.float64)  # in float32 a mean depends on the order of the rows
        ranked_by = {"dense": dense, "lexical": lexical, "fused": _fuse(dense, lexical)}[self.ranker]
        least = np.sort(ranked_by)[-k:].min(initial=np.inf)
        hits = [
            Hit(*self.index.hit(int(rows[i])), float(ranked_by[i]), float(dense[i]), float(lexical[i]))
            for i in np.flatnonzero(ranked_by >= least)
        ]
        # equal scores are ordered by id: the order of the rows depends on when their articles were added
        hits.sort(key=lambda hit: (-hit.score, hit.passage.passage_id))
        return hits[:k]


def _fuse(dense: Scores, lexical: Scores) -> Scores:
    """Return the sum of both rankers' z-scores over all candidates."""
    return _z_scores(dense) + _z_scores(lexical)


def _z_scores(scores: Scores) -> Scores:
    """Return (score - mean) / standard deviation, or zeros if all scores are equal."""
    spread = float(scores.std()) if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-6 else np.zeros_like(scores)
