"""Blocks -> stories: which headline, byline and paragraphs belong together.

The blocks of a page are cut by dynamic programming. Pages differ in where the headline and the byline stand (before the
body, after it, one of each), so each candidate, a way to take a run of blocks as one story, has a cost. The number of
the headline's words that the body uses decides most. A page mostly keeps one place for its headlines and one for its
bylines: it is cut once for each pair of places, a story with another place costs more, and the cheapest cut is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from rag.layout.blocks import Block
from rag.layout.candidates import Candidates
from rag.layout.story import Story, Weights

WEIGHTS = Weights()
Place = Literal["", "before", "after"]
_PLACES: tuple[Place, ...] = ("before", "after")
_COST_LEFT_OUT = {"head": 3.0, "byline": 4.0, "credit": 2.0}  # of a block that belongs to no story
_COST_TEXT_LEFT_OUT = 20.0  # the same for prose and notices


class _Step(NamedTuple):
    """The cheapest way to cut the blocks before some position: the last step begins at ``start``; without a ``story``
    it leaves out one block."""

    cost: float
    start: int
    story: Story | None


class _Cut(NamedTuple):
    stories: list[Story]
    left_out: list[int]


def stories_of(blocks: Sequence[Block], weights: Weights = WEIGHTS) -> list[Story]:
    """Return the stories in the order of the page. ``blocks`` holds no furniture."""
    return _with_lone_byline(_cheapest_cut(blocks, weights), blocks)


def _cheapest_cut(blocks: Sequence[Block], weights: Weights) -> _Cut:
    candidates = Candidates(blocks, weights)
    n = len(blocks)
    reached = [True] + [False] * n
    habits = list(itertools.product(_PLACES, _PLACES))  # (place of headlines, place of bylines)
    unreached = _Step(math.inf, 0, None)
    tables = [[_Step(0.0, 0, None), *(unreached for _ in range(n))] for _ in habits]
    for start, block in enumerate(blocks):
        left_out = _COST_LEFT_OUT.get(block.kind, _COST_TEXT_LEFT_OUT) + (weights.section if block.level else 0.0)
        here = list(candidates.starting_at(start)) if reached[start] else []
        reached[start + 1] |= reached[start] and block.kind not in ("prose", "rows")
        for candidate in here:
            reached[candidate.end] = True
        for habit, steps in zip(habits, tables, strict=True):
            base = steps[start].cost
            if base + left_out < steps[start + 1].cost:
                steps[start + 1] = _Step(base + left_out, start, None)
            for end, cost, story in here:
                total = base + cost + weights.elsewhere * _against_habit(story, habit)
                if total < steps[end].cost:
                    steps[end] = _Step(total, start, story)
    return _walked_back(min(tables, key=lambda steps: steps[n].cost))


def _walked_back(steps: Sequence[_Step]) -> _Cut:
    """Follow the steps from the end of the page to its top."""
    stories: list[Story] = []
    left_out: list[int] = []
    at = len(steps) - 1
    while at:
        step = steps[at]
        if step.story:
            stories.append(step.story)
        else:
            left_out.append(step.start)
        at = step.start
    return _Cut(stories[::-1], left_out[::-1])


def _against_habit(story: Story, habit: tuple[Place, Place]) -> int:
    """Return how many of headline and byline stand at another place than the page's habit has them."""
    if story.kind != "article":
        return 0
    places = (_place(story.heads, story.body), _place(story.bylines, story.body))
    return sum(place != usual for place, usual in zip(places, habit, strict=True) if place)


def _place(positions: tuple[int, ...], body: tuple[int, ...]) -> Place:
    return "" if not positions else "before" if positions[0] < body[0] else "after"


def _with_lone_byline(cut: _Cut, blocks: Sequence[Block]) -> list[Story]:
    """A single byline that belongs to no story goes to the single article that opens with a dateline and has no byline.
    If there are several such articles, nothing tells to which it belongs."""
    bylines = [i for i in cut.left_out if blocks[i].kind == "byline"]
    without = [s for s in cut.stories if s.kind == "article" and not s.bylines and blocks[s.body[0]].starts_story]
    if len(bylines) != 1 or len(without) != 1:
        return cut.stories
    return [replace(s, bylines=(bylines[0],)) if s is without[0] else s for s in cut.stories]
