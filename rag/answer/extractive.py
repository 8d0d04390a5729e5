"""Question + hits -> answer with no language model: the sentences that answer, verbatim.

Each sentence of the passages found is weighed by how near it is to the question, in meaning and in
words, and by whether it has what the question asks for (a figure, a date). Both weighings are
logistic regressions over a handful of features; ``python -m eval.quality.fit`` fits their coefficients on
the tuning halves of the question sets and prints them in the form below.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.answer.citations import cite
from rag.embedding.embedder import Embedder
from rag.schema import Article, Citation, Hit, Language, Query
from rag.text.calendar import shown
from rag.text.sentences import sentences
from rag.text.terms import normalise, tokens
from rag.words.bm25 import Bm25Index

_LIST = re.compile(
    r"哪些|哪[几两二三四五六七八九十]|分别|有什么|包括什么|都有|列出|列举|盘点|几项|什么(?:措施|举措|项目|企业|活动|内容|建议|问题|做法|方面|特点|优势|产品|业务|政策|任务|要求)"
    r"|\b(?:list|name) (?:all|the|every)\b|\bwhat (?:are|were|all)\b|\b(?:what|which) (?:[\w'-]+ ){0,2}[\w'-]*[a-rt-z]s\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"多少|几(?:个|家|位|名|次|项|年|天|月|倍|条|篇|台|所|座|万|人|成|亩)|多大|多高|多长|多久|多快|占比|比例|百分|增速|增幅|金额|总额|规模|第几|"
    r"\b(?:how (?:many|much|long|big|large|often|far|fast)|what (?:percent|share|proportion|rate)|percentage)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"什么时候|何时|哪(?:一)?[年天日月]|几[月号日]|什么时间|\b(?:when|what (?:year|date|day|month|time))\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(r"[\d０-９]|[一二两三四五六七八九十百千]+(?:个|家|位|名|次|项|年|倍|成|亿|万)|百分之")
_HAS_DATE = re.compile(
    r"\d+\s*[年月日号]|[今去明前昨]年|今天|昨天|昨日|近日|日前|上半年|下半年|季度|[一二三四五六七八九十]+月"
)

SENTENCE_FEATURES = ("above_mean", "coverage", "rank", "number", "date", "short")
SENTENCE_WEIGHTS = (42.46, 3.98, -0.98, 0.88, 1.12, -0.37)
SENTENCE_BIAS = -3.93
ANSWER_FEATURES = ("passage", "lead", "said", "english")
ANSWER_WEIGHTS = (55.98, 22.47, 1.32, 1.0)
ANSWER_BIAS = -49.01
ABSTAIN_BELOW = 0.5
_LEANS_BACK = re.compile(
    r"(?:据介绍|据了解|据悉)?[,，]?"
    r"(?:该|这|其|他们|她们|他|她|它|此次|同时|此外|另外|目前|当前|投产后|达产后|建成后|项目|公司|企业)"
)
_NEAREST = 5  # sentences in which the question's words are looked for


@dataclass(frozen=True, slots=True)
class Sentence:
    """``article.text[start:end]`` and how likely it belongs to the answer (0 to 1)."""

    article: Article
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences best first; ``confidence`` (0 to 1) that the articles answer the question."""

    sentences: tuple[Sentence, ...]
    hits: tuple[Hit, ...]
    confidence: float

    @property
    def abstains(self) -> bool:
        return self.confidence < ABSTAIN_BELOW or not self.sentences


@dataclass(frozen=True, slots=True)
class Measured:
    """The features of a question's sentences, (n, len(SENTENCE_FEATURES)), and of the question."""

    spans: tuple[tuple[Article, int, int], ...]
    sentence: NDArray[np.float64]
    answer: NDArray[np.float64]


def weigh(query: Query, hits: Sequence[Hit], lexical: Bm25Index, embedder: Embedder) -> Evidence:
    measured = measure(query, hits, lexical, embedder)
    if measured is None:
        return Evidence((), tuple(hits), 0.0)
    logits = measured.sentence @ np.array(SENTENCE_WEIGHTS) + SENTENCE_BIAS
    ranked = sorted(
        (
            Sentence(article, start, end, _sigmoid(logit))
            for (article, start, end), logit in zip(measured.spans, logits.tolist(), strict=True)
        ),
        key=lambda s: (-s.score, s.article.article_id, s.start),
    )
    confidence = _sigmoid(float(measured.answer @ np.array(ANSWER_WEIGHTS)) + ANSWER_BIAS)
    return Evidence(tuple(ranked), tuple(hits), confidence)


