"""Two things timed in turn -> the ratio of their times, with its spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """Medians over rounds: ``one`` and ``other`` in the unit of the measurement, and ``ratio`` of one to the other.
    ``low`` and ``high`` are the least and the greatest ratio of a round."""

    one: float
    other: float
    ratio: float
    low: float
    high: float


def ratio(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """Return the medians over rounds; a pair is the (one, other) of a round.

    The ratio is computed within each round: a change in the machine's speed then affects both sides. Raise ValueError
    without pairs, ZeroDivisionError if an ``other`` is 0.
    """
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
