"""Why a line of a page is in no article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LeftOutWhy = Literal[
    "page furniture", "jump line", "headline without text", "byline without article", "text without article",
    "not marked", "front matter",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line of a page that is in no article, without the blanks around it: ``page.text[start:end]``, and the reason."""

    start: int
    end: int
    why: LeftOutWhy
