"""Article -> passages of at most 400 characters that the model sees whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.schema import Article, Passage
from rag.text.sentences import PassageSplitter, sentences

TokenCounter = Callable[[Sequence[str]], list[int]]


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
