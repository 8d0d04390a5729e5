"""RAGLite on DuckDB, for ``eval.bench.peers``: its own chunks, insertion and search.

It runs in an environment of its own, because it needs NumPy 1. ``variant`` is ``hybrid`` or ``vector``, its default. Two
parts need a model from a hub and are replaced: sentences end at 。！？ and line ends instead of where a SaT model sets
them, and there is no reranker. DuckDB's extensions come from PyPI instead of its own server.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import litellm
import numpy as np
import raglite
import raglite._split_sentences
from numpy.typing import NDArray

from eval.bench.peer_worker import MAX_CHARACTERS, Found, as_markdown, main
from rag.embedding.embedder import Embedder
from rag.schema import Article

_ENDS = "。！？!?\n"


class _SentenceMarks:
    """A stand-in for the SaT model: the probability that a sentence ends at each character."""

    def predict_proba(self, text: str, **_: object) -> NDArray[np.float32]:
        return np.array([0.9 if character in _ENDS else 0.0 for character in text], np.float32)


class _Provider(litellm.CustomLLM):  # type: ignore[misc]
    """The embedder as a LiteLLM provider with the models ``peer/passages`` and ``peer/queries``."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self._embedder = embedder

    def embedding(self, model: str, input: list[str], model_response: Any, *_: object, **__: object) -> Any:
        embed = self._embedder.embed_queries if model.endswith("queries") else self._embedder.embed_passages
        model_response.data = [
            {"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(embed(input).tolist())
        ]
        return model_response


class RagLite:
    """A DuckDB database that RAGLite writes and searches."""

    def __init__(self, embedder: Embedder, variant: str) -> None:
        logging.getLogger("LiteLLM").setLevel(logging.ERROR)
        self._search = {"hybrid": raglite.hybrid_search, "vector": raglite.vector_search}[variant]
        raglite._split_sentences._load_sat = lambda: (_SentenceMarks(), {})
        litellm.custom_provider_map = [{"provider": "peer", "custom_handler": _Provider(embedder)}]
        for name in ("peer/passages", "peer/queries"):
            litellm.register_model(
                {
                    name: {
                        "litellm_provider": "peer",
                        "mode": "embedding",
                        "output_vector_size": embedder.dimension,
                        "max_tokens": embedder.max_tokens,
                    }
                }
            )
        with duckdb.connect() as database:
            for extension in ("fts", "vss"):
                database.execute(f"INSTALL '{_extension_file(extension)}'")

    def build(self, articles: Sequence[Article], folder: Path) -> None:
        folder.mkdir(parents=True)
        documents = [raglite.Document.from_text(as_markdown(article), id=article.article_id) for article in articles]
        raglite.insert_documents(documents, config=_config(folder, "passages"))

    def open(self, folder: Path) -> None:
        self._config = _config(folder, "queries")

    def search(self, question: str, k: int) -> list[Found]:
        ids, _ = self._search(question, num_results=k, config=self._config)
        return [(chunk.document_id, chunk.body) for chunk in raglite.retrieve_chunks(ids, config=self._config)]


def _config(folder: Path, kind: str) -> Any:
    return raglite.RAGLiteConfig(
        db_url=f"duckdb:///{folder.resolve() / 'raglite.db'}",
        llm="none",
        embedder=f"peer/{kind}",
        chunk_max_size=MAX_CHARACTERS,
        reranker=None,
    )


def _extension_file(extension: str) -> Path:
    """Return the file of a DuckDB extension in its wheel."""
    spec = importlib.util.find_spec(f"duckdb_extension_{extension}")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"duckdb_extension_{extension} is not installed")
    return Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{extension}.duckdb_extension"


if __name__ == "__main__":
    main(RagLite)
