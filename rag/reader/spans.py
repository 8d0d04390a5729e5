"""Logits of start and end -> the spans of tokens that most probably answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LONGEST_SPAN = 60
"""The most tokens of an answer."""

Logits = NDArray[np.float32]


def best_spans(logits: Logits, most: int = 1) -> list[tuple[int, int, float]]:
    """Return the first token, the last token and the score of up to ``most`` spans, the best first, none overlapping.

    ``logits``: (tokens, 2), of start and end. The score of a span is the logit of its start plus that of its end.
    """
    size = len(logits)
    if not size:
        return []
    first = np.arange(size)[:, None]
    last = first + np.arange(min(LONGEST_SPAN, size))
    scores = np.where(last < size, logits[:, None, 0] + logits[np.minimum(last, size - 1), 1], -np.inf)
    found: list[tuple[int, int, float]] = []
    while len(found) < most:
        a, length = divmod(int(scores.argmax()), scores.shape[1])
        b, score = a + length, float(scores[a, length])
        if score == -np.inf:
            break
        found.append((a, b, score))
        scores[(first <= b) & (last >= a)] = -np.inf
    return found
