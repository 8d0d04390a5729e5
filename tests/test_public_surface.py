"""The names that other packages rely on exist with these parameters. A change here changes a contract."""

from __future__ import annotations

import importlib
import inspect
from inspect import Parameter

import pytest

SURFACE = {  # name -> parameters; those in brackets have a default
    # the walk of a question
    "rag.answer.assistant.Assistant": "settings [embedder] [reader]",
    "rag.answer.assistant.Assistant.ask": "question [history] [only]",
    "rag.answer.assistant.Assistant.stream": "question [history] [only]",
    "rag.answer.assistant.Assistant.search": "question [history] [k] [only]",
    "rag.search.query.parse": "question history names [only]",
    "rag.search.retriever.Retriever": "index embedder [ranker]",
    "rag.search.retriever.Retriever.search": "query [k]",
    "rag.search.retriever.Retriever.search_many": "queries [k]",
    # the walk of an article
    "rag.indexing.build.build": "folder index_dir embedder [limits] [progress] [anew] [server]",
    "rag.index.snapshot.load": "index_dir [embedder] [server]",
    "rag.embedding.embedder.Embedder": "[model] [precision]",
    "rag.embedding.ray_embedder.RayEmbedder": "address [model] [on_start]",
    # settings, and the JSON for other programs
    "rag.config.Settings.from_env": "[env]",
    "rag.payload.answer": "a",
    "rag.payload.citation": "c",
    "rag.payload.hits": "found",
    "rag.payload.article": "a [with_text]",
    # the entry of the command `rag`
    "rag.cli.main.main": "",
}


def _resolve(name: str) -> object:
    """Import the longest prefix of ``name`` that is a module, and look up the rest in it."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise AssertionError(f"{name} cannot be imported")


@pytest.mark.parametrize("name", SURFACE)
def test_parameters(name: str) -> None:
    found = _resolve(name)
    assert callable(found)
    parameters = [p for p in inspect.signature(found).parameters.values() if p.name != "self"]
    shown = [p.name if p.default is Parameter.empty else f"[{p.name}]" for p in parameters]
    assert " ".join(shown) == SURFACE[name]
