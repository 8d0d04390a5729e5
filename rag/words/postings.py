"""A segment of the word index: some passages and in which of them each term occurs, written once, never changed.

Passages are numbered from 0 in their segment. The files are arrays mapped into memory: opening a
segment reads next to nothing, a question the postings of its own terms.
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
"""Unsigned, of the fewest bytes that hold the largest."""
Mask = NDArray[np.bool_]
_BLOCK = 1 << 14  # passages tokenised at once: five million characters, 50 MB of keys
_FILES = {
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
_ENDS = (("offsets", "terms"), ("indptr", "rows"), ("indptr", "counts"), ("spans", "sounding"))


@dataclass(frozen=True, slots=True)
class _Part:
    """Postings under sorted terms: those of term i are ``rows`` and ``counts`` from ``indptr[i]`` to ``indptr[i + 1]``,
    rows ascending and numbered from ``base`` in the whole."""

    terms: Sequence[str]
    indptr: NDArray[np.int64]
    rows: Rows
    counts: Counts
    base: int


@dataclass(frozen=True, slots=True)
class Postings:
    """``indptr`` (terms + 1,), ``rows`` and ``counts`` (postings,): the passages with a term and how often it is in
    each. ``lengths`` (size,): terms of a passage, repeated ones too, at least 1 so that a mean is never 0."""

    vocabulary: Vocabulary
    indptr: NDArray[np.int64]
    rows: Rows
    counts: Counts
    lengths: Rows
    sounds: SyllablePairs

    @property
    def size(self) -> int:
        return len(self.lengths)

    @classmethod
    def build(cls, texts: Sequence[str]) -> Postings:
        """Passages numbered as they are given."""
        parts: list[_Part] = []
        lengths = np.zeros(len(texts), np.int32)
        for base in range(0, len(texts), _BLOCK):
            found = occurrences(texts[base : base + _BLOCK])
            for keys in (found.pairs, found.words):
                held = np.bincount(halves(keys)[1])
                lengths[base : base + len(held)] += held.astype(np.int32)
            numbers, part = _grouped(found.pairs, base)
            points = np.stack([numbers >> 16, numbers & 0xFFFF], axis=1).astype("<u4")
            text = points.tobytes().decode("utf-32-le")
            parts.append(_Part([text[i : i + 2] for i in range(0, len(text), 2)], *part))
            order = sorted(range(len(found.names)), key=found.names.__getitem__)
            rank = np.empty(len(order), np.uint32)
            rank[order] = np.arange(len(order), dtype=np.uint32)
            places, rows = halves(found.words)
            words = keyed(rank[places], rows.astype(np.uint32))
            parts.append(_Part([found.names[i] for i in order], *_grouped(words, base)[1]))
        return cls._joined(parts, np.maximum(lengths, 1))

    @classmethod
    def merged(cls, segments: Sequence[Postings], alive: Sequence[Mask | None]) -> Postings:
        """One segment of the passages that ``alive`` (size,) keeps of each, all where it is None, numbered anew in
        the same order."""
        parts: list[_Part] = []
        lengths: list[Rows] = []
        base = 0
        for segment, mask in zip(segments, alive, strict=True):
            part = _Part(list(segment.vocabulary), segment.indptr, segment.rows, segment.counts, base)
            parts.append(part if mask is None else _kept(part, mask))
            lengths.append(segment.lengths if mask is None else segment.lengths[mask])
            base += len(lengths[-1])
        return cls._joined(parts, np.concatenate([np.zeros(0, np.int32), *lengths]))

    @classmethod
    def _joined(cls, parts: list[_Part], lengths: Rows) -> Postings:
        """``parts`` in the order of their passages; it is emptied, so that no more is held than need be."""
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
            held = np.diff(part.indptr)
            target = np.repeat(free[place] - part.indptr[:-1], held)
            target += np.arange(len(part.rows))
            rows[target] = part.rows + np.int32(part.base)
            counts[target] = part.counts
            free[place] += held
        return cls(Vocabulary.of(terms), indptr, rows, counts, lengths, SyllablePairs.of(terms))

    def find(self, term: str) -> tuple[Rows, Counts]:
        """The passages with a term, ascending, and how often it is in each; both empty for an unknown one."""
        number = self.vocabulary.find(term)
        return self.at(number) if number >= 0 else (self.rows[:0], self.counts[:0])

    def at(self, number: int) -> tuple[Rows, Counts]:
        """As ``find``, of the term with this number. Raises IndexDamaged where there is no such term or passage."""
        if not 0 <= number < len(self.indptr) - 1:
            raise _damaged()
        span = slice(self.indptr[number], self.indptr[number + 1])
        rows, counts = self.rows[span], self.counts[span]
        if len(rows) != len(counts) or rows.view(np.uint32).max(initial=0) >= max(
            self.size, 1
        ):  # one below 0 is a large one so
            raise _damaged()
        return rows, counts

    def save(self, folder: Path) -> None:
        for name, array in zip(_FILES, self._arrays(), strict=True):
            np.save(folder / f"{name}.npy", array, allow_pickle=False)

    @classmethod
    def open(cls, folder: Path, size: int) -> Postings:
        """The segment of ``size`` passages that ``save`` wrote. Raises IndexDamaged when the files are anything else."""
        try:
            arrays = dict(_read(folder))
            if len(arrays["lengths"]) != size:
                raise ValueError("passages")
            for ends, held in _ENDS:
                if not len(arrays[ends]) or arrays[ends][0] != 0 or arrays[ends][-1] != len(arrays[held]):
                    raise ValueError(ends)
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
        """In the order of ``_FILES``."""
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
    for name, kind in _FILES.items():
        array = mapped(folder / f"{name}.npy")
        if array.ndim != 1 or (array.dtype != kind if kind else array.dtype.kind != "u"):
            raise ValueError(name)
        yield name, array


def _grouped(keys: Keys, base: int) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], Rows, Counts, int]]:
    """Occurrences, keyed by term and row -> the terms, ascending, and the fields of their part."""
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
    """Where a value first stands."""
    return np.flatnonzero(np.concatenate([np.ones(min(len(ascending), 1), bool), ascending[1:] != ascending[:-1]]))


def _kept(part: _Part, mask: Mask) -> _Part:
    """Without the postings of other passages and the terms that have no more."""
    kept = mask[part.rows]
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])[part.indptr]
    live = np.flatnonzero(np.diff(ends))
    rows = (np.cumsum(mask, dtype=np.int32) - np.int32(1))[part.rows[kept]]
    terms = [part.terms[i] for i in live.tolist()]
    return _Part(terms, np.append(ends[live], len(rows)), rows, part.counts[kept], part.base)
