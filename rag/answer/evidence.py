"""Question and hits -> the sentences that may answer it, each with a probability, and the confidence that one does.

Every sentence of the hits gets features: its nearness to the question in meaning and in words, and whether it has what
the question asks for (a figure, a date). Two logistic regressions turn features into probabilities, one for a sentence
and one for the whole question. ``python -m eval.quality.fit`` fits their weights on the tuning halves of the question
sets and prints them in the form below.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Embedder
from rag.schema import Article, Hit, Query
from rag.text.scripts import legible
from rag.text.sentences import sentences
from rag.text.terms import normalise, tokens, values
from rag.words.bm25 import Bm25Index

SENTENCE_WEIGHTS = {"above_mean": 42.46, "coverage": 3.98, "rank": -0.98, "number": 0.88, "date": 1.12, "short": -0.37}
SENTENCE_BIAS = -3.93
ANSWER_WEIGHTS = {"passage": 55.98, "lead": 22.47, "words_found": 1.32, "english": 1.0}
ANSWER_BIAS = -49.01
ABSTAIN_BELOW = 0.5

_ASKS_NUMBER = re.compile(
    r"多少|几(?:个|家|位|名|次|项|年|天|月|倍|条|篇|台|所|座|万|人|成|亩)|多大|多高|多长|多久|多快|占比|比例|百分|增速|增幅|金额|总额|规模|第几|"
    r"\b(?:how (?:many|much|long|big|large|often|far|fast)|what (?:percent|share|proportion|rate)|percentage)\b",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"什么时候|何时|哪(?:一)?[年天日月]|几[月号日]|什么时间|\b(?:when|what (?:year|date|day|month|time))\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(r"[\d０-９]|[一二两三四五六七八九十百千]+(?:个|家|位|名|次|项|年|倍|成|亿|万)|百分之")
_HAS_DATE = re.compile(
    r"\d+\s*[年月日号]|[今去明前昨]年|今天|昨天|昨日|近日|日前|上半年|下半年|季度|[一二三四五六七八九十]+月|[一二][〇零○一二三四五六七八九]{3}年"
)
_REFERS_BACK = re.compile(
    r"(?:据介绍|据了解|据悉)?[,，]?"
    r"(?:该|这|其|他们|她们|他|她|它|此次|同时|此外|另外|目前|当前|投产后|达产后|建成后|项目|公司|企业)"
)
_SHORTEST = 6  # characters of a sentence
_NEAREST = 5  # sentences in which the question's words are looked up
_FEW = 10  # sentences: too few for one to stand out
_LEAD = 0.1  # of a sentence that stands out


@dataclass(frozen=True, slots=True)
class Sentence:
    """``article.text[start:end]`` and the probability that it belongs to the answer."""

    article: Article
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences, the best first, and ``confidence``: the probability that the articles answer the question."""

    sentences: tuple[Sentence, ...]
    hits: tuple[Hit, ...]
    confidence: float

    @property
    def abstains(self) -> bool:
        """Whether the answer must be that the articles do not say."""
        return self.confidence < ABSTAIN_BELOW or not self.sentences


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
            Sentence(article, start, end, _sigmoid(logit))
            for (article, start, end), logit in zip(features.spans, logits.tolist(), strict=True)
        ),
        key=lambda s: (-s.score, s.article.article_id, s.start),
    )
    confidence = _sigmoid(float(features.answer @ np.array([*ANSWER_WEIGHTS.values()])) + ANSWER_BIAS)
    return Evidence(tuple(ranked), tuple(hits), confidence)


def features_of(query: Query, hits: Sequence[Hit], bm25: Bm25Index, embedder: Embedder) -> Features | None:
    """Return the features of the question and of the sentences in ``hits``, or None if there is no sentence."""
    found = _candidates(hits)
    if not found:
        return None
    texts = [c.text for c in found]
    with_context = [c.before + c.text for c in found]
    vector = embedder.embed_queries([query.search])[0]
    cosines = embedder.embed_sentences(with_context) @ vector
    asked = legible(query.text)
    weights = {term: bm25.idf(term) for term in dict.fromkeys(tokens(query.lexical))}
    total = sum(weights.values()) or 1.0
    coverage = np.array([_weight_covered(weights, text) for text in with_context]) / total
    sentence = np.stack(
        [
            cosines - cosines.mean(),
            coverage,
            [math.log1p(c.rank) for c in found],
            [float(bool(_ASKS_NUMBER.search(asked)) and bool(_HAS_NUMBER.search(text))) for text in texts],
            [float(bool(_ASKS_DATE.search(asked)) and bool(_HAS_DATE.search(text))) for text in texts],
            [float(len(text) < 15) for text in texts],
        ],
        axis=1,
    )
    ranked = np.argsort(-cosines, kind="stable")
    nearest = normalise("".join(texts[i] for i in ranked[:_NEAREST]))
    nearest = " ".join([nearest, *values(nearest)])
    missing = _share_missing(query, nearest)
    # how far the nearest sentences are above the median: on another subject no sentence stands out
    lead = float(cosines[ranked[:3]].mean() - np.median(cosines))
    if len(found) < _FEW and query.words and not missing:
        lead = _LEAD  # in a very small archive, that all words are there says it
    answer = np.array([max(h.dense for h in hits), lead, -missing, float(query.language == "en")])
    return Features(tuple((c.article, c.start, c.end) for c in found), sentence, answer)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """``text`` is ``article.text[start:end]`` in legible form, in hit number ``rank``. ``before`` is the sentence before it
    if the text refers back to it: without it, "that project" has no meaning."""

    article: Article
    start: int
    end: int
    rank: int
    text: str
    before: str


def _candidates(hits: Sequence[Hit]) -> list[_Candidate]:
    """Return the sentences of the hits, each once, in the order of the hits."""
    found: dict[tuple[str, int, int], _Candidate] = {}
    for rank, hit in enumerate(hits):
        previous = ""
        for start, end in sentences(hit.passage.text):
            text = legible(hit.passage.text[start:end])
            if end - start >= _SHORTEST:
                start, end = hit.passage.start + start, hit.passage.start + end
                before = previous if _REFERS_BACK.match(text) else ""
                candidate = _Candidate(hit.article, start, end, rank, text, before)
                found.setdefault((hit.article.article_id, start, end), candidate)
            previous = text
    return list(found.values())


def _weight_covered(weights: dict[str, float], text: str) -> float:
    """Return the sum of the weights of the terms that ``text`` contains."""
    terms = set(tokens(text))
    return sum(weight for term, weight in weights.items() if term in terms)


def _share_missing(query: Query, text: str) -> float:
    """Return the share of the question's content words of which no form occurs in ``text``."""
    missing = [not any(normalise(form) in text for form in forms) for forms in query.words]
    return sum(missing) / len(missing) if missing else 0.0


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0
