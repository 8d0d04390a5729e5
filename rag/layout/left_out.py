"""The lines of a page that are in no article, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.layout.blocks import Block
from rag.layout.jumps import JUMP
from rag.layout.laid_out_page import LaidOutPage
from rag.layout.story_parts import StoryParts
from rag.text.left_out import LeftOut, LeftOutWhy
from rag.text.outline import role_of

_WHY: dict[str, LeftOutWhy] = {
    "furniture": "page furniture",
    "head": "headline without text",
    "byline": "byline without article",
    "credit": "byline without article",
}


def lines_left_out(laid_out: LaidOutPage, stories: Sequence[StoryParts]) -> Iterator[LeftOut]:
    """Yield the lines that no story has, in file order. In a page that a person has marked, a line that repeats a stated
    headline or writer is not left out."""
    used = {line.start for story in stories for block in (*story.top, *story.body) for line in block.lines}
    is_marked = bool(laid_out.page.stated.articles)
    blocks = {line.start: block for block in laid_out.blocks for line in block.lines}
    for line in laid_out.lines:
        if line.start in used or (is_marked and any(role_of(line.text, s.title, s.byline) for s in stories)):
            continue
        block = blocks.get(line.start)
        yield LeftOut(line.start, line.end, "not marked" if block and is_marked else _why(block))


def _why(block: Block | None) -> LeftOutWhy:
    """The reason for a line of this block; lines of the front matter have no block."""
    if block is None:
        return "front matter"
    if block.kind == "furniture" and JUMP.fullmatch(block.text):
        return "jump line"
    return _WHY.get(block.kind, "text without article")
