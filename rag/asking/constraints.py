"""What a question is bound to (a place, a time, a body, a person), and whether evidence keeps to it.

A constraint is ``kept`` if the evidence names what was asked for, ``broken`` if it names another one of the same kind
instead, and ``open`` if it names none. The sentence decides; if it names none, the headline; then the passage, then the
article's date. Asked for 嘉兴, evidence of 平湖 is open: a part says nothing certain of the whole. Asked for 平湖, evidence
of 嘉兴 is broken, or open where the headline is about 平湖. 我市 and 全市 are the place of the newspaper or of the headline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.asking.asked import Asked
from rag.asking.gazetteer import Place
from rag.asking.home import local_place
from rag.asking.name_match import organisation_state, person_state
from rag.asking.places import places_in
from rag.asking.time_match import time_state
from rag.schema import DateBasis

State = Literal["kept", "broken", "open"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Evidence: its ``sentence``, the ``passage`` around it, and what is known of its article. All in legible form."""

    sentence: str
    passage: str
    headline: str = ""
    date: str = ""
    date_basis: DateBasis = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Constraint:
    """``words``: what the question asks for. ``named``: the evidence's words of that kind that decided, "" if none."""

    kind: Literal["place", "time", "organisation", "person"]
    words: str
    state: State
    named: str = ""


def constraints(asked: Asked, evidence: Candidate) -> tuple[Constraint, ...]:
    """Return the constraints of the question, each kind at most once, with their state in the evidence.

    Of several places, bodies or people asked for, one that is kept is enough: the sentence may answer a part.
    """
    found = []
    if asked.places:
        words = "、".join(place.words for place in asked.places)
        found.append(Constraint("place", words, *_place_state(asked, evidence)))
    if asked.times:
        words = "、".join(time.words for time in asked.times)
        found.append(Constraint("time", words, *time_state(asked, evidence)))
    if asked.organisations:
        words = "、".join(asked.organisations)
        found.append(Constraint("organisation", words, *organisation_state(asked, evidence)))
    if asked.people:
        found.append(Constraint("person", "、".join(asked.people), *person_state(asked, evidence)))
    return tuple(found)


def _place_state(asked: Asked, evidence: Candidate) -> tuple[State, str]:
    wanted = {place for name in asked.places for place in name.places}
    sentence, headline = _named(evidence.sentence, evidence), _named(evidence.headline, evidence)
    in_headline = any(wanted & set(places) for _, places in headline)
    for where in (sentence, headline):
        if not where:
            continue
        for words, places in where:
            if wanted & set(places):
                return "kept", words
        if where is sentence and in_headline:
            return "open", where[0][0]
        for words, places in where:
            if any(whole.contains(part) for whole in wanted for part in places):
                return "open", words
        passage = [words for words, places in _named(evidence.passage, evidence) if wanted & set(places)]
        if where is headline and passage:
            return "kept", passage[0]
        return "broken", where[0][0]
    for words, places in _named(evidence.passage, evidence):
        if wanted & set(places):
            return "kept", words
    return "open", ""


def _named(text: str, evidence: Candidate) -> list[tuple[str, tuple[Place, ...]]]:
    """Return the places that the text names, with 我市 and the like by what they stand for."""
    found = [(name.words, name.places) for name in places_in(text) if not name.in_name]
    local = local_place(text, evidence.source, evidence.headline)
    return [*found, *([local] if local else [])]
