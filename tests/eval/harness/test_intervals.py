"""Figures over records against brute force, and intervals against known properties."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eval.harness.intervals
from eval.harness.intervals import (
    Interval,
    aurc,
    auroc,
    auroc_interval,
    interval,
    paired,
    paired_auroc,
    percentile,
    risk_coverage,
)

SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
RECORDS = st.lists(st.tuples(st.booleans(), SCORES), max_size=25)
LOSSES = st.lists(st.tuples(SCORES, st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=6)


# -- AUROC


def pairs_won(labels: list[bool], scores: list[float]) -> float:
    """Return the area by its definition, pair by pair."""
    above = [score for label, score in zip(labels, scores, strict=True) if label]
    below = [score for label, score in zip(labels, scores, strict=True) if not label]
    won = [(a > b) + 0.5 * (a == b) for a in above for b in below]
    return sum(won) / len(won) if won else math.nan


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        ([True, False], [0.9, 0.1], 1.0),
        ([True, False], [0.1, 0.9], 0.0),
        ([True, False], [0.5, 0.5], 0.5),
        ([True, True, False, False], [0.8, 0.4, 0.6, 0.4], 0.625),  # 1 + 1 + 0 + half, of 4
    ],
)
def test_auroc_by_hand(labels: list[bool], scores: list[float], expected: float) -> None:
    assert auroc(labels, scores) == expected


@given(RECORDS)
def test_auroc_is_the_share_of_pairs_won(records: list[tuple[bool, float]]) -> None:
    labels, scores = [label for label, _ in records], [score for _, score in records]
    assert auroc(labels, scores) == pytest.approx(pairs_won(labels, scores), abs=1e-12, nan_ok=True)
    flipped = auroc([not label for label in labels], scores)
    assert flipped == pytest.approx(1 - auroc(labels, scores), abs=1e-12, nan_ok=True)


def test_auroc_refuses_what_it_cannot_order() -> None:
    with pytest.raises(ValueError, match="1 values against 2"):
        auroc([True], [0.1, 0.2])
    with pytest.raises(ValueError, match="NaN"):
        auroc([True, False], [0.1, math.nan])
    with pytest.raises(ValueError, match="infinite"):
        auroc([True, False], [0.1, math.inf])


# -- risk and coverage


def test_risk_coverage_by_hand() -> None:
    # by falling confidence: right, wrong, then two with equal confidence, one of them wrong
    assert risk_coverage([0.9, 0.2, 0.7, 0.2], [0, 1, 1, 0]) == ((0.25, 0.0), (0.5, 0.5), (1.0, 0.5))
    assert risk_coverage([], []) == ()
    assert aurc([0.9, 0.5, 0.1], [0, 0, 1]) == pytest.approx((0 + 0 + 1 / 3) / 3)
    assert aurc([0.1, 0.5, 0.9], [0, 0, 1]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert aurc([0.5, 0.5], [0, 1]) == pytest.approx((0.5 + 0.5) / 2)
    assert math.isnan(aurc([], []))
    with pytest.raises(ValueError, match="2 values against 1"):
        aurc([0.5, 0.4], [0])


@given(LOSSES)
def test_aurc_is_its_mean_over_the_orders_of_ties(records: list[tuple[float, float]]) -> None:
    areas = []
    for order in itertools.permutations(records):
        if all(a[0] >= b[0] for a, b in itertools.pairwise(order)):
            sums = list(itertools.accumulate(loss for _, loss in order))
            areas.append(sum(total / i for i, total in enumerate(sums, 1)) / len(sums))
    expected = sum(areas) / len(areas)
    assert aurc([c for c, _ in records], [loss for _, loss in records]) == pytest.approx(expected)


@given(LOSSES)
def test_risk_coverage_points_are_thresholds(records: list[tuple[float, float]]) -> None:
    points = risk_coverage([c for c, _ in records], [loss for _, loss in records])
    expected = []
    for threshold in sorted({c for c, _ in records}, reverse=True):
        kept = [loss for c, loss in records if c >= threshold]
        expected.append((len(kept) / len(records), sum(kept) / len(kept)))
    assert points == tuple(pytest.approx(point) for point in expected)


def test_percentile_is_linear_between_neighbours() -> None:
    assert percentile([40, 10, 20, 30], 50) == 25
    assert percentile([40, 10, 20, 30], 95) == pytest.approx(38.5)
    assert percentile([7], 95) == 7
    assert math.isnan(percentile([], 50))


# -- intervals


def test_missing_values_are_left_out() -> None:
    whole = interval([0.0, 1.0, 1.0, 0.0, 1.0])
    assert interval([0.0, None, 1.0, 1.0, math.nan, 0.0, 1.0]) == whole
    assert (whole.mean, whole.n) == (0.6, 5)


def test_without_values_all_figures_are_nan() -> None:
    for nothing in (interval([]), interval([None, math.nan]), paired([None], [1.0])):
        assert nothing.n == 0
        assert all(math.isnan(figure) for figure in (nothing.mean, nothing.low, nothing.high))


def test_equal_values_have_no_width() -> None:
    assert interval([0.5] * 7) == Interval(0.5, 0.5, 0.5, 7)
    assert interval([1.0]) == Interval(1.0, 1.0, 1.0, 1)


def test_two_values_by_hand() -> None:
    # of two draws from {0, 1} a quarter are 0, 0 and a quarter 1, 1: the middle half is exactly 0.5
    assert interval([0.0, 1.0]) == Interval(0.5, 0.0, 1.0, 2)
    assert interval([0.0, 1.0], level=0.4) == Interval(0.5, 0.5, 0.5, 2)


def test_a_share_has_its_binomial_interval() -> None:
    # 30 of 100: the resampled sum is Binomial(100, 0.3), whose 2.5% and 97.5% quantiles are 21 and 39
    found = interval([1.0] * 30 + [0.0] * 70)
    assert found.mean == pytest.approx(0.3)
    assert found.low == pytest.approx(0.21)
    assert found.high == pytest.approx(0.39)


def test_the_seed_decides() -> None:
    values = [float(v) for v in np.random.default_rng(0).random(50)]
    assert interval(values) == interval(values)
    assert interval(values, seed=1) != interval(values, seed=2)
    labels = [v > 0.4 for v in values[::-1]]
    assert auroc_interval(labels, values) == auroc_interval(labels, values)


def test_the_block_size_does_not_change_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [float(v) for v in np.random.default_rng(0).random(37)]
    labels = [v > 0.4 for v in values[::-1]]
    whole = interval(values), auroc_interval(labels, values)
    monkeypatch.setattr(eval.harness.intervals, "_BLOCK_DRAWS", 1000)
    assert (interval(values), auroc_interval(labels, values)) == whole


@settings(max_examples=50)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_an_interval_lies_within_the_values_around_their_mean(values: list[float]) -> None:
    found = interval(values, resamples=200)
    slack = 1e-9
    assert found.mean == pytest.approx(sum(values) / len(values), abs=slack)
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack
    narrower = interval(values, resamples=200, level=0.5)
    assert found.low - slack <= narrower.low <= narrower.high <= found.high + slack


def test_the_interval_covers_a_known_mean_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    trials = 400
    covered = 0
    for trial in range(trials):
        found = interval(list(generator.beta(2, 5, size=80)), resamples=500, seed=trial)
        covered += found.low <= 2 / 7 <= found.high
    # 0.95 of 400 within three standard errors, minus the known shortfall of the percentile bootstrap at n = 80
    assert 0.91 <= covered / trials <= 0.983


def test_pairing_sees_a_difference_that_two_intervals_hide() -> None:
    hard = np.random.default_rng(3).random(60)
    a, b = list(hard + 0.02 + 0.01 * np.sin(np.arange(60))), list(hard)
    difference = paired(a, b)
    assert difference.mean == pytest.approx(float(np.mean(np.subtract(a, b))))
    assert 0.01 < difference.low < difference.mean < difference.high < 0.03
    assert interval(b).high > interval(a).low
    opposite = paired(b, a)
    assert opposite.mean == pytest.approx(-difference.mean)
    assert opposite.n == 60


def test_pairs_need_both_values() -> None:
    assert paired([1.0, None, 0.5, 1.0], [0.0, 1.0, math.nan, 0.5]) == paired([1.0, 1.0], [0.0, 0.5])
    assert paired([1.0, 0.0], [1.0, 0.0]) == Interval(0.0, 0.0, 0.0, 2)
    with pytest.raises(ValueError, match="2 values against 1"):
        paired([1.0, 0.0], [1.0])


def test_auroc_interval_equals_resampling_record_by_record() -> None:
    generator = np.random.default_rng(5)
    scores = [float(v) for v in generator.integers(0, 5, size=20) / 4]
    labels = [bool(v) for v in generator.random(20) < 0.3 + 0.4 * np.asarray(scores)]
    rows = np.random.default_rng(11).integers(0, 20, size=(300, 20))
    order = np.argsort(scores, kind="stable")
    ordered_labels, ordered = [labels[i] for i in order], [scores[i] for i in order]
    areas = np.array([pairs_won([ordered_labels[i] for i in row], [ordered[i] for i in row]) for row in rows])
    low, high = np.nanquantile(areas, [0.025, 0.975])
    found = auroc_interval(labels, scores, resamples=300, seed=11)
    assert found.n == 20
    assert found.mean == pytest.approx(pairs_won(labels, scores))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_auroc_interval_covers_a_known_area() -> None:
    # normal scores one standard deviation apart: the area is Phi(1 / sqrt 2) = 0.7602
    generator = np.random.default_rng(13)
    truth = 0.5 * (1 + math.erf(0.5))
    covered = 0
    for trial in range(300):
        labels = generator.random(100) < 0.6
        scores = generator.normal(size=100) + labels
        found = auroc_interval(list(labels), list(scores), resamples=400, seed=trial)
        covered += found.low <= truth <= found.high
    assert 0.91 <= covered / 300 <= 0.987


def test_auroc_interval_without_both_classes_is_nan() -> None:
    for labels in ([True, True], [False, False]):
        found = auroc_interval(labels, [0.1, 0.2])
        assert found.n == 2
        assert all(math.isnan(figure) for figure in (found.mean, found.low, found.high))
    assert auroc_interval([], []).n == 0


def test_auroc_interval_leaves_out_resamples_of_one_class() -> None:
    # half of the resamples of one record of each class have an area, and it is 1 in all of them
    assert auroc_interval([True, False], [0.9, 0.1]) == Interval(1.0, 1.0, 1.0, 2)


def test_meaningless_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="0 resamples"):
        interval([1.0], resamples=0)
    with pytest.raises(ValueError, match="level 1 is not"):
        interval([1.0], level=1)
    with pytest.raises(ValueError, match="infinite"):
        interval([math.inf])


def test_a_paired_area_is_the_difference_over_the_same_resamples() -> None:
    rng = np.random.default_rng(5)
    labels = [bool(x) for x in rng.random(60) < 0.5]
    good = [float(x + label) for x, label in zip(rng.normal(size=60), labels, strict=True)]
    poor = [float(x) for x in rng.normal(size=60)]
    found = paired_auroc(labels, good, poor, resamples=300, seed=3)
    assert found.mean == pytest.approx(auroc(labels, good) - auroc(labels, poor))
    draws = np.random.default_rng(3).integers(0, 60, size=(300, 60))
    by_hand = [
        auroc(*zip(*[(labels[i], good[i]) for i in row], strict=True))
        - auroc(*zip(*[(labels[i], poor[i]) for i in row], strict=True))
        for row in draws
    ]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])))
    assert paired_auroc(labels, good, good).low == paired_auroc(labels, good, good).high == 0.0
    assert math.isnan(paired_auroc([True] * 3, [1, 2, 3], [1, 2, 3]).mean)
