"""Hits -> their sentences, and what the sentences share with the question: words, a figure, a date."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.schema import Article, Hit, Query
from rag.text.scripts import legible
from rag.text.sentences import sentences
from rag.text.terms import normalise, tokens

_ASKS_NUMBER = re.compile(
    r"多少|几(?:个|家|位|名|次|项|年|天|月|倍|条|篇|台|所|座|万|人|成|亩)|多大|多高|多长|多久|多快|占比|比例|百分|增速|增幅|金额|总额|规模|第几|"
    r"\b(?:how (?:many|much|long|big|large|often|far|fast)|what (?:percent|share|proportion|rate)|percentage)\b",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"什么时候|何时|哪(?:一)?[年天日月]|几[月号日]|什么时间|\b(?:when|what (?:year|date|day|month|time))\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(r"[\d０-９]|[一二两三四五六七八九十百千]+(?:个|家|位|名|次|项|年|倍|成|亿|万)|百分之")
_HAS_DATE = re.compile(
    r"\d+\s*[年月日号]|[今去明前昨]年|今天|昨天|昨日|近日|日前|上半年|下半年|季度|[一二三四五六七八九十]+月|[一二][〇零○一二三四五六七八九]{3}年"
)
_REFERS_BACK = re.compile(
    r"(?:据介绍|据了解|据悉)?[,，]?"
    r"(?:该|这|其|他们|她们|他|她|它|此次|同时|此外|另外|目前|当前|投产后|达产后|建成后|项目|公司|企业)"
)
_SHORTEST = 6  # characters of a sentence


@dataclass(frozen=True, slots=True)
class Candidate:
    """``text`` is ``article.text[start:end]`` in legible form, in hit number ``rank``. ``before`` is the sentence before it
    if the text refers back to it: without it, "that project" has no meaning."""

    article: Article
    start: int
    end: int
    rank: int
    text: str
    before: str


def candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """Return the sentences of the hits, each once, in the order of the hits."""
    found: dict[tuple[str, int, int], Candidate] = {}
    for rank, hit in enumerate(hits):
        previous = ""
        for start, end in sentences(hit.passage.text):
            text = legible(hit.passage.text[start:end])
            if end - start >= _SHORTEST:
                start, end = hit.passage.start + start, hit.passage.start + end
                before = previous if _REFERS_BACK.match(text) else ""
                candidate = Candidate(hit.article, start, end, rank, text, before)
                found.setdefault((hit.article.article_id, start, end), candidate)
            previous = text
    return list(found.values())


def weight_covered(weights: Mapping[str, float], text: str) -> float:
    """Return the sum of the weights of the terms that ``text`` contains."""
    terms = set(tokens(text))
    return sum(weight for term, weight in weights.items() if term in terms)


def share_missing(query: Query, text: str) -> float:
    """Return the share of the question's content words of which no form occurs in ``text``."""
    missing = [not any(normalise(form) in text for form in forms) for forms in query.words]
    return sum(missing) / len(missing) if missing else 0.0


def fits_a_number(question: str, text: str) -> float:
    """Return 1.0 if the question asks for a figure and the text has one, else 0.0."""
    return float(bool(_ASKS_NUMBER.search(question)) and bool(_HAS_NUMBER.search(text)))


def fits_a_date(question: str, text: str) -> float:
    """Return 1.0 if the question asks for a date and the text has one, else 0.0."""
    return float(bool(_ASKS_DATE.search(question)) and bool(_HAS_DATE.search(text)))
