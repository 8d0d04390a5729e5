"""The ways to read a run of blocks as one story, each with its cost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.layout.affinity import Affinity, turns
from rag.layout.blocks import CONTACT, Block
from rag.schema import Kind

_MAX_BLOCKS = 80  # a story of more blocks than this is cut; keeps the search linear in the page


@dataclass(frozen=True, slots=True)
class Story:
    """Positions in the page's list of blocks."""

    kind: Kind
    heads: tuple[int, ...] = ()
    bylines: tuple[int, ...] = ()
    body: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """What speaks against a reading; ``affinity`` is taken off for each headline whose words the body uses."""

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


class Readings:
    """(end, cost, story) for each way to read the blocks from a place on as one story."""

    def __init__(self, blocks: Sequence[Block], weights: Weights) -> None:
        self.blocks = blocks
        self.weights = weights
        self.affinity = Affinity(blocks)
        self.lengths = [len(b.text) for b in blocks]
        self.starts = [b.starts_story for b in blocks]
        self.ends = [b.ends_story for b in blocks]
        self.signed = [b.names_writer or b.signed for b in blocks]
        self.closed = [b.closed for b in blocks]
        self.turn = turns(blocks)
        levels = [b.level for b in blocks if b.level]
        self.deeper = [bool(b.level) and b.level > min(levels) for b in blocks]
        self.bylined = any(b.kind == "byline" for b in blocks) or any(self.signed)
        between = Counter(b.lines[0].blanks for a, b in itertools.pairwise(blocks) if a.kind == b.kind == "prose")
        self.usual_blanks = max(between, key=lambda blanks: (between[blanks], blanks), default=1)
        self.may_start = [  # of two paragraphs with nothing between them, the second does not open a story
            b.kind != "prose"
            or self.starts[i]
            or (i > 0 and self.ends[i - 1])
            or b.lines[0].indented
            or b.lines[0].blanks > self.usual_blanks
            for i, b in enumerate(blocks)
        ]
        self.rare_indent = sum(b.lines[0].indented for b in blocks if b.kind == "prose") * 4 <= len(blocks)

    def __call__(self, start: int) -> Iterator[tuple[int, float, Story]]:
        blocks = self.blocks
        heads: list[int] = []
        bylines: list[int] = []
        at = start
        while len(bylines) < 2:
            yield from self._body(start, at, heads, bylines)
            if at == len(blocks) or blocks[at].kind not in ("head", "byline") or len(heads) == 5:
                return
            (heads if blocks[at].kind == "head" else bylines).append(at)
            at += 1

    def _body(self, start: int, at: int, heads: list[int], bylines: list[int]) -> Iterator[tuple[int, float, Story]]:
        blocks, weights = self.blocks, self.weights
        body: list[int] = []
        inner = 0.0
        if (
            start
            and blocks[start].kind == "head"
            and blocks[start - 1].kind == "prose"
            and not blocks[start].lines[0].gap
        ):
            inner += weights.no_gap
        follows_end = start == 0 or blocks[start - 1].kind != "prose" or self.ends[start - 1]
        set_off = bool(heads) and (blocks[start].level > 0 or blocks[start].lines[0].blanks > self.usual_blanks)
        limit = min(len(blocks), start + _MAX_BLOCKS)
        while at < limit and blocks[at].kind in ("prose", "head", "notice"):
            block = blocks[at]
            if block.kind == "notice":
                yield from _notice(blocks, heads, body, bylines, at)
                return
            if block.kind == "head" and not body and not self.closed[at] and not self.deeper[at]:
                return
            if body:
                if block.kind == "prose":
                    inner += weights.story_within if self.starts[at] else 0.0
                    inner += 8.0 if self.rare_indent and block.lines[0].indented else 0.0
                else:
                    top = block.level and not self.deeper[at]
                    inner += weights.story_within if top else 0.3 if self.closed[at] or block.level else weights.subhead
                    inner += 0.0 if block.level else weights.turn * self.turn[at]
                inner += weights.story_within if self.ends[body[-1]] else 0.0
            body.append(at)
            at += 1
            if block.kind == "head":
                continue
            if at < limit and not self.may_start[at]:
                continue
            yield from _photo(blocks, heads, bylines, body, at, self.affinity)
            strong = (
                bool(bylines) or self.starts[body[0]] or follows_end or blocks[body[0]].lines[0].indented or set_off
            )
            opening = 0.0 if strong else weights.opening if heads else 1.5 * weights.opening
            yield from self._article(heads, bylines, body, at, inner + opening)

    def _article(
        self, heads: list[int], bylines: list[int], body: list[int], at: int, cost: float
    ) -> Iterator[tuple[int, float, Story]]:
        blocks, weights = self.blocks, self.weights
        signed = self.signed[body[0]] or self.signed[body[-1]]
        unsigned = 0.0 if bylines or signed else weights.no_byline / 2 if self.starts[body[0]] else weights.no_byline
        unsigned *= 1.5 if self.bylined else 1.0
        tail: list[int] = []
        while True:
            own = heads + tail
            total = cost - sum(weights.affinity * self.affinity(h, body) for h in own)
            total += 0.0 if own else weights.no_headline
            total += weights.section if heads and self.deeper[heads[0]] and not bylines else 0.0
            total += weights.headline_both_ends if heads and tail else 0.0
            total += sum(self._further(own[:i], own[i], body) for i in range(1, len(own))) + 3.0 * max(0, len(own) - 2)
            total += _torn(blocks, at) if tail else 0.0
            if at < len(blocks) and blocks[at].kind == "byline":
                second = weights.second_byline if bylines or signed else 0.0
                yield at + 1, total + second, Story("article", tuple(own), (*bylines, at), tuple(body))
                total += 0.0 if bylines or signed or not tail else weights.byline_between
            yield at, total + unsigned, Story("article", tuple(own), tuple(bylines), tuple(body))
            if at >= len(blocks) or blocks[at].kind != "head" or len(tail) == 3:
                return
            tail.append(at)
            at += 1

    def _further(self, above: list[int], head: int, body: list[int]) -> float:
        """The cost of one more block of headline. A short one is a column's name or stands on a chart, unless
        it is about the body and a headline's second line."""
        if self.lengths[head] >= 9 or self.blocks[head].level:
            sections = self.deeper[head] and any(self.blocks[i].level == self.blocks[head].level for i in body)
            return self.weights.more_lines + (self.weights.section if sections else 0.0)
        third = sum(len(self.blocks[h].lines) for h in above) > 1
        return self.weights.more_lines + 3.0 + 4.0 * (1.0 - self.affinity(head, body)) + (9.0 if third else 0.0)


