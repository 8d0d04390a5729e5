"""Text -> terms for Chinese and English.

Chinese is matched by character bigrams and by dictionary words of three characters and more: a name
such as 是石科技 is in no dictionary but all its bigrams are in the text, while a long word found
whole tells more than its bigrams. Latin words and numbers are matched whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import rjieba
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[a-z]+|\d+(?:\.\d+)?")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_NOT_CJK = re.compile(r"[a-z]+|\d+(?:\.\d+)?")


def normalise(text: str) -> str:
    """The form in which texts are searched: NFKC and case folded; the text itself stays as it is."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> list[str]:
    """Terms of a text, repeated as often as they occur."""
    found: list[str] = []
    for match in _TOKEN.finditer(normalise(text)):
        run = match.group()
        if not _CJK.match(run):
            found.append(run)
            continue
        found.extend(run[i : i + 2] for i in range(len(run) - 1))
        if len(run) == 1:
            found.append(run)
        found.extend(word for word in rjieba.cut_for_search(run) if len(word) > 2)
    return found


_EMPTY = frozenset(
    "我们 你们 他们 大家 这个 那个 这些 那些 没有 已经 一个 一些 可以 可能 需要 进行 以及 因为 所以 还有 告诉 知道".split()
)


def content_words(text: str) -> list[str]:
    """The Chinese dictionary words of two characters and more that say something."""
    return [
        word
        for run in re.findall(r"[\u3400-\u9fff]+", normalise(text))
        for word in rjieba.cut(run)
        if len(word) > 1 and word not in _EMPTY
    ]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The ``tokens`` of texts numbered from 0, in no order, one key an occurrence: what the term is in its upper half,
    the text's number in its lower. ``pairs`` (n,): bigrams by their code points, 16 bits each. ``words`` (m,): all
    other terms by their place in ``names``."""

    pairs: Keys
    words: Keys
    names: tuple[str, ...]


def occurrences(texts: Sequence[str]) -> Occurrences:
    """The terms of many texts in one pass: bigrams are told by arithmetic on code points, all of which are below
    2**16, and the texts go to the segmenter whole, with a line's end for what is not Chinese."""
    normal = [normalise(text) for text in texts]
    codes = np.frombuffer("".join(text + "\n" for text in normal).encode("utf-32-le", "surrogatepass"), np.uint32)
    rows = np.repeat(np.arange(len(normal), dtype=np.uint64), [len(text) + 1 for text in normal])
    chinese = ((codes >= 0x3400) & (codes <= 0x9FFF)) | ((codes >= 0xF900) & (codes <= 0xFAFF))
    at = np.flatnonzero(chinese[:-1] & chinese[1:])
    pairs = keyed(codes[at] << np.uint32(16) | codes[at + 1], rows[at])

    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    runs = np.where(chinese, codes, np.uint32(ord("\n"))).tobytes().decode("utf-32-le")
    found: list[int] = []
    ends: list[int] = []
    start = 0
    for text in normal:
        found.extend(map(numbers.__getitem__, _NOT_CJK.findall(text)))
        words = rjieba.cut_for_search(runs[start : start + len(text)])
        found.extend([numbers[word] for word in words if len(word) > 2 and word[0] != "\n"])
        ends.append(len(found))
        start += len(text) + 1
    owners = np.repeat(np.arange(len(normal), dtype=np.uint64), np.diff(ends, prepend=0))
    edge = np.concatenate([[False], chinese, [False]])
    alone = np.flatnonzero(chinese & ~edge[:-2] & ~edge[2:])
    lone = np.array([numbers[chr(code)] for code in codes[alone].tolist()], np.uint64)
    return Occurrences(
        pairs, np.concatenate([keyed(np.array(found, np.uint64), owners), keyed(lone, rows[alone])]), tuple(numbers)
    )


def keyed(upper: NDArray[np.unsignedinteger[Any]], lower: NDArray[np.unsignedinteger[Any]]) -> Keys:
    """Two numbers below 2**32 as one, which sorts by the first, then by the second."""
    return upper.astype(np.uint64) << np.uint64(32) | lower.astype(np.uint64)


def halves(keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What ``keyed`` put together."""
    return (keys >> np.uint64(32)).astype(np.int64), (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
