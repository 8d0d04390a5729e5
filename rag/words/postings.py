"""Passages -> one segment of the word index: which terms occur in which passages. A segment never changes.

Passages are numbered from 0 in their segment. The files are arrays mapped into memory: opening a segment reads almost
nothing, and a question reads only the postings of its own terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.files import mapped
from rag.text.terms import Keys, halves, keyed, occurrences
from rag.words.syllables import SyllablePairs
from rag.words.vocabulary import Vocabulary

Rows = NDArray[np.int32]
Counts = NDArray[Any]
"""Unsigned, of the smallest type that holds the largest count."""
Mask = NDArray[np.bool_]
BLOCK = 1 << 14
"""Passages tokenised at once: five million characters, 50 MB of keys."""
_FILES = {  # name of the file -> type of its numbers; None: any unsigned type
    "terms": np.uint8,
    "offsets": np.int64,
    "indptr": np.int64,
    "rows": np.int32,
    "counts": None,
    "lengths": np.int32,
    "sounds": np.uint64,
    "spans": np.int64,
    "sounding": np.int32,
}
_BOUNDS = (("offsets", "terms"), ("indptr", "rows"), ("indptr", "counts"), ("spans", "sounding"))
"""(file of positions, file that they divide)"""


@dataclass(frozen=True, slots=True)
class _Part:
    """Postings of a block of passages. Those of the sorted term i are ``rows`` and ``counts`` from ``indptr[i]`` to
    ``indptr[i + 1]``. ``rows`` ascend; row r is passage ``base + r`` of the segment."""

    terms: Sequence[str]
    indptr: NDArray[np.int64]
    rows: Rows
    counts: Counts
    base: int


@dataclass(frozen=True, slots=True)
class Postings:
    """``indptr`` (terms + 1,), ``rows`` and ``counts`` (postings,): the passages with a term, and its count in each.

    ``lengths`` (size,) is the number of terms in a passage, repetitions included. It is at least 1, so that the mean
    is never 0.
    """

    vocabulary: Vocabulary
    indptr: NDArray[np.int64]
    rows: Rows
    counts: Counts
    lengths: Rows
    syllables: SyllablePairs

    @property
    def size(self) -> int:
        """Number of passages."""
        return len(self.lengths)

    @classmethod
    def build(cls, texts: Sequence[str]) -> Postings:
        """Return the segment of ``texts``, numbered in their order."""
        parts: list[_Part] = []
        lengths = np.zeros(len(texts), np.int32)
        for base in range(0, len(texts), BLOCK):
            found = occurrences(texts[base : base + BLOCK])
            for keys in (found.pairs, found.words):
                per_text = np.bincount(halves(keys)[1])
                lengths[base : base + len(per_text)] += per_text.astype(np.int32)
            numbers, postings = _grouped(found.pairs, base)
            points = np.stack([numbers >> 16, numbers & 0xFFFF], axis=1).astype("<u4")
            text = points.tobytes().decode("utf-32-le")
            parts.append(_Part([text[i : i + 2] for i in range(0, len(text), 2)], *postings))
            order = sorted(range(len(found.names)), key=found.names.__getitem__)
            rank = np.empty(len(order), np.uint32)
            rank[order] = np.arange(len(order), dtype=np.uint32)
            places, rows = halves(found.words)
            words = keyed(rank[places], rows.astype(np.uint32))
            parts.append(_Part([found.names[i] for i in order], *_grouped(words, base)[1]))
        return cls._from_parts(parts, np.maximum(lengths, 1))

    @classmethod
    def merged(cls, segments: Sequence[Postings], alive: Sequence[Mask | None]) -> Postings:
        """Return one segment of the live passages of several, renumbered in the same order.

        ``alive`` (size,) marks the live passages of a segment; None means that all are live.
        """
        parts: list[_Part] = []
        lengths: list[Rows] = []
        base = 0
        for segment, mask in zip(segments, alive, strict=True):
            part = _Part(list(segment.vocabulary), segment.indptr, segment.rows, segment.counts, base)
            parts.append(part if mask is None else _live_part(part, mask))
            lengths.append(segment.lengths if mask is None else segment.lengths[mask])
            base += len(lengths[-1])
        return cls._from_parts(parts, np.concatenate([np.zeros(0, np.int32), *lengths]))

    @classmethod
    def _from_parts(cls, parts: list[_Part], lengths: Rows) -> Postings:
        """Return one segment of ``parts``, which are in the order of their passages. Empties ``parts`` to free memory."""
        terms = sorted(set().union(*(part.terms for part in parts)))
        number = {term: i for i, term in enumerate(terms)}
        places = [np.fromiter(map(number.__getitem__, part.terms), np.int64, len(part.terms)) for part in parts]
        del number
        sizes = np.zeros(len(terms), np.int64)
        for place, part in zip(places, parts, strict=True):
            sizes[place] += np.diff(part.indptr)
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        rows = np.empty(indptr[-1], np.int32)
        most = max((int(part.counts.max()) for part in parts if len(part.counts)), default=0)
        counts: Counts = np.empty(indptr[-1], np.min_scalar_type(most))
        free = indptr[:-1].copy()
        parts.reverse()
        for place in places:
            part = parts.pop()
            per_term = np.diff(part.indptr)
            target = np.repeat(free[place] - part.indptr[:-1], per_term)
            target += np.arange(len(part.rows))
            rows[target] = part.rows + np.int32(part.base)
            counts[target] = part.counts
            free[place] += per_term
        return cls(Vocabulary.from_sorted(terms), indptr, rows, counts, lengths, SyllablePairs.of_terms(terms))

    def find(self, term: str) -> tuple[Rows, Counts]:
        """Return the passages with ``term``, ascending, and its count in each. Both are empty for an unknown term.

        Raises IndexDamaged if the files refer to a term or a passage that does not exist.
        """
        number = self.vocabulary.find(term)
        return self.at(number) if number >= 0 else (self.rows[:0], self.counts[:0])

    def at(self, number: int) -> tuple[Rows, Counts]:
        """Return what ``find`` returns, for the term with this number. Raises IndexDamaged as ``find`` does."""
        if not 0 <= number < len(self.indptr) - 1:
            raise _damaged()
        span = slice(self.indptr[number], self.indptr[number + 1])
        rows, counts = self.rows[span], self.counts[span]
        # read as unsigned, a number below 0 is a large one
        if len(rows) != len(counts) or rows.view(np.uint32).max(initial=0) >= max(self.size, 1):
            raise _damaged()
        return rows, counts

    def save(self, folder: Path) -> None:
        """Write the segment's files to ``folder``."""
        for name, array in zip(_FILES, self._arrays(), strict=True):
            np.save(folder / f"{name}.npy", array, allow_pickle=False)

    @classmethod
    def open(cls, folder: Path, size: int) -> Postings:
        """Return the segment that ``save`` wrote. Raises IndexDamaged if the files do not hold ``size`` passages."""
        try:
            arrays = dict(_read(folder))
            if len(arrays["lengths"]) != size:
                raise ValueError("passages")
            for positions, divided in _BOUNDS:
                ends = arrays[positions]
                if not len(ends) or ends[0] != 0 or ends[-1] != len(arrays[divided]):
                    raise ValueError(positions)
            if len(arrays["offsets"]) != len(arrays["indptr"]) or len(arrays["spans"]) != len(arrays["sounds"]) + 1:
                raise ValueError("terms")
        except (OSError, ValueError) as error:
            raise IndexDamaged(
                f"The word index in {folder} cannot be read: run `rag index` to build it anew."
            ) from error
        return cls(
            Vocabulary(arrays["terms"], arrays["offsets"]),
            arrays["indptr"],
            arrays["rows"],
            arrays["counts"],
            arrays["lengths"],
            SyllablePairs(arrays["sounds"], arrays["spans"], arrays["sounding"]),
        )

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        """Return the arrays in the order of ``_FILES``."""
        return (
            self.vocabulary.blob,
            self.vocabulary.offsets,
            self.indptr,
            self.rows,
            self.counts,
            self.lengths,
            self.syllables.keys,
            self.syllables.ends,
            self.syllables.numbers,
        )


