"""Lines that run on into one another -> a paragraph, or headlines.

Text taken from a printed page has its columns cut into lines, and blank lines where a column ended inside a sentence.
So a paragraph is followed to the end of its last sentence, not to the end of a line. A line that is narrower than its
column and ends no sentence is a headline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.layout.blocks import Block
from rag.layout.jumps import JUMP
from rag.layout.line_ends import OPEN_BRACKET, Column, closing_text, ends_sentence, opening_text
from rag.text.bylines import DATELINE, SIGNATURE
from rag.text.lines import CJK, Line, squeeze
from rag.text.stops import has_full_stop

_SENTENCE = re.compile(r"(?:[。｡︒﹒．！？!?]|(?<=[" + CJK + r"])\.)[”’」』》）)\]\"']*$")
_QUESTIONS = re.compile(r"[^。｡．；;！？!?“”]+[！？!?]")
_WEATHER = re.compile(r"最高气温|最低气温|阵雨|雷雨|多云|阴有|转晴|到晴|[东南西北]{1,2}风\s*\d")
_PROSE_CHARACTERS = 120  # a longer run of lines is prose even if it ends no sentence


class OpenParagraph:
    """The lines of a paragraph that is not complete yet."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.has_comma = self.has_full_stop = False
        self._has_sentence = False
        self._fills_column = False
        self._widest = 0.0

    def add(self, line: Line, column: Column) -> None:
        self.lines.append(line)
        self.has_comma |= "，" in line.text or "," in line.text
        has_full_stop_here = has_full_stop(line.text)
        self.has_full_stop |= has_full_stop_here
        self._has_sentence |= has_full_stop_here or bool(re.search(r"[！？；]", line.text))
        if len(self.lines) < 5:
            self._has_sentence |= bool(DATELINE.match(squeeze(opening_text(self.lines))))
        self._fills_column |= column.is_filled_by(line, len(self.lines) == 1)
        self._widest = max(self._widest, line.width)

    def is_complete(self, following: Line | None, column: Column) -> bool:
        """Return whether the paragraph ends with its last line. ``following`` is the next line of the page."""
        last = self.lines[-1]
        if not ends_sentence(self.lines) and not JUMP.search(last.text[-16:]):
            return False
        return (
            following is None
            or following.gap
            or last.width > 40
            or last.width < column.width - 1.5
            or following.indented
        )

    def is_cut_off_by(self, line: Line, column_before: Column, column: Column, expects_gaps: bool) -> bool:
        """Return whether ``line`` begins something new although the lines so far end no sentence.

        ``expects_gaps``: blank lines inside a sentence are to be expected here.
        """
        last = self.lines[-1]
        if DATELINE.match(squeeze(line.text)) or (line.indented and not last.indented):
            return True
        if OPEN_BRACKET.search(closing_text(self.lines)):
            return False
        if self._has_sentence or last.width > 40:
            return line.gap and not column_before.is_filled_by(last, False) and bool(_headline_lines_at_end(self.lines))
        if line.gap:
            full = column_before.is_filled_by(last, len(self.lines) == 1)
            return not expects_gaps or not full or last.width > column_before.width + 3.5
        if re.search("[，,、]$", last.text) or line.width <= 12:
            return False
        much_wider = line.width > self._widest * 1.6 and (len(self.lines) == 1 or line.width > 40)
        return not self._fills_column and (
            much_wider or (column.is_filled_by(line, True) and line.width > last.width + 3.5)
        )

    def blocks(self) -> list[Block]:
        """Return what the lines turned out to be; empty without lines."""
        return _blocks_of(self.lines) if self.lines else []


def _blocks_of(lines: Sequence[Line]) -> list[Block]:
    """Lines that end a sentence or run long are prose. Else they are headlines, one for each group of lines
    between blank lines."""
    text = "".join(line.text for line in lines)
    if SIGNATURE.fullmatch(text):
        return [Block("byline", tuple(lines))]
    if _QUESTIONS.fullmatch(squeeze(text)) and len(text) <= 30:  # a headline may end with ？ or ！ too
        return [Block("head", tuple(lines))]
    if (count := _headline_lines_at_end(lines)) and not ends_sentence(lines):
        return [*_blocks_of(lines[:-count]), *_headlines(lines[-count:])]
    if ends_sentence(lines) or has_full_stop(text) or len(text) > _PROSE_CHARACTERS:
        is_weather = len(_WEATHER.findall(squeeze(text))) >= 3 and len(text) < 240
        return [Block("notice" if is_weather else "prose", tuple(lines))]
    return _headlines(lines)


def _headlines(lines: Sequence[Line]) -> list[Block]:
    groups: list[list[Line]] = []
    for line in lines:
        if groups and not line.gap:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Block("head", tuple(group)) for group in groups]


def _headline_lines_at_end(lines: Sequence[Line]) -> int:
    """Return how many lines stand below the last sentence and may be a headline; only the last six lines are looked at."""
    count = next((n for n, line in enumerate(reversed(lines[-6:])) if _SENTENCE.search(line.text)), 0)
    below = "".join(line.text for line in lines[len(lines) - count :])
    return count if len(below) <= 80 and not re.search("[；！]|[，,、：:]$", below) and not has_full_stop(below) else 0
