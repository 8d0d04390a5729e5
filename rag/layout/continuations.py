"""Articles that go on on another page (下转 2 版) put together with what is printed there (上接 1 版)."""

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

_ALIKE = 0.6  # of the shorter headline's bigrams, in the longer one
_COHERENT = 0.05  # of one part's weighted bigrams, in the other: nine in ten places within a story have it


@dataclass(frozen=True, slots=True)
class _Part:
    """An article with a jump, and the bigrams of its headline and text."""

    place: int
    article: Article
    title: frozenset[str]
    text: frozenset[str]

    @property
    def page(self) -> str:
        return page_key(self.article.page)

    @property
    def issue(self) -> tuple[str, str]:
        """What the parts of one story have in common: the folder of their files and the date."""
        return str(PurePosixPath(self.article.file).parent), self.article.date


def join(articles: Sequence[Article]) -> list[Article]:
    """The articles with each continuation added to the part it goes on from, a paragraph break between.

    Two parts belong together when one names the page that it goes on and the other the page that it comes
    from, nothing known of them (page, date, newspaper) speaks against it, and either the headlines are alike,
    or a page agrees and the words do. Where several parts could, the likeliest pair is joined first.
    """
    parts = [
        _Part(i, a, _bigrams(a.title), _bigrams(a.text)) for i, a in enumerate(articles) if a.goes_on or a.comes_from
    ]
    counts = Counter(gram for part in parts for gram in part.text)
    weights = {gram: math.log((len(parts) + 1) / n) for gram, n in counts.items()}
    pairs = [(_likeness(a, b, weights), a.place, b.place) for a, b in _candidates(parts)]
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
            article = _put_together(article, articles[place])
        joined.append(article)
    return joined


def _candidates(parts: Sequence[_Part]) -> list[tuple[_Part, _Part]]:
    """The pairs worth weighing: those whose headlines share a word, and those of one issue whose pages agree."""
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
            near = [other for gram in sorted(part.title) for other in by_word.get(gram, ())]
            near += by_page.get((part.issue, "on", part.article.goes_on), [])
            near += by_page.get((part.issue, "from", part.page), []) if part.page else []
            pairs |= {(part.place, other.place): (part, other) for other in near if other.place != part.place}
    return list(pairs.values())


def _likeness(first: _Part, second: _Part, weights: Mapping[str, float]) -> float:
    """How surely ``second`` goes on from ``first``; 0 when it does not."""
    a, b = first.article, second.article
    if any(
        one and other and one != other
        for one, other in ((second.page, a.goes_on), (first.page, b.comes_from), (a.date, b.date), (a.source, b.source))
    ):
        return 0.0
    known = bool(first.page) + bool(second.page)
    least = min(len(first.title), len(second.title))
    titles = len(first.title & second.title) / least if least else 0.0
    sums = [
        sum(weights[gram] for gram in sorted(grams)) for grams in (first.text, second.text, first.text & second.text)
    ]
    words = sums[2] / min(sums[:2]) if min(sums[:2]) else 0.0
    if titles >= _ALIKE:
        return 2.0 + titles + words + known
    return words + known if known and words >= _COHERENT else 0.0


def _leads_to(following: Mapping[int, int], start: int, goal: int) -> bool:
    while start in following:
        start = following[start]
        if start == goal:
            return True
    return False


def _put_together(first: Article, second: Article) -> Article:
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
    clean = re.sub(r"\W+", "", unicodedata.normalize("NFKC", text))
    return frozenset(clean[i : i + 2] for i in range(len(clean) - 1))
