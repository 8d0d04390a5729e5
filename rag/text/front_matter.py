"""The front matter of a Markdown text."""

from __future__ import annotations

import re

FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?=[\w\"' ]+:)(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S | re.M)


def front_matter(text: str) -> int:
    """How many characters of a Markdown text its front matter takes; 0 where it has none."""
    match = FRONT_MATTER.match(text)
    return match.end() if match else 0
