"""Text -> its sentences, each with its exact place in the text. A row of a table counts as a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.text.rows import row_spans
from rag.text.stops import STOP

_END = re.compile(rf"(?:(?:[！？!?]|{STOP})+|\.(?=\s+[A-Z\"“]|\s*$))[”’」』》）)\]\"']*|\n+")
_ATTRIBUTION = re.compile(r"[^“”\n]{1,28}(?:说|表示|介绍|认为|建议|指出|道|坦言|告诉\w{1,4})[^“”\n]{0,8}[。｡．.]")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the half-open offsets of the sentences in order, without the white space around them. A closing ``……说。``
    stays with the quotation that it attributes."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*_ends(text), len(text)]:
        inner = text[start:end]
        left, right = start + len(inner) - len(inner.lstrip()), start + len(inner.rstrip())
        if right > left:
            attributed = spans and text[spans[-1][1] - 1] in '”"' and spans[-1][1] == left
            if attributed and _ATTRIBUTION.fullmatch(text[left:right]):
                spans[-1] = (spans[-1][0], right)
            else:
                spans.append((left, right))
        start = end
    return spans


def _ends(text: str) -> Iterator[int]:
    """The offsets where sentences end; none inside a row."""
    rows = row_spans(text)
    row = next(rows, None)
    for match in _END.finditer(text):
        while row and row[1] <= match.start():
            row = next(rows, None)
        if not row or match.start() < row[0]:
            yield match.end()
