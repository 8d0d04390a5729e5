"""A question about the archive itself -> its answer from the stored articles, without a search and without a model.

Who wrote an article, what a writer wrote, how many articles there are, the newest, the newspapers and dates, the
articles on a topic; greetings; and a refusal of what only the present day knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import rjieba

from rag.answer.catalogue.examples import examples
from rag.answer.catalogue.headline import Headlines
from rag.answer.catalogue.listing import Listing, Told, missing, scope_said, span_said
from rag.answer.catalogue.question import Asked, readings
from rag.answer.catalogue.scope import Scope, rows_of, scope_of, topic_scope, writer_of
from rag.answer.catalogue.shelf import READ, Numbers, Shelf
from rag.answer.catalogue.wording import kinds_said, said
from rag.schema import Answer, Article, Filter, Language, Query, Turn
from rag.search.retriever import Retriever
from rag.text.filters import number_of

_LISTED, _LEADING, _SUPPORTING = 20, 8, 5  # articles in a list, for a bare topic, below a count


class Catalogue:
    """Answers from the catalogue of one opened index."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever
        self._shelf = Shelf(retriever.index)
        self._headlines = Headlines(self._shelf, retriever.names)

    def answer(self, query: Query, history: Sequence[Turn] = (), today: date | None = None) -> Answer | None:
        """Return the answer, or None for a question that the articles' texts must answer.

        The first question about the catalogue reads the columns of the index; later ones count in memory."""
        for asked in readings(query.text):
            told = self._tell(asked, query.only, history, today or date.today())
            if told:
                return Answer(
                    question=query.text,
                    answer=told.text,
                    mode="extractive",
                    abstained=told.abstained,
                    confidence=0.0 if told.abstained else 1.0,
                    language=asked.language,
                    citations=told.citations,
                    hits=told.hits,
                    timings_ms={},
                    generation=self._retriever.index.generation,
                    model=self._retriever.embedder.name,
                )
        return None

    def _tell(self, asked: Asked, only: Filter, history: Sequence[Turn], today: date) -> Told | None:
        if asked.what == "topic":
            return self._topic(asked, only, today)
        rows = self._shelf.passing(only)
        if asked.what in ("writer", "summary"):
            return self._headlines.tell(asked, rows, history)
        if asked.what in ("greeting", "thanks", "abilities"):
            return self._welcome(asked, rows)
        if asked.what in ("now", "news of today"):
            return self._present(asked, rows, today)
        if asked.what == "newspapers":
            return self._newspapers(rows, asked.language)
        if asked.what == "writers":
            counts = self._shelf.writers(rows)
            names = _counts_said(counts, asked.language)
            return Told(said("writers" if counts else "no writers", asked.language, n=len(counts), names=names))
        if asked.what == "dates":
            return Told(span_said(rows, self._shelf, asked.language, by_date=True))
        return self._counted(asked, only, today)

    def _counted(self, asked: Asked, only: Filter, today: date) -> Told | None:
        """How many articles, which ones, the newest or the oldest, of a writer, a newspaper, a time or a topic."""
        language, free = asked.language, asked.news not in ("", "文章", "作品")
        scope = scope_of(asked.scope, asked.about, self._shelf, self._retriever.names, free, today)
        if (
            not scope
            or (asked.what == "works" and not scope.only.byline)
            or (asked.what == "list" and scope == Scope())
        ):
            return None
        if asked.news.endswith(("照片", "图片")):
            scope = replace(scope, only=replace(scope.only, kind="photo"))
        rows = rows_of(scope, self._shelf, only)
        listing = Listing(self._shelf, language)
        about = scope_said(scope, language)
        if not len(rows):
            listing.say(said("none", language, scope=about or said("all", language)))
            listing.say(span_said(self._shelf.passing(only), self._shelf, language))
        elif asked.what in ("newest", "oldest"):
            listing.add_by_date(rows, about, asked.what, asked.some)
        elif asked.what == "count":
            kinds = kinds_said(self._shelf.kinds(rows), language)
            listing.say(said("count", language, scope=about or said("all", language), n=len(rows), kinds=kinds))
            listing.say_titles(rows, scope)
            listing.say(span_said(rows, self._shelf, language))
            if scope != Scope():
                listing.add_some(rows, scope, _SUPPORTING)
            if undated := self._undated(scope, only):
                listing.say(said("left out", language, n=undated))
        else:
            listing.add_some(rows, scope, _LISTED, about)
        return listing.told()

    def _undated(self, scope: Scope, only: Filter) -> int:
        """Return how many articles the days of a scope leave out only because they have no known date."""
        if not scope.dates:
            return 0
        rest = rows_of(replace(scope, only=replace(scope.only, since="", until="")), self._shelf, only)
        return int(np.count_nonzero(self._shelf.until[rest] == 0))

    def _topic(self, asked: Asked, only: Filter, today: date) -> Told | None:
        """What the archive has on a single word that at least two articles have and one has in its headline."""
        word, language = asked.scope, asked.language
        if writer_of(word, self._shelf) and not word.isascii():
            return self._counted(replace(asked, what="works"), only, today)
        names = self._retriever.names
        one = bool(names.chinese_forms(word)) if word.isascii() else len(rjieba.cut(word)) == 1
        scope = topic_scope(word, self._shelf, names) if one else None
        rows = rows_of(scope, self._shelf, only) if scope else np.zeros(0, np.int64)
        if not scope or len(rows) < 2:
            return None
        listing = Listing(self._shelf, language)
        found = listing.ordered(rows, scope, _LEADING)
        if missing(found[0], scope):
            return None
        listing.say(said("topic", language, topic=word, n=len(rows)))
        listing.say_titles(rows, scope)
        listing.say(span_said(rows, self._shelf, language, by_date=True, by_year=True))
        listing.say(said("leading", language, n=len(found)) if len(found) < len(rows) else "")
        listing.add_all(found)
        return listing.told()

    def _newspapers(self, rows: Numbers, language: Language) -> Told:
        counts = self._shelf.sources(rows)
        unnamed = counts.pop("", 0)
        if not counts:
            return Told(said("no newspapers", language, n=len(rows)))
        printed = {self._shelf.printed(name): n for name, n in [*counts.items()][:_LISTED]}
        lines = [said("newspapers", language, n=len(counts), names=_counts_said(printed, language))]
        lines += [said("unnamed", language, n=unnamed)] if unnamed else []
        return Told("\n".join(lines))

    def _present(self, asked: Asked, rows: Numbers, today: date) -> Told | None:
        """Refuse what only the present day knows, unless the archive has articles of today."""
        language, day = asked.language, f"{today}"
        here = (self._shelf.since[rows] == number_of(day)) & (self._shelf.until[rows] == number_of(day))
        if here.any() and asked.what == "now":
            return None
        listing = Listing(self._shelf, language)
        if here.any():
            heading = scope_said(Scope(dates=day), language)
            listing.add_some(rows[here], Scope(), _LISTED, heading)
            return listing.told()
        listing.say(said("now" if asked.what == "now" else "no news of today", language, today=day))
        listing.say(said("holds", language, n=len(rows)))
        listing.say(span_said(rows, self._shelf, language))
        return replace(listing.told(), abstained=True)

    def _welcome(self, asked: Asked, rows: Numbers) -> Told:
        language = asked.language
        lines = [said(asked.what, language)]
        lines += [said("holds", language, n=len(rows))] if asked.what != "thanks" else []
        questions = examples(self._some(rows), language)
        return Told("\n".join([*lines, said("examples", language), *(f"- {question}" for question in questions)]))

    def _some(self, rows: Numbers) -> list[Article]:
        """Return some articles, the newest first."""
        since = np.where(self._shelf.until[rows] > 0, self._shelf.since[rows], 0)
        newest = np.lexsort((rows, -since))[: READ // 2]
        return [self._shelf.article(number) for number in rows[newest].tolist()]


def _counts_said(counts: Mapping[str, int], language: Language) -> str:
    parts = [said("per", language, date=name, n=n) for name, n in [*counts.items()][:_LISTED]]
    return ("，" if language == "zh" else ", ").join(parts)
