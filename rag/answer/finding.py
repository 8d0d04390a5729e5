"""Query -> the hits that an answer may use, and the evidence in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answer import reading, similarity
from rag.answer.evidence import Evidence
from rag.index.reprints import distinct
from rag.reader.reader import PassageReader
from rag.reader.reading import Reading
from rag.schema import Hit, Query
from rag.search.retriever import Retriever
from rag.text.plain_form import plain_form

PASSAGES = 10
"""The number of passages that an answer may use."""


@dataclass(frozen=True, slots=True)
class Found:
    """``hits``, the best first. The evidence is in the hits of ``evidence``: a story that was printed twice is one source."""

    hits: tuple[Hit, ...]
    evidence: Evidence


def find(
    query: Query, retriever: Retriever, reader: PassageReader | None, done: Callable[[str], None] = lambda step: None
) -> Found:
    """Search, read what was found, and weigh it. Without a reader, sentences are weighed by their similarity.

    Call ``done`` with the name of each step after it.

    Raise ModelError if the reader's weights are missing or damaged.
    """
    if reader is None:
        hits = retriever.search(query, PASSAGES)
        done("retrieve")
        evidence = similarity.weigh(query, distinct(hits), retriever.index.bm25, retriever.embedder)
        done("select")
        return Found(tuple(hits), evidence)
    hits = retriever.search(query, reading.CANDIDATES)
    done("retrieve")
    readings = read(query, hits, reader)
    done("read")
    best = reading.order(hits, readings)[:PASSAGES]
    readings_of = {hits[i].passage.passage_id: readings[i] for i in best}
    hits = [hits[i] for i in best]
    sources = distinct(hits)
    if reader.points:
        chosen = [readings_of[hit.passage.passage_id] for hit in sources]
        evidence = reading.weigh(query, sources, chosen, retriever.index.bm25)
    else:
        evidence = similarity.weigh(query, sources, retriever.index.bm25, retriever.embedder)
    done("select")
    return Found(tuple(hits), evidence)


def read(query: Query, hits: Sequence[Hit], reader: PassageReader) -> list[Reading]:
    """Return what the reader says of each hit."""
    passages = [(plain_form(hit.article.title), plain_form(hit.passage.text)) for hit in hits]
    return reader.read(plain_form(query.read), passages)
