"""Values of many questions -> figures with 95% bootstrap intervals.

Intervals are percentile bootstraps over questions: as many questions as there are are drawn with replacement, the
figure is computed from them, and the interval runs from the 2.5th to the 97.5th percentile of 10,000 such figures
(Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; for retrieval: Sakai, SIGIR 2006). The seed
is fixed: equal values give an equal interval. A bootstrap knows only the values that it gets: if all are equal, the
interval has no width, and ``n`` tells how little that may mean (0 of n may be up to 3/n at 95%: Hanley and
Lippman-Hand, JAMA 1983).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SEED = 20230719
RESAMPLES = 10_000
LEVEL = 0.95

_BLOCK_DRAWS = 2_000_000
"""Draws in memory at once: 10,000 resamples of 5,000 questions would take 400 MB."""

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Values = Sequence[float | None]
"""One value for each question; None or NaN if the measure does not apply to it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The figure ``mean`` of ``n`` questions and its bounds ``low <= high``, in the unit of the values. All three are
    NaN if they cannot be computed, as with ``n == 0``."""

    mean: float
    low: float
    high: float
    n: int


def interval(values: Values, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = SEED) -> Interval:
    """Return the mean of the values that are neither None nor NaN, with its interval.

    Raise ValueError for fewer than one resample, a level outside (0, 1) or an infinite value.
    """
    array = _array(values)
    array = array[~np.isnan(array)]
    if not array.size:
        return Interval(math.nan, math.nan, math.nan, 0)
    means = [array[rows].mean(axis=1) for rows in _draws(array.size, resamples, seed)]
    return _bounded(float(array.mean()), np.concatenate(means), level, array.size)


def paired(a: Values, b: Values, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = SEED) -> Interval:
    """Return the mean of ``a[i] - b[i]``, with its interval: above zero, ``a`` has the higher values.

    Both hold the same questions in the same order; a question without a value in one of them is left out. Pairing
    removes the difficulty that a question has for both, so it shows smaller differences than two separate intervals.

    Raise ValueError for unequal lengths, and as ``interval`` does.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values against {len(b)}: not the same questions")
    difference: list[float | None] = [float(value) for value in _array(a) - _array(b)]
    return interval(difference, resamples=resamples, level=level, seed=seed)


