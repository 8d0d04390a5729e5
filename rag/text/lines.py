"""Page -> lines, each with its place in the text; and text without the blanks that typesetting puts into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_BLANKS = " \t\u3000\u00a0\ufeff\u200b"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: ``text[start:end]`` of the page, stripped.

    ``indented``: it begins with blanks. ``gap``: a blank line stands above it; ``blanks`` counts them. ``width`` is in
    full-width characters. ``level`` is 1 to 6 for a Markdown heading, else 0. The marks of a heading or of a line in
    bold are left out.
    """

    start: int
    end: int
    text: str
    indented: bool
    gap: bool
    width: float
    blanks: int = 0
    level: int = 0


def squeeze(text: str) -> str:
    """Return the text without blanks beside a Chinese character or full-width sign, and single ones between Latin words."""
    words = text.split()
    return "".join(
        (" " if i and words[i - 1][-1] < "\u0250" and word[0] < "\u0250" else "") + word for i, word in enumerate(words)
    )


def kept_characters(text: str) -> Iterator[tuple[int, bool]]:
    """Yield (index, is_blank) of the characters that ``squeeze`` keeps: all that are not white space, and one blank for
    a run of white space if both neighbours are Latin letters, digits or ASCII signs."""
    previous = -1
    for i, c in enumerate(text):
        if c.isspace():
            continue
        if previous >= 0 and i - previous > 1 and text[previous] < "\u0250" and c < "\u0250":
            yield previous + 1, True
        yield i, False
        previous = i


def lines_of(text: str) -> list[Line]:
    """Return the lines of a page that are not blank."""
    lines: list[Line] = []
    ended = 0
    for match in re.finditer(r"[^\r\n\f\v\u2028\u2029]+", text):
        raw = match.group()
        stripped = raw.strip(_BLANKS)
        if not stripped:
            continue
        start = match.start() + raw.index(stripped)
        blanks = len(re.findall(r"\r\n|[\n\f\v\r]", text[ended : match.start()])) - 1
        ended = match.start() + len(raw.rstrip(_BLANKS))
        level = 0
        if heading := re.fullmatch(r"(#{1,6})\s+(.*?)(?:\s+#+)?", stripped):
            level, stripped = len(heading.group(1)), heading.group(2)
            start += heading.start(2)
        if strong := re.fullmatch(r"(\*{1,3})([^*\s](?:[^*]*[^*\s])?)\1", stripped):
            stripped = strong.group(2)
            start += strong.start(2)
        width = sum(1.0 if c > "\u2e7f" or c in "“”‘’—…·" else 0.5 for c in squeeze(stripped))
        lines.append(
            Line(
                start,
                start + len(stripped),
                stripped,
                raw[0] in " \t\u3000\u00a0",
                blanks > 0,
                width,
                max(0, blanks),
                level,
            )
        )
    return lines
