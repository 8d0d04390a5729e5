"""The best spans of hand-worked logits, and against every pair of tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rag.reader.spans import LONGEST_SPAN, best_spans

FLOATS = st.floats(-20, 20, width=16)


@pytest.mark.parametrize(
    ("starts", "ends", "best"),
    [
        ([5, 0, 0], [0, 0, 4], (0, 2, 9.0)),
        ([0, 0, 5], [4, 0, 1], (2, 2, 6.0)),  # an end before the start is no span
        ([1, 3, 0], [0, 3, 0], (1, 1, 6.0)),
        ([-2], [-3], (0, 0, -5.0)),
    ],
)
def test_best_span_of_hand_worked_logits(starts: list[float], ends: list[float], best: tuple[int, int, float]) -> None:
    logits = np.array([starts, ends], np.float32).T
    assert best_spans(logits) == [best]


def test_spans_do_not_overlap_and_come_best_first() -> None:
    logits = np.array([[9, 0], [0, 9], [0, 0], [5, 5], [0, 0], [3, 3]], np.float32)
    assert best_spans(logits, 3) == [(0, 1, 18.0), (3, 3, 10.0), (5, 5, 6.0)]
    assert best_spans(np.zeros((0, 2), np.float32), 3) == []


@given(arrays(np.float32, st.tuples(st.integers(1, 90), st.just(2)), elements=FLOATS))
def test_best_span_is_the_best_of_all_pairs(logits: np.ndarray) -> None:
    size = len(logits)
    scores = [float(logits[a, 0] + logits[b, 1]) for a in range(size) for b in range(a, min(size, a + LONGEST_SPAN))]
    ((first, last, score),) = best_spans(logits)
    assert score == max(scores)
    assert first <= last < first + LONGEST_SPAN
    assert score == float(logits[first, 0] + logits[last, 1])


@given(arrays(np.float32, st.tuples(st.integers(1, 40), st.just(2)), elements=FLOATS), st.integers(1, 8))
def test_many_spans_are_apart(logits: np.ndarray, most: int) -> None:
    found = best_spans(logits, most)
    assert 1 <= len(found) <= most
    taken = [token for first, last, _ in found for token in range(first, last + 1)]
    assert len(taken) == len(set(taken))
    assert [score for *_, score in found] == sorted((score for *_, score in found), reverse=True)
