"""A block: lines of a page that belong together, and what they are (headline, byline, prose, ...)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.layout.jumps import JUMP, JUMP_AT_END
from rag.layout.line_ends import SIGNED_END, closing_text, ends_sentence, opening_text
from rag.text.bylines import DATELINE, SIGNATURE
from rag.text.lines import Line, squeeze

BlockKind = Literal["head", "prose", "rows", "byline", "credit", "notice", "furniture"]
"""``head`` is a headline, ``rows`` are rows of a table or items of a list, ``credit`` names a photographer, ``notice`` is
weather or an advertisement, ``furniture`` is what the page prints around its articles: masthead, page number, editors."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together. ``jump`` is set when a jump line stands beside the block: the story comes ``from``
    another page or goes ``on`` there."""

    kind: BlockKind
    lines: tuple[Line, ...]
    jump: Literal["", "from", "on"] = ""

    @property
    def text(self) -> str:
        return "".join(squeeze(line.text) for line in self.lines)

    @property
    def level(self) -> int:
        """The level of a Markdown heading, 1 to 6; 0 for every other block."""
        return self.lines[0].level

    @property
    def starts_story(self) -> bool:
        """Whether it is prose that opens with a dateline or comes from another page."""
        opening = squeeze(opening_text(self.lines))
        jump = JUMP.match(opening)
        return self.kind == "prose" and (
            self.jump == "from" or bool(DATELINE.match(opening) or (jump and "上接" in jump.group()))
        )

    @property
    def names_writer(self) -> bool:
        """Whether it is prose with the writer's name in brackets among its first 60 characters."""
        return self.kind == "prose" and bool(SIGNATURE.search(squeeze(opening_text(self.lines))[:60]))

    @property
    def is_signed(self) -> bool:
        """Whether it is prose that ends with the writer's name in brackets."""
        return self.kind == "prose" and bool(SIGNED_END.search(squeeze(closing_text(self.lines))))

    @property
    def ends_story(self) -> bool:
        """Whether it is prose that is signed or goes on on another page."""
        return self.kind == "prose" and (
            self.is_signed or self.jump == "on" or bool(JUMP_AT_END.search(closing_text(self.lines)))
        )

    @property
    def ends_sentence(self) -> bool:
        return ends_sentence(self.lines)