def auroc(positive: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the chance that a positive record scores above a negative one; a tie counts half. NaN without both classes.

    O(n log n) (Hanley and McNeil, Radiology 143, 1982). Raise ValueError for unequal lengths or a score that is NaN or
    infinite.
    """
    _, labels, starts = _by_score(positive, scores)
    return float(_areas(np.ones((1, labels.size)), labels, starts)[0]) if labels.size else math.nan


def auroc_interval(
    positive: Sequence[bool],
    scores: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = SEED,
) -> Interval:
    """Return ``auroc`` with its interval over records.

    A resample with one class only has no area and is left out; if the records have one class only, all three figures
    are NaN. Raise ValueError as ``auroc`` and ``interval`` do.
    """
    _, labels, starts = _by_score(positive, scores)
    n = labels.size
    if not labels.any() or labels.all():
        return Interval(math.nan, math.nan, math.nan, n)
    areas = [_areas(_counts(rows, n), labels, starts) for rows in _draws(n, resamples, seed)]
    return _bounded(auroc(positive, scores), np.concatenate(areas), level, n)


def paired_auroc(
    positive: Sequence[bool],
    a: Sequence[float],
    b: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = SEED,
) -> Interval:
    """Return ``auroc`` of ``a`` minus ``auroc`` of ``b`` over the same records, with the interval of the difference.

    Both areas of a difference come from the same resample. Raise ValueError as ``auroc_interval`` does.
    """
    sides = [_by_score(positive, scores) for scores in (a, b)]
    n = len(positive)
    if not any(positive) or all(positive):
        return Interval(math.nan, math.nan, math.nan, n)
    differences = []
    for rows in _draws(n, resamples, seed):
        counts = _counts(rows, n)
        first, second = (_areas(counts[:, order], labels, starts) for order, labels, starts in sides)
        differences.append(first - second)
    return _bounded(auroc(positive, a) - auroc(positive, b), np.concatenate(differences), level, n)


def risk_coverage(confidences: Sequence[float], losses: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return points (coverage, risk), one for each distinct confidence, from the highest down.

    If only records of at least this confidence are answered, ``coverage`` is their share (0..1) and ``risk`` their
    mean loss (El-Yaniv and Wiener, JMLR 11, 2010). Equal confidences enter together, as a threshold takes them.

    Raise ValueError for unequal lengths.
    """
    ends, sums = _tied(confidences, losses)
    return tuple((float(end / ends[-1]), float(total / end)) for end, total in zip(ends, sums, strict=True))


def aurc(confidences: Sequence[float], losses: Sequence[float]) -> float:
    """Return the area under the risk-coverage curve; less is better, NaN without records.

    It is the mean over i of the mean loss of the i most confident records (Geifman et al., ICLR 2019), as expected
    over the orders of tied records. Raise ValueError for unequal lengths.
    """
    ends, sums = _tied(confidences, losses)
    counts = np.arange(1, len(losses) + 1)
    # In expectation over orders, each tied record adds the mean loss of its group: the sum grows linearly.
    expected = np.interp(counts, np.r_[0, ends], np.r_[0.0, sums])
    return float(np.mean(expected / counts)) if len(losses) else math.nan


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0..100) percent of ``values`` do not exceed, in their unit; NaN without values.

    Linear between neighbours (type 7 of Hyndman and Fan, 1996). Leave missed questions out: they have no latency, and
    0 would make the figure better than it is.
    """
    return float(np.percentile(values, share)) if len(values) else math.nan


def _array(values: Values) -> Floats:
    array = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    if np.isinf(array).any():
        raise ValueError("a value is infinite")
    return array


def _complete(first: Sequence[float], second: Sequence[float]) -> tuple[Floats, Floats]:
    if len(first) != len(second):
        raise ValueError(f"{len(first)} values against {len(second)}: not the same records")
    pair = _array(first), _array(second)
    if np.isnan(pair).any():
        raise ValueError("a value is NaN")
    return pair


def _by_score(positive: Sequence[bool], scores: Sequence[float]) -> tuple[Indices, npt.NDArray[np.bool_], Indices]:
    """Return the ascending order of scores, the labels in that order, and the start of each group of tied scores."""
    labels, values = _complete(positive, scores)
    order = np.argsort(values, kind="stable")
    return order, labels[order] > 0, np.flatnonzero(np.diff(values[order], prepend=-np.inf) > 0)


def _tied(confidences: Sequence[float], losses: Sequence[float]) -> tuple[Indices, Floats]:
    """Return the number of records and their summed loss up to the end of each group of ties, highest confidence first."""
    values, amounts = _complete(confidences, losses)
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.diff(values[order], append=-np.inf) < 0) + 1
    return ends, np.asarray(np.cumsum(amounts[order])[ends - 1])


def _draws(n: int, resamples: int, seed: int) -> Iterator[Indices]:
    """Yield ``resamples`` rows of ``n`` indices below ``n``, in blocks of rows: shape (rows, n).

    The draws do not depend on the size of the blocks.
    """
    if resamples < 1:
        raise ValueError(f"{resamples} resamples: at least one is needed")
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK_DRAWS // n)
    for done in range(0, resamples, block):
        yield generator.integers(0, n, size=(min(block, resamples - done), n))


def _counts(rows: Indices, n: int) -> Floats:
    """Return how often each of ``n`` records was drawn in each row: shape (rows, n)."""
    shifted = rows + n * np.arange(len(rows))[:, None]
    return np.bincount(shifted.ravel(), minlength=rows.size).reshape(rows.shape).astype(np.float64)


def _areas(counts: Floats, labels: npt.NDArray[np.bool_], starts: Indices) -> Floats:
    """Return the area of each row of ``counts``, NaN where a class is missing. Columns are in ascending order of score."""
    above = np.add.reduceat(counts * labels, starts, axis=1)
    below = np.add.reduceat(counts * ~labels, starts, axis=1)
    wins = (above * (np.cumsum(below, axis=1) - below / 2)).sum(axis=1)
    pairs = above.sum(axis=1) * below.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(wins / pairs, dtype=np.float64)


def _bounded(figure: float, resampled: Floats, level: float, n: int) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    resampled = resampled[~np.isnan(resampled)]
    if not resampled.size:
        return Interval(figure, math.nan, math.nan, n)
    tail = (1 - level) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(figure, float(low), float(high), n)
