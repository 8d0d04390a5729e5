"""The lines of a page, the shape of each, and what they show together: where text runs on, where a story opens."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from rag.layout.line_ends import SENTENCE_END
from rag.layout.row_shapes import TABLE, Shape, cell_count, is_other, shape_of
from rag.text.bylines import DATELINE, SIGNATURE, byline_names
from rag.text.lines import Line
from rag.text.stops import has_full_stop

LEAD_LINES = 4
NUMBER = re.compile(r"[\d０-９.．,，%％]{1,9}")
_MARK_INSIDE = re.compile("[，,。]")
_HEADLINE_WIDTH = 30.0  # characters
_MUCH_WIDER = 1.6  # times


class RowLines:
    """``lines`` are those of the page; ``shapes`` and ``cells`` (how many cells a line has) belong to them."""

    def __init__(self, lines: Sequence[Line], row_starts: Set[int]) -> None:
        """A tab stands behind the lines that begin at ``row_starts``."""
        self.lines = lines
        self.shapes: list[Shape] = [
            "lone" if line.start in row_starts and not line.level and "\t" not in line.text else shape_of(line)
            for line in lines
        ]
        self.cells = [cell_count(line) for line in lines]
        self.has_prose = any(has_full_stop(line.text) for line in lines)

    def follows_text(self, at: int) -> bool:
        """Return whether the line above ends a sentence or is a row: what stands below it may belong to it."""
        return at > 0 and bool(SENTENCE_END.search(self.lines[at - 1].text) or self.shapes[at - 1] in TABLE)

    def follows_headline(self, at: int) -> bool:
        """Return whether a blank line, or one line between blank lines, stands above the line, and no running text."""
        above = self.lines[:at][-2:]
        if not above or self.is_inside_sentence(at) or self.shapes[at - 1] not in ("plain", "words"):
            return False
        return self.lines[at].gap or len(above) == 1 or above[-1].gap

    def is_running_text(self, at: int, end: int) -> bool:
        """Return whether the lines are rather lines of a paragraph that their column has cut: they stand inside a
        sentence, or the last of them is as wide as the line below it, which is no headline."""
        lines = self.lines
        if self.is_inside_sentence(at):
            return True
        if end == len(lines) or lines[end].gap or lines[end].indented or self.shapes[end] not in ("", "plain"):
            return False
        if opens_story(lines[end]) or self.is_headline(end):
            return False
        return lines[end - 1].width > lines[end].width - 3.5

    def is_inside_sentence(self, at: int) -> bool:
        """Return whether the text above the line ends no sentence."""
        above = self.lines[max(0, at - LEAD_LINES) : at]
        return bool(
            above and not SENTENCE_END.search(above[-1].text) and any(_MARK_INSIDE.search(line.text) for line in above)
        )

    def is_headline(self, at: int) -> bool:
        """Return whether the line is a headline: it is short, ends no sentence, and a story opens below it."""
        line = self.lines[at]
        if at + 1 >= len(self.lines) or line.width > _HEADLINE_WIDTH or re.search(r"[，,。、；;：:]", line.text):
            return False
        below = self.lines[at + 1]
        return opens_story(below) or (below.width > _MUCH_WIDER * line.width and not below.gap)

    def may_be_item(self, at: int) -> bool:
        """Return whether the line may be an item of a list that is led in."""
        line, shape = self.lines[at], self.shapes[at]
        return bool(shape and not (shape == "plain" and is_other(line, shape))) or (
            not line.gap and bool(NUMBER.fullmatch(line.text))
        )


def are_alike(shape: Shape, other: Shape) -> bool:
    return (
        shape == other
        or (shape in TABLE and (other in TABLE or other == "byline"))
        or {shape, other} == {"figures", "score"}
    )


def opens_story(line: Line | None) -> bool:
    return line is not None and bool(
        DATELINE.match(line.text) or SIGNATURE.match(line.text) or byline_names(line.text) is not None
    )
