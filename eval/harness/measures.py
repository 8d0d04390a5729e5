"""One function for each measure of an answer and its passages.

A measure of one question returns 0..1, or None if it does not apply: an unanswerable question has no evidence to find
and no facts to state, whatever its line lists. A question that a run missed is passed as no hits, or as the answer
None, and gets the worst value: 0, or 1 where less is better. It is never dropped. Measures of many records together
are in ``eval.harness.intervals``. Texts are compared by ``eval.harness.sets.normalise``; documents are
``Article.file``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from eval.harness.answer_figures import CITATION_MARK
from eval.harness.sets import GoldEvidence, Question, normalise
from rag.schema import Answer, Article, Citation, Hit

Ranks = Sequence[int | None]
"""The rank of each evidence of a question: from 1, or None if it is not found."""

MIN_OVERLAP, MIN_COMMON_CHARACTERS = 0.5, 8
"""See ``supports``; with the second, one or two common words are not enough."""


def evidence_ranks(question: Question, hits: Sequence[Hit]) -> tuple[int | None, ...]:
    """Return the rank at which each evidence of ``question`` is found in ``hits``, best hit first.

    A quote is found at rank r if the first r passages contain it: one of them alone, or several of one article that
    overlap or touch (apart from white space) when they are joined. Evidence without a quote is found by any passage of
    its document or of a document in ``also``. The result is empty if there is nothing to find.
    """
    gold = question.evidence if question.answerable else ()
    ranks: list[int | None] = [None] * len(gold)
    spans: dict[str, list[tuple[int, int]]] = {}
    for rank, hit in enumerate(hits, 1):
        seen = spans.setdefault(hit.article.article_id, [])
        seen.append((hit.passage.start, hit.passage.end))
        for i, item in enumerate(gold):
            if ranks[i] is None and _contain(item, question.also, hit.article, seen):
                ranks[i] = rank
    return tuple(ranks)


def recall_at(ranks: Ranks, k: int) -> float | None:
    """Return evidence recall@k: the share of evidence in the first k passages. None without evidence.

    Recall (Cleverdon, 1967), counted over evidence instead of relevant documents.
    """
    return sum(1 for rank in ranks if rank and rank <= k) / len(ranks) if ranks else None


def reciprocal_rank(ranks: Ranks, k: int = 10) -> float | None:
    """Return 1 / rank of the first evidence in the first k passages, else 0. None without evidence.

    Its mean over questions is MRR@k (Voorhees, TREC-8 question answering track, 1999).
    """
    return max(1 / rank if rank and rank <= k else 0.0 for rank in ranks) if ranks else None


def ndcg(ranks: Ranks, k: int = 10) -> float | None:
    """Return nDCG@k with binary gains: the sum of 1 / log2(1 + rank) over gaining ranks, divided by the best possible
    sum. None without evidence.

    A rank gains 1 if it completes evidence that was not found above it: a second passage with the same evidence gains
    nothing. Evidence completed at the same rank counts once, in the best sum too: one passage that holds all evidence,
    at rank 1, scores 1. (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002; the discount as in trec_eval.)
    """
    if not ranks:
        return None
    gaining = {rank for rank in ranks if rank}
    ideal = min(k, len(gaining) + sum(rank is None for rank in ranks))
    best = sum(1 / math.log2(1 + rank) for rank in range(1, ideal + 1))
    return sum(1 / math.log2(1 + rank) for rank in sorted(gaining) if rank <= k) / best


def fact_recall(question: Question, answer: Answer | None) -> float | None:
    """Return the share of fact groups with a spelling in the answer or in a quote that it cites. None without facts.

    A spelling that begins or ends with a digit does not match inside a longer number: ``5亿`` is not in ``15亿``, and
    ``12`` is not in ``12.5``. A refusal states nothing: 0. Definition of this project, after nugget recall (Voorhees,
    TREC 2003 question answering track).
    """
    if not (question.answerable and question.facts):
        return None
    if answer is None or answer.abstained:
        return 0.0
    texts = [normalise(text) for text in (CITATION_MARK.sub("", answer.answer), *(c.quote for c in answer.citations))]
    stated = [any(_states(text, normalise(word)) for text in texts for word in group) for group in question.facts]
    return sum(stated) / len(stated)


def citation_precision(question: Question, answer: Answer | None) -> float | None:
    """Return the share of citations that rest on gold evidence (see ``supports``). None without evidence.

    It is 0 where nothing is cited, as in a refusal. After ALCE (Gao et al., EMNLP 2023), with gold quotes in place of
    an entailment model.
    """
    good = [any(supports(c, item, question.also) for item in question.evidence) for c in _citations(answer)]
    return sum(good) / max(1, len(good)) if question.answerable and question.evidence else None


def citation_recall(question: Question, answer: Answer | None) -> float | None:
    """Return the share of evidence that a citation rests on; 0 and None as for ``citation_precision``."""
    met = [any(supports(c, item, question.also) for c in _citations(answer)) for item in question.evidence]
    return sum(met) / len(met) if question.answerable and met else None


def supports(citation: Citation, item: GoldEvidence, also: Sequence[str] = ()) -> bool:
    """Return whether a citation rests on gold evidence: the same document, and enough common words.

    Enough: the longest common substring, normalised, has at least MIN_OVERLAP of the characters of the shorter text,
    and at least MIN_COMMON_CHARACTERS or the complete gold quote. Evidence without a quote is supported by any
    citation of its document or of ``also``.
    """
    if item.quote is None or citation.file != item.doc:
        return item.quote is None and citation.file in (item.doc, *also)
    cited, gold = normalise(citation.quote), normalise(item.quote)
    common = SequenceMatcher(None, cited, gold, autojunk=False).find_longest_match().size
    return common >= max(MIN_OVERLAP * min(len(cited), len(gold)), min(MIN_COMMON_CHARACTERS, len(gold)))


def exact_quotes(answer: Answer | None, articles: Mapping[str, str], files: Mapping[str, str]) -> float | None:
    """Return the share of citations whose quote stands, character for character, at the place that they name.

    ``articles`` maps article ids to texts, ``files`` file names to texts. The article's characters at ``start:end``
    must equal the quote, and so must the file's at ``source_start:source_end`` without white space. None for an answer
    without citations; 0 for a missed question.
    """
    if answer is None:
        return 0.0
    exact = [
        bool(c.quote)
        and articles.get(c.article_id, "")[c.start : c.end] == c.quote
        and "".join(files.get(c.file, "")[c.source_start : c.source_end].split()) == "".join(c.quote.split())
        for c in answer.citations
    ]
    return sum(exact) / len(exact) if exact else None


def refused_unanswerable(question: Question, answer: Answer | None) -> float | None:
    """Return 1 if an unanswerable question was refused, else 0; None for an answerable one.

    The mean is the recall of refusals (Rajpurkar et al., ACL 2018: no-answer questions).
    """
    return None if question.answerable else float(answer is not None and answer.abstained)


def refused_answerable(question: Question, answer: Answer | None) -> float | None:
    """Return 1 if an answerable question was refused or missed, else 0; None for an unanswerable one.

    The mean is the rate of false refusals: less is better.
    """
    return float(answer is None or answer.abstained) if question.answerable else None


def confidence(question: Question, answer: Answer | None) -> float:
    """Return the confidence of the answer, 0..1; for a missed question the most misleading one."""
    return float(not question.answerable) if answer is None else answer.confidence


def _citations(answer: Answer | None) -> tuple[Citation, ...]:
    return () if answer is None or answer.abstained else answer.citations


def _contain(item: GoldEvidence, also: Sequence[str], article: Article, spans: Sequence[tuple[int, int]]) -> bool:
    """Return whether the passages of ``article`` at ``spans`` hold the evidence."""
    if item.quote is None or article.file != item.doc:
        return item.quote is None and article.file in (item.doc, *also)
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and not article.text[merged[-1][1] : start].strip():
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    return any(normalise(item.quote) in normalise(article.text[start:end]) for start, end in merged)


def _states(text: str, fact: str) -> bool:
    """Return whether ``text`` holds ``fact`` (both normalised), and not as part of a longer number."""
    before = r"(?<!\d)(?<!\d\.)" if fact[0].isdecimal() else ""
    before += r"(?<!\d,)" if re.match(r"\d{3}(?!\d)", fact) else ""  # 500 is not a part of 1,500
    after = r"(?!\.?\d|,\d{3}(?!\d))" if fact[-1].isdecimal() else ""
    return re.search(before + re.escape(fact) + after, text) is not None
