"""Article -> passages of at most 400 characters. The model sees each passage in full."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from langchain_text_splitters import TextSplitter

from rag.schema import Article, Passage
from rag.text.sentences import sentences

MAX_CHARS = 400
_TARGET = 320
_CLAUSE = re.compile(r"(?<=[；;，,、：:])")

TokenCounter = Callable[[Sequence[str]], list[int]]


class PassageSplitter(TextSplitter):
    """LangChain's splitter interface over full sentences. Pieces have at most ``MAX_CHARS`` characters, and their concatenation is
    the text."""

    def __init__(self) -> None:
        super().__init__(chunk_size=MAX_CHARS, chunk_overlap=0, strip_whitespace=False)

    def split_text(self, text: str) -> list[str]:
        cuts = [0]
        for start, end in _pieces(text):
            if (
                end - cuts[-1] > _TARGET
                and start > cuts[-1]
                and (end - cuts[-1] > MAX_CHARS or start - cuts[-1] >= _TARGET // 2)
            ):
                cuts.append(start)
        cuts.append(len(text))
        return [text[a:b] for a, b in itertools.pairwise(cuts) if b > a]


def _pieces(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence. A sentence that is longer than a passage is cut into its clauses, or at any character.

    Each piece reaches to the start of the next one: nothing lies between them."""
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
    """Return the article's passages in order.

    A passage has at most ``MAX_CHARS`` characters and, with its headline, ``max_tokens`` tokens: the model would not see the
    rest."""
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
    """Return the passage without the white space around it, or nothing if there is only white space."""
    text = article.text[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    identifier = f"{article.article_id}:{start}-{start + len(text)}"
    return [Passage(identifier, article.article_id, text, start, start + len(text), heading)] if text else []


def _halves(article: Article, passage: Passage) -> list[Passage]:
    middle = (passage.start + passage.end) // 2
    boundaries = [passage.start + end for _, end in sentences(passage.text)][:-1]
    cut = min(boundaries, key=lambda b: abs(b - middle), default=middle)
    return _passage(article, passage.heading, passage.start, cut) + _passage(article, passage.heading, cut, passage.end)
