"""Articles -> which of them are one story printed in several places.

Two articles are one story when the shorter is nearly contained in the longer and has no figures of its own.
The figures decide about texts written to a pattern, such as daily market reports: alike in every word but
the figures, they are different news, and so is a story told again with other figures.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace

from datasketch import MinHash, MinHashLSH

from rag.figures import figures
from rag.lexical import normalise
from rag.schema import Article, Hit

CONTAINED = 0.8
"""Least share of the shorter one's character 4-grams that the longer one has."""
SAME_FIGURES = 0.7
_SHORTEST = 80  # below that two notices are alike by chance
_PERMUTATIONS = 64
_CANDIDATE = 0.4  # estimated Jaccard similarity from which a pair is looked at


def mark(articles: Sequence[Article]) -> list[Article]:
    """The same articles, each with the ids of its other places in ``copies``.

    Every article is held against the first of each story, in the order of dates, undated ones last, so
    that a chain of small changes does not make one story of two.
    """
    grams = [_grams(article.text) for article in articles]
    numbers: dict[int, set[str]] = {}
    index = MinHashLSH(threshold=_CANDIDATE, num_perm=_PERMUTATIONS)
    stories: dict[int, list[int]] = {}
    for at in sorted(range(len(articles)), key=lambda i: (articles[i].date or "9999", -len(grams[i]), i)):
        if len(grams[at]) < _SHORTEST:
            continue
        signature = MinHash(num_perm=_PERMUTATIONS, hashfunc=_as_it_is)
        signature.update_batch([zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams[at]])
        for first in sorted(index.query(signature)):
            if _one_story(grams[at], grams[first]) and _agree(_numbers(articles, at, numbers), _numbers(articles, first, numbers),
                                                              len(grams[at]) <= len(grams[first])):
                stories[first].append(at)
                break
        else:
            index.insert(at, signature)
            stories[at] = [at]
    marked = list(articles)
    for members in stories.values():
        for at in members if len(members) > 1 else ():
            marked[at] = replace(articles[at], copies=tuple(articles[i].article_id for i in sorted(members) if i != at))
    return marked


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The hits less those of a story that a better hit shows from another place."""
    shown: set[str] = set()
    kept = []
    for hit in hits:
        if not shown.intersection(hit.article.copies):
            shown.add(hit.article.article_id)
            kept.append(hit)
    return kept


def _one_story(a: set[str], b: set[str]) -> bool:
    return len(a & b) >= CONTAINED * min(len(a), len(b))


def _agree(a: set[str], b: set[str], a_is_shorter: bool) -> bool:
    shorter, longer = (a, b) if a_is_shorter else (b, a)
    return len(shorter & longer) >= SAME_FIGURES * len(shorter)


def _numbers(articles: Sequence[Article], at: int, known: dict[int, set[str]]) -> set[str]:
    if at not in known:
        known[at] = {form for form, _, _ in figures(articles[at].text)}
    return known[at]


def _grams(text: str) -> set[str]:
    clean = re.sub(r"\W+", "", normalise(text))
    return {clean[i: i + 4] for i in range(len(clean) - 3)}


def _as_it_is(value: int) -> int:
    return value
