"""Names of a corpus, and slips of them made by a rule: a homophone, or another character in the middle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

import rjieba

from rag.text.terms import normalise
from rag.words.syllables import readings

LEAST = 2
_SUFFIX = re.compile("(?:科技|机械|传动|集团|公司|大学|医院|电缆|街道|[镇村市县区省路鼎])")
_PARTICLES = frozenset("的了和与在是为将等对到从被把也都就又而及或于以其这那有个日月年中上下说")
_COMMON = bytes(b for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for b in (row, cell)).decode(
    "gb2312", "ignore"
)


def names_of(texts: Iterable[str]) -> list[str]:
    """Return the names that occur twice: characters that the segmenter knows as no word, with the suffix after them."""
    found: Counter[str] = Counter()
    for text in texts:
        for run in re.findall(r"[\u3400-\u9fff]+", normalise(text)):
            words = rjieba.cut(run, False)
            at = 0
            for single, group in groupby(words, lambda word: len(word) == 1 and word not in _PARTICLES):
                name = "".join(group)
                at += len(name)
                if single and 2 <= len(name) <= 4:
                    suffix = _SUFFIX.match(run, at)
                    found[name + (suffix.group() if suffix else "")] += 1
    return sorted(name for name, count in found.items() if count >= LEAST and 3 <= len(name) <= 6)


def slips_of(name: str) -> Iterator[str]:
    """Yield the name with a homophone in each place, then with a character of another sound in each inner place."""
    for at, character in enumerate(name):
        alike = [c for c in _of_sound(readings(character)[0]) if c != character]
        yield from (name[:at] + other + name[at + 1 :] for other in alike[:1])
    for at in range(1, len(name) - 1):
        yield name[:at] + _COMMON[(ord(name[at]) * 7 + at) % 3000] + name[at + 1 :]


@cache
def _of_sound(syllable: str) -> list[str]:
    return [character for character in _COMMON if syllable in readings(character)[:1]]
