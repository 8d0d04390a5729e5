"""The blocks of a story -> its text, and the place in the file of every character."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.layout.blocks import Block
from rag.layout.jumps import JUMP
from rag.schema import Run
from rag.text.lines import kept_characters
from rag.text.rows import row_characters

_SUBHEAD_WIDTH = 18  # a wider headline inside a body that ends no sentence is a paragraph cut by its column
_JUMP_MARK = "\0"


@dataclass(frozen=True, slots=True)
class ArticleText:
    """``text`` has a newline between paragraphs; ``runs`` say where its stretches stand in the file."""

    text: str
    runs: tuple[Run, ...]


def text_of(source: str, body: Sequence[Block]) -> ArticleText:
    """Return the text of the blocks. ``source`` is the text of the page."""
    pieces: list[str] = []
    runs: list[Run] = []
    goes_on = True
    for block in body:
        if not goes_on:
            pieces.append("\n")
        for piece, place in _characters(source, block):
            if piece == "\n" and (not pieces or pieces[-1] == "\n"):
                continue
            if place is not None:
                _add_to(runs, len(pieces), place)
            pieces.append(piece)
        goes_on = block.kind == "head" and len(block.text) > _SUBHEAD_WIDTH and not block.ends_sentence
    return ArticleText("".join(pieces).rstrip(), tuple(runs))


def _characters(source: str, block: Block) -> Iterator[tuple[str, int | None]]:
    """The characters of a block, each with its place in ``source``; a blank or a line end has no place.

    Rows keep their lines, and the signs between their cells as the file has them.

    A jump line is not part of the text, and no sentence may run across it: it becomes a line end.
    """
    if block.kind == "rows":
        for line in block.lines:
            yield "\n", None
            yield from ((source[i], i) for i in row_characters(source, line.start, line.end))
        return
    first = block.lines[0].start
    raw = JUMP.sub(lambda jump: _JUMP_MARK * len(jump.group()), _raw_text(source, block))
    for i, is_blank in kept_characters(raw):
        if raw[i] == _JUMP_MARK:
            yield "\n", None
        elif is_blank:
            yield " ", None
        else:
            yield raw[i], first + i


def _raw_text(source: str, block: Block) -> str:
    """The block's stretch of the page. What stands between its lines (line ends, lines that a correction takes out)
    is replaced by as many blanks, so that every offset stays."""
    between = [" " * (following.start - line.end) for line, following in itertools.pairwise(block.lines)]
    return "".join(
        source[line.start : line.end] + blanks for line, blanks in zip(block.lines, [*between, ""], strict=True)
    )


def _add_to(runs: list[Run], at: int, place: int) -> None:
    """Note that character ``at`` of the text stands at ``place`` of the file."""
    last = runs[-1] if runs else None
    if last and last.source_start + last.length == place and last.start + last.length == at:
        runs[-1] = Run(last.start, last.source_start, last.length + 1)
    else:
        runs.append(Run(at, place, 1))
