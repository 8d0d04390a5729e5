"""Article -> passages of at most 400 characters. The model sees each passage in full.

A passage that begins inside a table has the header of the table in its heading.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from langchain_text_splitters import TextSplitter

from rag.schema import Article, Passage
from rag.text.rows import STROKES, heading_of
from rag.text.sentences import sentences

MAX_CHARS = 400
_TARGET = 320
_CLAUSE = re.compile(rf"(?<=[；;，,、：:\t{STROKES}])")

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
    headings = _Headings(article, max_tokens // 3, count_tokens)
    passages: list[Passage] = []
    at = 0
    for piece in PassageSplitter().split_text(article.text):
        passages += _passage(article, headings, at, at + len(piece))
        at += len(piece)
    while True:
        counts = count_tokens([passage.context for passage in passages])
        if all(count <= max_tokens or len(p.text) == 1 for count, p in zip(counts, passages, strict=True)):
            return passages
        passages = [
            part
            for count, p in zip(counts, passages, strict=True)
            for part in ([p] if count <= max_tokens or len(p.text) == 1 else _halves(article, headings, p))
        ]


class _Headings:
    """The headings of an article's passages, each at most ``limit`` tokens and a prefix of ``heading_of``."""

    def __init__(self, article: Article, limit: int, count_tokens: TokenCounter) -> None:
        self._article = article
        self._limit = limit
        self._count_tokens = count_tokens
        self._fitting: dict[str, str] = {}

    def at(self, start: int) -> str:
        """Return the heading of the passage that begins at ``start``."""
        full = heading_of(self._article.title, self._article.text, start)
        if full not in self._fitting:
            self._fitting[full] = self._fit(full)
        return self._fitting[full]

    def _fit(self, heading: str) -> str:
        if self._count_tokens([heading])[0] > self._limit:
            heading = self._article.title[:80]  # without the header of a table
        while heading and self._count_tokens([heading])[0] > self._limit:
            heading = heading[: len(heading) // 2]
        return heading


def _passage(article: Article, headings: _Headings, start: int, end: int) -> list[Passage]:
    """Return the passage without the white space around it, or nothing if there is only white space."""
    text = article.text[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    identifier = f"{article.article_id}:{start}-{start + len(text)}"
    if not text:
        return []
    return [Passage(identifier, article.article_id, text, start, start + len(text), headings.at(start))]


def _halves(article: Article, headings: _Headings, passage: Passage) -> list[Passage]:
    middle = (passage.start + passage.end) // 2
    boundaries = [passage.start + end for _, end in sentences(passage.text)][:-1]
    cut = min(boundaries, key=lambda b: abs(b - middle), default=middle)
    return _passage(article, headings, passage.start, cut) + _passage(article, headings, cut, passage.end)
