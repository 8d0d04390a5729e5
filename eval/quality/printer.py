"""Stories and a style -> the text of a page, with the offset of each character."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eval.quality.gold import Span
from rag.schema import Kind

_CLOSING = " ，。、；：？！”’）》】〉…,.;:?!)%"
_TO_HALF = str.maketrans("，；：（）？！", ",;:()?!")


@dataclass(frozen=True, slots=True)
class Story:
    """A story to print: ``headline`` as lines, ``body`` as paragraphs, with blanks between Latin words only."""

    kind: Kind
    headline: tuple[str, ...]
    byline: tuple[str, ...]
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How stories are printed. ``width``: characters a line. ``gap``: blank lines between paragraphs. ``tight``: no blank
    lines within a story. ``narrow``: the headline is also wrapped at the width of the column. ``torn``: a blank line
    within a sentence where a column ends. ``spaced``: some lines have blanks between letters. ``shift``: the position of
    the story that comes first."""

    width: int = 18
    indent: bool = True
    gap: bool = False
    tight: bool = False
    head: Literal["before", "after"] = "before"
    byline: Literal["before head", "after head", "end", "brackets", "dateline", "none"] = "after head"
    marks: Literal["as is", "half", "full"] = "as is"
    spaced: bool = False
    furniture: bool = False
    adverts: bool = False
    narrow: bool = False
    torn: bool = False
    shift: int = 0


class Printer:
    """Print text on a page and return its offsets."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self._parts: list[str] = []
        self._length = 0
        self._rows = 0
        self._draw = random.Random(7)

    def text(self) -> str:
        """Return the page."""
        return "".join(self._parts)

    def with_marks(self, text: str) -> str:
        """Return the text with the punctuation marks of the style."""
        if self.style.marks == "half":
            return text.translate(_TO_HALF)
        if self.style.marks == "full":
            for half, full in zip(",;:()?!", "，；：（）？！", strict=True):
                text = re.sub(rf"(?<!\d){re.escape(half)}|{re.escape(half)}(?!\d)", full, text)
        return text

    def blank(self) -> None:
        """Print an empty line."""
        self._put("\n")

    def lines(self, lines: Sequence[str]) -> None:
        """Print the lines."""
        for line in lines:
            self._put(line + "\n")

    def block(self, lines: Sequence[str]) -> None:
        """Print the lines, then an empty line unless the style is tight."""
        self.lines(lines)
        if not self.style.tight:
            self.blank()

    def headline(self, lines: Sequence[str]) -> None:
        """Print a headline."""
        for line in lines:
            rows = _wrap(self.with_marks(line), self.style.width) if self.style.narrow else [self.with_marks(line)]
            self.lines(rows)
            if self.style.gap and not self.style.tight:
                self.blank()
        if lines and not self.style.tight and not self.style.gap:
            self.blank()

    def body(self, paragraphs: Sequence[str], first: str, last: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Print a body; return the spans of its paragraphs, and the spans that may be in the body or not.

        ``first`` is printed before the body and ``last`` after it. If ``first`` is given, an opening 本报讯 of the body is
        not printed a second time.
        """
        spans: list[Span] = []
        asides: list[Span] = []
        for number, raw in enumerate(paragraphs):
            paragraph = self.with_marks(raw)
            head = first if number == 0 else ""
            tail = last if number == len(paragraphs) - 1 else ""
            if head:
                paragraph = paragraph.removeprefix("本报讯")
            where = self._paragraph(head + paragraph + tail)
            if number == len(paragraphs) - 1 and paragraph[-1] in ",，、":  # it continues on another page
                self.lines(("（下转2版）",))
            spans.append((where[0], where[-1] + 1))
            if head:
                asides.append((where[0], where[len(head) - 1] + 1))
            if tail:
                asides.append((where[-len(tail)], where[-1] + 1))
            if self.style.gap and not self.style.tight:
                self.blank()
        if not self.style.tight and not self.style.gap:
            self.blank()
        return tuple(spans), tuple(asides)

    def _paragraph(self, text: str) -> list[int]:
        """Print a paragraph; return the offset of each of its characters."""
        where: list[int] = []
        rows = _wrap(text, self.style.width, first=self.style.width - 2 if self.style.indent else self.style.width)
        for number, row in enumerate(rows):
            if number == 0 and self.style.indent:
                self._put("\u3000\u3000")
            wide = self.style.spaced and self._draw.random() < 0.15
            for c in row:
                where.append(self._length)
                self._put(c + " " if wide else c)
            self._put("\n")
            self._rows += 1
            if self.style.torn and self._rows % 12 == 0 and number < len(rows) - 1:
                self._put("\n")
        return where

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _wrap(text: str, width: float, first: float | None = None) -> list[str]:
    """Return lines of at most ``width`` full-width characters, the first of at most ``first``.

    No line begins with a closing mark, and no line breaks within a Latin word or a figure.
    """
    rows: list[str] = []
    row, used, room = "", 0.0, width if first is None else first
    for token in re.findall(r"[A-Za-z0-9.%]{1,12}|.", text):
        size = sum(1.0 if c > "\u2e7f" or c in "“”‘’—…·" else 0.5 for c in token)
        if row and used + size > room and token not in _CLOSING:
            rows.append(row)
            row, used, room = "", 0.0, width
        row, used = row + token, used + size
    return [*rows, row]
