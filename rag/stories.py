"""Blocks -> stories: which headline, byline and paragraphs belong together.

The blocks of a page are cut by dynamic programming. Pages differ in where the headline and the
byline stand (before the body, after it, one of each), so each way to read a run of blocks as a
story has a cost, and what decides between them is how many of the headline's words the body uses.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.layout import CONTACT, Block
from rag.schema import Kind

_MAX_BLOCKS = 80  # a story of more blocks than this is cut; keeps the search linear in the page
_ORPHAN = {"head": 3.0, "byline": 4.0, "credit": 2.0}


@dataclass(frozen=True, slots=True)
class Story:
    """Positions in the page's list of blocks."""

    kind: Kind
    heads: tuple[int, ...] = ()
    bylines: tuple[int, ...] = ()
    body: tuple[int, ...] = ()


def stories_of(blocks: Sequence[Block]) -> list[Story]:
    """The stories in the order of the page. ``blocks`` without furniture."""
    stories, loose = _cut(blocks)
    return _give_away(stories, loose, blocks)


def _cut(blocks: Sequence[Block]) -> tuple[list[Story], list[int]]:
    """The cheapest way to read the blocks as stories, and the blocks that belong to none."""
    affinity = _Affinity(blocks)
    rare_indent = sum(b.lines[0].indented for b in blocks if b.kind == "prose") * 4 <= len(blocks)
    n = len(blocks)
    best: list[tuple[float, int, Story | None]] = [(0.0, 0, None), *((math.inf, 0, None) for _ in range(n))]
    for start in range(n):
        base = best[start][0]
        skip = base + _ORPHAN.get(blocks[start].kind, 20.0)
        if skip < best[start + 1][0]:
            best[start + 1] = (skip, start, None)
        for end, cost, story in _readings(blocks, start, affinity, rare_indent):
            if base + cost < best[end][0]:
                best[end] = (base + cost, start, story)
    stories: list[Story] = []
    loose: list[int] = []
    at = n
    while at:
        _, start, chosen = best[at]
        if chosen:
            stories.append(chosen)
        else:
            loose.append(start)
        at = start
    return stories[::-1], loose[::-1]


def _readings(
    blocks: Sequence[Block], start: int, affinity: _Affinity, rare_indent: bool
) -> Iterator[tuple[int, float, Story]]:
    """(end, cost, story) for each way to read blocks from ``start`` on as one story."""
    heads: list[int] = []
    bylines: list[int] = []
    at = start
    while at < len(blocks) and blocks[at].kind in ("head", "byline") and len(heads) < 4:
        (heads if blocks[at].kind == "head" else bylines).append(at)
        at += 1
    if len(bylines) > 1:
        return
    body: list[int] = []
    inner = 0.0
    follows_end = start == 0 or blocks[start - 1].kind != "prose"
    limit = min(len(blocks), start + _MAX_BLOCKS)
    while at < limit and blocks[at].kind in ("prose", "head", "notice"):
        block = blocks[at]
        if block.kind == "notice":
            yield from _notice(blocks, heads, body, bylines, at)
            return
        if block.kind == "head" and not body:
            return
        if body and block.kind == "prose":
            inner += 12.0 if block.starts_story else 0.0
            inner += 8.0 if rare_indent and block.lines[0].indented else 0.0
        elif body:
            inner += 1.0
        body.append(at)
        at += 1
        if block.kind == "head":
            continue
        yield from _photo(blocks, heads, bylines, body, at, affinity)
        first = blocks[body[0]]
        strong = bool(bylines) or first.starts_story or follows_end
        opening = 0.0 if strong or first.lines[0].indented else 4.0 if heads else 6.0
        yield from _article(blocks, heads, bylines, body, at, affinity, inner + opening)


