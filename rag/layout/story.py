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
    """The costs of a candidate, by what they are for."""

    affinity: float = 8.0  # taken off, times the share of a headline's words that the body uses
    no_headline: float = 4.0
    no_byline: float = 2.0
    second_byline: float = 12.0
    byline_between: float = 2.5  # a byline of the next story right below this story's headline
    headline_both_ends: float = 5.0
    more_lines: float = 1.0  # each further block of headline
    story_within: float = 12.0  # a place inside the body where a story begins or ends
    subhead: float = 1.0
    list_below: float = 0.5  # short lines below the text that may be a list; left out they cost 3
    turn: float = 4.0  # times how far the text changes its topic at a subhead
    section: float = 6.0  # a section of a Markdown text as a story of its own
    opening: float = 4.0  # nothing shows that a story begins
    no_gap: float = 3.0  # no blank line between a headline and the text above
    elsewhere: float = 2.0  # headline or byline at another place than usual on the page
