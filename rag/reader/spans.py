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
    scores = logits[:, None, 0] + logits[None, :, 1]
    first, last = np.indices((size, size))
    scores = np.where((last >= first) & (last - first < LONGEST_SPAN), scores, -np.inf)
    found: list[tuple[int, int, float]] = []
    while size and len(found) < most:
        best = int(scores.argmax())
        a, b = best // size, best % size
        if scores[a, b] == -np.inf:
            break
        found.append((a, b, float(scores[a, b])))
        scores[(first <= b) & (last >= a)] = -np.inf
    return found
