"""Article -> passages of whole sentences, each with its exact place in the article's text."""

from __future__ import annotations

import itertools
import re

from langchain_text_splitters import TextSplitter

MAX_CHARS = 400
_TARGET = 320
_END = re.compile(r"(?:[。！？!?]+|\.(?=\s+[A-Z\"“]|\s*$))[”’」』》）)\]\"']*|\n+")
_ATTRIBUTION = re.compile(r"[^“”\n]{1,28}(?:说|表示|介绍|认为|建议|指出|道|坦言|告诉\w{1,4})[^“”\n]{0,8}[。.]")
_CLAUSE = re.compile(r"(?<=[；;，,、：:])")



def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open offsets of the sentences in order, white space around them left out. A closing
    ``……说。`` stays with the quotation it attributes."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [match.end() for match in _END.finditer(text)] + [len(text)]:
        inner = text[start:end]
        left, right = start + len(inner) - len(inner.lstrip()), start + len(inner.rstrip())
        if right > left:
            attributed = spans and text[spans[-1][1] - 1] in "”\"" and spans[-1][1] == left
            if attributed and _ATTRIBUTION.fullmatch(text[left:right]):
                spans[-1] = (spans[-1][0], right)
            else:
                spans.append((left, right))
        start = end
    return spans


class PassageSplitter(TextSplitter):
    """LangChain's splitter interface over whole sentences: pieces of at most ``MAX_CHARS``
    characters that, put together, are the text itself."""

    def __init__(self) -> None:
        super().__init__(chunk_size=MAX_CHARS, chunk_overlap=0, strip_whitespace=False)

    def split_text(self, text: str) -> list[str]:
        cuts = [0]
        for start, end in _pieces(text):
            if end - cuts[-1] > _TARGET and start > cuts[-1] and (
                    end - cuts[-1] > MAX_CHARS or start - cuts[-1] >= _TARGET // 2):
                cuts.append(start)
        cuts.append(len(text))
        return [text[a:b] for a, b in itertools.pairwise(cuts) if b > a]


def _pieces(text: str) -> list[tuple[int, int]]:
    """Sentences, and where one alone is longer than a passage, its clauses or plain cuts. Each piece
    reaches to the next one's start, so that nothing lies between them."""
    starts = [start for start, _ in sentences(text)] or [0]
    starts[0] = 0
    pieces: list[tuple[int, int]] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        if end - start <= MAX_CHARS:
            pieces.append((start, end))
            continue
        at = start
        for clause in _CLAUSE.split(text[start:end]):
            for offset in range(0, len(clause), MAX_CHARS):
                pieces.append((at + offset, at + min(offset + MAX_CHARS, len(clause))))
            at += len(clause)
    return pieces






