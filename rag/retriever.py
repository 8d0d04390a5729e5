"""Query -> ranked hits: nearest vectors and BM25, fused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray

from rag.embedder import Embedder
from rag.index import Index
from rag.lexical import tokens
from rag.names import NameBridge
from rag.query import parse
from rag.schema import Hit, Query

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
        pool = min(max(_POOL, k), self.index.vectors.size)
        _, nearest = self.index.vectors.search(vectors, pool)
        return [self._rank(query, vector, rows, k) for query, vector, rows in zip(queries, vectors, nearest, strict=True)]

    def _rank(self, query: Query, vector: NDArray[np.float32], nearest: NDArray[np.int64], k: int) -> list[Hit]:
        terms = tokens(query.lexical)
        scores = self.index.lexical.scores(terms)
        pool = min(max(_POOL, k), len(scores))
        matched = np.argpartition(-scores, pool - 1)[:pool]
        rows = np.unique(np.concatenate([nearest[nearest >= 0], matched[scores[matched] > 0]]))
        dense = self.index.vectors.rows(rows) @ vector
        lexical = scores[rows]
        fused = {"dense": dense, "lexical": lexical, "fused": _fuse(dense, lexical)}[self.ranker]
        order = np.lexsort((rows, -fused))[:k]
        return [
            Hit(passage, self.index.articles[passage.article_id], float(fused[i]), float(dense[i]), float(lexical[i]))
            for i in order
            for passage in [self.index.passages[int(rows[i])]]
        ]


def _fuse(dense: NDArray[np.float32], lexical: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum of z-scores over the candidates of both rankers; one that tells nothing apart adds nothing."""
    return _standard(dense) + _standard(lexical)


def _standard(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    spread = float(scores.std()) if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-6 else np.zeros_like(scores)


class BaowenRetriever(BaseRetriever):
    """The same search as a LangChain retriever."""

    retriever: Any
    k: int = 10

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        parsed = parse(query, (), self.retriever.names)
        return [
            Document(
                page_content=hit.passage.text,
                id=hit.passage.passage_id,
                metadata={
                    "article_id": hit.article.article_id, "title": hit.article.title, "file": hit.article.file,
                    "start": hit.passage.start, "end": hit.passage.end, "score": hit.score,
                },
            )
            for hit in self.retriever.search(parsed, self.k)
        ]
