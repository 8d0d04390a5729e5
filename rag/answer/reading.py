"""Question, hits and their readings -> evidence: hits in a new order, their sentences, the words that answer, the confidence.

Three logistic regressions: over passages, for the order; over sentences; over questions, for the confidence. ``python -m
eval.reader.calibrate`` fits their weights on the tuning halves of question sets and prints them in the form below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.answer.bound import bounds
from rag.answer.cues import Candidate, candidates, fits_a_date, fits_a_number, share_missing, weight_covered
from rag.answer.evidence import Evidence, Sentence, Words, sigmoid
from rag.answer.words import LONGEST, completed
from rag.reader.reading import Reading
from rag.schema import Hit, Query
from rag.text.scripts import legible
from rag.text.terms import normalise, tokens, values
from rag.words.bm25 import Bm25Index

CANDIDATES = 10
"""The number of passages that are read."""
PASSAGE_WEIGHTS = {"found": 0.4, "answers": 0.185, "margin": 0.053}
SENTENCE_WEIGHTS = {
    "answers": 0.165,
    "mass": 0.768,
    "coverage": 3.979,
    "rank": -1.393,
    "number": 0.454,
    "date": 0.113,
    "short": -0.296,
}
SENTENCE_BIAS = -1.269
ANSWER_WEIGHTS = {"answers": 0.044, "kept": 0.194, "margin": 0.084, "passage": 33.697, "words_found": 4.524}
ANSWER_BIAS = -29.716
_NEAR, _FOUND = 0.883, 0.43
"""Above this cosine of the nearest passage, and this share of the question's words, it counts no more: questions off the subject lie
below, and near misses lie as high as questions that are answered."""
_FEW = 10  # sentences
_ELSEWHERE = 0.25
"""The confidence at most if the articles are about another place: of 6 such questions in four sets, 5 were not answerable."""
_BROKEN = -8.0
"""Stands for what the reader says where every passage is about another place, time, body or person."""
_SENTENCE = 3.0
"""Weight of the logit of a sentence beside the score of a span in it: of eighteen pairs tried, among the best on all tuning halves."""
MOST_WORDS = 8
"""The most places from which words are shown."""

Floats = NDArray[np.float64]


def ordered(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[tuple[Hit, Reading]]:
    """Return the hits with their readings, the best first, by what the search and the reader say of each: its new score."""
    scores = passage_features(hits, readings) @ np.array([*PASSAGE_WEIGHTS.values()])
    found = [
        (replace(hit, score=float(score)), reading) for hit, reading, score in zip(hits, readings, scores, strict=True)
    ]
    return sorted(found, key=lambda one: (-one[0].score, one[0].passage.passage_id))


def passage_features(hits: Sequence[Hit], readings: Sequence[Reading]) -> Floats:
    """Return the features of each hit, (hits, len(PASSAGE_WEIGHTS))."""
    return np.array([[h.score, r.answers, r.margin] for h, r in zip(hits, readings, strict=True)]).reshape(-1, 3)


@dataclass(frozen=True, slots=True)
class Features:
    """``sentences`` (n, len(SENTENCE_WEIGHTS)): of each of ``found``. ``answer`` (len(ANSWER_WEIGHTS),): of the question.
    ``breaks``: whether each hit is about another place, time, body or person than the question. ``instead``: of ``Evidence``.
    ``elsewhere``: whether the nearest hit is about another place, and none about the place asked for."""

    found: tuple[Candidate, ...]
    sentences: Floats
    answer: Floats
    breaks: tuple[bool, ...]
    instead: tuple[str, str] | None
    elsewhere: bool


def features_of(query: Query, hits: Sequence[Hit], readings: Sequence[Reading], bm25: Bm25Index) -> Features | None:
    """Return the features of the question and of the sentences in ``hits``, or None if there is no sentence."""
    found = candidates(hits)
    if not found:
        return None
    asked = legible(query.text)
    weights = {term: bm25.idf(term) for term in dict.fromkeys(tokens(query.lexical))}
    total = sum(weights.values()) or 1.0
    mass = [
        readings[c.rank].mass_in(c.start - hits[c.rank].passage.start, c.end - hits[c.rank].passage.start)
        for c in found
    ]
    sentences = np.array(
        [
            [
                readings[c.rank].answers,
                math.log(m + 1e-3),
                weight_covered(weights, c.before + c.text) / total,
                math.log1p(c.rank),
                fits_a_number(asked, c.text),
                fits_a_date(asked, c.text),
                float(len(c.text) < 15),
            ]
            for c, m in zip(found, mass, strict=True)
        ]
    )
    bound = bounds(query, hits, readings)
    breaks = [bound.broken(i) for i in range(len(hits))]
    said = [r.answers for r in readings]
    kept = [r.answers for r, breach in zip(readings, breaks, strict=True) if not breach]
    first = int(np.argmax([r.answers + r.margin / 2 for r in readings]))
    best = hits[first]
    instead = next(((one.words, one.named) for one in breaks[first] if one.named), None)
    passage = normalise(legible(best.article.title + best.passage.text))
    missing = share_missing(query, " ".join([passage, *values(passage)]))
    # in a very small archive, that all words are there says it: a question need not name what the archive is about
    least = 0.0 if len(found) < _FEW and query.words and not missing else _BROKEN
    answer = np.array(
        [
            max([*said, least]),
            max([*kept, least]) if kept else _BROKEN,
            max(r.margin for r in readings),
            min(max(h.dense for h in hits), _NEAR),
            min(1 - missing, _FOUND),
        ]
    )
    return Features(tuple(found), sentences, answer, tuple(map(bool, breaks)), instead, bound.elsewhere(first))


def weigh(query: Query, hits: Sequence[Hit], readings: Sequence[Reading], bm25: Bm25Index) -> Evidence:
    """Return the evidence in ``hits``. ``readings[i]`` is of ``hits[i]``."""
    features = features_of(query, hits, readings, bm25)
    if features is None:
        return Evidence((), tuple(hits), 0.0)
    logits = features.sentences @ np.array([*SENTENCE_WEIGHTS.values()]) + SENTENCE_BIAS
    ranked = sorted(
        (
            Sentence(c.article, c.start, c.end, sigmoid(logit))
            for c, logit in zip(features.found, logits.tolist(), strict=True)
        ),
        key=lambda s: (-s.score, s.article.article_id, s.start),
    )
    confidence = sigmoid(float(features.answer @ np.array([*ANSWER_WEIGHTS.values()])) + ANSWER_BIAS)
    if features.elsewhere:
        confidence = min(confidence, _ELSEWHERE)
    words = _words(hits, readings, features.breaks, ranked)
    return Evidence(tuple(ranked), tuple(hits), confidence, words, features.instead)


def _words(
    hits: Sequence[Hit], readings: Sequence[Reading], breaks: Sequence[bool], ranked: Sequence[Sentence]
) -> tuple[Words, ...]:
    """Return the words that answer, the best first, each once.

    A span counts by its own score and by the sentence that it stands in. Those of another place, time, body or person come last.
    """
    spans = []
    for hit, reading, breach in zip(hits, readings, breaks, strict=True):
        for span in reading.spans:
            start, end = hit.passage.start + span.start, hit.passage.start + span.end
            home = next((s for s in ranked if s.article is hit.article and s.start <= start < s.end), None)
            if home is not None:
                score = span.score + _SENTENCE * _logit(home.score) + (_BROKEN if breach else 0.0)
                spans.append((score, home, start, min(end, home.end)))
    spans.sort(key=lambda found: (-found[0], found[1].article.article_id, found[2]))
    words: list[Words] = []
    for score, home, start, end in spans:
        text = home.article.text
        start, end = completed(text, start, end, home.start, home.end)
        if start < end <= start + LONGEST and not any(_same(text[start:end], w) for w in words):
            words.append(Words(home.article, start, end, score, home))
    return tuple(words[:MOST_WORDS])


def _logit(chance: float) -> float:
    chance = min(max(chance, 1e-6), 1 - 1e-6)
    return math.log(chance / (1 - chance))


def _same(text: str, other: Words) -> bool:
    shown = normalise(other.article.text[other.start : other.end])
    return normalise(text) in shown or shown in normalise(text)
