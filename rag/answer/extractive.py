"""Evidence -> an answer without a language model: quoted sentences, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.answer.citations import cite
from rag.answer.evidence import Evidence, Sentence, Words
from rag.schema import Article, Citation, Language, Query
from rag.text.calendar import shown
from rag.text.scripts import legible
from rag.text.terms import tokens
from rag.text.versions import differ_in_a_figure, masked

_ASKS_LIST = re.compile(
    r"哪些|哪[几两二三四五六七八九十]|分别|有什么|包括什么|都有|列出|列举|盘点|几项|什么(?:措施|举措|项目|企业|活动|内容|建议|问题|做法|方面|特点|优势|产品|业务|政策|任务|要求)"
    r"|\b(?:list|name) (?:all|the|every)\b|\bwhat (?:are|were|all)\b|\b(?:what|which) (?:[\w'-]+ ){0,2}[\w'-]*[a-rt-z]s\b",
    re.IGNORECASE,
)
_NEAR_THE_BEST = 3.0
"""How far below the best words of a list others may score."""
_MOST_VERSIONS = 5
"""The most sentences that are added because they give other figures than a chosen one."""
_SAME_WORDS = 0.9
"""The least share of their characters that two versions of a sentence have in common, figures aside."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The text of an answer, its citations, and the words that answer directly: the first line of the text without marks, or
    empty if the reader points at none."""

    text: str
    citations: tuple[Citation, ...]
    direct: str = ""


def compose(query: Query, evidence: Evidence) -> Composed:
    """Return the answer: the words that answer, then the most probable sentences, grouped by article, each with its mark.

    ``evidence`` has at least one sentence. A sentence must have a share of the best one's probability. A question for a
    list accepts more words and sentences, with a smaller share; in English an even smaller one, because words match less
    reliably across languages and the probability spreads over more sentences. A sentence that other articles print with
    other figures is quoted in all its versions.
    """
    is_list = bool(_ASKS_LIST.search(legible(query.text)))
    words = _direct(evidence, is_list)
    best = evidence.sentences[0].score
    if is_list:
        limit, least = 8, best * (0.2 if query.language == "zh" else 0.08)
    else:
        limit, least = (2 if words else 3), best * 0.5
    chosen = list({id(w.sentence): w.sentence for w in words}.values())
    chosen += [s for s in evidence.sentences[:limit] if s.score >= least and s not in chosen]
    chosen += _other_versions(query, chosen, evidence.sentences)
    marks = _Marks()
    direct = [(_plain(w.article.text[w.start : w.end]), marks.of(w.sentence)) for w in words]
    first = ["、".join(text + mark for text, mark in direct)] if direct else []
    by_article: dict[str, list[Sentence]] = {}
    for sentence in chosen:
        by_article.setdefault(sentence.article.article_id, []).append(sentence)
    lines: list[str] = []
    for group in by_article.values():
        lines.append(_heading(group[0].article, query.language))
        for sentence in sorted(group, key=lambda s: s.start):
            mark = marks.of(sentence)
            lines.append(_plain(sentence.article.text[sentence.start : sentence.end]) + mark)
    return Composed("\n".join([*first, *lines]), tuple(marks.citations), "、".join(text for text, _ in direct))


def _direct(evidence: Evidence, is_list: bool) -> list[Words]:
    """Return the words to show first: the best, and for a list those that come near to it."""
    if not evidence.words:
        return []
    best = evidence.words[0].score
    return [w for w in evidence.words if w.score >= best - _NEAR_THE_BEST] if is_list else [evidence.words[0]]


class _Marks:
    """Numbers sentences in the order in which they are first cited."""

    def __init__(self) -> None:
        self.citations: list[Citation] = []

    def of(self, sentence: Sentence) -> str:
        """Return the mark of a sentence."""
        for known in self.citations:
            if (known.article_id, known.start, known.end) == (
                sentence.article.article_id,
                sentence.start,
                sentence.end,
            ):
                return f"[{known.n}]"
        self.citations.append(cite(len(self.citations) + 1, sentence.article, sentence.start, sentence.end))
        return f"[{len(self.citations)}]"


def _plain(text: str) -> str:
    """Return words of an article in which nothing looks like one of our marks, nor like the end of a line."""
    return " ".join(re.sub(r"\[(\d+)\]", r"［\1］", text).split("\n"))


def _other_versions(query: Query, chosen: Sequence[Sentence], ranked: Sequence[Sentence]) -> list[Sentence]:
    """Return the sentences of other articles that say what a chosen one says, with another figure in its place."""
    asked = set(tokens(query.lexical))
    found = []
    for sentence in ranked:
        if sentence not in chosen and any(_is_version(sentence, one, asked) for one in chosen):
            found.append(sentence)
    return found[:_MOST_VERSIONS]


def _is_version(one: Sentence, other: Sentence, asked: set[str]) -> bool:
    if one.article.article_id == other.article.article_id:
        return False
    a, b = (s.article.text[s.start : s.end] for s in (one, other))
    if not differ_in_a_figure(a, b):
        return False
    matcher = SequenceMatcher(None, masked(a), masked(b), autojunk=False)
    return matcher.quick_ratio() >= _SAME_WORDS <= matcher.ratio() and asked & set(tokens(a)) >= asked & set(tokens(b))


_REFUSAL: dict[Language, tuple[str, str, str]] = {
    "zh": ("文章里没有说。", "问的是“{}”，最接近的文章说的是“{}”。", "最接近的报道："),
    "en": ("The articles do not say.", "You ask about “{}”; the nearest article is about “{}”.", "Nearest articles:"),
}


def refuse(query: Query, evidence: Evidence) -> str:
    """Return the statement that the articles do not say, what they have in place of what was asked for, and the nearest articles."""
    nearest = list({h.article.article_id: h.article for h in evidence.hits}.values())[:3]
    titles = [f"- {label(article)}" for article in nearest]
    first, instead, above = _REFUSAL[query.language]
    found = [instead.format(*evidence.instead)] if evidence.instead else []
    return "\n".join([first, *found, *([above] if titles else []), *titles])


def label(article: Article) -> str:
    """Return the headline, or the first words of an article without one."""
    return f"《{article.title}》" if article.title else f"（无标题）{article.text[:18]}……"


def _heading(article: Article, language: Language) -> str:
    date = f"（{shown(article.date, article.date_basis, language)}）" if article.date else ""
    return f"{label(article)}{date}：" if language == "zh" else f"{label(article)}{date}:"
