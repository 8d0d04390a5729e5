"""Page -> its lines and blocks, found once and handed to every later step."""

from __future__ import annotations

from dataclasses import dataclass

from rag.layout.blocks import Block
from rag.layout.segmentation import blocks_of
from rag.schema import Page
from rag.text.front_matter import front_matter_length
from rag.text.lines import Line, lines_of


@dataclass(frozen=True, slots=True)
class LaidOutPage:
    """``lines`` are all lines of the page. ``blocks`` are what they form, in file order."""

    page: Page
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]


def lay_out(page: Page) -> LaidOutPage:
    """Return the page with its lines and blocks. The front matter of a Markdown file forms no block, unless a person
    has marked the page's articles: they may mark any line."""
    lines = tuple(lines_of(page.text))
    body = lines
    if page.file.lower().endswith((".md", ".markdown")) and not page.stated.articles:
        start = front_matter_length(page.text)
        body = tuple(line for line in lines if line.start >= start)
    row_starts = frozenset(line.start for line in body if page.text.startswith("\t", line.end))
    return LaidOutPage(page, lines, tuple(blocks_of(body, row_starts)))
