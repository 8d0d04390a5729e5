"""A headline, a part of it or a description -> the article: who signed it, what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer.catalogue.listing import Listing, Told, missing
from rag.answer.catalogue.question import Asked
from rag.answer.catalogue.scope import topic_scope
from rag.answer.catalogue.shelf import Numbers, Shelf, headline_key, headline_parts, words_of
from rag.answer.catalogue.summary import summary
from rag.answer.catalogue.wording import date_said, names_said, said
from rag.answer.extractive import label
from rag.schema import Article, Turn
from rag.search.romanised_names import RomanisedNames
from rag.text.terms import normalise

_PART, _LINE = 8, 6
"""The fewest characters of any part of a headline, and of a whole line of it, that stand for the article."""
_SHORTEST = 4  # characters of a description that are found one by one
_SEVERAL = 20
_IN_ANSWER = re.compile(r"^《(.+?)》(?=（[^（）]*）|[：:\[]| \()", re.MULTILINE)
_DESCRIBES = re.compile(
    r"^(?:写|讲|说|谈|介绍|报道)?(?:的是|了)?(?:关于|有关)?"
    r"|^(?:the |that |this )?(?:news(?:paper)? )?(?:article|story|report|piece)s? (?:about|on|that mentions|which mentions) "
)


class Headlines:
    """Answers questions about one article that the question names."""

    def __init__(self, shelf: Shelf, names: RomanisedNames) -> None:
        self._shelf, self._names = shelf, names

    def tell(self, asked: Asked, rows: Numbers, history: Sequence[Turn]) -> Told | None:
        """Return who wrote the article or what it says, or None if no article has such a headline."""
        found = self._named_last(rows, history) if asked.back else self._named(asked, rows)
        if asked.back and not found:
            some = next((a.title for a in map(self._shelf.article, rows[:_SEVERAL].tolist()) if a.title), "……")
            return Told(said("which one", asked.language, title=some), abstained=True)
        if not found:
            return None
        listing = Listing(self._shelf, asked.language)
        if asked.what == "writer":
            for article in found[:_SEVERAL]:
                names, day = names_said(article, asked.language), date_said(article, asked.language)
                key = "signed" if article.byline else "unsigned"
                listing.add(article, said(key, asked.language, title=label(article), date=day, names=names))
        elif len({headline_key(article.title) for article in found}) > 1:
            listing.say(said("several", asked.language, n=len(found)))
            listing.add_all(found[:_SEVERAL])
        else:
            article = found[0]
            names, day = names_said(article, asked.language), date_said(article, asked.language)
            listing.say(said("summary", asked.language, title=label(article), date=day, names=names))
            for start, end in summary(article, self._shelf.idf):
                listing.quote(article, start, end)
        return listing.told()

    def _named(self, asked: Asked, rows: Numbers) -> list[Article]:
        """Return the articles whose headline the question gives or describes.

        A name in marks may be that of a book. It is a headline if it is a whole one or a long part of one, and the
        article is signed or dated; if the question calls it an article, any part will do."""
        words = asked.title or _DESCRIBES.sub("", asked.described)
        if asked.says_article and words.isascii():
            return self._described_in_english(words, rows)
        key = headline_key(words)
        near = [self._shelf.article(n) for n in self._shelf.nearest(words, rows)] if len(key) > 1 else []
        known = [a for a in near if asked.says_article or a.byline or (asked.what == "summary" and a.date)]
        whole = [a for a in known if headline_key(a.title) == key]
        parts = [a for a in known if _is_part(key, a.title) and f"《{words}》" not in a.title]
        if whole or parts or not asked.says_article:
            return whole or parts
        wanted = [key] if asked.title else words_of(words)
        titles = [(headline_key(article.title), article) for article in near]
        return [a for title, a in titles if (wanted and all(w in title for w in wanted)) or _is_within(key, title)]

    def _described_in_english(self, words: str, rows: Numbers) -> list[Article]:
        scope = topic_scope(words, self._shelf, self._names)
        text = " ".join(form for forms in scope.words for form in forms) if scope else ""
        near = map(self._shelf.article, self._shelf.nearest(text, rows)) if scope else ()
        return [article for article in near if scope and not missing(article, scope)]

    def _named_last(self, rows: Numbers, history: Sequence[Turn]) -> list[Article]:
        """Return the article that the last answer names first."""
        for title in _IN_ANSWER.findall(history[-1][1]) if history else ():
            near = map(self._shelf.article, self._shelf.nearest(title, rows))
            if found := [article for article in near if normalise(article.title) == normalise(title)]:
                return found
        return []


def _is_within(key: str, title: str) -> bool:
    """Return whether the headline has all characters of the description, in their order."""
    rest = iter(title)
    return len(key) >= _SHORTEST and all(character in rest for character in key)


def _is_part(key: str, title: str) -> bool:
    return key in headline_key(title) if len(key) >= _PART else len(key) >= _LINE and key in headline_parts(title)
