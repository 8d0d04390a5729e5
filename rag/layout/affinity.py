"""How much two stretches of a page have to do with each other, by the bigrams they share."""

from __future__ import annotations

import bisect
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from rag.layout.blocks import Block

_COHESION = 0.05


class Affinity:
    """Share of a headline's character bigrams that a body uses, each weighted by how rare it is on
    the page (0 to 1)."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._grams = [bigrams(b.text) for b in blocks]
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, grams in enumerate(self._grams):
            for gram in grams:
                self._places[gram].append(place)

    def __call__(self, head: int, body: Sequence[int]) -> float:
        """``body``: blocks that follow one another."""
        total = used = 0.0
        for gram in sorted(self._grams[head]):  # sorted, for sums to be the same each time
            places = self._places[gram]
            weight = len(places) ** -0.5
            total += weight
            at = bisect.bisect_left(places, body[0])
            used += weight if at < len(places) and places[at] <= body[-1] else 0.0
        return used / total if total else 0.0


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
        left, right = (sorted(set().union(*near)) for near in (grams[max(0, at - 3) : at], grams[at : at + 3]))
        both = set(left) & set(right)
        least = min(sum(weight[g] for g in left), sum(weight[g] for g in right))
        if least:
            turns[i] = max(0.0, 1.0 - sum(weight[g] for g in left if g in both) / least / _COHESION)
    return turns


def bigrams(text: str) -> set[str]:
    clean = re.sub(r"\W+", "", text)
    return {clean[i : i + 2] for i in range(len(clean) - 1)}
