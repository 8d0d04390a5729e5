"""Question and passage -> one sequence of tokens, and the characters of the passage that each token stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.embedding.e5_weights import Packed
from rag.embedding.unigram import UnigramTokenizer

LONGEST = 320
"""The most tokens of a sequence."""
LONGEST_QUESTION = 72
LONGEST_HEADLINE = 40


@dataclass(frozen=True, slots=True)
class Pair:
    """``<s> query: QUESTION </s> passage: HEADLINE </s> TEXT </s>``, cut at ``LONGEST`` tokens.

    ``text_at``: the number of tokens before the text. ``places``: the (start, end) of each of its tokens in the text.
    """

    ids: tuple[int, ...]
    question: int
    text_at: int
    places: tuple[tuple[int, int], ...]


class PairTokens:
    """Joins questions and passages. ``questions[i]`` belongs to ``headlines[i]`` and ``texts[i]``."""

    def __init__(self, packed: Packed, tokenizer: UnigramTokenizer) -> None:
        self._tokenizer = tokenizer
        self._bos, self._eos = packed.bos, packed.eos

    def join(self, questions: Sequence[str], headlines: Sequence[str], texts: Sequence[str]) -> list[Pair]:
        """Return the pairs in the order given. Each distinct text is tokenised once."""
        wanted = dict.fromkeys(
            [*("query: " + q for q in questions), *(f"passage: {h}" if h else "passage:" for h in headlines), *texts]
        )
        encoded = dict(zip(wanted, self._tokenizer.encode_with_places(list(wanted)), strict=True))
        pairs = []
        for question, headline, text in zip(questions, headlines, texts, strict=True):
            asked = encoded["query: " + question][0][: LONGEST_QUESTION - 2]
            above = encoded[f"passage: {headline}" if headline else "passage:"][0][: LONGEST_HEADLINE - 1]
            before = [self._bos, *asked, self._eos, *above, self._eos]
            ids, places = encoded[text]
            ids, places = ids[: LONGEST - len(before) - 1], places[: LONGEST - len(before) - 1]
            pairs.append(Pair((*before, *ids, self._eos), len(asked) + 2, len(before), tuple(places)))
        return pairs
