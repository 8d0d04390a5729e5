"""A segment as a generation sees it: without the articles and files that were removed since it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import merge

import numpy as np

from rag.index.generation import Removed
from rag.index.segment import Segment
from rag.schema import Article, File
from rag.vectors.store import Mask


class LiveSegment:
    """``articles`` (n,) and ``passages`` (m,) say which rows of the segment the generation has."""

    def __init__(self, segment: Segment, removed: Removed) -> None:
        self.segment = segment
        self.removed = removed
        self.articles: Mask = np.ones(segment.store.size, bool)
        self.articles[removed.articles] = False
        self.passages: Mask = segment.passages_of(self.articles)

    def records(self, home: str = "") -> list[tuple[int, File]]:
        """Return (row, record) of the files, or of the file named ``home``."""
        removed = set(self.removed.files.tolist())
        return [(row, file) for row, file in self.segment.store.records(home) if row not in removed]

    def row_of(self, article_id: str) -> int:
        """Return the row of an article, or -1."""
        row = self.segment.store.row_of(article_id)
        return row if row >= 0 and self.articles[row] else -1

    def articles_with(self, text: int) -> list[tuple[int, str]]:
        """Return (row, id) of the articles that have this text."""
        return [(row, name) for row, name in self.segment.store.articles_with(text) if self.articles[row]]

    def twins_of(self, text: int) -> set[int]:
        """Return the other texts that articles record as twins of this one."""
        return {other for row, other in self.segment.store.twins_of(text) if self.articles[row]}


class Articles(Mapping[str, Article]):
    """The articles of several segments by id, in the order of their files. Each knows its copies."""

    def __init__(self, segments: Sequence[LiveSegment]) -> None:
        self._segments = segments

    def __getitem__(self, article_id: str) -> Article:
        for live in self._segments:
            if (row := live.row_of(article_id)) >= 0:
                return self.at(live, row)
        raise KeyError(article_id)

    def __iter__(self) -> Iterator[str]:
        listings = (
            [(home, place, name) for home, place, name, row in live.segment.store.listing() if live.articles[row]]
            for live in self._segments
        )
        return (name for _, _, name in merge(*listings))

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(live.articles)) for live in self._segments)

    def at(self, live: LiveSegment, row: int) -> Article:
        """Return the article in a row of a segment."""
        article = live.segment.store.article(row)
        text = live.segment.store.text_of(row)
        if text is None:
            return article
        texts = {text}.union(*(other.twins_of(text) for other in self._segments))
        copies = sorted(
            name
            for other in self._segments
            for key in texts
            for at, name in other.articles_with(key)
            if (other, at) != (live, row)
        )
        return replace(article, copies=tuple(copies)) if copies else article
