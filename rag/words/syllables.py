"""Pairs of Chinese characters -> an index by their syllables: *ping hu* -> 平湖, 萍湖.

The index is computed once, when a segment of the word index is written. A look-up is a bisection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, pinyin
from pypinyin.contrib.tone_convert import to_normal

_LONGEST_SYLLABLE = 6  # zhuang


@dataclass(frozen=True, slots=True)
class SyllablePairs:
    """Numbers of two-character terms, grouped by their two syllables.

    ``keys`` (n,) uint64, ascending, encode two syllables each. The terms with the syllables ``keys[i]`` are
    ``numbers[ends[i]:ends[i + 1]]``, int32, ascending. A term with several readings is listed under each of them.
    """

    keys: NDArray[np.uint64]
    ends: NDArray[np.int64]
    numbers: NDArray[np.int32]

    @classmethod
    def of_terms(cls, terms: Sequence[str]) -> SyllablePairs:
        """Return the index of those ``terms`` that are two Chinese characters. A term's number is its position."""
        numbers = np.array([n for n, t in enumerate(terms) if len(t) == 2 and "\u3400" <= t[0] <= "\u9fff"], np.int32)
        text = "".join([terms[n] for n in numbers.tolist()])
        characters, places = np.unique(np.frombuffer(text.encode("utf-32-le"), np.uint32), return_inverse=True)
        codes = [[_code(reading) for reading in readings(chr(c))] for c in characters.tolist()]
        counts = np.array([len(of_character) for of_character in codes], np.int64)
        starts = np.cumsum(counts) - counts
        flat = np.array([code for of_character in codes for code in of_character], np.uint64)
        first, second = places[0::2], places[1::2]
        pair, first_code = _ranges(starts[first], counts[first])
        row, second_code = _ranges(starts[second[pair]], counts[second[pair]])
        keys = flat[first_code[row]] << np.uint64(32) | flat[second_code]
        order = np.argsort(keys, kind="stable")
        keys, begins = np.unique(keys[order], return_index=True)
        return cls(keys, np.append(begins, len(order)), numbers[pair[row]][order])

    def find(self, first: str, second: str) -> list[int]:
        """Return the numbers of the terms with these two syllables, ascending."""
        if max(len(first), len(second)) > _LONGEST_SYLLABLE:
            return []
        key = np.uint64(
            _code(first) << 32 | _code(second)
        )  # the array's own type: another would convert the whole array
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return []
        found: list[int] = self.numbers[self.ends[place] : self.ends[place + 1]].tolist()
        return found


def readings(character: str) -> tuple[str, ...]:
    """Return all syllables of a character, in plain letters and with v for ü."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    plain = (to_normal(reading).replace("ü", "v") for reading in (found[0] if found else ()))
    return tuple(dict.fromkeys(r for r in plain if r.isascii() and r.isalpha() and len(r) <= _LONGEST_SYLLABLE))


def _code(syllable: str) -> int:
    """Return up to six letters as a number below 2**30."""
    code = 0
    for letter in syllable:
        code = code << 5 | ord(letter) & 31
    return code


def _ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the concatenated ranges ``starts[i] .. starts[i] + counts[i] - 1``, and for each number its i, as (i, number)."""
    rows = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) - before[rows] + starts[rows]
