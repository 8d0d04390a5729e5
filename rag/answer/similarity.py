"""Question and hits -> the sentences that may answer it, each with a probability, and the confidence that one does.

Every sentence of the hits gets features: its nearness to the question in meaning and in words, and whether it has what
the question asks for (a figure, a date). Two logistic regressions turn features into probabilities, one for a sentence
and one for the whole question. ``python -m eval.quality.fit`` fits their weights on the tuning halves of the question
sets and prints them in the form below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.answer.cues import candidates, fits_a_date, fits_a_number, share_missing, weight_covered
from rag.answer.evidence import Evidence, Sentence, sigmoid
from rag.embedding.embedder import Embedder
from rag.schema import Article, Hit, Query
from rag.text.scripts import legible
from rag.text.terms import normalise, tokens, values
from rag.words.bm25 import Bm25Index

SENTENCE_WEIGHTS = {"above_mean": 42.46, "coverage": 3.98, "rank": -0.98, "number": 0.88, "date": 1.12, "short": -0.37}
SENTENCE_BIAS = -3.93
ANSWER_WEIGHTS = {"passage": 55.98, "lead": 22.47, "words_found": 1.32, "english": 1.0}
ANSWER_BIAS = -49.01

_NEAREST = 5  # sentences in which the question's words are looked up
_FEW = 10  # sentences: too few for one to stand out
_LEAD = 0.1  # of a sentence that stands out


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a question. ``sentence`` (n, len(SENTENCE_WEIGHTS)): of each sentence in ``spans``. ``answer``
    (len(ANSWER_WEIGHTS),): of the question itself. The columns are in the order of the weights."""

    spans: tuple[tuple[Article, int, int], ...]
    sentence: NDArray[np.float64]
    answer: NDArray[np.float64]


def weigh(query: Query, hits: Sequence[Hit], bm25: Bm25Index, embedder: Embedder) -> Evidence:
    """Return the sentences of ``hits`` with their probabilities, the best first."""
    features = features_of(query, hits, bm25, embedder)
    if features is None:
        return Evidence((), tuple(hits), 0.0)
    logits = features.sentence @ np.array([*SENTENCE_WEIGHTS.values()]) + SENTENCE_BIAS
    ranked = sorted(
        (
            Sentence(article, start, end, sigmoid(logit))
            for (article, start, end), logit in zip(features.spans, logits.tolist(), strict=True)
        ),
        key=lambda s: (-s.score, s.article.article_id, s.start),
    )
    confidence = sigmoid(float(features.answer @ np.array([*ANSWER_WEIGHTS.values()])) + ANSWER_BIAS)
    return Evidence(tuple(ranked), tuple(hits), confidence)


def features_of(query: Query, hits: Sequence[Hit], bm25: Bm25Index, embedder: Embedder) -> Features | None:
    """Return the features of the question and of the sentences in ``hits``, or None if there is no sentence."""
    found = candidates(hits)
    if not found:
        return None
    texts = [c.text for c in found]
    with_context = [c.before + c.text for c in found]
    vector = embedder.embed_queries([query.search])[0]
    cosines = embedder.embed_sentences(with_context) @ vector
    asked = legible(query.text)
    weights = {term: bm25.idf(term) for term in dict.fromkeys(tokens(query.lexical))}
    total = sum(weights.values()) or 1.0
    coverage = np.array([weight_covered(weights, text) for text in with_context]) / total
    sentence = np.stack(
        [
            cosines - cosines.mean(),
            coverage,
            [math.log1p(c.rank) for c in found],
            [fits_a_number(asked, text) for text in texts],
            [fits_a_date(asked, text) for text in texts],
            [float(len(text) < 15) for text in texts],
        ],
        axis=1,
    )
    ranked = np.argsort(-cosines, kind="stable")
    nearest = normalise("".join(texts[i] for i in ranked[:_NEAREST]))
    nearest = " ".join([nearest, *values(nearest)])
    missing = share_missing(query, nearest)
    # how far the nearest sentences are above the median: on another subject no sentence stands out
    lead = float(cosines[ranked[:3]].mean() - np.median(cosines))
    if len(found) < _FEW and query.words and not missing:
        lead = _LEAD  # in a very small archive, that all words are there says it
    answer = np.array([max(h.dense for h in hits), lead, -missing, float(query.language == "en")])
    return Features(tuple((c.article, c.start, c.end) for c in found), sentence, answer)
