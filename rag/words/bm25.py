"""Passages -> BM25 over one segment of the word index or several, as if they were one."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.text.terms import content_words, normalise, tokens
from rag.words.postings import Mask, Postings

__all__ = ["DocumentFrequencies", "Bm25Index", "Scores", "content_words", "normalise", "tokens", "top"]

Scores = NDArray[np.float32]
_K1, _B = 1.2, 0.75


class DocumentFrequencies(Mapping[str, int]):
    """In how many live passages a term occurs. To look a term up costs microseconds; to go through all of
    them, seconds where there are millions."""

    def __init__(self, segments: Sequence[Postings], alive: Sequence[Mask | None]) -> None:
        self._segments = tuple(zip(segments, alive, strict=True))

    def __getitem__(self, term: str) -> int:
        found = sum(_live(segment.find(term)[0], mask) for segment, mask in self._segments)
        if not found:
            raise KeyError(term)
        return found

    def __iter__(self) -> Iterator[str]:
        merged = heapq.merge(*(self._terms(segment, mask) for segment, mask in self._segments))
        return (term for term, _ in itertools.groupby(merged))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def pairs_read_as(self, first: str, second: str) -> dict[str, int]:
        """The pairs of characters read as these two syllables, each with its frequency."""
        found: dict[str, int] = {}
        for segment, mask in self._segments:
            for number in segment.syllables.find(first, second):
                if live := _live(segment.at(number)[0], mask):
                    pair = segment.vocabulary[number]
                    found[pair] = found.get(pair, 0) + live
        return found

    @staticmethod
    def _terms(segment: Postings, mask: Mask | None) -> Iterator[str]:
        return (term for n, term in enumerate(segment.vocabulary) if mask is None or _live(segment.at(n)[0], mask))


class Bm25Index:
    """BM25 over the passages of some segments, numbered through: those of the first, then those of the next.

    ``alive`` (size,) of a segment marks the passages that count, None where all do; the others keep their
    numbers, score 0 and are in no statistic.
    """

    def __init__(self, segments: Sequence[Postings], alive: Sequence[Mask | None] = ()) -> None:
        masks = [None if mask is None or mask.all() else mask for mask in alive or [None] * len(segments)]
        self._segments = tuple(zip(segments, masks, strict=True))
        self.frequencies = DocumentFrequencies(segments, masks)
        self.size = sum(segment.size for segment in segments)
        lengths = [s.lengths if mask is None else s.lengths[mask] for s, mask in self._segments]
        self.live = sum(len(each) for each in lengths)
        """How many passages count."""
        mean = sum(int(each.sum(dtype=np.int64)) for each in lengths) / max(self.live, 1) or 1.0
        self._norms = [_norms(segment.lengths, mask, mean) for segment, mask in self._segments]

    @classmethod
    def build(cls, texts: Sequence[str]) -> Bm25Index:
        return cls([Postings.build(texts)])

    def scores(self, terms: Sequence[str]) -> Scores:
        """BM25 of each passage, shape (size,), zero where no term occurs. Robertson and Zaragoza
        (2009), in the variant of Lucene."""
        scores = np.zeros(self.size, np.float32)
        for term in dict.fromkeys(terms):
            found = [(*segment.find(term), mask) for segment, mask in self._segments]
            weight = np.float32(self._weight(sum(_live(rows, mask) for rows, _, mask in found)))
            start = 0
            for (rows, counts, _), norms in zip(found, self._norms, strict=True):
                if len(rows):  # the shorter ways to write this take twice the time
                    places = rows.astype(np.intp)
                    often = counts.astype(np.float32)
                    shares = norms.take(places, mode="clip")
                    shares += often
                    np.divide(often, shares, out=shares)
                    shares *= weight
                    np.add.at(scores[start : start + len(norms)], places, shares)
                start += len(norms)
        return scores

    def idf(self, term: str) -> float:
        """ln(1 + (N - n + 0.5) / (n + 0.5)): the weight of a term; greatest for one never seen."""
        return self._weight(self.frequencies.get(term, 0))

    def _weight(self, n: int) -> float:
        return float(np.log(1 + (self.live - n + 0.5) / (n + 0.5)))

    def save(self, folder: Path) -> None:
        """As one segment of the live passages."""
        whole = len(self._segments) == 1 and self._segments[0][1] is None
        (
            self._segments[0][0]
            if whole
            else Postings.merged([s for s, _ in self._segments], [m for _, m in self._segments])
        ).save(folder)

    @classmethod
    def load(cls, folder: Path, size: int) -> Bm25Index:
        """Raises IndexDamaged when the files are not what ``save`` wrote of ``size`` passages."""
        return cls([Postings.open(folder, size)])


def top(scores: Scores, k: int) -> NDArray[np.int64]:
    """The ``k`` passages with the highest scores above zero, best first, of equal ones the earlier first."""
    rows = np.flatnonzero(scores > 0)  # of the comparison: a ninth of the time that the scores themselves take
    held = scores.take(rows)
    if len(rows) > k:
        near = np.flatnonzero(held >= np.partition(held, len(rows) - k)[len(rows) - k])
        rows, held = rows[near], held[near]
    return rows[np.lexsort((rows, -held))[:k]]


def _live(rows: NDArray[np.int32], mask: Mask | None) -> int:
    return len(rows) if mask is None else int(np.count_nonzero(mask[rows]))


def _norms(lengths: NDArray[np.int32], mask: Mask | None, mean: float) -> Scores:
    """What BM25 adds to the count of a term in its denominator; no score is left where that is infinite."""
    norms = np.float32(_K1 * (1 - _B)) + np.float32(_K1 * _B / mean) * lengths.astype(np.float32)
    return norms if mask is None else np.where(mask, norms, np.float32(np.inf))
