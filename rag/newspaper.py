"""Page -> articles: which headline, byline and paragraphs belong together.

A page's blocks are cut into stories by dynamic programming. Pages differ in where the headline and
the byline stand (before the body, after it, one of each), so each way to read a run of blocks as a
story has a cost, and what decides between them is how many of the headline's words the body uses.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.layout import CONTACT, DATE, JUMP, Block, Line, blocks_of, kept, names, squeeze
from rag.schema import Article, Kind, Page, Run

_MAX_BLOCKS = 80  # a story of more blocks than this is cut; keeps the search linear in the page
_SUBHEAD_WIDTH = 18  # a wider unclosed line inside a body is a paragraph cut by its column
_ORPHAN = {"head": 3.0, "byline": 4.0, "credit": 2.0}
_INLINE_BYLINE = re.compile(r"[（(]([^（()）]{0,8}(?:记者|通讯员|摄影)[^（()）]{1,40})[）)]")


@dataclass(frozen=True, slots=True)
class _Story:
    """Positions in the page's list of blocks."""

    kind: Kind
    heads: tuple[int, ...] = ()
    bylines: tuple[int, ...] = ()
    body: tuple[int, ...] = ()


def articles_of(page: Page) -> list[Article]:
    """The page's stories in file order, each with exact offsets into ``page.text``."""
    blocks = blocks_of(page.text)
    date = next((_iso(line.text) for b in blocks if b.kind == "furniture" for line in b.lines if _iso(line.text)), "")
    content = [b for b in blocks if b.kind != "furniture"]
    stories, loose = _cut(content)
    stories = _give_away(stories, loose, content)
    articles: list[Article] = []
    for story in stories:
        text, runs = _text(page.text, [content[i] for i in story.body])
        if text:
            articles.append(Article(
                article_id=f"{page.file}#{len(articles) + 1}", file=page.file, title=_title(content, story),
                byline=_byline(content, story, text), date=date, kind=story.kind, text=text, runs=runs))
    return articles


def source_span(article: Article, start: int, end: int) -> tuple[int, int]:
    """Where ``article.text[start:end]`` stands in the file: half open character offsets."""
    inside = [run for run in article.runs if run.start < end and start < run.start + run.length]
    if not inside:
        return 0, 0
    first, last = inside[0], inside[-1]
    return (first.source_start + max(0, start - first.start),
            last.source_start + min(last.length, end - last.start))


def _cut(blocks: Sequence[Block]) -> tuple[list[_Story], list[int]]:
    """The cheapest way to read the blocks as stories, and the blocks that belong to none."""
    affinity = _Affinity(blocks)
    rare_indent = sum(b.lines[0].indented for b in blocks if b.kind == "prose") * 4 <= len(blocks)
    n = len(blocks)
    best: list[tuple[float, int, _Story | None]] = [(0.0, 0, None), *((math.inf, 0, None) for _ in range(n))]
    for start in range(n):
        base = best[start][0]
        skip = base + _ORPHAN.get(blocks[start].kind, 20.0)
        if skip < best[start + 1][0]:
            best[start + 1] = (skip, start, None)
        for end, cost, story in _readings(blocks, start, affinity, rare_indent):
            if base + cost < best[end][0]:
                best[end] = (base + cost, start, story)
    stories: list[_Story] = []
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
) -> Iterator[tuple[int, float, _Story]]:
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
) -> Iterator[tuple[int, float, _Story]]:
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
            yield at + 1, with_byline, _Story("article", tuple(own), (*bylines, at), tuple(body))
            total += 0.0 if bylines or not tail else 2.5
        yield (at, total + (0.0 if bylines else 1.0 if dateline else 2.0),
               _Story("article", tuple(own), tuple(bylines), tuple(body)))
        if at >= len(blocks) or blocks[at].kind != "head" or len(tail) == 3:
            return
        tail.append(at)
        at += 1


def _torn(blocks: Sequence[Block], at: int) -> float:
    """The cost of ending a story between two headlines: they mostly belong together, and surely so
    where a dash ties them."""
    if at >= len(blocks) or blocks[at].kind != "head":
        return 0.0
    return 6.0 if blocks[at - 1].text.endswith("—") or blocks[at].text.startswith("—") else 1.5


