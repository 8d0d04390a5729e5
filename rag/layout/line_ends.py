"""Where lines end: at the edge of their column, at the end of a sentence, or inside a sentence or a bracket."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.bylines import SIGNATURE
from rag.text.lines import CJK, Line, squeeze
from rag.text.stops import has_full_stop

SENTENCE_END = re.compile(r"(?:[。｡︒﹒．！？!?…；;：]|(?<=[A-Za-z0-9" + CJK + r"])\.)[”’」』》）)\]\"']*$")
SIGNED_END = re.compile(r"[。｡︒﹒．！？!?…][”’」』]*" + SIGNATURE.pattern + r"$")

OPEN_BRACKET = re.compile(r"[（(][^（()）]{0,40}$")


def opening_text(lines: Sequence[Line]) -> str:
    """Return the text of the first four lines."""
    return "".join(line.text for line in lines[:4])


def closing_text(lines: Sequence[Line]) -> str:
    """Return the text of the last four lines."""
    return "".join(line.text for line in lines[-4:])


def ends_sentence(lines: Sequence[Line]) -> bool:
    """Return whether the last line ends a sentence. The writer's name in brackets may follow the sentence."""
    return bool(SENTENCE_END.search(lines[-1].text) or SIGNED_END.search(squeeze(closing_text(lines))))


@dataclass(frozen=True, slots=True)
class Column:
    """The column of a line: its ``width`` in full-width characters, and how much shorter its full lines may be."""

    width: float
    slack: float

    def is_filled_by(self, line: Line, opens_paragraph: bool) -> bool:
        """Return whether the line fills the column. The first line of a paragraph may be two characters shorter:
        in print it is indented."""
        least = self.width - self.slack - (2.0 if opens_paragraph else 0.0)
        return line.width > 40 or (least <= line.width <= self.width + 3.5 and line.width >= 6)


def columns_of(lines: Sequence[Line]) -> list[Column]:
    """Return the column of each line: the 70th percentile of its neighbours' widths (seven lines on each side), and
    the 90th percentile of how far run-on lines of the page fall short of it, between 1 and 3.5 characters."""
    widths = [line.width for line in lines]
    upper = [_quantile(widths[max(0, i - 7) : i + 8], 0.7) for i in range(len(widths))]
    shortfalls = [
        upper[i] - line.width
        for i, (line, following) in enumerate(itertools.pairwise(lines))
        if not following.gap and not SENTENCE_END.search(line.text)
    ]
    slack = min(3.5, max(1.0, _quantile(shortfalls, 0.9))) if shortfalls else 3.5
    return [Column(width, slack) for width in upper]


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def has_gaps_in_sentences(lines: Sequence[Line]) -> bool:
    """Return whether blank lines stand inside sentences of the page, where a column ended or a picture stood."""
    return any(
        line.gap
        and not ends_sentence(before := lines[max(0, i - 4) : i])
        and not any(other.gap for other in before[1:])
        and any(has_full_stop(other.text) for other in before)
        and before[-1].width > max(other.width for other in before) - 2
        for i, line in enumerate(lines)
        if i
    )
