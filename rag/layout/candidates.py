"""Blocks -> the ways to take a run of them as one story, each with its cost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from rag.layout.affinity import Affinity, topic_shifts
from rag.layout.blocks import Block
from rag.layout.row_shapes import is_list
from rag.layout.small_candidates import cost_of_parting_headlines, notice_candidates, photo_candidates
from rag.layout.story import Candidate, Story, Weights

_MAX_BLOCKS = 80  # a longer story is cut; this keeps the search linear in the page


class Candidates:
    """The candidates of a page. What they need to know of each block is found once, here."""

    def __init__(self, blocks: Sequence[Block], weights: Weights) -> None:
        self._blocks = blocks
        self._weights = weights
        self._affinity = Affinity(blocks)
        self._topic_shifts = topic_shifts(blocks)
        self._lengths = [len(b.text) for b in blocks]
        self._starts_story = [b.starts_story for b in blocks]
        self._ends_story = [b.ends_story for b in blocks]
        self._names_writer = [b.names_writer or b.is_signed for b in blocks]
        self._ends_sentence = [b.ends_sentence for b in blocks]
        levels = [b.level for b in blocks if b.level]
        self._is_section = [bool(b.level) and b.level > min(levels) for b in blocks]
        self._page_has_bylines = any(b.kind == "byline" for b in blocks) or any(self._names_writer)
        between = Counter(b.lines[0].blanks for a, b in itertools.pairwise(blocks) if a.kind == b.kind == "prose")
        self._usual_blanks = max(between, key=lambda blanks: (between[blanks], blanks), default=1)
        self._may_open = [  # if two paragraphs have nothing between them, the second does not open a story
            b.kind not in ("prose", "rows")
            or self._starts_story[i]
            or (i > 0 and self._ends_story[i - 1])
            or (b.kind == "prose" and (b.lines[0].indented or b.lines[0].blanks > self._usual_blanks))
            for i, b in enumerate(blocks)
        ]
        self._may_end = [
            is_list(b) and any(a.kind == "prose" for a in blocks[max(0, i - 2) : i]) for i, b in enumerate(blocks)
        ]
        self._indents_are_rare = sum(b.lines[0].indented for b in blocks if b.kind == "prose") * 4 <= len(blocks)

    def starting_at(self, start: int) -> Iterator[Candidate]:
        """Yield the candidates whose first block is ``start``."""
        blocks = self._blocks
        heads: list[int] = []
        bylines: list[int] = []
        at = start
        while len(bylines) < 2:
            yield from self._with_body_at(start, at, heads, bylines)
            if at == len(blocks) or blocks[at].kind not in ("head", "byline") or len(heads) == 5:
                return
            (heads if blocks[at].kind == "head" else bylines).append(at)
            at += 1

    def _with_body_at(self, start: int, at: int, heads: list[int], bylines: list[int]) -> Iterator[Candidate]:
        """Yield the candidates whose headline and byline stand before ``at`` and whose body begins there."""
        blocks = self._blocks
        body: list[int] = []
        cost = self._cost_of_headline_below_text(start)
        limit = min(len(blocks), start + _MAX_BLOCKS)
        while at < limit and blocks[at].kind in ("prose", "rows", "head", "notice"):
            block = blocks[at]
            if block.kind == "notice":
                yield from notice_candidates(blocks, heads, body, bylines, at)
                return
            if block.kind == "head" and not body and not self._ends_sentence[at] and not self._is_section[at]:
                return
            if body:
                cost = self._with_cost_inside_body(cost, at, body[-1])
            body.append(at)
            at += 1
            if (block.kind == "head" and not self._may_end[at - 1]) or (at < limit and not self._may_open[at]):
                continue
            yield from photo_candidates(blocks, heads, bylines, body, at, self._affinity)
            opening = self._cost_of_opening(start, heads, bylines, body)
            closing = self._weights.list_below if block.kind == "head" else 0.0
            yield from self._articles(heads, bylines, body, at, cost + opening + closing)

    def _cost_of_headline_below_text(self, start: int) -> float:
        """The cost of a headline with no blank line between it and the text above: it is rather a subhead."""
        blocks = self._blocks
        is_below_text = start and blocks[start].kind == "head" and blocks[start - 1].kind in ("prose", "rows")
        return self._weights.no_gap if is_below_text and not blocks[start].lines[0].gap else 0.0

    def _with_cost_inside_body(self, cost: float, at: int, last: int) -> float:
        """Add the cost of block ``at`` inside a body; ``last`` is the block of the body before it."""
        block, weights = self._blocks[at], self._weights
        if block.kind == "prose":
            cost += weights.story_within if self._starts_story[at] else 0.0
            cost += 8.0 if self._indents_are_rare and block.lines[0].indented else 0.0
        elif block.kind == "head":
            is_top_level = block.level and not self._is_section[at]
            is_cheap = self._ends_sentence[at] or block.level
            cost += weights.story_within if is_top_level else 0.3 if is_cheap else weights.subhead
            cost += 0.0 if block.level else weights.turn * self._topic_shifts[at]
        return cost + (weights.story_within if self._ends_story[last] else 0.0)

    def _cost_of_opening(self, start: int, heads: list[int], bylines: list[int], body: list[int]) -> float:
        """The cost of beginning a story where little shows that one begins."""
        blocks, first = self._blocks, self._blocks[start]
        is_set_off = bool(heads) and (first.level > 0 or first.lines[0].blanks > self._usual_blanks)
        follows_end = start == 0 or blocks[start - 1].kind not in ("prose", "rows") or self._ends_story[start - 1]
        if bylines or follows_end or is_set_off or self._starts_story[body[0]] or blocks[body[0]].lines[0].indented:
            return 0.0
        return self._weights.opening if heads else 1.5 * self._weights.opening

    def _articles(
        self, heads: list[int], bylines: list[int], body: list[int], at: int, cost: float
    ) -> Iterator[Candidate]:
        """Yield the articles with this body; up to three headlines and a byline may follow it from ``at`` on."""
        blocks, weights = self._blocks, self._weights
        is_signed = self._names_writer[body[0]] or self._names_writer[body[-1]]
        no_byline = 0.0 if bylines or is_signed else weights.no_byline
        no_byline *= 0.5 if self._starts_story[body[0]] else 1.0
        no_byline *= 1.5 if self._page_has_bylines else 1.0
        below: list[int] = []
        while True:
            total = self._with_cost_of_headlines(cost, heads, below, bylines, body)
            total += cost_of_parting_headlines(blocks, at) if below else 0.0
            if at < len(blocks) and blocks[at].kind == "byline":
                second = weights.second_byline if bylines or is_signed else 0.0
                story = Story("article", (*heads, *below), (*bylines, at), tuple(body))
                yield Candidate(at + 1, total + second, story)
                total += 0.0 if bylines or is_signed or not below else weights.byline_between
            yield Candidate(at, total + no_byline, Story("article", (*heads, *below), tuple(bylines), tuple(body)))
            if at >= len(blocks) or blocks[at].kind != "head" or len(below) == 3:
                return
            below.append(at)
            at += 1

    def _with_cost_of_headlines(
        self, cost: float, above: list[int], below: list[int], bylines: list[int], body: list[int]
    ) -> float:
        """Add the cost of the headlines above and below the body."""
        weights = self._weights
        heads = above + below
        cost -= sum(weights.affinity * self._affinity.between(head, body) for head in heads)
        cost += 0.0 if heads else weights.no_headline
        cost += weights.section if above and self._is_section[above[0]] and not bylines else 0.0
        cost += weights.headline_both_ends if above and below else 0.0
        further = sum(self._cost_of_further_headline(heads[:i], heads[i], body) for i in range(1, len(heads)))
        return cost + (further + 3.0 * max(0, len(heads) - 2))

    def _cost_of_further_headline(self, above: list[int], head: int, body: list[int]) -> float:
        """The cost of one more block of headline. A short block names a column or stands on a chart, unless the body
        uses its words and it is the second line of a headline."""
        blocks, weights = self._blocks, self._weights
        if self._lengths[head] >= 9 or blocks[head].level:
            splits_sections = self._is_section[head] and any(blocks[i].level == blocks[head].level for i in body)
            return weights.more_lines + (weights.section if splits_sections else 0.0)
        is_third_line = sum(len(blocks[h].lines) for h in above) > 1
        unused = 1.0 - self._affinity.between(head, body)
        return weights.more_lines + 3.0 + 4.0 * unused + (9.0 if is_third_line else 0.0)
