"""A name in a question that the articles do not have -> the one name like it that they have.

是时科技 is not in the articles, 是石科技 is: it sounds alike. A name is also near if a single character differs, between two
others or beside characters that are no word. The articles decide what is a name: its characters belong together there. If
there are several near names, none is taken.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import rjieba
from numpy.typing import NDArray

from rag.index.snapshot import Index
from rag.search.romanised_names import RomanisedNames
from rag.text.scripts import IDEOGRAPH
from rag.text.terms import normalise
from rag.words.syllables import readings

LONGEST, SHORTEST = 6, 3
"""The characters of a name."""
_SLIPS = 2  # characters that may be written for others of the same sound
_LEAST = 2  # times that a near name must occur
_TOGETHER = 0.5  # of the passages with a rare pair of its characters, the least share that has the whole name
_NEARLY_ALWAYS = 0.8
_READ = 200  # passages at most that are read for one name
_RUN = re.compile(f"[{IDEOGRAPH}]+")
_NO_NAME = frozenset(
    "的了吗呢吧么哪谁几些啊和与及或这那其此它他她们我你您暨等为将把被从向对于在说称也都就还又有会能可要让给请没不很更最"
)
_OTHER_THING = frozenset(
    "零一二三四五六七八九十百千万亿两年月日时天周季上下左右前后东西南北中内外里大小新老旧正副多少高低长短男女第初末今明昨去本该各每省市县区镇乡村路街"
)
"""Characters whose exchange names another thing: 上半年 is no slip for 下半年."""


class NearNames:
    """Finds near names in one opened index."""

    def __init__(self, index: Index, names: RomanisedNames) -> None:
        self._index = index
        self._frequencies = names.frequencies
        self._names = names

    def find(self, question: str) -> dict[str, str]:
        """Return each name of the question that the articles lack, with its near name."""
        found: dict[str, str] = {}
        for run in _RUN.findall(normalise(question)):
            unknown = {i for i in range(len(run) - 1) if self._is_unknown(run[i : i + 2])}
            if not unknown:
                continue
            taken: set[int] = set()
            for start, end in _windows(run):
                pairs = unknown.intersection(range(start, end - 1))
                if not pairs or taken.intersection(range(start, end)):
                    continue
                whole = start - 1 in unknown or not start, end - 1 in unknown or end == len(run)
                near = self._near(run[start:end], [at - start for at in pairs], whole)
                if near:
                    taken.update(range(start, end))  # several: it stays open which is meant
                if len(near) == 1:
                    found[run[start:end]] = near[0]
        return found

    def _is_unknown(self, pair: str) -> bool:
        """Return whether the articles lack two adjacent characters that are no word by themselves."""
        return pair not in self._frequencies and len(rjieba.cut(pair, False)) > 1

    def _near(self, name: str, unknown: Sequence[int], whole: tuple[bool, bool]) -> list[str]:
        """Return the names of the articles that are near, at most two. ``whole``: whether the name begins and ends here, and
        is no part of a longer one that the articles have."""
        alike = [other for other in dict.fromkeys(self._sounding(name)) if self._is_name(name, other)]
        if not alike:
            alike = [
                other for other in dict.fromkeys(self._differing(name, unknown, whole)) if self._is_name(name, other)
            ]
        return alike[:2]

    def _sounding(self, name: str) -> Iterator[str]:
        """Yield the texts of the articles that sound like the name and differ in few characters."""
        sounds = tuple(_sound(character) for character in name)
        if not all(sounds):
            return
        for other, _ in self._names.texts_read_as(sounds):
            slips = [b for a, b in zip(name, other, strict=True) if a != b]
            if 0 < len(slips) <= _SLIPS and tuple(map(_sound, other)) == sounds:
                yield other

    def _differing(self, name: str, unknown: Sequence[int], whole: tuple[bool, bool]) -> Iterator[str]:
        """Yield the texts of the articles in which one character of the name is another one."""
        for at, character in enumerate(name):
            touched = {at - 1, at}.intersection(range(len(name) - 1))
            if character in _OTHER_THING or touched != set(unknown):
                continue
            kept = [name[i : i + 2] for i in range(len(name) - 1) if i not in touched]
            if 0 < at < len(name) - 1:
                after = self._frequencies.pairs_from(name[at - 1])
                others = {pair[1] for pair in after if pair[1] + name[at + 1] in self._frequencies}
            elif len(name) == SHORTEST and whole[int(at == 0)] and len(rjieba.cut(kept[0], False)) > 1:
                others = self._beside(name, at, self._index.bm25.passages_with(kept))
            else:
                continue
            for other in sorted(others - _OTHER_THING - {character}):
                near = name[:at] + other + name[at + 1 :]
                if len(rjieba.cut(near, False)) > 1:  # a common word is no name
                    yield near

    def _beside(self, name: str, at: int, rows: NDArray[np.int64]) -> set[str]:
        """Return the character that nearly always stands in place of the first or the last one of the name."""
        pattern = re.compile(f"{name[:at]}([{IDEOGRAPH}]){name[at + 1 :]}")
        texts = [self._text(int(row)) for row in rows[:_READ]]
        found = Counter(match[1] for text in texts for match in pattern.finditer(text))
        return {other for other, count in found.items() if count >= _NEARLY_ALWAYS * found.total()}

    def _is_name(self, name: str, other: str) -> bool:
        """Return whether the articles have ``other`` often enough, and the pairs that differ hardly anywhere else."""
        pairs = [other[i : i + 2] for i in range(len(other) - 1)]
        rows = self._index.bm25.passages_with(pairs)
        if not 0 < len(rows) <= _READ or not _NO_NAME.isdisjoint(other):
            return len(rows) > _READ
        texts = [self._text(int(row)) for row in rows]
        holding = sum(other in text for text in texts)
        own = [pair for i, pair in enumerate(pairs) if pair != name[i : i + 2]]
        rarest = min(self._frequencies.get(pair, 0) for pair in own)
        return sum(text.count(other) for text in texts) >= _LEAST and holding >= _TOGETHER * rarest

    def _text(self, row: int) -> str:
        return _normal(self._index.passages[row].context)


def _windows(run: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a run that may be a name, the longest first. A name is made of whole words."""
    ends = list(itertools.accumulate((len(word) for word in rjieba.cut(run, False)), initial=0))
    spans = [(a, b) for a, b in itertools.combinations(ends, 2) if SHORTEST <= b - a <= LONGEST]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if _NO_NAME.isdisjoint(run[start:end]):
            yield start, end


def _sound(character: str) -> str:
    """Return the usual syllable of a character, without its tone."""
    return next(iter(readings(character)), "")


@lru_cache(maxsize=2000)
def _normal(text: str) -> str:
    return normalise(text)
