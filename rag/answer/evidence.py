"""What an answer rests on: sentences, the words that answer, and how probable it is that the articles answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rag.schema import Article, Hit

ABSTAIN_BELOW = 0.5


@dataclass(frozen=True, slots=True)
class Sentence:
    """``article.text[start:end]`` and the probability that it belongs to the answer."""

    article: Article
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Words:
    """``article.text[start:end]``, words that answer, and their score; ``sentence`` is the one that they stand in."""

    article: Article
    start: int
    end: int
    score: float
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences, the best first, and ``confidence``: the probability that the articles answer the question. ``words`` answer it
    directly, the best first; there are none without a reader. ``instead``: what the question names, and what the passage that comes
    nearest names in its place: 嘉善, 平湖."""

    sentences: tuple[Sentence, ...]
    hits: tuple[Hit, ...]
    confidence: float
    words: tuple[Words, ...] = ()
    instead: tuple[str, str] | None = None

    @property
    def abstains(self) -> bool:
        """Whether the answer must be that the articles do not say."""
        return self.confidence < ABSTAIN_BELOW or not self.sentences


def sigmoid(x: float) -> float:
    """Return the probability of a logit."""
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0
