"""The ratio of two things timed in turn, for rounds worked by hand."""

from __future__ import annotations

import pytest

from eval.bench.ratios import Ratio, ratio


def test_a_ratio_is_taken_within_each_round() -> None:
    slowed = [(2.0, 1.0), (40.0, 10.0), (3.0, 1.0)]  # the machine was slow in the second round
    assert ratio(slowed) == Ratio(one=3.0, other=1.0, ratio=3.0, low=2.0, high=4.0)


def test_an_even_number_of_rounds_has_the_mean_of_the_middle_two() -> None:
    assert ratio([(1.0, 2.0), (3.0, 2.0)]) == Ratio(one=2.0, other=2.0, ratio=1.0, low=0.5, high=1.5)


def test_without_rounds_there_is_no_ratio() -> None:
    with pytest.raises(ValueError, match="no round"):
        ratio([])
