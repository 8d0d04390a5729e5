"""What the figures of an evaluation mean: one pure function a measure.

Measures of one question give a float in 0..1, or None where the measure has nothing to say about
that question (retrieval when it is unanswerable, facts when none are listed). A question that a run
missed is given as no hits, or as the answer None, and gets the worst value: it is never dropped.
Texts are compared by ``eval.sets.normalise``; documents are ``Article.file``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher

import numpy as np

from eval.sets import Evidence, Question, normalise
from rag.schema import Answer, Article, Citation, Hit

Ranks = Sequence[int | None]
"""For each evidence of a question the rank, from 1, at which it is found; None where it is not."""

OVERLAP = 0.5
"""The share of the shorter of citation and gold quote that must be common to both ..."""
OVERLAP_LEAST = 8
"""... and the characters it must have at least, so that a word or two do not count; a gold quote
shorter than this must be there whole."""


def evidence_ranks(question: Question, hits: Sequence[Hit]) -> tuple[int | None, ...]:
    """The rank at which each evidence of ``question`` is found in ``hits``, best first.

    A quote is found at rank r when the first r passages, those of one article of its document that
    overlap or touch (white space between them aside) joined, contain it: one passage that holds it,
    or several that cover it together. Evidence without a quote is found by any passage of its
    document or of a document in ``also``.
    """
    ranks: list[int | None] = [None] * len(question.evidence)
    spans: dict[str, list[tuple[int, int]]] = {}
    for rank, hit in enumerate(hits, 1):
        seen = spans.setdefault(hit.article.article_id, [])
        seen.append((hit.passage.start, hit.passage.end))
        for i, item in enumerate(question.evidence):
            if ranks[i] is None and _finds(item, question.also, hit.article, seen):
                ranks[i] = rank
    return tuple(ranks)


def recall_at(ranks: Ranks, k: int) -> float | None:
    """Evidence recall@k: the share of evidence found in the first k passages. None without evidence.

    Recall of Cleverdon (1967), counted over evidence instead of relevant documents.
    """
    return sum(_within(rank, k) for rank in ranks) / len(ranks) if ranks else None


def reciprocal_rank(ranks: Ranks, k: int = 10) -> float | None:
    """1 / rank of the first evidence found in the first k passages, else 0. None without evidence.

    Its mean over questions is MRR@k (Voorhees, TREC-8 question answering track, 1999).
    """
    if not ranks:
        return None
    return max(1 / rank if rank is not None and rank <= k else 0.0 for rank in ranks)


def ndcg(ranks: Ranks, k: int = 10) -> float | None:
    """nDCG@k with binary gains: sum of 1 / log2(1 + rank) over gaining ranks, over the best such sum.

    A rank gains 1 when it completes evidence not found above it, so a second passage with the same
    evidence gains nothing. Evidence completed at one rank counts as one, in the best sum too, so a
    passage that holds everything, at rank 1, scores 1. None without evidence. (Järvelin and
    Kekäläinen, ACM TOIS 20(4), 2002; the discount as in trec_eval.)
    """
    if not ranks:
        return None
    gaining = {rank for rank in ranks if rank is not None}
    ideal = len(gaining) + sum(rank is None for rank in ranks)
    best = sum(1 / math.log2(1 + rank) for rank in range(1, min(ideal, k) + 1))
    return sum(1 / math.log2(1 + rank) for rank in sorted(gaining) if rank <= k) / best


def fact_recall(question: Question, answer: Answer | None) -> float | None:
    """The share of fact groups of which a spelling is in the answer or in a quote it cites.

    A spelling that begins or ends with a digit does not match inside a longer number: ``5亿`` is not
    in ``15亿``, nor ``12`` in ``12.5``. A refusal states nothing: 0. None without facts.
    Own definition, after nugget recall (Voorhees, TREC 2003 question answering track).
    """
    if not question.facts:
        return None
    if answer is None or answer.abstained:
        return 0.0
    texts = [normalise(_unmarked(answer.answer, ""))] + [normalise(c.quote) for c in answer.citations]
    said = sum(any(_says(text, word) for text in texts for word in group) for group in question.facts)
    return said / len(question.facts)


def citation_precision(question: Question, answer: Answer | None) -> float | None:
    """The share of citations that rest on gold evidence (see ``supports``).

    0 where nothing is cited, as in a refusal; None without evidence. The idea is that of ALCE (Gao
    et al., EMNLP 2023), with gold quotes in place of an entailment model.
    """
    if not question.evidence:
        return None
    cited = _cited(answer)
    good = sum(any(supports(c, item, question.also) for item in question.evidence) for c in cited)
    return good / len(cited) if cited else 0.0


def citation_recall(question: Question, answer: Answer | None) -> float | None:
    """The share of evidence that a citation rests on; 0 and None as for ``citation_precision``."""
    if not question.evidence:
        return None
    cited = _cited(answer)
    return sum(any(supports(c, item, question.also) for c in cited) for item in question.evidence) / len(
        question.evidence
    )


def supports(citation: Citation, item: Evidence, also: Sequence[str] = ()) -> bool:
    """Whether a citation rests on gold evidence: same document, and enough words in common.

    Enough: their longest common substring, normalised, is at least OVERLAP of the shorter of the
    two and at least OVERLAP_LEAST characters or the whole gold quote. Evidence without a quote is
    met by any citation of its document or of ``also``.
    """
    if item.quote is None:
        return citation.file == item.doc or citation.file in also
    if citation.file != item.doc:
        return False
    cited, gold = normalise(citation.quote), normalise(item.quote)
    common = SequenceMatcher(None, cited, gold, autojunk=False).find_longest_match().size
    return common >= max(OVERLAP * min(len(cited), len(gold)), min(OVERLAP_LEAST, len(gold)))


def exact_quotes(answer: Answer | None, articles: Mapping[str, str], files: Mapping[str, str]) -> float | None:
    """The share of citations whose quote is, character for character, where it says it is.

    ``articles`` maps article ids, ``files`` file names to texts. The article's characters at
    ``start:end`` must equal the quote and the file's at ``source_start:source_end`` too once white
    space is dropped. None for an answer without citations; 0 for a missed question.
    """
    if answer is None:
        return 0.0
    if not answer.citations:
        return None
    exact = 0
    for c in answer.citations:
        there = articles.get(c.article_id, "")[c.start : c.end]
        source = files.get(c.file, "")[c.source_start : c.source_end]
        exact += bool(c.quote) and there == c.quote and source.split() == c.quote.split()
    return exact / len(answer.citations)
