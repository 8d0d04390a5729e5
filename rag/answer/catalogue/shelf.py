"""The articles of an opened index as a catalogue sees them: numbered, counted, found by headline, writer, day and word.

Articles are numbered from the first segment to the last. Counts come from columns in memory and from postings; texts
are read only for the articles that are shown or compared with a headline.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

import numpy as np
import rjieba
from numpy.typing import NDArray

from rag.answer.catalogue.columns import Columns, columns_of, writers_of
from rag.index.live_segment import Articles
from rag.index.snapshot import Index
from rag.schema import EVERYTHING, Article, Filter, Hit, Passage
from rag.text.filters import folded
from rag.text.scripts import IDEOGRAPH
from rag.text.terms import normalise, tokens
from rag.vectors.store import Mask
from rag.words.bm25 import top
from rag.words.syllables import readings

Numbers = NDArray[np.int64]
READ = 300
"""The most articles that are read to answer one question."""
_CANDIDATES = 60  # articles compared with a headline
_REMEMBERED = 1000  # articles kept in memory: 5 MB
_LONGEST_NAME = 4  # characters of a Chinese writer whose name is spelled in Latin letters
_CHINESE = re.compile(f"[{IDEOGRAPH}]+")
_NO_HEADLINE = re.compile(r"\W+")
_PARTS = re.compile(r"[\s—–,，、:：;；!！。]+")


class Shelf:
    """Finds and counts the articles of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._articles = Articles(index.live_segments)
        self._read: dict[int, Article] = {}
        self._starts = [0, *itertools.accumulate(live.segment.store.size for live in index.live_segments)]

    @cached_property
    def _columns(self) -> list[Columns]:
        return [columns_of(live.segment.folder) for live in self._index.live_segments]

    @cached_property
    def since(self) -> NDArray[np.int32]:
        """The first day of each article as a number, 99999999 without a date."""
        return np.concatenate([np.zeros(0, np.int32), *(c.since for c in self._columns)])

    @cached_property
    def until(self) -> NDArray[np.int32]:
        """The last day of each article as a number, 0 without a date."""
        return np.concatenate([np.zeros(0, np.int32), *(c.until for c in self._columns)])

    @cached_property
    def newspapers(self) -> tuple[str, ...]:
        """The names of all newspapers, as filters compare them, the longest first."""
        return tuple(sorted(filter(None, self.sources(self.passing(EVERYTHING))), key=lambda name: (-len(name), name)))

    def passing(self, only: Filter) -> Numbers:
        """Return the articles that pass a filter, ascending."""
        found = []
        for start, live in zip(self._starts, self._index.live_segments, strict=False):
            rows = np.flatnonzero(live.articles) if only == EVERYTHING else live.segment.store.rows_passing(only)
            found.append(np.sort(rows[live.articles[rows]]) + start)
        return np.concatenate([np.zeros(0, np.int64), *found])

    def sources(self, among: Numbers) -> dict[str, int]:
        """Return the newspapers, as filters compare them, with the number of their articles, the most first."""
        return self._counted(among, "source", "sources")

    def printed(self, newspaper: str) -> str:
        """Return the name of a newspaper as one of its articles has it."""
        for start, columns in zip(self._starts, self._columns, strict=False):
            if newspaper in columns.sources:
                row = int(np.argmax(columns.source == columns.sources.index(newspaper)))
                return self.article(start + row).source
        return newspaper

    def kinds(self, among: Numbers) -> dict[str, int]:
        """Return the kinds of articles with their numbers."""
        return self._counted(among, "kind", "kinds")

    def without_notices(self, among: Numbers) -> Numbers:
        """Return the articles that are no public notices or advertisements."""
        notices = [
            columns.kind == columns.kinds.index("notice")
            if "notice" in columns.kinds
            else np.zeros(len(columns.kind), bool)
            for columns in self._columns
        ]
        is_notice: Mask = np.concatenate([np.zeros(0, bool), *notices])
        return among[~is_notice[among]]

    def with_words(self, words: Sequence[str]) -> Numbers:
        """Return the articles that have all of the words, in the headline or in the text."""
        found: Numbers | None = None
        for word in words:
            holding = self._with_word(word)
            found = holding if found is None else np.intersect1d(found, holding)
        return np.zeros(0, np.int64) if found is None else found

    def nearest(self, text: str, among: Numbers, most: int = _CANDIDATES) -> list[int]:
        """Return the articles with the words of a text, the one that has most of them first."""
        scores = self._index.bm25.scores(tokens(text))
        inside = np.zeros(self._starts[-1], bool)
        inside[among] = True
        found = (self._article_of(int(row)) for row in top(scores, 4 * most))
        return list(dict.fromkeys(number for number in found if inside[number]))[:most]

    def article(self, number: int) -> Article:
        """Return an article by its number, with its copies."""
        found = self._read.get(number)
        if found is None:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            at = int(np.searchsorted(self._starts, number, "right")) - 1
            found = self._articles.at(self._index.live_segments[at], number - self._starts[at])
            self._read[number] = found
        return found

    def hit(self, article: Article, start: int, end: int) -> Hit:
        """Return ``article.text[start:end]`` as a passage that was found."""
        name = f"{article.article_id}:{start}-{end}"
        return Hit(Passage(name, article.article_id, article.text[start:end], start, end), article, 0.0, 0.0, 0.0)

    def idf(self, term: str) -> float:
        """Return the weight of a term."""
        return self._index.bm25.idf(term)

    def writers(self, among: Numbers) -> dict[str, int]:
        """Return the writers with the number of their articles, the most first."""
        counts: dict[str, int] = {}
        inside = np.zeros(self._starts[-1], bool)
        inside[among] = True
        for start, live in zip(self._starts, self._index.live_segments, strict=False):
            of_segment = writers_of(live.segment.folder)
            rows = of_segment.name[inside[of_segment.row + start]]
            for name, count in zip(of_segment.names, np.bincount(rows, minlength=len(of_segment.names)), strict=True):
                if count:
                    counts[name] = counts.get(name, 0) + int(count)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def spelled(self) -> dict[str, list[str]]:
        """The writers by their names in Latin letters, in both orders: hujiaying and jiayinghu."""
        found: dict[str, list[str]] = {}
        for name in {name for live in self._index.live_segments for name in writers_of(live.segment.folder).names}:
            if not 1 < len(name) <= _LONGEST_NAME:
                continue
            for sounds in itertools.product(*(list(readings(character))[:2] for character in name)):
                for at in (0, 1, 2):
                    found.setdefault("".join(sounds[at:] + sounds[:at]), []).append(name)
        return found

    def is_writer(self, name: str) -> bool:
        """Return whether a name stands in the byline of an article."""
        return 1 < len(folded(name)) <= 20 and len(self.passing(Filter(byline=name))) > 0

    def _counted(self, among: Numbers, column: str, names: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for (start, end), columns in zip(itertools.pairwise(self._starts), self._columns, strict=True):
            rows = among[(among >= start) & (among < end)] - start
            counts = np.bincount(getattr(columns, column)[rows], minlength=len(getattr(columns, names)))
            for name, count in zip(getattr(columns, names), counts.tolist(), strict=True):
                if count:
                    found[name] = found.get(name, 0) + count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def _with_word(self, word: str) -> Numbers:
        """A word of several characters is found by its pairs, which a few articles have apart: those few are read."""
        terms = [term for term in tokens(word) if len(term) <= 2 or term.isascii()]
        if not terms:
            return np.zeros(0, np.int64)
        passages = self._index.bm25.passages_with(terms)
        if len(terms) > 1 and len(passages) <= READ:
            normal = normalise(word)
            passages = np.array(
                [row for row in passages.tolist() if normal in normalise(self._index.passages[row].context)], np.int64
            )
        found = []
        for at, live in enumerate(self._index.live_segments):
            first, last = np.searchsorted(passages, [self._index.starts[at], self._index.starts[at + 1]])
            rows = passages[first:last] - self._index.starts[at]
            found.append(np.searchsorted(live.segment.first_passages, rows, "right") - 1 + self._starts[at])
        return np.unique(np.concatenate([np.zeros(0, np.int64), *found]))

    def _article_of(self, passage: int) -> int:
        at = int(np.searchsorted(self._index.starts, passage, "right")) - 1
        return self._starts[at] + self._index.live_segments[at].segment.article_of(passage - self._index.starts[at])


@lru_cache(maxsize=5000)
def headline_key(text: str) -> str:
    """Return a headline in the form that is compared: without marks and blanks."""
    return _NO_HEADLINE.sub("", normalise(text))


def headline_parts(title: str) -> Iterator[str]:
    """Yield the keys of the lines that a headline is set in."""
    return filter(None, map(headline_key, _PARTS.split(title)))


def words_of(text: str) -> list[str]:
    """Return the words of a topic: Chinese ones of two and more characters, Latin ones, numbers."""
    normal = normalise(text)
    chinese = [word for run in _CHINESE.findall(normal) for word in rjieba.cut(run) if len(word) > 1]
    return list(dict.fromkeys([*chinese, *re.findall(r"[a-z0-9]{2,}", normal)]))