def _damaged() -> IndexDamaged:
    return IndexDamaged("The word index is damaged: run `rag index --anew` to build the index anew.")


def _read(folder: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield each file's name and array. Raises OSError, or ValueError for an array of another type."""
    for name, kind in _FILES.items():
        array = mapped(folder / f"{name}.npy")
        if array.ndim != 1 or (array.dtype != kind if kind else array.dtype.kind != "u"):
            raise ValueError(name)
        yield name, array


def _grouped(keys: Keys, base: int) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], Rows, Counts, int]]:
    """Occurrences, keyed by term and row -> the numbers of the terms, ascending, and the other fields of their part."""
    keys = np.sort(keys)
    starts = _starts(keys)
    counts = np.diff(starts, append=len(keys))
    terms, rows = halves(keys[starts])
    first = _starts(terms)
    fields = (
        np.append(first, len(terms)),
        rows.astype(np.int32),
        counts.astype(np.min_scalar_type(counts.max(initial=0))),
        base,
    )
    return terms[first], fields


def _starts(ascending: NDArray[Any]) -> NDArray[np.int64]:
    """Return the position of each value's first occurrence."""
    return np.flatnonzero(np.concatenate([np.ones(min(len(ascending), 1), bool), ascending[1:] != ascending[:-1]]))


def _live_part(part: _Part, mask: Mask) -> _Part:
    """Return ``part`` without the postings of dead passages and without terms that have no posting left."""
    kept = mask[part.rows]
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])[part.indptr]
    live = np.flatnonzero(np.diff(ends))
    rows = (np.cumsum(mask, dtype=np.int32) - np.int32(1))[part.rows[kept]]
    terms = [part.terms[i] for i in live.tolist()]
    return _Part(terms, np.append(ends[live], len(rows)), rows, part.counts[kept], part.base)
