"""This project's pipeline for ``eval.bench.peers``, by the functions that ``rag eval`` calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.bench.peer_worker import Found, main
from rag.embedding.embedder import Embedder
from rag.index.snapshot import load
from rag.indexing.build import build_from
from rag.schema import Article
from rag.search.query import parse
from rag.search.retriever import Retriever


class Ours:
    """The index and the retriever of ``rag``; ``ranker`` is the variant."""

    def __init__(self, embedder: Embedder, ranker: str) -> None:
        self._embedder, self._ranker = embedder, ranker

    def build(self, articles: Sequence[Article], folder: Path) -> None:
        build_from(articles, folder, self._embedder)

    def open(self, folder: Path) -> None:
        self._retriever = Retriever(load(folder, self._embedder), self._embedder, self._ranker)

    def search(self, question: str, k: int) -> list[Found]:
        hits = self._retriever.search(parse(question, (), self._retriever.names), k)
        return [(hit.article.article_id, hit.passage.text) for hit in hits]


if __name__ == "__main__":
    main(Ours)
