"""LangChain's own parts, combined as in its documentation, for ``eval.bench.peers``.

It runs in an environment of its own. ``variant`` is how BM25Retriever splits words: ``words`` by a Chinese word list,
``blanks`` at white space, its default.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss  # noqa: F401  (LangChain imports it at first use, which must not be timed as a part of a build)
import rjieba
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from eval.bench.peer_worker import MAX_CHARACTERS, Found, as_markdown, main
from rag.embedding.embedder import Embedder
from rag.schema import Article

_OVERLAP = MAX_CHARACTERS // 5  # as in LangChain's own tutorial, 200 of 1,000
_SEPARATORS = ["\n\n", "\n", "。", "！", "？", "；", "，", "、", " ", ""]


class _Embeddings(Embeddings):
    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._embedder.embed_passages(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        row: list[float] = self._embedder.embed_queries([text])[0].tolist()
        return row


class LangChain:
    """A FAISS store and a BM25Retriever. The latter cannot be saved: it is built again whenever the index is opened."""

    def __init__(self, embedder: Embedder, variant: str) -> None:
        self._embeddings = _Embeddings(embedder)
        self._variant = variant

    def build(self, articles: Sequence[Article], folder: Path) -> None:
        splitter = RecursiveCharacterTextSplitter(
            chunk_size=MAX_CHARACTERS, chunk_overlap=_OVERLAP, separators=_SEPARATORS, keep_separator="end"
        )
        documents = splitter.create_documents(
            [as_markdown(article) for article in articles], [{"article": article.article_id} for article in articles]
        )
        FAISS.from_documents(documents, self._embeddings).save_local(str(folder))

    def open(self, folder: Path) -> None:
        store = FAISS.load_local(str(folder), self._embeddings, allow_dangerous_deserialization=True)
        documents = store.get_by_ids(list(store.index_to_docstore_id.values()))
        bm25 = BM25Retriever.from_documents(
            documents, **({"preprocess_func": rjieba.cut} if self._variant == "words" else {})
        )
        bm25.k = 10
        self._retriever = EnsembleRetriever(
            retrievers=[store.as_retriever(search_kwargs={"k": 10}), bm25], weights=[0.5, 0.5]
        )

    def search(self, question: str, k: int) -> list[Found]:
        return [(hit.metadata["article"], hit.page_content) for hit in self._retriever.invoke(question)[:k]]


if __name__ == "__main__":
    main(LangChain)
