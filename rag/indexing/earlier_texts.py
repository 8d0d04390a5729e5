"""Bands -> texts that the index has already, to compare new articles with: see ``rag.index.reprints``."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag.index.article_store import ArticleStore
from rag.index.reprints import CROWD, Bands, PrintedText

SegmentTexts = tuple[ArticleStore, Collection[int]]
"""The articles of a segment, and the rows that are removed."""


def earlier_texts(segments: Sequence[SegmentTexts], bands: Bands) -> list[list[PrintedText]]:
    """Return for each band the texts that have it, those of the last segment first."""
    found: list[list[PrintedText]] = [[] for _ in bands]
    for store, removed in reversed(segments):
        for texts, here in zip(found, texts_left(store, bands, removed), strict=True):
            texts += [PrintedText(key, store.article, row) for key, row in here]
    return found


def texts_left(store: ArticleStore, bands: Bands, removed: Collection[int]) -> list[list[tuple[int, int]]]:
    """As ``ArticleStore.texts_in``, without removed articles: CROWD texts for each band, if there are so many."""
    most = CROWD
    while True:
        found = store.texts_in(bands, most)
        left = [
            [(text, row) for text, first in texts for row in _first_left(store, text, first, removed)][:CROWD]
            for texts in found
        ]
        if all(len(texts) < most or len(kept) == CROWD for texts, kept in zip(found, left, strict=True)):
            return left
        most *= 4


def _first_left(store: ArticleStore, text: int, row: int, removed: Collection[int]) -> list[int]:
    """Return the row; if it is removed, another row with the same text, or nothing."""
    return (
        [row] if row not in removed else [other for other, _ in store.articles_with(text) if other not in removed][:1]
    )
