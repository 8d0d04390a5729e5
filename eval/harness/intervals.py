"""Figures over all records of a run, and how sure they are.

Intervals are 95% percentile bootstraps over questions: questions are drawn with replacement as often
as there are, the figure is computed anew, and the interval runs from the 2.5th to the 97.5th
percentile of 10,000 such figures (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13; for retrieval: Sakai, SIGIR 2006). The seed is fixed: equal values give an equal interval.
The bootstrap knows only the values it sees: where all are equal the interval has no width, and n
tells how little that may mean (for 0 of n, up to 3/n at 95%: Hanley and Lippman-Hand, JAMA 1983).
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

_CELLS = 2_000_000
"""Draws held at a time: 10,000 resamples of 5,000 questions at once would take 400 MB."""

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Values = Sequence[float | None]
"""A question each; None or NaN where the measure says nothing about that question."""


@dataclass(frozen=True, slots=True)
class Interval:
    """``low <= high`` bound the figure ``mean``, computed from ``n`` questions; in the unit of the
    values. All three are NaN where nothing could be computed, as with ``n == 0``."""

    mean: float
    low: float
    high: float
    n: int


def interval(values: Values, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = SEED) -> Interval:
    """The mean of the values that are there, with its interval.

    Raises ValueError for fewer than one resample, a level outside (0, 1) or an infinite value.
    """
    array = _array(values)
    array = array[~np.isnan(array)]
    if not array.size:
        return Interval(math.nan, math.nan, math.nan, 0)
    means = [array[rows].mean(axis=1) for rows in _draws(array.size, resamples, seed)]
    return _bounded(float(array.mean()), np.concatenate(means), level, array.size)


def paired(a: Values, b: Values, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = SEED) -> Interval:
    """The mean of ``a[i] - b[i]``, with its interval: above zero, ``a`` has the higher values.

    Both answer the same questions in the same order; a question that either has no value for is
    left out. Pairing removes what makes questions hard for both, so it sees smaller differences
    than two separate intervals would.

    Raises ValueError for unequal lengths, and as ``interval`` does.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values against {len(b)}: not the same questions")
    difference: list[float | None] = [float(value) for value in _array(a) - _array(b)]
    return interval(difference, resamples=resamples, level=level, seed=seed)


def auroc(positive: Sequence[bool], scores: Sequence[float]) -> float:
    """The chance that a positive record scores above a negative one, a tie counting half; NaN when a
    class is absent. O(n log n) (Hanley and McNeil, Radiology 143, 1982).

    Raises ValueError for unequal lengths or a score that is NaN or infinite.
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
    """``auroc`` with its interval over records.

    A resample that drew one class alone has no area and is left out; with one class in the records
    all three figures are NaN. Raises ValueError as ``auroc`` and ``interval`` do.
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
    """``auroc`` of ``a`` less that of ``b`` over the same records, with the interval of the difference: both are
    taken of the same resamples. Raises ValueError as ``auroc_interval`` does."""
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
    """Points (coverage, risk), both 0..1 for losses in 0..1, one for each distinct confidence from
    the highest: answering from there up covers that share of records at that mean loss (El-Yaniv
    and Wiener, JMLR 11, 2010). Equal confidences enter together, as a threshold takes them.

    Raises ValueError for unequal lengths.
    """
    ends, sums = _tied(confidences, losses)
    return tuple((float(end / ends[-1]), float(total / end)) for end, total in zip(ends, sums, strict=True))


def aurc(confidences: Sequence[float], losses: Sequence[float]) -> float:
    """The area under the risk-coverage curve: the mean over i of the mean loss of the i most
    confident records (Geifman et al., ICLR 2019), expected over the orders of tied ones; less is
    better, NaN without records. Raises ValueError for unequal lengths."""
    ends, sums = _tied(confidences, losses)
    counts = np.arange(1, len(losses) + 1)
    # Expected over orders, a tied record adds the mean loss of its group: the sum runs straight.
    expected = np.interp(counts, np.r_[0, ends], np.r_[0.0, sums])
    return float(np.mean(expected / counts)) if len(losses) else math.nan


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0..100) percent of ``values`` do not exceed, in their unit (latency:
    milliseconds), linear between neighbours (type 7 of Hyndman and Fan, 1996); NaN without values.
    A missed question has no latency: leave it out here, for 0 would flatter."""
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
    """The ascending order of scores, the labels in it, and where each group of tied scores starts."""
    labels, values = _complete(positive, scores)
    order = np.argsort(values, kind="stable")
    return order, labels[order] > 0, np.flatnonzero(np.diff(values[order], prepend=-np.inf) > 0)


def _tied(confidences: Sequence[float], losses: Sequence[float]) -> tuple[Indices, Floats]:
    """From the highest confidence: records and summed loss up to the end of each group of ties."""
    values, amounts = _complete(confidences, losses)
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.diff(values[order], append=-np.inf) < 0) + 1
    return ends, np.asarray(np.cumsum(amounts[order])[ends - 1])


def _draws(n: int, resamples: int, seed: int) -> Iterator[Indices]:
    """``resamples`` rows of ``n`` indices below ``n``, a block of rows at a time.

    The stream of draws does not depend on where blocks end.
    """
    if resamples < 1:
        raise ValueError(f"{resamples} resamples: at least one is needed")
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // n)
    for done in range(0, resamples, block):
        yield generator.integers(0, n, size=(min(block, resamples - done), n))


def _counts(rows: Indices, n: int) -> Floats:
    """How often each of ``n`` records was drawn in each row: shape (rows, n)."""
    shifted = rows + n * np.arange(len(rows))[:, None]
    return np.bincount(shifted.ravel(), minlength=rows.size).reshape(rows.shape).astype(np.float64)


def _areas(counts: Floats, labels: npt.NDArray[np.bool_], starts: Indices) -> Floats:
    """One area a row of ``counts``, whose columns ascend by score; NaN where a class is absent."""
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
