"""Passages -> BM25 for Chinese and English.

Chinese is matched by character bigrams and by dictionary words of three characters and more: a name
such as 是石科技 is in no dictionary but all its bigrams are in the text, while a long word found
whole tells more than its bigrams. Latin words and numbers are matched whole.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
import rjieba
from numpy.typing import NDArray

from rag.errors import IndexDamaged

Scores = NDArray[np.float32]
_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[a-z]+|\d+(?:\.\d+)?")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


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
        found.extend(run[i: i + 2] for i in range(len(run) - 1))
        if len(run) == 1:
            found.append(run)
        found.extend(word for word in rjieba.cut_for_search(run) if len(word) > 2)
    return found


_EMPTY = frozenset("我们 你们 他们 大家 这个 那个 这些 那些 没有 已经 一个 一些 可以 可能 需要 进行 以及 因为 所以 还有 告诉 知道".split())


def content_words(text: str) -> list[str]:
    """The Chinese dictionary words of two characters and more that say something."""
    return [
        word
        for run in re.findall(r"[\u3400-\u9fff]+", normalise(text))
        for word in rjieba.cut(run)
        if len(word) > 1 and word not in _EMPTY
    ]


class LexicalIndex:
    """BM25 over passages, numbered as they were given."""

    def __init__(self, bm25: bm25s.BM25, frequencies: dict[str, int], size: int) -> None:
        self._bm25 = bm25
        self.frequencies = frequencies
        """In how many passages a term occurs."""
        self.size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        corpus = [tokens(text) or ["\0"] for text in texts]
        frequencies: dict[str, int] = {}
        for document in corpus:
            for term in set(document):
                frequencies[term] = frequencies.get(term, 0) + 1
        bm25 = bm25s.BM25(k1=1.2, b=0.75)
        bm25.index(corpus, show_progress=False)
        return cls(bm25, frequencies, len(corpus))

    def scores(self, terms: Sequence[str]) -> Scores:
        """BM25 of each passage, shape (size,), zero where no term occurs. Robertson and Zaragoza
        (2009), in the variant of Lucene."""
        known = [term for term in dict.fromkeys(terms) if term in self.frequencies]
        if not known:
            return np.zeros(self.size, np.float32)
        return np.asarray(self._bm25.get_scores(known), np.float32)

    def idf(self, term: str) -> float:
        """ln(1 + (N - n + 0.5) / (n + 0.5)): the weight of a term; greatest for one never seen."""
        n = self.frequencies.get(term, 0)
        return float(np.log(1 + (self.size - n + 0.5) / (n + 0.5)))

    def save(self, folder: Path) -> None:
        self._bm25.save(str(folder), allow_pickle=False, show_progress=False)
        (folder / "frequencies.json").write_text(json.dumps(self.frequencies, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Raises IndexDamaged when the files are not what ``save`` wrote."""
        try:
            bm25 = bm25s.BM25.load(str(folder), allow_pickle=False, show_progress=False)
            frequencies = dict(json.loads((folder / "frequencies.json").read_text(encoding="utf-8")))
            if size and not frequencies:
                raise ValueError("no terms")
        except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError) as error:
            raise IndexDamaged(f"The word index in {folder} cannot be read: run `rag index` to build it anew.") from error
        return cls(bm25, frequencies, size)
