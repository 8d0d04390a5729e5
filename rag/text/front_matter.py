"""The front matter of a Markdown text: the YAML between two lines of dashes at its top."""

from __future__ import annotations

import re

FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?=[\w\"' ]+:)(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S | re.M)


def front_matter_length(text: str) -> int:
    """Return the number of characters of the front matter; 0 without front matter."""
    match = FRONT_MATTER.match(text)
    return match.end() if match else 0