def _torn(blocks: Sequence[Block], at: int) -> float:
    """The cost of ending a story between two headlines: they mostly belong together, and surely so
    where a dash ties them."""
    if at >= len(blocks) or blocks[at].kind != "head":
        return 0.0
    dashed = blocks[at - 1].text.endswith("—") or blocks[at].text.startswith("—")
    if blocks[at].lines[0].gap and not dashed:
        return 0.5
    return 6.0 if dashed else 1.5


def _photo(
    blocks: Sequence[Block], heads: list[int], bylines: list[int], body: list[int], at: int, affinity: Affinity
) -> Iterator[tuple[int, float, Story]]:
    """A caption and who took the picture; its title stands before the caption or after the credit."""
    if bylines or len(body) > 1 or len(heads) > 1 or at >= len(blocks) or blocks[at].kind != "credit":
        return
    caption = tuple(body)
    yield (
        at + 1,
        1.0 - 3.0 * len(heads) * (0.3 + affinity(heads[0], body) if heads else 0),
        Story("photo", tuple(heads), (at,), caption),
    )
    if not heads and at + 1 < len(blocks) and blocks[at + 1].kind == "head":
        yield (
            at + 2,
            1.0 + _torn(blocks, at + 2) - 3.0 * affinity(at + 1, body),
            Story("photo", (at + 1,), (at,), caption),
        )


def _notice(
    blocks: Sequence[Block], heads: list[int], body: list[int], bylines: list[int], at: int
) -> Iterator[tuple[int, float, Story]]:
    """Weather, or an advertisement around its address and telephone lines. It seldom tells in sentences, and
    what is set large in it is part of it."""
    if bylines or len(heads) > 1 or any(len(blocks[i].text) > 80 for i in body):
        return
    found = [*heads, *body, at]
    cost = 0.5 - len(heads) - 0.5 * len(body) + 6.0 * sum("。" in blocks[i].text for i in body)
    yield at + 1, cost, Story("notice", body=tuple(found))
    while CONTACT.search(blocks[at].text) and at + 1 < len(blocks):
        following = blocks[at + 1]
        if following.kind == "notice" and CONTACT.search(following.text):
            found.append(at := at + 1)
        elif (
            following.kind == "head"
            and at + 2 < len(blocks)
            and blocks[at + 2].kind == "notice"
            and CONTACT.search(blocks[at + 2].text)
        ):
            found += [at + 1, at + 2]
            at += 2
        else:
            return
        cost -= 0.5
        yield at + 1, cost, Story("notice", body=tuple(found))
