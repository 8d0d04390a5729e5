"""Query -> the hits that an answer may use, and the evidence in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answer import reading, similarity
from rag.answer.bound import own_words
from rag.answer.evidence import Evidence
from rag.asking.places import PlaceName, places_in
from rag.index.reprints import distinct
from rag.reader.reader import PassageReader
from rag.reader.reading import Reading
from rag.schema import Hit, Query
from rag.search.retriever import Retriever
from rag.text.plain_form import plain_form
from rag.text.scripts import legible

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
    best = reading.ordered(hits, readings)[:PASSAGES]
    hits = [hit for hit, _ in best]
    sources = distinct(hits)
    if reader.points:
        said = {hit.passage.passage_id: one for hit, one in best}
        chosen = [said[hit.passage.passage_id] for hit in sources]
        evidence = reading.weigh(query, sources, chosen, retriever.index.bm25)
    else:
        evidence = similarity.weigh(query, sources, retriever.index.bm25, retriever.embedder)
    done("select")
    return Found(tuple(hits), evidence)


def headline(hit: Hit, asked: Sequence[PlaceName]) -> str:
    """Return the headline to read a passage with. A place that the question names is put before it if the article is about that
    place, and the passage only says 我市: it names no place, and the article names the one asked for."""
    title, text = hit.article.title, hit.passage.text
    if not asked or places_in(legible(title + "\n" + text)):
        return title
    forms = [place.short or place.name for name in asked for place in name.places]
    local = next((form for form in forms if form in hit.article.text), "")
    return f"{local} {title}".strip()


def read(query: Query, hits: Sequence[Hit], reader: PassageReader) -> list[Reading]:
    """Return what the reader says of each hit."""
    asked = places_in(own_words(query))
    passages = [(plain_form(headline(hit, asked)), plain_form(hit.passage.text)) for hit in hits]
    return reader.read(plain_form(query.read), passages)
