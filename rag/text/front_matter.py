"""The front matter of a Markdown text: YAML between two lines of dashes, or TOML between two of plus signs, at its top."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOP = r"\A\ufeff?(?:[ \t\r\n]*[\r\n])?"  # blank lines may stand above it
_LINE_END = re.compile(r"\r\n?|\n")
_END = r"[ \t]*(?:\r\n?|\n|\Z)"
_YAML = re.compile(rf"{_TOP}---[ \t]*(?:\r\n?|\n)(?=[\w\"' ]+:)(.*?)(?<=[\r\n])(?:---|\.\.\.){_END}", re.S)
_TOML = re.compile(rf"{_TOP}\+\+\+[ \t]*(?:\r\n?|\n)(.*?)(?<=[\r\n])\+\+\+{_END}", re.S)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """``text`` is what stands between the two lines, each line ended by a newline. ``line`` is the line of the file at
    which it begins, counted from 1. ``end`` is the offset at which the rest of the file begins."""

    text: str
    line: int
    end: int
    is_toml: bool


def front_matter_of(text: str) -> FrontMatter | None:
    """Return the front matter of a text, None if it has none."""
    for pattern in (_YAML, _TOML):
        if match := pattern.match(text):
            above = len(_LINE_END.findall(text[: match.start(1)]))
            return FrontMatter(_LINE_END.sub("\n", match[1]), above + 1, match.end(), pattern is _TOML)
    return None


def front_matter_length(text: str) -> int:
    """Return the number of characters of the front matter; 0 without front matter."""
    found = front_matter_of(text)
    return found.end if found else 0
