"""Articles -> articles, each part that goes on on another page (下转2版) joined with its continuation (上接1版)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from rag.schema import Article, Run
from rag.text.filters import page_key

_ALIKE_HEADLINES = 0.6  # share of the shorter headline's bigrams that the other has too
_COHERENT_TEXTS = 0.05  # share of weighted bigrams in common: nine in ten places inside a story have as much


@dataclass(frozen=True, slots=True)
class _Part:
    """An article with a jump line, and the bigrams of its headline and text. ``place`` is its position."""

    place: int
    article: Article
    title: frozenset[str]
    text: frozenset[str]

    @property
    def page(self) -> str:
        return page_key(self.article.page)

    @property
    def issue(self) -> tuple[str, str]:
        """The folder of the file and the date: the parts of one story have both in common."""
        return str(PurePosixPath(self.article.file).parent), self.article.date


def join(articles: Sequence[Article]) -> list[Article]:
    """Return the articles with each continuation added to the part before it, as paragraphs of their own.

    Two parts belong together if the first names the page where it goes on and the second the page from which it comes,
    if their known pages, dates and newspapers agree, and if either their headlines are alike, or a page is known and
    their words agree. If several pairs are possible, the likeliest is joined first.
    """
    parts = [
        _Part(i, a, _bigrams(a.title), _bigrams(a.text)) for i, a in enumerate(articles) if a.goes_on or a.comes_from
    ]
    counts = Counter(gram for part in parts for gram in part.text)
    weights = {gram: math.log((len(parts) + 1) / n) for gram, n in counts.items()}
    pairs = [(_likeness(a, b, weights), a.place, b.place) for a, b in _possible_pairs(parts)]
    following: dict[int, int] = {}
    taken: set[int] = set()
    for likeness, first, second in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if likeness > 0 and first not in following and second not in taken and not _leads_to(following, second, first):
            following[first] = second
            taken.add(second)
    joined: list[Article] = []
    for place, article in enumerate(articles):
        if place in taken:
            continue
        while place in following:
            place = following[place]
            article = _with_continuation(article, articles[place])
        joined.append(article)
    return joined


def _possible_pairs(parts: Sequence[_Part]) -> list[tuple[_Part, _Part]]:
    """The pairs whose headlines share a bigram, and the pairs of one issue whose pages agree."""
    by_word: dict[str, list[_Part]] = defaultdict(list)
    by_page: dict[tuple[tuple[str, str], str, str], list[_Part]] = defaultdict(list)
    for part in parts:
        if part.article.comes_from:
            for gram in sorted(part.title):
                by_word[gram].append(part)
            by_page[part.issue, "on", part.page].append(part)
            by_page[part.issue, "from", part.article.comes_from].append(part)
    pairs: dict[tuple[int, int], tuple[_Part, _Part]] = {}
    for part in parts:
        if part.article.goes_on:
            others = [other for gram in sorted(part.title) for other in by_word.get(gram, ())]
            others += by_page.get((part.issue, "on", part.article.goes_on), [])
            others += by_page.get((part.issue, "from", part.page), []) if part.page else []
            pairs |= {(part.place, other.place): (part, other) for other in others if other.place != part.place}
    return list(pairs.values())


def _likeness(first: _Part, second: _Part, weights: Mapping[str, float]) -> float:
    """How likely ``second`` continues ``first``; 0 if it does not."""
    a, b = first.article, second.article
    if any(
        one and other and one != other
        for one, other in ((second.page, a.goes_on), (first.page, b.comes_from), (a.date, b.date), (a.source, b.source))
    ):
        return 0.0
    pages_known = bool(first.page) + bool(second.page)
    least = min(len(first.title), len(second.title))
    titles = len(first.title & second.title) / least if least else 0.0
    sums = [
        sum(weights[gram] for gram in sorted(grams)) for grams in (first.text, second.text, first.text & second.text)
    ]
    words = sums[2] / min(sums[:2]) if min(sums[:2]) else 0.0
    if titles >= _ALIKE_HEADLINES:
        return 2.0 + titles + words + pages_known
    return words + pages_known if pages_known and words >= _COHERENT_TEXTS else 0.0


def _leads_to(following: Mapping[int, int], start: int, goal: int) -> bool:
    while start in following:
        start = following[start]
        if start == goal:
            return True
    return False


def _with_continuation(first: Article, second: Article) -> Article:
    start = len(first.text) + 1
    runs = tuple(
        Run(
            run.start + start,
            run.source_start,
            run.length,
            run.file or ("" if second.file == first.file else second.file),
        )
        for run in second.runs
    )
    return replace(
        first,
        title=first.title or second.title,
        byline=tuple(dict.fromkeys(first.byline + second.byline)),
        text=f"{first.text}\n{second.text}",
        runs=first.runs + runs,
        goes_on=second.goes_on,
    )


def _bigrams(text: str) -> frozenset[str]:
    letters = re.sub(r"\W+", "", unicodedata.normalize("NFKC", text))
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))
