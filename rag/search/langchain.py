"""Retriever -> LangChain retriever."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever


class BaowenRetriever(BaseRetriever):
    """Searches with a ``Retriever`` and returns the best ``k`` passages as LangChain documents."""

    retriever: Any
    k: int = 10

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        parsed = self.retriever.parse(query)
        return [
            Document(
                page_content=hit.passage.text,
                id=hit.passage.passage_id,
                metadata={
                    "article_id": hit.article.article_id,
                    "title": hit.article.title,
                    "file": hit.article.file,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "score": hit.score,
                },
            )
            for hit in self.retriever.search(parsed, self.k)
        ]