def _article(
    blocks: Sequence[Block], heads: list[int], bylines: list[int], body: list[int], at: int,
    affinity: _Affinity, cost: float,
) -> Iterator[tuple[int, float, Story]]:
    dateline = blocks[body[0]].starts_story
    tail: list[int] = []
    while True:
        own = heads + tail
        total = cost - sum(4.0 * affinity(h, body) for h in own)
        total += 0.0 if own else 4.0
        total += 5.0 if heads and tail else 0.0
        total += sum(8.0 if len(blocks[h].text) < 9 else 1.0 for h in own[1:]) + 3.0 * max(0, len(own) - 2)
        total += _torn(blocks, at) if tail else 0.0
        ends_with_byline = at < len(blocks) and blocks[at].kind == "byline"
        if ends_with_byline:
            with_byline = total + (12.0 if bylines else 0.0)
            yield at + 1, with_byline, Story("article", tuple(own), (*bylines, at), tuple(body))
            total += 0.0 if bylines or not tail else 2.5
        yield (at, total + (0.0 if bylines else 1.0 if dateline else 2.0),
               Story("article", tuple(own), tuple(bylines), tuple(body)))
        if at >= len(blocks) or blocks[at].kind != "head" or len(tail) == 3:
            return
        tail.append(at)
        at += 1


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
    blocks: Sequence[Block], heads: list[int], bylines: list[int], body: list[int], at: int, affinity: _Affinity
) -> Iterator[tuple[int, float, Story]]:
    """A caption and who took the picture; its title stands before the caption or after the credit."""
    if bylines or len(body) > 1 or len(heads) > 1 or at >= len(blocks) or blocks[at].kind != "credit":
        return
    caption = tuple(body)
    yield at + 1, 1.0 - 3.0 * len(heads) * (0.3 + affinity(heads[0], body) if heads else 0), Story(
        "photo", tuple(heads), (at,), caption)
    if not heads and at + 1 < len(blocks) and blocks[at + 1].kind == "head":
        yield at + 2, 1.0 + _torn(blocks, at + 2) - 3.0 * affinity(at + 1, body), Story("photo", (at + 1,), (at,), caption)


def _notice(
    blocks: Sequence[Block], heads: list[int], body: list[int], bylines: list[int], at: int
) -> Iterator[tuple[int, float, Story]]:
    """Weather, or an advertisement around its address and telephone lines."""
    if bylines or len(heads) > 1 or any(len(blocks[i].text) > 80 for i in body):
        return
    found = [*body, at]
    while CONTACT.search(blocks[at].text) and at + 1 < len(blocks):
        following = blocks[at + 1]
        if following.kind == "notice" and CONTACT.search(following.text):
            found.append(at := at + 1)
        elif (following.kind == "head" and at + 2 < len(blocks) and blocks[at + 2].kind == "notice"
              and CONTACT.search(blocks[at + 2].text)):
            found += [at + 1, at + 2]
            at += 2
        else:
            break
        yield at + 1, 0.5 - 0.5 * len(found) - len(heads), Story("notice", tuple(heads), (), tuple(found))
    yield found[0] + 1, 0.5, Story("notice", tuple(heads), (), (found[0],))
    if body:
        yield at + 1, -0.5 * len(found) - len(heads), Story("notice", tuple(heads), (), tuple(found))


class _Affinity:
    """Share of a headline's character bigrams that a body uses, each weighted by how rare it is on
    the page (0 to 1)."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._grams = [_bigrams(b.text) for b in blocks]
        self._in_blocks = Counter(g for grams in self._grams for g in grams)
        self._cache: dict[tuple[int, int, int], float] = {}

    def __call__(self, head: int, body: Sequence[int]) -> float:
        key = (head, body[0], body[-1])
        if key not in self._cache:
            used: set[str] = set().union(*(self._grams[i] for i in body))
            weights = {g: 1.0 / self._in_blocks[g] ** 0.5 for g in self._grams[head]}
            total = sum(weights.values())
            self._cache[key] = sum(w for g, w in weights.items() if g in used) / total if total else 0.0
        return self._cache[key]


def _bigrams(text: str) -> set[str]:
    clean = re.sub(r"\W+", "", text)
    return {clean[i: i + 2] for i in range(len(clean) - 1)}


def _give_away(stories: list[Story], loose: list[int], blocks: Sequence[Block]) -> list[Story]:
    """A byline that stands alone on the page goes to the one article that opens with a dateline and
    has none; where there are several such articles nothing says whose it is."""
    bylines = [i for i in loose if blocks[i].kind == "byline"]
    bare = [s for s in stories if s.kind == "article" and not s.bylines and blocks[s.body[0]].starts_story]
    if len(bylines) != 1 or len(bare) != 1:
        return stories
    return [Story(s.kind, s.heads, (bylines[0],), s.body) if s is bare[0] else s for s in stories]