def measure(query: Query, hits: Sequence[Hit], lexical: Bm25Index, embedder: Embedder) -> Measured | None:
    """None when there is no sentence to weigh."""
    spans: dict[tuple[str, int, int], tuple[Article, int, int, int]] = {}
    before: dict[tuple[str, int, int], str] = {}
    for rank, hit in enumerate(hits):
        previous = ""
        for start, end in sentences(hit.passage.text):
            text = hit.passage.text[start:end]
            if end - start >= 6:
                key = (hit.article.article_id, hit.passage.start + start, hit.passage.start + end)
                spans.setdefault(key, (hit.article, key[1], key[2], rank))
                before.setdefault(key, previous if _LEANS_BACK.match(text) else "")
            previous = text
    if not spans:
        return None
    found = list(spans.values())
    texts = [article.text[start:end] for article, start, end, _ in found]
    whole = [lead + text for lead, text in zip(before.values(), texts, strict=True)]  # what "that project" is
    vector = embedder.embed_queries([query.search])[0]
    cosines = embedder.embed_sentences(whole) @ vector
    weights = {t: lexical.idf(t) for t in dict.fromkeys(tokens(query.lexical))}
    total = sum(weights.values()) or 1.0
    coverage = np.array([_covered(weights, text) for text in whole]) / total
    sentence = np.stack(
        [
            cosines - cosines.mean(),
            coverage,
            [math.log1p(rank) for *_, rank in found],
            [float(bool(_NUMBER.search(query.text)) and bool(_HAS_NUMBER.search(text))) for text in texts],
            [float(bool(_DATE.search(query.text)) and bool(_HAS_DATE.search(text))) for text in texts],
            [float(len(text) < 15) for text in texts],
        ],
        axis=1,
    )
    ranked = np.argsort(-cosines, kind="stable")
    nearest = normalise("".join(texts[i] for i in ranked[:_NEAREST]))
    answer = np.array(
        [
            max(h.dense for h in hits),
            # how far the nearest sentences stand out: for a question on something else none does
            float(cosines[ranked[:3]].mean() - np.median(cosines)),
            -_unsaid(query, nearest),
            float(query.language == "en"),
        ]
    )
    return Measured(tuple((a, s, e) for a, s, e, _ in found), sentence, answer)


def compose(query: Query, evidence: Evidence) -> tuple[str, tuple[Citation, ...]]:
    """The sentences that answer, grouped by article, each with its mark: those not far less likely
    than the best, more of them for a question after a list. Words are matched across languages less
    surely, so that an English question spreads its weight over more sentences."""
    best = evidence.sentences[0].score
    if _LIST.search(query.text):
        limit, floor = 8, best * (0.2 if query.language == "zh" else 0.12)
    else:
        limit, floor = 3, best * 0.5
    chosen = [s for s in evidence.sentences[:limit] if s.score >= floor]
    groups: dict[str, list[Sentence]] = {}
    for sentence in chosen:
        groups.setdefault(sentence.article.article_id, []).append(sentence)
    lines: list[str] = []
    cited: list[Citation] = []
    for group in groups.values():
        article = group[0].article
        lines.append(_heading(article, query.language))
        for sentence in sorted(group, key=lambda s: s.start):
            cited.append(cite(len(cited) + 1, article, sentence.start, sentence.end))
            # an article's own "[3]" must not pass for one of our marks
            lines.append(re.sub(r"\[(\d+)\]", r"［\1］", cited[-1].quote) + f"[{len(cited)}]")
    return "\n".join(lines), tuple(cited)


def refuse(query: Query, evidence: Evidence) -> str:
    """Says that the articles do not say, and which articles come nearest."""
    nearest = list({h.article.article_id: h.article for h in evidence.hits}.values())[:3]
    titles = [label(article) for article in nearest]
    if query.language == "en":
        return "\n".join(
            ["The articles do not say.", *(["Nearest articles:"] if titles else []), *(f"- {t}" for t in titles)]
        )
    return "\n".join(["文章里没有说。", *(["最接近的报道："] if titles else []), *(f"- {t}" for t in titles)])


def label(article: Article) -> str:
    """The headline, or the opening words of an article that has none."""
    return f"《{article.title}》" if article.title else f"（无标题）{article.text[:18]}……"


def _heading(article: Article, language: Language) -> str:
    date = f"（{shown(article.date, article.date_basis, language)}）" if article.date else ""
    return f"{label(article)}{date}：" if language == "zh" else f"{label(article)}{date}:"


def _covered(weights: dict[str, float], text: str) -> float:
    own = set(tokens(text))
    return sum(weight for term, weight in weights.items() if term in own)


def _unsaid(query: Query, text: str) -> float:
    """The share of the question's content words that a text has in none of their forms."""
    missing = [not any(normalise(form) in text for form in forms) for forms in query.words]
    return sum(missing) / len(missing) if missing else 0.0


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0
