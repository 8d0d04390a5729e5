"""A story of a page: the blocks it consists of, and what a way to cut the page into stories costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rag.schema import Kind


@dataclass(frozen=True, slots=True)
class Story:
    """The blocks of a story. The numbers are positions in the page's list of blocks, furniture left out."""

    kind: Kind
    heads: tuple[int, ...] = ()
    bylines: tuple[int, ...] = ()
    body: tuple[int, ...] = ()


class Candidate(NamedTuple):
    """A way to take the blocks from some position up to ``end`` as one story. A lower ``cost`` is better."""

    end: int
    cost: float
    story: Story


@dataclass(frozen=True, slots=True)
class Weights:
    """What speaks against a candidate. ``affinity`` is taken off for each headline whose words the body uses."""

    affinity: float = 8.0
    no_headline: float = 4.0
    no_byline: float = 2.0
    second_byline: float = 12.0
    byline_between: float = 2.5
    headline_both_ends: float = 5.0
    more_lines: float = 1.0
    story_within: float = 12.0
    subhead: float = 1.0
    turn: float = 4.0
    section: float = 6.0
    opening: float = 4.0
    no_gap: float = 3.0
    elsewhere: float = 2.0
