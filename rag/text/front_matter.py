"""The front matter of a Markdown text: YAML between two lines of dashes, or TOML between two of plus signs, at its top."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOP = r"\A\ufeff?(?:[ \t]*(?:\r\n?|\n))*"  # blank lines may stand above it
_END = r"[ \t]*(?:\r\n?|\n|\Z)"
_YAML = re.compile(rf"{_TOP}---[ \t]*(?:\r\n?|\n)(?=[\w\"' ]+:)(.*?)^(?:---|\.\.\.){_END}", re.S | re.M)
_TOML = re.compile(rf"{_TOP}\+\+\+[ \t]*(?:\r\n?|\n)(.*?)^\+\+\+{_END}", re.S | re.M)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """``text`` is what stands between the two lines, ``line`` the line of the file at which it begins, counted from 1.
    ``end`` is the offset at which the rest of the file begins."""

    text: str
    line: int
    end: int
    is_toml: bool


def front_matter_of(text: str) -> FrontMatter | None:
    """Return the front matter of a text, None if it has none."""
    for pattern in (_YAML, _TOML):
        if match := pattern.match(text):
            above = len(re.findall(r"\r\n?|\n", text[: match.start(1)]))
            return FrontMatter(match[1], above + 1, match.end(), pattern is _TOML)
    return None


def front_matter_length(text: str) -> int:
    """Return the number of characters of the front matter; 0 without front matter."""
    found = front_matter_of(text)
    return found.end if found else 0
