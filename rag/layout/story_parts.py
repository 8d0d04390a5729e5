"""Laid-out page -> the parts of each of its stories: headline, byline, paragraphs.

There are three ways to them: a person has marked the articles, the file is stated to be one article, or the page is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from rag.layout.blocks import Block
from rag.layout.credits import credit_of
from rag.layout.headlines import headline_of
from rag.layout.laid_out_page import LaidOutPage
from rag.layout.row_shapes import is_list, is_row
from rag.layout.stories import stories_of
from rag.layout.story import Story
from rag.schema import Kind
from rag.text.bylines import SIGNATURE, byline_names, joined_byline
from rag.text.lines import Line, squeeze
from rag.text.outline import Span, body_spans, line_spans


@dataclass(frozen=True, slots=True)
class StoryParts:
    """``top`` holds the blocks of the headline and the byline, where the page has them. ``source`` is what a line below the
    headline names: 来源：青岩日报."""

    kind: Kind
    title: str
    byline: tuple[str, ...]
    body: tuple[Block, ...]
    top: tuple[Block, ...] = ()
    source: str = ""


def marked_stories(laid_out: LaidOutPage) -> list[StoryParts]:
    """Return the stories as a person has marked them. Paragraphs are those of the page, without unmarked lines."""
    spans = line_spans(laid_out.page.text)
    return [
        StoryParts(outline.kind, outline.title, outline.byline, _within(laid_out.blocks, body_spans(spans, outline)))
        for outline in sorted(laid_out.page.stated.articles, key=lambda outline: outline.lines)
    ]


def _within(blocks: Iterable[Block], spans: Sequence[Span]) -> tuple[Block, ...]:
    """The blocks without the lines that begin outside the spans."""

    def is_inside(line: Line) -> bool:
        return any(start <= line.start < end for start, end in spans)

    cut = (replace(block, lines=tuple(filter(is_inside, block.lines))) for block in blocks)
    return tuple(block for block in cut if block.lines)


def whole_file(laid_out: LaidOutPage) -> list[StoryParts]:
    """Return the file as one story.

    The stated headline and writers are its own. Headlines and bylines at the top that repeat what is stated are not
    text; if no headline or no writer is stated, these lines give it.
    """
    stated, blocks = laid_out.page.stated, laid_out.blocks
    top = list(takewhile(lambda block: _is_top(block, stated.title), blocks))
    if len(top) == len(blocks):  # nothing would be left
        top = []
    title = headline_of(line for block in top if block.kind == "head" for line in block.lines)
    lines = [line for block in top if block.kind != "head" for line in block.lines]
    names = tuple(dict.fromkeys(name for line in lines for name in _names_in(line.text) or ()))
    shown = tuple(block for block in top if block.kind != "furniture")
    byline, body, source = stated.byline or names, blocks[len(top) :], _source_in(lines)
    return [StoryParts("article", stated.title or title, byline, body, shown, source)]


def _is_top(block: Block, title: str) -> bool:
    if block.kind == "head":
        return not title or block.text.lstrip("#") in squeeze(title)
    return block.kind == "byline" or (block.kind == "furniture" and credit_of(block.lines[0].text) is not None)


def _names_in(text: str) -> tuple[str, ...] | None:
    """The names of a byline or of a line such as 来源：青岩日报 记者：林峰; None if it is neither."""
    credit = credit_of(text)
    return credit.names if credit else byline_names(text)


def _source_in(lines: Iterable[Line]) -> str:
    """The first source that a line such as 来源：青岩日报 names, "" without one."""
    return next((credit.source for line in lines if (credit := credit_of(line.text)) and credit.source), "")


def printed_stories(laid_out: LaidOutPage) -> list[StoryParts]:
    """Return the stories that the page prints. A page of short lines alone is one story if one of them is a row."""
    content = [block for block in laid_out.blocks if block.kind != "furniture"]
    stories = stories_of(content)
    if not stories and any(is_row(line) for block in content for line in block.lines):
        return _page_of_rows(content)
    return [
        StoryParts(
            story.kind,
            headline_of(line for i in story.heads for line in content[i].lines),
            _byline(content, story),
            _body(content, story),
            tuple(content[i] for i in (*story.heads, *story.bylines)),
            _source_in(line for i in story.bylines for line in content[i].lines),
        )
        for story in stories
    ]


def _page_of_rows(content: Sequence[Block]) -> list[StoryParts]:
    """The first line as the headline, all others as rows."""
    (first, *lines) = (line for block in content for line in block.lines)
    if not lines:
        return []
    body = tuple(Block("rows", (line,)) for line in lines)
    return [StoryParts("article", headline_of([first]), (), body, (Block("head", (first,)),))]


def _body(blocks: Sequence[Block], story: Story) -> tuple[Block, ...]:
    """The blocks of the body. Short lines inside it that may be a list are one."""
    body = (blocks[i] for i in story.body)
    return tuple(replace(block, kind="rows") if is_list(block) else block for block in body)


def _byline(blocks: Sequence[Block], story: Story) -> tuple[str, ...]:
    """The names in the story's bylines and in brackets at the start or end of its body, each once."""
    found = [
        name for i in story.bylines for text in _byline_lines(blocks[i]) for name in _names_in(text) or text.split()
    ]
    for edge in (blocks[story.body[0]].lines[:4], blocks[story.body[-1]].lines[-4:]):
        for signature in SIGNATURE.finditer(joined_byline(edge)):
            found += byline_names(signature.group()[1:-1]) or ()
    return tuple(dict.fromkeys(found))


def _byline_lines(block: Block) -> list[str]:
    """The lines of a byline, joined to one if brackets stand around all of them."""
    joined = joined_byline(block.lines)
    return [joined] if SIGNATURE.fullmatch(joined) else [line.text for line in block.lines]
