"""Article -> passages of whole sentences, each with its exact place in the article's text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from langchain_text_splitters import TextSplitter

from rag.schema import Article, Passage

MAX_CHARS = 400
_TARGET = 320
_END = re.compile(r"(?:[。！？!?]+|\.(?=\s+[A-Z\"“]|\s*$))[”’」』》）)\]\"']*|\n+")
_ATTRIBUTION = re.compile(r"[^“”\n]{1,28}(?:说|表示|介绍|认为|建议|指出|道|坦言|告诉\w{1,4})[^“”\n]{0,8}[。.]")
_CLAUSE = re.compile(r"(?<=[；;，,、：:])")

TokenCounter = Callable[[Sequence[str]], list[int]]


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


def passages_of(article: Article, max_tokens: int, count_tokens: TokenCounter) -> list[Passage]:
    """The article's passages in order. None exceeds ``MAX_CHARS`` characters, nor, with its headline,
    ``max_tokens`` tokens: the model would not see the rest."""
    heading = article.title[:80]
    while heading and count_tokens([heading])[0] > max_tokens // 3:
        heading = heading[: len(heading) // 2]
    passages: list[Passage] = []
    at = 0
    for piece in PassageSplitter().split_text(article.text):
        passages += _passage(article, heading, at, at + len(piece))
        at += len(piece)
    while True:
        counts = count_tokens([passage.context for passage in passages])
        if all(count <= max_tokens or len(p.text) == 1 for count, p in zip(counts, passages, strict=True)):
            return passages
        passages = [
            part
            for count, p in zip(counts, passages, strict=True)
            for part in ([p] if count <= max_tokens or len(p.text) == 1 else _halves(article, p))
        ]


def _passage(article: Article, heading: str, start: int, end: int) -> list[Passage]:
    """The passage without the white space around it, or none if there is nothing else."""
    text = article.text[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    identifier = f"{article.article_id}:{start}-{start + len(text)}"
    return [Passage(identifier, article.article_id, text, start, start + len(text), heading)] if text else []


def _halves(article: Article, passage: Passage) -> list[Passage]:
    middle = (passage.start + passage.end) // 2
    boundaries = [passage.start + end for _, end in sentences(passage.text)][:-1]
    cut = min(boundaries, key=lambda b: abs(b - middle), default=middle)
    return (_passage(article, passage.heading, passage.start, cut)
            + _passage(article, passage.heading, cut, passage.end))
