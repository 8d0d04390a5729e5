"""How much two stretches of a page have to do with each other, by the bigrams they share."""

from __future__ import annotations

import bisect
import math
import re
from collections import Counter
from collections.abc import Sequence

from rag.layout import Block

_COHESION = 0.05


class Affinity:
    """Share of a headline's character bigrams that a body uses, each weighted by how rare it is on
    the page (0 to 1)."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._grams = [bigrams(b.text) for b in blocks]
        self._in_blocks = Counter(g for grams in self._grams for g in grams)
        self._cache: dict[tuple[int, int, int], float] = {}

    def __call__(self, head: int, body: Sequence[int]) -> float:
        key = (head, body[0], body[-1])
        if key not in self._cache:
            used: set[str] = set().union(*(self._grams[i] for i in body))
            weights = {g: 1.0 / self._in_blocks[g] ** 0.5 for g in sorted(self._grams[head])}  # sorted: sums are the same each time
            total = sum(weights.values())
            self._cache[key] = sum(w for g, w in weights.items() if g in used) / total if total else 0.0
        return self._cache[key]


def turns(blocks: Sequence[Block]) -> list[float]:
    """For each headline how far the text turns to something else there, 0 to 1; 0 for all other blocks.

    Of the bigrams of the three paragraphs on one side, weighted by how few paragraphs of the page have them,
    the share that the three on the other side have too: within stories 0.05 and more at 90 of 100 places, between
    stories 0.036 and less at 90 of 100.
    """
    prose = [i for i, b in enumerate(blocks) if b.kind == "prose"]
    grams = [bigrams(blocks[i].text) for i in prose]
    frequency = Counter(g for own in grams for g in own)
    weight = {g: math.log((len(grams) + 1) / n) for g, n in frequency.items()}
    turns = [0.0] * len(blocks)
    for i, block in enumerate(blocks):
        at = bisect.bisect(prose, i)
        if block.kind != "head" or not 0 < at < len(prose):
            continue
        left, right = (sorted(set().union(*near)) for near in (grams[max(0, at - 3): at], grams[at: at + 3]))
        both = set(left) & set(right)
        least = min(sum(weight[g] for g in left), sum(weight[g] for g in right))
        if least:
            turns[i] = max(0.0, 1.0 - sum(weight[g] for g in left if g in both) / least / _COHESION)
    return turns


def bigrams(text: str) -> set[str]:
    clean = re.sub(r"\W+", "", text)
    return {clean[i: i + 2] for i in range(len(clean) - 1)}
