"""Pairs of Chinese characters by how they are read: *ping hu* -> 平湖, 萍湖.

Worked out once, when a segment of the word index is written; looked up by bisection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, pinyin
from pypinyin.contrib.tone_convert import to_normal

_LONGEST = 6  # zhuang


@dataclass(frozen=True, slots=True)
class SyllablePairs:
    """``keys`` (n,) uint64, ascending: two syllables. The terms read so are ``numbers[ends[i]:ends[i + 1]]``, int32,
    ascending; a term stands there once for each of its readings."""

    keys: NDArray[np.uint64]
    ends: NDArray[np.int64]
    numbers: NDArray[np.int32]

    @classmethod
    def of(cls, terms: Sequence[str]) -> SyllablePairs:
        """Of those of the terms that are two Chinese characters, each under its place among ``terms``."""
        numbers = np.array([n for n, t in enumerate(terms) if len(t) == 2 and "\u3400" <= t[0] <= "\u9fff"], np.int32)
        text = "".join([terms[n] for n in numbers.tolist()])
        characters, places = np.unique(np.frombuffer(text.encode("utf-32-le"), np.uint32), return_inverse=True)
        codes = [[_code(reading) for reading in readings(chr(c))] for c in characters.tolist()]
        counts = np.array([len(found) for found in codes], np.int64)
        starts = np.cumsum(counts) - counts
        flat = np.array([code for found in codes for code in found], np.uint64)
        first, second = places[0::2], places[1::2]
        pair, leading = _spread(starts[first], counts[first])
        each, trailing = _spread(starts[second[pair]], counts[second[pair]])
        keys = flat[leading[each]] << np.uint64(32) | flat[trailing]
        order = np.argsort(keys, kind="stable")
        keys, begins = np.unique(keys[order], return_index=True)
        return cls(keys, np.append(begins, len(order)), numbers[pair[each]][order])

    def find(self, first: str, second: str) -> list[int]:
        """The terms read as these two syllables, ascending."""
        if max(len(first), len(second)) > _LONGEST:
            return []
        key = np.uint64(_code(first) << 32 | _code(second))  # of the array's own type, or all of it is converted
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return []
        found: list[int] = self.numbers[self.ends[place] : self.ends[place + 1]].tolist()
        return found


def readings(character: str) -> tuple[str, ...]:
    """All its syllables in plain letters, ü as v."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    plain = (to_normal(reading).replace("ü", "v") for reading in (found[0] if found else ()))
    return tuple(dict.fromkeys(r for r in plain if r.isascii() and r.isalpha() and len(r) <= _LONGEST))


def _code(syllable: str) -> int:
    """Up to six letters as a number below 2**30."""
    code = 0
    for letter in syllable:
        code = code << 5 | ord(letter) & 31
    return code


def _spread(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row i ``counts[i]`` times, and beside it ``starts[i]``, ``starts[i]`` + 1 and so on."""
    rows = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) - before[rows] + starts[rows]
