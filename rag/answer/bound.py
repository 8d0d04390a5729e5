"""Hits and readings -> whether what the reader points at keeps to the place, time, body and person that the question names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.asking.asked import Asked, read_question
from rag.asking.constraints import Candidate, Constraint, constraints
from rag.reader.reading import Reading
from rag.schema import Hit, Query
from rag.text.scripts import legible
from rag.text.sentences import sentences


@dataclass(frozen=True, slots=True)
class Bounds:
    """The constraints of a question in the sentence of each hit's best words: one tuple a hit, in the order of the hits."""

    states: tuple[tuple[Constraint, ...], ...]

    def broken(self, hit: int) -> tuple[Constraint, ...]:
        """Return the constraints that a hit breaks: it names another place, time, body or person instead."""
        return tuple(one for one in self.states[hit] if one.state == "broken")

    def elsewhere(self, hit: int) -> bool:
        """Return whether a hit is about another place than the question, and no hit is about the place asked for."""
        places = [one.state for states in self.states for one in states if one.kind == "place"]
        return any(one.kind == "place" for one in self.broken(hit)) and "kept" not in places


def own_words(query: Query) -> str:
    """Return the question with the names as they were asked for: in Chinese with near names, in English as romanised."""
    return query.read if query.language == "zh" else query.text


def bounds(query: Query, hits: Sequence[Hit], readings: Sequence[Reading]) -> Bounds:
    """Return the bounds of a question. A follow-up asks with the question that it refers to.

    Names of bodies and people are not looked for in English: a Chinese sentence has them in other characters.
    """
    asked = read_question(own_words(query))
    if not _binds(asked):
        return Bounds(((),) * len(hits))
    states = [constraints(asked, _candidate(hit, reading)) for hit, reading in zip(hits, readings, strict=True)]
    kinds = ("place", "time") if query.language == "en" else ("place", "time", "organisation", "person")
    return Bounds(tuple(tuple(one for one in state if one.kind in kinds) for state in states))


def _binds(asked: Asked) -> bool:
    return bool(asked.places or asked.times or asked.organisations or asked.people)


def _candidate(hit: Hit, reading: Reading) -> Candidate:
    text, article = hit.passage.text, hit.article
    at = reading.spans[0].start if reading.spans else 0
    sentence = next((text[a:b] for a, b in sentences(text) if a <= at < b), text)
    return Candidate(
        legible(sentence), legible(text), legible(article.title), article.date, article.date_basis, article.source
    )
