"""Two things timed in turn -> the ratio between them, with its spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """Medians over rounds: of each side, in the unit of what was measured, and of one over the other; ``low`` and
    ``high`` are the least and the greatest ratio of a round."""

    one: float
    other: float
    ratio: float
    low: float
    high: float


def ratio(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """A pair a round: (one, other). The ratio is taken in each round, for a machine whose speed drifts slows both.

    Raises ValueError for no pair, ZeroDivisionError where the other is 0."""
    if not pairs:
        raise ValueError("no round was measured")
    ratios = [one / other for one, other in pairs]
    return Ratio(
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )
