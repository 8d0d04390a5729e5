"""Articles -> which of them print the same story in several places.

Two texts are twins when the longer one nearly contains the shorter one, the shorter one has few figures of its own, and no figure
of one is another one in the same place of the other. Figures decide about texts that are written to a pattern, such as daily
market reports: they share every word but the figures, and they are different news. So is a story that is told again with
other figures, be it a single one: a reader must see both versions.

Whether two texts are twins depends on these two alone. Of two articles in an index, the one stored later records the other. So the
copies of an article do not depend on the order in which articles came.
"""

from __future__ import annotations

import hashlib
import heapq
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.schema import Article, Hit
from rag.text.terms import normalise
from rag.text.versions import differ_in_a_figure, forms_of

CONTAINED = 0.8
"""The least share of the shorter text's character 4-grams that the longer text has."""
SAME_FIGURES = 0.5
"""The least share of the shorter text's figures that the longer text has. The others stand in words that the longer text lacks."""
CROWD = 32
"""The most texts that are looked up for a band, and that a new text is compared with."""
_SHORTEST = 80  # 4-grams; two shorter notices are alike by chance
_REMEMBERED = 1024  # texts whose 4-grams are kept in memory, 6 KB each
_BANDS, _WIDTH = 16, 4  # of the signature: two texts that share 0.4 of their 4-grams share a band one time in three
Bands = tuple[int, ...]
"""Hashes of parts of a text's MinHash signature. Twins have at least one band in common, nearly always."""


@dataclass(frozen=True, slots=True)
class PrintedText:
    """A text by its key; ``read(row)`` returns an article that prints it."""

    key: int
    read: Callable[[int], Article]
    row: int


Earlier = Callable[[Bands], Sequence[Sequence[PrintedText]]]
"""Bands -> for each band the texts stored before that have it, the last ones first."""


def text_key(text: str) -> int:
    """Return a 64-bit hash of the text. Two texts collide with probability 2^-64."""
    return _number(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def bands_of(article: Article) -> Bands:
    """Return the bands of the article's text, or () for a text that is too short to be told from others."""
    from datasketch import MinHash  # loads half a second; a build that finds nothing new does not need it

    grams = _grams(article.text)
    if len(grams) < _SHORTEST:
        return ()
    signature = MinHash(num_perm=_BANDS * _WIDTH, hashfunc=_unhashed)
    signature.update_batch(grams)
    rows = signature.hashvalues.reshape(_BANDS, _WIDTH)
    return tuple(
        _number(hashlib.blake2b(bytes([i]) + row.tobytes(), digest_size=8).digest()) for i, row in enumerate(rows)
    )


def twins_of(articles: Sequence[Article], bands: Sequence[Bands], earlier: Earlier) -> list[tuple[int, ...]]:
    """Return for each article the keys of the twins of its text among the texts before it that share a band with it.

    For each band the last CROWD texts are looked up. CROWD of all these are compared, first those whose bands few others have. So the
    cost of an article does not grow with the archive. When more texts than CROWD are written to one pattern, a reprint is found
    by the bands that the others lack, and may be missed if it has no such band.
    """
    first: dict[int, int] = {}
    keys = [text_key(article.text) for article in articles]
    for at, key in enumerate(keys):
        if bands[at]:
            first.setdefault(key, at)
    firsts = list(first.values())
    found: dict[int, tuple[int, ...]] = {}
    for at, here in zip(firsts, _sharing([bands[at] for at in firsts]), strict=True):
        ranks: dict[int, float] = defaultdict(float)
        texts: dict[int, PrintedText] = {}
        for numbers, before in zip(here, earlier(bands[at]), strict=True):
            same_run = (PrintedText(keys[firsts[i]], articles.__getitem__, firsts[i]) for i in numbers)
            crowd = [*same_run, *before][:CROWD]
            for text in crowd:
                ranks[text.key] += 1 / len(crowd)
                texts[text.key] = text
        ranks.pop(keys[at], None)  # an equal text is found by its key
        best = heapq.nlargest(CROWD, ranks, key=lambda key: (ranks[key], key))
        found[keys[at]] = tuple(
            sorted(key for key in best if alike(articles[at].text, texts[key].read(texts[key].row).text))
        )
    return [found.get(key, ()) for key in keys]


def alike(a: str, b: str) -> bool:
    """Return whether two texts tell the same story."""
    grams, others = _grams(a), _grams(b)
    if len(np.intersect1d(grams, others, assume_unique=True)) < CONTAINED * min(len(grams), len(others)):
        return False
    if differ_in_a_figure(a, b):
        return False
    shorter, longer = sorted((a, b), key=lambda text: (len(_grams(text)), len(forms_of(text))))
    return len(forms_of(shorter) & forms_of(longer)) >= SAME_FIGURES * len(forms_of(shorter))


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits without those of a story that a better hit shows from another place."""
    shown: set[str] = set()
    kept = []
    for hit in hits:
        if not shown.intersection(hit.article.copies):
            shown.add(hit.article.article_id)
            kept.append(hit)
    return kept


def _sharing(bands: Sequence[Bands]) -> Iterator[list[list[int]]]:
    """Yield for each of some texts, and each of its bands, the numbers of the texts before it that have the band: at most CROWD, the
    last first."""
    flat = np.array(bands, np.int64).ravel()
    order = np.argsort(flat, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    start = np.maximum(np.searchsorted(flat[order], flat), place - CROWD)
    for at in range(0, len(flat), _BANDS):
        yield [(order[start[i] : place[i]][::-1] // _BANDS).tolist() for i in range(at, at + _BANDS)]


@lru_cache(_REMEMBERED)
def _grams(text: str) -> NDArray[np.uint32]:
    """Return a hash of each character 4-gram, ascending: 4 KB for a text of a thousand characters, where the strings take 90 KB."""
    clean = re.sub(r"\W+", "", normalise(text))
    grams = {clean[i : i + 4] for i in range(len(clean) - 3)}
    return np.unique(np.array([zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams], np.uint32))


def _unhashed(value: int) -> int:
    """4-grams come hashed to MinHash."""
    return value


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "little", signed=True)
