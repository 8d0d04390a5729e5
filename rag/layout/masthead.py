"""The lines at the edges of a page -> the newspaper's name and the page's number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.lines import Line, squeeze

_NAME = re.compile(
    r"[\u4e00-\u9fff·]{2,8}(?:日报|晚报|早报|晨报|时报|周报|商报|都市报|青年报|新闻报|政协报)(?:·[\u4e00-\u9fff]{1,6})?"
)
_NUMBER = re.compile(r"第?([A-Z]?\d{1,3})版")
_TOP_LINES, _BOTTOM_LINES = 8, 4


@dataclass(frozen=True, slots=True)
class Masthead:
    """``page`` is ``03`` of a line 第03版. Both are empty where the page does not print them."""

    newspaper: str
    page: str


def masthead_of(lines: Sequence[Line]) -> Masthead:
    """Return the first newspaper name and the first page number that stand on a line alone."""
    edges = [squeeze(line.text) for line in (*lines[:_TOP_LINES], *lines[_TOP_LINES:][-_BOTTOM_LINES:])]
    newspaper = next((text for text in edges if _NAME.fullmatch(text)), "")
    page = next((match[1] for text in edges if (match := _NUMBER.fullmatch(text))), "")
    return Masthead(newspaper, page)
