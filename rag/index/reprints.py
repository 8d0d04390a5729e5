"""Articles -> which of them print the same story in several places.

Two texts are alike, twins, when the shorter is nearly contained in the longer and has no figures of its own.
The figures decide about texts written to a pattern, such as daily market reports: alike in every word but
the figures, they are different news, and so is a story told again with other figures.

Being twins is between two texts, whatever else there is: of two articles in an index the one that was stored later has
seen the other, so that what is a copy of what does not depend on the order in which they came.
"""

from __future__ import annotations

import hashlib
import heapq
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.schema import Article, Hit
from rag.text.figures import figures
from rag.text.terms import normalise

CONTAINED = 0.8
"""Least share of the shorter one's character 4-grams that the longer one has."""
SAME_FIGURES = 0.7
CROWD = 32
"""Texts that are looked at for a band, and that a new one is compared with."""
_SHORTEST = 80  # below that two notices are alike by chance
_REMEMBERED = 1024  # texts whose parts are kept at hand, 6 KB each
_BANDS, _WIDTH = 16, 4  # of the signature: two texts that share 0.4 of their 4-grams share a band one time in three
Bands = tuple[int, ...]
Printed = tuple[int, Callable[[int], Article], int]
"""The key of a text, and an article that prints it: what gives it, by which number."""
Earlier = Callable[[Bands], Sequence[Sequence[Printed]]]
"""Bands -> for each the texts known before that have it, the last ones first."""


def key_of(text: str) -> int:
    """Of two texts the same by chance once in 2^64."""
    return _number(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def bands_of(article: Article) -> Bands:
    """By which it is found again: two that are alike have at least one in common, nearly always. None for a text that
    is too short to be told from others."""
    from datasketch import MinHash  # it takes half a second to load, and a run that finds nothing new needs none of it

    grams = _grams(article.text)
    if len(grams) < _SHORTEST:
        return ()
    signature = MinHash(num_perm=_BANDS * _WIDTH, hashfunc=_as_it_is)
    signature.update_batch(grams)
    rows = signature.hashvalues.reshape(_BANDS, _WIDTH)
    return tuple(
        _number(hashlib.blake2b(bytes([i]) + row.tobytes(), digest_size=8).digest()) for i, row in enumerate(rows)
    )


def twins_of(articles: Sequence[Article], bands: Sequence[Bands], earlier: Earlier) -> list[tuple[int, ...]]:
    """For each article the keys of the texts before it that are alike to its own and share a band with it.

    Of a band the last CROWD texts are looked at, and CROWD of all are compared, those first whose bands few others have: what
    an article costs does not grow with the archive. So where more texts than that are written to one pattern, a
    reprint is found by the bands that are its own, and may be missed if it has none.
    """
    first: dict[int, int] = {}
    keys = [key_of(article.text) for article in articles]
    for at, key in enumerate(keys):
        if bands[at]:
            first.setdefault(key, at)
    own = list(first.values())
    found: dict[int, tuple[int, ...]] = {}
    for at, before in zip(own, _before([bands[at] for at in own]), strict=True):
        ranks: dict[int, float] = defaultdict(float)
        places: dict[int, tuple[Callable[[int], Article], int]] = {}
        for here, there in zip(before, earlier(bands[at]), strict=True):
            crowd = [*((keys[own[i]], articles.__getitem__, own[i]) for i in here), *there][:CROWD]
            for key, read, number in crowd:
                ranks[key] += 1 / len(crowd)
                places[key] = read, number
        ranks.pop(keys[at], None)  # the same text needs no twin
        best = heapq.nlargest(CROWD, ranks, key=lambda key: (ranks[key], key))
        found[keys[at]] = tuple(
            sorted(key for key in best if alike(articles[at].text, places[key][0](places[key][1]).text))
        )
    return [found.get(key, ()) for key in keys]


def alike(a: str, b: str) -> bool:
    """Whether two texts tell the same."""
    grams, others = _grams(a), _grams(b)
    if len(np.intersect1d(grams, others, assume_unique=True)) < CONTAINED * min(len(grams), len(others)):
        return False
    shorter, longer = sorted((a, b), key=lambda text: (len(_grams(text)), len(_figures(text))))
    return len(_figures(shorter) & _figures(longer)) >= SAME_FIGURES * len(_figures(shorter))


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The hits less those of a story that a better hit shows from another place."""
    shown: set[str] = set()
    kept = []
    for hit in hits:
        if not shown.intersection(hit.article.copies):
            shown.add(hit.article.article_id)
            kept.append(hit)
    return kept


def _before(bands: Sequence[Bands]) -> Iterator[list[list[int]]]:
    """For each of some texts and each of its bands the numbers of those before it that have it, the last CROWD, the last first."""
    flat = np.array(bands, np.int64).ravel()
    order = np.argsort(flat, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    start = np.maximum(np.searchsorted(flat[order], flat), place - CROWD)
    for at in range(0, len(flat), _BANDS):
        yield [(order[start[i] : place[i]][::-1] // _BANDS).tolist() for i in range(at, at + _BANDS)]


@lru_cache(_REMEMBERED)
def _grams(text: str) -> NDArray[np.uint32]:
    """A hash of each of its character 4-grams, ascending: 4 KB for a text of a thousand, where the strings take 90."""
    clean = re.sub(r"\W+", "", normalise(text))
    grams = {clean[i : i + 4] for i in range(len(clean) - 3)}
    return np.unique(np.array([zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams], np.uint32))


@lru_cache(_REMEMBERED)
def _figures(text: str) -> frozenset[str]:
    return frozenset(form for form, _, _ in figures(text))


def _as_it_is(value: int) -> int:
    return value


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "little", signed=True)
