"""How sure a mean is: 95% intervals by the percentile bootstrap over questions.

Questions are drawn with replacement as often as there are, the figure is computed anew, and the
interval runs from the 2.5th to the 97.5th percentile of 10,000 such figures (Efron and Tibshirani,
An Introduction to the Bootstrap, 1993, chapter 13; for retrieval: Sakai, SIGIR 2006). The seed is
fixed: equal values give an equal interval. The bootstrap knows only the values it sees: where all
are equal the interval has no width, and n tells how little that may mean.
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


def auroc_interval(
    positive: Sequence[bool],
    scores: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = SEED,
) -> Interval:
    """The area under the ROC curve (see ``eval.measures.auroc``) with its interval over records.

    ``positive[i]`` and ``scores[i]`` describe one record. A resample that drew one class alone has
    no area and is left out; with one class in the records all three figures are NaN.

    Raises ValueError for unequal lengths or a score that is NaN or infinite.
    """
    if len(positive) != len(scores):
        raise ValueError(f"{len(positive)} labels against {len(scores)} scores")
    labels = np.asarray(positive, dtype=bool)
    values = _array(scores)
    if np.isnan(values).any():
        raise ValueError("a score is NaN")
    n = labels.size
    if not labels.any() or labels.all():
        return Interval(math.nan, math.nan, math.nan, n)
    # Records sorted by score and labelled by their tied group: a resample is then a row of counts.
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(values[order]) > 0])
    labels = labels[order]
    areas = [_areas(_counts(rows, n), labels, starts) for rows in _draws(n, resamples, seed)]
    whole = _areas(np.ones((1, n)), labels, starts)
    return _bounded(float(whole[0]), np.concatenate(areas), level, n)


def _array(values: Values) -> Floats:
    array = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    if np.isinf(array).any():
        raise ValueError("a value is infinite")
    return array


def _draws(n: int, resamples: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """``resamples`` rows of ``n`` indices below ``n``, a block of rows at a time.

    The stream of draws does not depend on where blocks end.
    """
    if resamples < 1:
        raise ValueError(f"{resamples} resamples: at least one is needed")
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // n)
    for done in range(0, resamples, block):
        yield generator.integers(0, n, size=(min(block, resamples - done), n))


def _counts(rows: npt.NDArray[np.int64], n: int) -> Floats:
    """How often each of ``n`` records was drawn in each row: shape (rows, n)."""
    shifted = rows + n * np.arange(len(rows))[:, None]
    return np.bincount(shifted.ravel(), minlength=rows.size).reshape(rows.shape).astype(np.float64)


def _areas(counts: Floats, labels: npt.NDArray[np.bool_], starts: npt.NDArray[np.int64]) -> Floats:
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
