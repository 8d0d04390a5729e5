"""Mass of a reading by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rag.reader.reading import Reading, Span

PLACES = np.array([[0, 2], [2, 3], [3, 5], [5, 6]], np.int32)
READING = Reading(1.5, (Span(0, 3, 4.0), Span(5, 6, -2.0)), PLACES, np.array([0.5, 0.25, 0.125, 0.125], np.float32))


@pytest.mark.parametrize(
    ("start", "end", "mass"),
    [(0, 6, 1.0), (0, 3, 0.75), (3, 6, 0.25), (1, 3, 0.25), (4, 4, 0.0)],  # a token that is cut counts in neither part
)
def test_mass_in(start: int, end: int, mass: float) -> None:
    assert READING.mass_in(start, end) == pytest.approx(mass)


def test_margin_is_the_score_of_the_best_span() -> None:
    assert READING.margin == 4.0
    assert Reading(0.0, (), PLACES[:0], np.zeros(0, np.float32)).margin < -20
