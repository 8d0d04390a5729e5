"""A question and its outcome -> a record: what was asked, what came back, and the measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypedDict

from eval.harness import answer_figures, measures
from eval.harness.judge import Judgement
from eval.harness.measure_list import RECALL_AT
from eval.harness.sets import Question, in_tuning_half
from rag import payload
from rag.answer.extractive import label
from rag.schema import Answer, Hit

Verdict = Literal[
    "missed", "wrong", "refused wrongly", "answered wrongly", "partly", "right", "refused rightly", "not judged"
]
VERDICTS: tuple[Verdict, ...] = (
    "missed",
    "wrong",
    "refused wrongly",
    "answered wrongly",
    "partly",
    "right",
    "refused rightly",
    "not judged",
)
"""Worst first. ``missed``: an error, or, where only retrieval is run, nothing found. ``answered wrongly``: an answer
that the articles do not give."""
HITS = 10


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that citations are checked against: by article id, and by file name as the files have them.
    ``files`` is None if the indexed files are not available."""

    articles: Mapping[str, str]
    files: Mapping[str, str] | None


class RankedEvidence(TypedDict):
    """Gold evidence and the rank at which it was found, None if it was not."""

    doc: str
    quote: str | None
    rank: int | None


class RecordedHit(TypedDict):
    """What is kept of a hit; ``opening`` is the first 40 characters of the passage."""

    passage_id: str
    file: str
    title: str
    opening: str
    score: float


@dataclass(frozen=True, slots=True)
class Record:
    """A question and its outcome, in values that JSON keeps unchanged.

    ``citations`` are those of ``rag.payload``, each with ``supported``. ``loss`` (0 to 1) is the loss of the answer that
    a refused question would otherwise have got.
    """

    id: str
    question: str
    history: Sequence[Sequence[str]]
    lang: str
    type: str
    half: str
    answerable: bool
    facts: Sequence[Sequence[str]]
    evidence: Sequence[RankedEvidence]
    answer: str
    abstained: bool
    confidence: float
    mode: str
    citations: Sequence[Mapping[str, Any]]
    hits: Sequence[RecordedHit]
    values: Mapping[str, float | None]
    loss: float | None
    verdict: Verdict
    timings_ms: Mapping[str, float]
    error: str = ""


def record_search(question: Question, hits: Sequence[Hit], milliseconds: float, error: str = "") -> Record:
    """Return the record of a question that was searched for but not answered.

    ``milliseconds`` is its share of the time of its batch.
    """
    ranks = measures.evidence_ranks(question, hits)
    values = _ranking_values(ranks)
    found = values["recall@10"]
    verdict: Verdict = "not judged"
    if error or found == 0:
        verdict = "missed"
    elif found is not None:
        verdict = "right" if found == 1 else "partly"
    return Record(
        **_question_fields(question, ranks),
        answer="",
        abstained=False,
        confidence=0.0,
        mode="",
        citations=(),
        hits=_recorded_hits(hits),
        values=values,
        loss=None,
        verdict=verdict,
        timings_ms={"search": milliseconds},
        error=error,
    )


