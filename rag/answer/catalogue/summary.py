"""An article -> its lead and its most central sentences, verbatim.

A sentence is central if it shares many rare words with the other sentences: degree centrality over cosines of tf-idf
(Erkan and Radev 2004, LexRank).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from rag.schema import Article
from rag.text.sentences import sentences
from rag.text.terms import tokens

CENTRAL = 3
_SHORTEST, _LONGEST = 12, 200  # characters of a sentence
_MOST = 400  # sentences of an article that are compared
_ALIKE = 0.6  # cosine of two sentences that say the same


def summary(article: Article, idf: Callable[[str], float]) -> list[tuple[int, int]]:
    """Return the first sentence and at most three others, as offsets in the order of the text."""
    spans = sentences(article.text)[:_MOST]
    counts = [Counter(tokens(article.text[start:end])) for start, end in spans]
    terms = {term: n for n, term in enumerate(dict.fromkeys(term for found in counts for term in found))}
    weights = np.array([idf(term) for term in terms], np.float32)
    vectors = np.zeros((len(spans), len(terms)), np.float32)
    for row, found in enumerate(counts):
        for term, count in found.items():
            vectors[row, terms[term]] = count
    vectors *= weights
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    cosines = vectors @ vectors.T
    central = cosines.sum(axis=1)
    chosen = [0] if spans else []
    for row in np.argsort(-central, kind="stable").tolist():
        start, end = spans[row]
        if len(chosen) > CENTRAL:
            break
        if row and _SHORTEST <= end - start <= _LONGEST and cosines[row, chosen].max() < _ALIKE:
            chosen.append(row)
    return [spans[row] for row in sorted(chosen)]
