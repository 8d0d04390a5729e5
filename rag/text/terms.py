"""Text -> terms for Chinese and English.

Chinese is matched by character bigrams and by dictionary words of three and more characters. A name such as 是石科技 is
in no dictionary, but all its bigrams are in the text; a long word that is found as one says more than its bigrams. Latin
words and numbers are matched as one term. A figure in another form than plain digits is matched by its value as well:
三百四十五 is also 345, 4.7万 also 47000.
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

from rag.text.figures import figures
from rag.text.scripts import IDEOGRAPH, RARE_IDEOGRAPH, legible, simplified

Keys = NDArray[np.uint64]
_OTHER = rf"[{RARE_IDEOGRAPH}]|[a-z]+|\d+(?:\.\d+)?"
_TOKEN = re.compile(rf"[{IDEOGRAPH}]+|{_OTHER}")
_CJK = re.compile(rf"[{IDEOGRAPH}]")
_IDEOGRAPHS = re.compile(rf"[{IDEOGRAPH}]+")
_NOT_CJK = re.compile(_OTHER)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_MARK = re.compile(r"(?<=\d)[⁰¹²³⁴-⁹₀-₉]+|[①-⒛⓪-⓿❶-➓㈠-㈩㉈-㉏㉑-㉟㊀-㊉㊱-㊿]")
"""Numbers that stand beside a figure and are no part of it."""
_NAME_DOT = re.compile(rf"(?<=[{IDEOGRAPH}])[·•‧∙⋅・･․](?=[{IDEOGRAPH}])")


def normalise(text: str) -> str:
    """Return the form in which texts are searched: legible, simplified, NFKC, case folded, foreign names without their dots.

    It depends on no other word of the text, so a word of a question has the form that it has in an article.
    """
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKC", _MARK.sub(" ", simplified(legible(text)))).casefold()
    return _NAME_DOT.sub("", plain)


def tokens(text: str) -> list[str]:
    """Return the terms of a text, each as often as it occurs."""
    normal = normalise(text)
    found = values(normal)
    for match in _TOKEN.finditer(normal):
        run = match.group()
        if not _CJK.match(run):
            found.append(run)
            continue
        found.extend(run[i : i + 2] for i in range(len(run) - 1))
        if len(run) == 1:
            found.append(run)
        found.extend(word for word in rjieba.cut_for_search(run) if len(word) > 2)
    return found


def values(text: str) -> list[str]:
    """Return the value of each figure of a normalised text, unless it is written in these digits."""
    return [
        value_of(form) for form, start, end in figures(text) if value_of(form) not in _DIGITS.findall(text[start:end])
    ]


def value_of(form: str) -> str:
    """Return the term that a figure is matched by, given its canonical form."""
    return form.removesuffix("%")


_EMPTY = frozenset(
    "我们 你们 他们 大家 这个 那个 这些 那些 没有 已经 一个 一些 可以 可能 需要 进行 以及 因为 所以 还有 告诉 知道".split()
)


def content_words(text: str) -> list[str]:
    """Return the Chinese dictionary words of two and more characters, without those that carry no content."""
    return [
        word
        for run in _IDEOGRAPHS.findall(normalise(text))
        for word in rjieba.cut(run)
        if len(word) > 1 and word not in _EMPTY
    ]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The ``tokens`` of texts that are numbered from 0, in no order, one key for each occurrence. The upper half of a key
    is the term, the lower half the number of the text. ``pairs`` (n,): bigrams by their code points, 16 bits each.
    ``words`` (m,): all other terms by their position in ``names``."""

    pairs: Keys
    words: Keys
    names: tuple[str, ...]


def occurrences(texts: Sequence[str]) -> Occurrences:
    """Return the terms of many texts, found in one pass.

    Bigrams are computed from code points, which are all below 2**16. The texts go to the segmenter as one, with a line
    end in place of each character that is not Chinese.
    """
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
        found.extend(map(numbers.__getitem__, values(text)))
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
    """Return pairs of numbers below 2**32 as single numbers, which sort by the first, then by the second."""
    return upper.astype(np.uint64) << np.uint64(32) | lower.astype(np.uint64)


def halves(keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the two numbers of each key that ``keyed`` made."""
    return (keys >> np.uint64(32)).astype(np.int64), (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
