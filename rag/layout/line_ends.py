"""Where lines end: at the edge of their column, at the end of a sentence, in its middle."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.bylines import SIGNATURE
from rag.text.lines import Line, squeeze

TERMINAL = re.compile(r"(?:[。！？!?…；;：]|(?<=[A-Za-z0-9])\.)[”’」』》）)\]\"']*$")
SIGNED = re.compile(r"[。！？!?…][”’」』]*" + SIGNATURE.pattern + r"$")


def head_of(lines: Sequence[Line]) -> str:
    return "".join(line.text for line in lines[:4])


def tail_of(lines: Sequence[Line]) -> str:
    return "".join(line.text for line in lines[-4:])


def closes(lines: Sequence[Line]) -> bool:
    """Whether the last of these lines closes a sentence, be it before the writer's name in brackets."""
    return bool(TERMINAL.search(lines[-1].text) or SIGNED.search(squeeze(tail_of(lines))))


@dataclass(frozen=True, slots=True)
class Column:
    """The column that a line stands in: its ``width`` and how much shorter its lines may fall."""

    width: float
    slack: float

    def is_full(self, line: Line, opens: bool) -> bool:
        """Whether the line fills it; the first of a paragraph may be indented by two in print."""
        least = self.width - self.slack - (2.0 if opens else 0.0)
        return line.width > 40 or (least <= line.width <= self.width + 3.5 and line.width >= 6)


def columns_of(lines: list[Line]) -> list[Column]:
    """The width that seven in ten of a line's neighbours keep to, and by how much nine in ten of the lines
    that go on in the next fall short of it."""
    widths = [line.width for line in lines]
    upper = [_quantile(widths[max(0, i - 7) : i + 8], 0.7) for i in range(len(widths))]
    short = [
        upper[i] - a.width
        for i, (a, b) in enumerate(itertools.pairwise(lines))
        if not b.gap and not TERMINAL.search(a.text)
    ]
    slack = min(3.5, max(1.0, _quantile(short, 0.9))) if short else 3.5
    return [Column(width, slack) for width in upper]


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def is_torn(lines: Sequence[Line]) -> bool:
    """Whether the page has blank lines in mid-sentence, where a column ended or a picture stood."""
    return any(
        line.gap
        and not closes(near := lines[max(0, i - 4) : i])
        and not any(n.gap for n in near[1:])
        and any("。" in n.text for n in near)
        and near[-1].width > max(n.width for n in near) - 2
        for i, line in enumerate(lines)
        if i
    )
