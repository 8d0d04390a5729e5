"""Romanised Chinese name -> its characters in the articles.

``Pinghu`` is split into the syllables *ping* and *hu*. Its forms are the characters with these readings that are
adjacent in the articles, the most frequent first. The articles decide, so a name need not be in any dictionary.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from functools import lru_cache

from rag.words.bm25 import DocumentFrequencies

_INITIALS = "zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]"
_FINALS = (
    "iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v"
)
_SYLLABLE = re.compile(rf"(?:{_INITIALS})?(?:{_FINALS})")
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+|['’](?!s\b)[A-Za-z]+)*")
_ENGLISH_WORDS = frozenset(
    "a an and are can china chinese china's did do does during long line man men made make many me mine more "
    "name none one page pan gone gang fan fun gun hang hen her here he she his in is it japan japanese no on open or "
    "out over range rate send sent share sane size so some song sun than then there time to tone town tune use "
    "we were wage wide wine woman women whose why you young change area wang's".split()
)
_LEAST_SHARE = 0.25  # of the frequency of the most frequent form


class RomanisedNames:
    """Finds the Chinese forms of names by the frequencies of pairs of characters in the word index."""

    def __init__(self, frequencies: DocumentFrequencies) -> None:
        self.frequencies = frequencies

    def chinese_forms(self, question: str) -> dict[str, tuple[str, ...]]:
        """Return each romanised name in the question with at most two Chinese forms, the most likely first.

        A name is one to three adjacent capitalised words with at least two syllables (``Xindai``, ``Liu Minqiang``).
        Its words are in Chinese or in Western order.
        """
        words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(question)]
        found: dict[str, tuple[str, ...]] = {}
        at = 0
        while at < len(words):
            for count in (3, 2, 1):
                group = words[at : at + count]
                if len(group) < count or not all(w[0].isupper() for w, _, _ in group):
                    continue
                if any(question[a[2] : b[1]] != " " for a, b in itertools.pairwise(group)):
                    continue
                forms = self._forms([w for w, _, _ in group])
                if forms:
                    found[question[group[0][1] : group[-1][2]]] = forms
                    at += count - 1
                    break
            at += 1
        return found

    def _forms(self, words: list[str]) -> tuple[str, ...]:
        """Return the Chinese forms of one name, the most likely first."""
        plain = [re.sub(r"['’-]", "", word).lower() for word in words]
        if any(word in _ENGLISH_WORDS for word in plain):
            return ()
        orders = [plain, [*plain[1:], plain[0]]] if len(plain) > 1 else [plain]
        scored: dict[str, int] = {}
        for order in orders:
            for syllables in _split("".join(order)):
                if len(syllables) >= 2:
                    for text, count in self.texts_read_as(syllables):
                        scored[text] = max(scored.get(text, 0), count)
        if not scored:
            return ()
        most = max(scored.values())
        ranked = sorted(scored, key=lambda t: (-scored[t], t))
        return tuple(t for t in ranked if scored[t] >= most * _LEAST_SHARE)[:2]

    def texts_read_as(self, syllables: tuple[str, ...]) -> list[tuple[str, int]]:
        """Return the texts with these syllables in which every adjacent pair occurs, with the count of the rarest pair."""
        partial = list(self.frequencies.pairs_read_as(*syllables[:2]).items())
        for following in itertools.pairwise(syllables[1:]):
            if not partial:
                return []
            after: dict[str, list[tuple[str, int]]] = defaultdict(list)
            for pair, count in self.frequencies.pairs_read_as(*following).items():
                after[pair[0]].append((pair[1], count))
            partial = [(text + char, min(least, count)) for text, least in partial for char, count in after[text[-1]]]
        return partial


@lru_cache(maxsize=10_000)
def _split(text: str, most: int = 5) -> tuple[tuple[str, ...], ...]:
    """Return all ways to split the letters into at most ``most`` syllables, the fewest syllables first."""
    if not text:
        return ((),)
    if not most or len(text) > 6 * most:
        return ()
    ways = [
        (text[:end], *rest)
        for end in range(1, min(6, len(text)) + 1)
        if _SYLLABLE.fullmatch(text[:end])
        for rest in _split(text[end:], most - 1)
    ]
    return tuple(sorted(ways, key=len))
