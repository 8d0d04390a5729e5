"""Articles -> which of them are one story printed in several places.

Two articles are one story when the shorter is nearly contained in the longer and has no figures of its own.
The figures decide about texts written to a pattern, such as daily market reports: alike in every word but
the figures, they are different news, and so is a story told again with other figures.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from rag.figures import figures
from rag.lexical import normalise
from rag.schema import Article, Hit

CONTAINED = 0.8
"""Least share of the shorter one's character 4-grams that the longer one has."""
SAME_FIGURES = 0.7
_SHORTEST = 80  # below that two notices are alike by chance
_REMEMBERED = 256  # texts whose parts are kept at hand, 100 KB each
_BANDS, _WIDTH = 16, 4  # of the signature: two texts that share 0.4 of their 4-grams share a band one time in three
Bands = tuple[int, ...]
Earlier = Callable[[Bands], Iterable[tuple[str, Article]]]
"""Bands -> the stories known before that have one of them, each with an article that tells it."""


def bands_of(article: Article) -> Bands:
    """By which it is found again: two that tell one story have at least one in common, nearly always. None for a text that
    is too short to be told from others."""
    from datasketch import MinHash  # it takes half a second to load, and a run that finds nothing new needs none of it

    grams = _grams(article.text)
    if len(grams) < _SHORTEST:
        return ()
    signature = MinHash(num_perm=_BANDS * _WIDTH, hashfunc=_as_it_is)
    signature.update_batch([zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams])
    rows = signature.hashvalues.reshape(_BANDS, _WIDTH)
    return tuple(_number(bytes([i]) + row.tobytes()) for i, row in enumerate(rows))


def stories_of(articles: Sequence[Article], bands: Sequence[Bands], earlier: Earlier) -> list[str]:
    """The story that each article tells, by a hash of the text that told it first; empty for one that has no bands.

    Every article is held against the first of each story, in the order of dates, undated ones last, so
    that a chain of small changes does not make one story of two.
    """
    stories = [_hash(article.text) if own else "" for article, own in zip(articles, bands, strict=True)]
    told: dict[int, list[tuple[str, str]]] = defaultdict(list)  # band -> (story, text that told it first)
    for at in sorted(range(len(articles)), key=lambda i: (articles[i].date or "9999", -len(articles[i].text), i)):
        if not bands[at]:
            continue
        text = articles[at].text
        before = [(story, article.text) for story, article in earlier(bands[at])]
        for story, other in dict.fromkeys([*before, *(each for band in bands[at] for each in told.get(band, ()))]):
            if _one_story(text, other):
                stories[at] = story
                break
        else:
            for band in bands[at]:
                told[band].append((stories[at], text))
    return stories


def alike(a: Article, b: Article) -> bool:
    """Whether the two tell one story."""
    return _one_story(a.text, b.text)


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The hits less those of a story that a better hit shows from another place."""
    shown: set[str] = set()
    kept = []
    for hit in hits:
        if not shown.intersection(hit.article.copies):
            shown.add(hit.article.article_id)
            kept.append(hit)
    return kept


def _one_story(a: str, b: str) -> bool:
    grams, others = _grams(a), _grams(b)
    if len(grams & others) < CONTAINED * min(len(grams), len(others)):
        return False
    shorter, longer = sorted((a, b), key=lambda text: (len(_grams(text)), len(_figures(text))))
    return len(_figures(shorter) & _figures(longer)) >= SAME_FIGURES * len(_figures(shorter))


@lru_cache(_REMEMBERED)
def _grams(text: str) -> frozenset[str]:
    clean = re.sub(r"\W+", "", normalise(text))
    return frozenset(clean[i: i + 4] for i in range(len(clean) - 3))


@lru_cache(_REMEMBERED)
def _figures(text: str) -> frozenset[str]:
    return frozenset(form for form, _, _ in figures(text))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _as_it_is(value: int) -> int:
    return value


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)
