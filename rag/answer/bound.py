"""Hits and readings -> whether what the reader points at keeps to the place, time, body and person that the question names."""

from __future__ import annotations

from collections.abc import Sequence

from rag.asking.asked import Asked, read_question
from rag.asking.constraints import Candidate, Constraint, constraints
from rag.reader.reading import Reading
from rag.schema import Hit, Query
from rag.text.scripts import legible
from rag.text.sentences import sentences


def asked_by(query: Query) -> Asked:
    """Return what the query asks. A follow-up asks with the question that it refers to."""
    return read_question(query.read if query.language == "zh" else query.text)


def broken(asked: Asked, hits: Sequence[Hit], readings: Sequence[Reading]) -> list[tuple[Constraint, ...]]:
    """Return for each hit the constraints of the question that the sentence of its best words breaks."""
    if not (asked.places or asked.times or asked.organisations or asked.people):
        return [()] * len(hits)
    return [
        tuple(one for one in constraints(asked, _candidate(hit, reading)) if one.state == "broken")
        for hit, reading in zip(hits, readings, strict=True)
    ]


def _candidate(hit: Hit, reading: Reading) -> Candidate:
    text, article = hit.passage.text, hit.article
    at = reading.spans[0].start if reading.spans else 0
    sentence = next((text[a:b] for a, b in sentences(text) if a <= at < b), text)
    return Candidate(
        legible(sentence), legible(text), legible(article.title), article.date, article.date_basis, article.source
    )