def record_answer(
    question: Question,
    answer: Answer | None,
    unrefused: Answer | None,
    texts: Texts,
    error: str = "",
    judgement: Judgement | None = None,
) -> Record:
    """Return the record of a question that was asked.

    For a question that failed, ``answer`` is None and ``error`` gives the cause. ``unrefused`` is the answer that the
    question would have got without a refusal.
    """
    hits = answer.hits if answer else ()
    ranks = measures.evidence_ranks(question, hits)
    shown = answer if answer and question.answerable and not answer.abstained else None
    exact = texts.files is not None or answer is None
    values = _ranking_values(ranks) | {
        "fact_recall": measures.fact_recall(question, answer),
        "citation_precision": measures.citation_precision(question, answer),
        "citation_recall": measures.citation_recall(question, answer),
        "exact_quotes": measures.exact_quotes(answer, texts.articles, texts.files or {}) if exact else None,
        "figure_faithfulness": answer_figures.figure_faithfulness(_with_headlines(answer)),
        "answer_characters": float(len(shown.answer)) if shown else None,
        "refusal_recall": measures.refused_unanswerable(question, answer),
        "false_refusals": measures.refused_answerable(question, answer),
    }
    if judgement:
        values |= {"judged_faithfulness": judgement.faithfulness, "judged_relevance": judgement.relevance}
    citations = [
        {
            **payload.citation(c),
            "supported": any(measures.supports(c, item, question.also) for item in question.evidence),
        }
        for c in (answer.citations if answer else ())
    ]
    return Record(
        **_question_fields(question, ranks),
        answer=answer.answer if answer else "",
        abstained=bool(answer and answer.abstained),
        confidence=measures.confidence(question, answer),
        mode=answer.mode if answer else "",
        citations=citations,
        hits=_recorded_hits(hits),
        values=values,
        loss=1.0 - _worth(question, unrefused),
        verdict=_verdict(question, answer),
        timings_ms=dict(answer.timings_ms) if answer else {},
        error=error,
    )


def as_json(record: Record) -> dict[str, Any]:
    """Return the record as a JSON object."""
    return asdict(record)


def from_json(row: Mapping[str, Any]) -> Record:
    """Return the record of a JSON object. Raise TypeError for fields that a record does not have."""
    return Record(**row)


def _question_fields(question: Question, ranks: measures.Ranks) -> dict[str, Any]:
    gold = question.evidence if question.answerable else ()
    return {
        "id": question.id,
        "question": question.question,
        "history": [list(turn) for turn in question.history],
        "lang": question.lang,
        "type": question.type,
        "half": "tune" if in_tuning_half(question.id) else "test",
        "answerable": question.answerable,
        "facts": [list(group) for group in question.facts],
        "evidence": [{"doc": e.doc, "quote": e.quote, "rank": rank} for e, rank in zip(gold, ranks, strict=True)],
    }


def _recorded_hits(hits: Sequence[Hit]) -> list[RecordedHit]:
    return [
        {
            "passage_id": h.passage.passage_id,
            "file": h.article.file,
            "title": h.article.title,
            "opening": h.passage.text[:40],
            "score": h.score,
        }
        for h in hits[:HITS]
    ]


def _ranking_values(ranks: measures.Ranks) -> dict[str, float | None]:
    return {
        **{f"recall@{k}": measures.recall_at(ranks, k) for k in RECALL_AT},
        "mrr@10": measures.reciprocal_rank(ranks, 10),
        "ndcg@10": measures.ndcg(ranks, 10),
    }


def _with_headlines(answer: Answer | None) -> Answer | None:
    """Return the answer with the headline shown over each citation: for an article without one, its opening words."""
    if answer is None:
        return None
    labels = {hit.article.article_id: label(hit.article) for hit in answer.hits}
    return replace(
        answer, citations=tuple(replace(c, title=c.title or labels.get(c.article_id, "")) for c in answer.citations)
    )


def _worth(question: Question, answer: Answer | None) -> float:
    """Return the share (0 to 1) that an answer gives of the question's facts or, if it lists none, of its evidence.

    0 where the articles do not answer the question.
    """
    if not question.answerable:
        return 0.0
    worth = measures.fact_recall(question, answer)
    if worth is None:
        worth = measures.citation_recall(question, answer)
    return float(answer is not None and not answer.abstained) if worth is None else worth


def _verdict(question: Question, answer: Answer | None) -> Verdict:
    if answer is None:
        return "missed"
    if answer.abstained:
        return "refused wrongly" if question.answerable else "refused rightly"
    if not question.answerable:
        return "answered wrongly"
    worth = _worth(question, answer)
    return "right" if worth == 1 else "partly" if worth > 0 else "wrong"
