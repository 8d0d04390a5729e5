"""Articles of the catalogue -> lines of an answer, each with its citation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.answer.catalogue.scope import Scope
from rag.answer.catalogue.shelf import READ, Numbers, Shelf
from rag.answer.catalogue.wording import date_said, days_said, names_said, said
from rag.answer.citations import cite
from rag.answer.extractive import label
from rag.schema import Article, Citation, Hit, Language
from rag.text.sentences import sentences
from rag.text.terms import normalise

_LISTED = 20
_DATES = 12  # dates that are named one by one
_FIRST = 600  # characters in which the first sentence is looked for


@dataclass(frozen=True, slots=True)
class Told:
    """An answer and what it rests on."""

    text: str
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    abstained: bool = False


class Listing:
    """Lines of an answer in the making."""

    def __init__(self, shelf: Shelf, language: Language) -> None:
        self._shelf, self._language = shelf, language
        self._lines: list[str] = []
        self._citations: list[Citation] = []
        self._hits: list[Hit] = []

    def told(self) -> Told:
        """Return the answer."""
        return Told("\n".join(filter(None, self._lines)), tuple(self._citations), tuple(self._hits))

    def say(self, line: str) -> None:
        """Add a line that cites nothing."""
        self._lines.append(line)

    def quote(self, article: Article, start: int, end: int) -> None:
        """Add ``article.text[start:end]`` as a line with its citation."""
        self._cited(article, start, end, article.text[start:end])

    def add(self, article: Article, line: str) -> None:
        """Add a line about an article. Cite its headline if the text has it, else its first sentence."""
        start = article.text.find(article.title) if article.title else -1
        if start >= 0:
            end = start + len(article.title)
        else:
            start, end = _first_sentence(article)
        self._cited(article, start, end, line)

    def add_all(self, articles: Sequence[Article]) -> None:
        """Add a line for each article: headline, date and byline, and the words under a photograph."""
        for article in articles:
            about = [date_said(article, self._language)]
            about += [names_said(article, self._language)] if article.byline else []
            line = said("line", self._language, title=label(article), about=said("and", self._language).join(about))
            if article.kind == "photo" and article.title:  # its headline alone does not say what it shows
                start, end = _first_sentence(article)
                line += said("shows", self._language, words=article.text[start:end])
            self.add(article, line)

    def add_some(self, rows: Numbers, scope: Scope, most: int, heading: str | None = None) -> None:
        """Add the best of the articles, and say how many are not listed."""
        found = self.ordered(rows, scope, min(most, _LISTED))
        if heading is not None:
            part = said("first of", self._language, n=len(found)) if len(found) < len(rows) else ""
            self.say(said("listed", self._language, scope=heading, n=len(rows), shown=part))
        self.add_all(found)
        if len(found) < len(rows):
            self.say(said("rest", self._language, n=len(rows) - len(found)))

    def say_titles(self, rows: Numbers, scope: Scope) -> None:
        """Say how many of the articles have the topic in their headline, if they are few enough to read."""
        if scope.words and len(rows) <= READ:
            count = sum(not missing(self._shelf.article(int(number)), scope) for number in rows)
            self.say(said("in titles", self._language, n=count, topic=scope.topic))

    def add_by_date(self, rows: Numbers, about: str, end: str, some: int) -> None:
        """Add the newest or the oldest articles: ``some``, or those of the last or first day, 5 at most."""
        told = self._shelf.without_notices(rows)
        rows = told if len(told) else rows
        since, until, language = self._shelf.since[rows], self._shelf.until[rows], self._language
        dated = rows[until > 0]
        if not len(dated):
            self.say(said("all undated", language))
            return
        since, until = since[until > 0], until[until > 0]
        newest = end == "newest"
        order = np.lexsort((dated, until, -since) if newest else (dated, -since, until))
        first = order[0]
        same = int(np.count_nonzero((since == since[first]) & (until == until[first])))
        count = min(some or min(same, 5), _LISTED, len(dated))
        found = [self._shelf.article(int(number)) for number in dated[order[:count]]]
        if some:
            self.say(said(f"{end} some", language, scope=about, n=count))
        else:
            part = said("first of", language, n=count) if count < same else ""
            day = days_said(int(since[first]), int(until[first]))
            self.say(said(end, language, scope=about, date=day, n=same, shown=part))
        self.add_all(found)
        unsure = (
            (until > until[first]) & (since < since[first])
            if newest
            else (since < since[first]) & (until > until[first])
        )
        if count_unsure := int(np.count_nonzero(unsure)):
            way = {"zh": ("后", "前"), "en": ("newer", "older")}[language][not newest]
            self.say(said("vague", language, n=count_unsure, way=way))
        if undated := len(rows) - len(dated):
            self.say(said("undated", language, n=undated))

    def ordered(self, rows: Numbers, scope: Scope, most: int) -> list[Article]:
        """Return the best articles: those with the topic in the headline first, otherwise the newest first."""
        since = np.where(self._shelf.until[rows] > 0, self._shelf.since[rows], 0)
        numbers = rows[np.lexsort((rows, -since))].tolist()
        if not scope.words:
            return [self._shelf.article(number) for number in numbers[:most]]
        text = " ".join(form for forms in scope.words for form in forms)
        near = self._shelf.nearest(text, rows, 3 * most)
        numbers = list(dict.fromkeys([*near, *numbers[:most]]))
        articles = [self._shelf.article(number) for number in numbers]
        return sorted(articles, key=lambda article: missing(article, scope))[:most]

    def _cited(self, article: Article, start: int, end: int, line: str) -> None:
        number = len(self._citations) + 1
        self._citations.append(cite(number, article, start, end))
        self._hits.append(self._shelf.hit(article, start, end))
        # a "[3]" in the article's own words must not look like one of our marks
        self._lines.append(re.sub(r"\[(\d+)\]", r"［\1］", " ".join(line.split("\n"))) + f"[{number}]")


def _first_sentence(article: Article) -> tuple[int, int]:
    return next(iter(sentences(article.text[:_FIRST])), (0, len(article.text)))


def missing(article: Article, scope: Scope) -> int:
    """Return how many words of the topic the headline lacks."""
    title = normalise(article.title)
    return sum(not any(normalise(form) in title for form in forms) for forms in scope.words)


def scope_said(scope: Scope, language: Language) -> str:
    """Return the words that name the articles of a scope, "" for all articles."""
    parts = [said("dated", language, dates=scope.dates)] if scope.dates else []
    parts += [said("of", language, name=scope.only.source)] if scope.only.source else []
    parts += [said("by", language, name=scope.only.byline)] if scope.only.byline else []
    parts += [said("mention", language, topic=scope.topic)] if scope.topic else []
    return "".join(parts) + said("articles", language) if parts else ""


def span_said(rows: Numbers, shelf: Shelf, language: Language, by_date: bool = False, by_year: bool = False) -> str:
    """Return from when to when the articles are dated, how many dates are inferred and how many are not known.

    ``by_date``: also how many there are of each date, or of each year if there are many dates."""
    since, until = shelf.since[rows], shelf.until[rows]
    dated = until > 0
    if not dated.any():
        return said("all undated", language)
    days, counts = np.unique(np.stack([since[dated], until[dated]], axis=1), axis=0, return_counts=True)
    exact = [day for day in days.tolist() if day[0] == day[1]]
    first, last = min(exact or days.tolist()), max(exact or days.tolist())
    lines = [said("one day" if first == last else "span", language, first=days_said(*first), last=days_said(*last))]
    if vague := int(np.count_nonzero(since[dated] < until[dated])) if exact else 0:
        lines.append(said("only in part", language, n=vague))
    if by_date and len(days) > 1:
        if by_year or len(days) > _DATES:
            years, totals = np.unique(since[dated] // 10000, return_counts=True)
            each = [(f"{year}", n) for year, n in zip(years.tolist(), totals.tolist(), strict=True)]
        else:
            each = [(days_said(*day), n) for day, n in zip(days.tolist(), counts.tolist(), strict=True)]
        parts = ("，" if language == "zh" else ", ").join(said("per", language, date=day, n=n) for day, n in each)
        lines.append(said("years" if by_year or len(days) > _DATES else "days", language, days=parts))
    if len(rows) <= READ:
        inferred = sum(shelf.article(int(number)).date_basis == "inferred" for number in rows)
        key = "all inferred" if inferred == np.count_nonzero(dated) else "inferred"
        lines += [said(key, language, n=inferred)] if inferred else []
    if undated := int(np.count_nonzero(~dated)):
        lines.append(said("undated", language, n=undated))
    return (" " if language == "en" else "").join(lines)
