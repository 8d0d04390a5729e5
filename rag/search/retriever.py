"""Query -> ranked hits: nearest vectors and BM25, fused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Embedder
from rag.index.snapshot import Index
from rag.schema import Hit, Query
from rag.search.romanised_names import NameBridge
from rag.text.terms import tokens
from rag.vectors.flat import products
from rag.vectors.store import Among
from rag.words.bm25 import top

Scores = NDArray[np.float64]
_POOL = 60
RANKERS = ("fused", "dense", "lexical")


class Retriever:
    """Searches one opened index. ``ranker`` is one of ``RANKERS``."""

    def __init__(self, index: Index, embedder: Embedder, ranker: str = "fused") -> None:
        if ranker not in RANKERS:
            raise ValueError(f"ranker {ranker!r} is none of {RANKERS}")
        self.index = index
        self.embedder = embedder
        self.ranker = ranker
        self.names = NameBridge(index.lexical.frequencies)

    def search(self, query: Query, k: int = 10) -> list[Hit]:
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[Query], k: int = 10) -> list[list[Hit]]:
        """The ``k`` best passages for each query, best first. The queries are embedded as one batch."""
        vectors = self.embedder.embed_queries([query.search for query in queries])
        pool = max(_POOL, k)
        found: list[list[Hit]] = [[] for _ in queries]
        for only in dict.fromkeys(query.only for query in queries):
            asked = [i for i, query in enumerate(queries) if query.only == only]
            among = self.index.among(only)
            _, nearest = self.index.vectors.search(vectors[asked], pool, among)
            for i, rows in zip(asked, nearest, strict=True):
                found[i] = self._rank(queries[i], vectors[i], rows, among, k)
        return found

    def _rank(
        self, query: Query, vector: NDArray[np.float32], nearest: NDArray[np.int64], among: Among | None, k: int
    ) -> list[Hit]:
        scores = self.index.lexical.scores(tokens(query.lexical))
        if among is not None:
            scores *= among.mask
        rows = np.unique(np.concatenate([nearest[nearest >= 0], top(scores, max(_POOL, k))]))
        dense = products(self.index.vectors.rows(rows), vector)
        lexical = scores[rows].astype(np.float64)  # so that a mean does not depend on the order of the rows
        fused = {"dense": dense, "lexical": lexical, "fused": _fuse(dense, lexical)}[self.ranker]
        least = np.sort(fused)[-k:].min(initial=np.inf)
        hits = [
            Hit(*self.index.hit(int(rows[i])), float(fused[i]), float(dense[i]), float(lexical[i]))
            for i in np.flatnonzero(fused >= least)
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.passage_id))[
            :k
        ]  # numbers of rows tell when they came


def _fuse(dense: Scores, lexical: Scores) -> Scores:
    """Sum of z-scores over the candidates of both rankers; one that tells nothing apart adds nothing."""
    return _standard(dense) + _standard(lexical)


def _standard(scores: Scores) -> Scores:
    spread = float(scores.std()) if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-6 else np.zeros_like(scores)
