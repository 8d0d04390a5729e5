"""Blocks -> stories: which headline, byline and paragraphs belong together.

The blocks of a page are cut by dynamic programming. Pages differ in where the headline and the
byline stand (before the body, after it, one of each), so each way to read a run of blocks as a
story has a cost, and what decides between them is how many of the headline's words the body uses.
A page mostly keeps to one place for its headlines and one for its bylines: it is read once for each
pair of places, a story that stands otherwise costing more, and the cheapest reading is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal

from rag.layout.blocks import Block
from rag.layout.candidates import Readings, Story, Weights

_ORPHAN = {"head": 3.0, "byline": 4.0, "credit": 2.0}
Place = Literal["", "before", "after"]
WEIGHTS = Weights()
_PLACES: tuple[Place, ...] = ("before", "after")


def stories_of(blocks: Sequence[Block], weights: Weights = WEIGHTS) -> list[Story]:
    """The stories in the order of the page. ``blocks`` without furniture."""
    stories, loose = _cut(blocks, weights)
    return _give_away(stories, loose, blocks)


def _cut(blocks: Sequence[Block], weights: Weights) -> tuple[list[Story], list[int]]:
    """The cheapest way to read the blocks as stories, and the blocks that belong to none."""
    read = Readings(blocks, weights)
    n = len(blocks)
    reached = [True] + [False] * n
    habits = list(itertools.product(_PLACES, _PLACES))  # of headlines, of bylines
    best: list[list[tuple[float, int, Story | None]]] = [
        [(0.0, 0, None), *((math.inf, 0, None) for _ in range(n))] for _ in habits
    ]
    for start in range(n):
        skip = _ORPHAN.get(blocks[start].kind, 20.0) + (weights.section if blocks[start].level else 0.0)
        readings = list(read(start)) if reached[start] else []
        reached[start + 1] |= reached[start] and blocks[start].kind != "prose"
        for end, _, _ in readings:
            reached[end] = True
        for habit, row in zip(habits, best, strict=True):
            base = row[start][0]
            if base + skip < row[start + 1][0]:
                row[start + 1] = (base + skip, start, None)
            for end, cost, story in readings:
                total = base + cost + weights.elsewhere * _against(story, habit)
                if total < row[end][0]:
                    row[end] = (total, start, story)
    row = min(best, key=lambda row: row[n][0])
    stories: list[Story] = []
    loose: list[int] = []
    at = n
    while at:
        _, start, chosen = row[at]
        if chosen:
            stories.append(chosen)
        else:
            loose.append(start)
        at = start
    return stories[::-1], loose[::-1]


def _against(story: Story, habit: tuple[Place, Place]) -> int:
    """How many of headline and byline stand elsewhere than the page's habit has them."""
    if story.kind != "article":
        return 0
    places = (_place(story.heads, story.body), _place(story.bylines, story.body))
    return sum(place != usual for place, usual in zip(places, habit, strict=True) if place)


def _place(positions: tuple[int, ...], body: tuple[int, ...]) -> Place:
    return "" if not positions else "before" if positions[0] < body[0] else "after"


def _give_away(stories: list[Story], loose: list[int], blocks: Sequence[Block]) -> list[Story]:
    """A byline that stands alone on the page goes to the one article that opens with a dateline and
    has none; where there are several such articles nothing says whose it is."""
    bylines = [i for i in loose if blocks[i].kind == "byline"]
    bare = [s for s in stories if s.kind == "article" and not s.bylines and blocks[s.body[0]].starts_story]
    if len(bylines) != 1 or len(bare) != 1:
        return stories
    return [Story(s.kind, s.heads, (bylines[0],), s.body) if s is bare[0] else s for s in stories]