def _photo(
    blocks: Sequence[Block], heads: list[int], bylines: list[int], body: list[int], at: int, affinity: _Affinity
) -> Iterator[tuple[int, float, _Story]]:
    """A caption and who took the picture; its title stands before the caption or after the credit."""
    if bylines or len(body) > 1 or len(heads) > 1 or at >= len(blocks) or blocks[at].kind != "credit":
        return
    caption = tuple(body)
    yield at + 1, 1.0 - 3.0 * len(heads) * (0.3 + affinity(heads[0], body) if heads else 0), _Story(
        "photo", tuple(heads), (at,), caption)
    if not heads and at + 1 < len(blocks) and blocks[at + 1].kind == "head":
        yield at + 2, 1.0 + _torn(blocks, at + 2) - 3.0 * affinity(at + 1, body), _Story("photo", (at + 1,), (at,), caption)


def _notice(
    blocks: Sequence[Block], heads: list[int], body: list[int], bylines: list[int], at: int
) -> Iterator[tuple[int, float, _Story]]:
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
        yield at + 1, 0.5 - 0.5 * len(found) - len(heads), _Story("notice", tuple(heads), (), tuple(found))
    yield found[0] + 1, 0.5, _Story("notice", tuple(heads), (), (found[0],))
    if body:
        yield at + 1, -0.5 * len(found) - len(heads), _Story("notice", tuple(heads), (), tuple(found))


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


def _give_away(stories: list[_Story], loose: list[int], blocks: Sequence[Block]) -> list[_Story]:
    """A byline that stands alone on the page goes to the one article that opens with a dateline and
    has none; where there are several such articles nothing says whose it is."""
    bylines = [i for i in loose if blocks[i].kind == "byline"]
    bare = [s for s in stories if s.kind == "article" and not s.bylines and blocks[s.body[0]].starts_story]
    if len(bylines) != 1 or len(bare) != 1:
        return stories
    return [_Story(s.kind, s.heads, (bylines[0],), s.body) if s is bare[0] else s for s in stories]


def _title(blocks: Sequence[Block], story: _Story) -> str:
    lines = [line for i in story.heads for line in blocks[i].lines]
    return " ".join(_undouble(_heading(line)) for line in lines)


def _heading(line: Line) -> str:
    """A headline keeps the blanks between its phrases, but not those between spaced-out letters."""
    words = line.text.split()
    return "".join(words) if all(len(w) == 1 for w in words) else " ".join(words)


def _undouble(text: str) -> str:
    """Bold type set by printing twice comes out with every stretch twice."""
    size = len(text)
    step = [0] * size + [-1]  # how long a stretch to take at each place so that the rest comes out even too
    for at in range(size - 2, -1, -1):
        for length in range(1, min(20, (size - at) // 2) + 1):
            if step[at + 2 * length] and text.startswith(text[at: at + length], at + length):
                step[at] = length
                break
    if not size or not step[0]:
        return text
    halves, at = [], 0
    while at < size:
        halves.append(text[at: at + step[at]])
        at += 2 * step[at]
    return "".join(halves)


def _byline(blocks: Sequence[Block], story: _Story, text: str) -> tuple[str, ...]:
    lines = [line.text for i in story.bylines for line in blocks[i].lines]
    found = [name for line in lines for name in (names(line) or tuple(line.split()))]
    for match in _INLINE_BYLINE.finditer(text[:80] + "\n" + text[-60:]):
        found += names(match.group(1)) or ()
    return tuple(dict.fromkeys(found))


def _text(source: str, body: Sequence[Block]) -> tuple[str, tuple[Run, ...]]:
    """The paragraphs, joined by newlines, and where each stretch of them stands in the file."""
    pieces: list[str] = []
    runs: list[Run] = []
    length = 0
    joined = True
    for block in body:
        if not joined:
            pieces.append("\n")
            length += 1
        first, last = block.lines[0].start, block.lines[-1].end
        raw = JUMP.sub(lambda m: "\0" * len(m.group()), source[first:last])  # a reference is no part of the text
        for i, blank in kept(raw):
            if raw[i] == "\0":  # and no sentence may run across it
                if pieces and pieces[-1] != "\n":
                    pieces.append("\n")
                    length += 1
                continue
            pieces.append(" " if blank else raw[i])
            if not blank:
                if runs and runs[-1].source_start + runs[-1].length == first + i and (
                        runs[-1].start + runs[-1].length == length):
                    runs[-1] = Run(runs[-1].start, runs[-1].source_start, runs[-1].length + 1)
                else:
                    runs.append(Run(length, first + i, 1))
            length += 1
        joined = block.kind == "head" and len(squeeze(block.text)) > _SUBHEAD_WIDTH
    return "".join(pieces).rstrip(), tuple(runs)


def _iso(text: str) -> str:
    match = DATE.search(text)
    if not match:
        return ""
    year, month, day = (int(g) for g in match.groups())
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else ""
