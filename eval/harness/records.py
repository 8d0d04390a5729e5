"""What a run keeps of each question: what was asked, what came back, and its measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from eval.harness import measures
from eval.harness.judge import Judgement
from eval.harness.sets import Question, tuning
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
"""Worst first. ``missed``: an error, or, where only retrieval is run, nothing found. ``answered
wrongly``: the articles do not say and an answer was given."""
HITS = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """``better``: 1 where more is better, -1 where less is, 0 where neither."""

    name: str
    label: str
    group: str
    better: int = 1


MEASURES = (
    *(Measure(f"recall@{k}", f"recall@{k}", "retrieval") for k in (1, 3, 5, 10)),
    Measure("mrr@10", "MRR@10", "retrieval"),
    Measure("ndcg@10", "nDCG@10", "retrieval"),
    Measure("fact_recall", "fact recall", "answer"),
    Measure("citation_precision", "citation precision", "answer"),
    Measure("citation_recall", "citation recall", "answer"),
    Measure("exact_quotes", "exact quotes", "answer"),
    Measure("figure_faithfulness", "figure faithfulness", "answer"),
    Measure("answer_characters", "answer characters", "answer", 0),
    Measure("refusal_recall", "unanswerable refused", "abstention"),
    Measure("false_refusals", "answerable refused", "abstention", -1),
    Measure("auroc", "AUROC of confidence", "abstention"),
    Measure("judged_faithfulness", "faithfulness (judged)", "judged"),
    Measure("judged_relevance", "relevance (judged)", "judged"),
)
"""All of them. ``auroc`` is one of many records, the others are means over the records that have one."""
RECALL_AT = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Texts:
    """What citations are held against: article ids to texts, file names to the files' own text.
    ``files`` is None where the files that were indexed are not at hand."""

    articles: Mapping[str, str]
    files: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Record:
    """A question and its outcome, in values that JSON keeps as they are. ``loss`` (0 to 1) is that
    of the answer which would have been given had the question not been refused."""

    id: str
    question: str
    history: Sequence[Sequence[str]]
    lang: str
    type: str
    half: str
    answerable: bool
    facts: Sequence[Sequence[str]]
    evidence: Sequence[Mapping[str, Any]]
    answer: str
    abstained: bool
    confidence: float
    mode: str
    citations: Sequence[Mapping[str, Any]]
    hits: Sequence[Mapping[str, Any]]
    values: Mapping[str, float | None]
    loss: float | None
    verdict: Verdict
    timings_ms: Mapping[str, float]
    error: str = ""


def retrieved(question: Question, hits: Sequence[Hit], milliseconds: float, error: str = "") -> Record:
    """The record of a question that was searched for and not answered; ``milliseconds`` is its
    share of the batch it was searched in."""
    ranks = measures.evidence_ranks(question, hits)
    values = _ranking(ranks)
    found = values["recall@10"]
    verdict: Verdict = "not judged"
    if error or found == 0:
        verdict = "missed"
    elif found is not None:
        verdict = "right" if found == 1 else "partly"
    return Record(
        **_asked(question, ranks),
        answer="",
        abstained=False,
        confidence=0.0,
        mode="",
        citations=(),
        hits=_hits(hits),
        values=values,
        loss=None,
        verdict=verdict,
        timings_ms={"search": milliseconds},
        error=error,
    )


def answered(
    question: Question,
    answer: Answer | None,
    unrefused: Answer | None,
    texts: Texts,
    error: str = "",
    judged: Judgement | None = None,
) -> Record:
    """The record of a question that was asked. ``answer`` is None, and ``error`` says why, for one
    that failed; ``unrefused`` is the answer it would have got had it not been refused."""
    hits = answer.hits if answer else ()
    ranks = measures.evidence_ranks(question, hits)
    shown = answer if answer and question.answerable and not answer.abstained else None
    exact = texts.files is not None or answer is None
    values = _ranking(ranks) | {
        "fact_recall": measures.fact_recall(question, answer),
        "citation_precision": measures.citation_precision(question, answer),
        "citation_recall": measures.citation_recall(question, answer),
        "exact_quotes": measures.exact_quotes(answer, texts.articles, texts.files or {}) if exact else None,
        "figure_faithfulness": measures.figure_faithfulness(_labelled(answer)),
        "answer_characters": float(len(shown.answer)) if shown else None,
        "refusal_recall": measures.refused_unanswerable(question, answer),
        "false_refusals": measures.refused_answerable(question, answer),
    }
    if judged:
        values |= {"judged_faithfulness": judged.faithfulness, "judged_relevance": judged.relevance}
    citations = [
        {
            **payload.citation(c),
            "supported": any(measures.supports(c, item, question.also) for item in question.evidence),
        }
        for c in (answer.citations if answer else ())
    ]
    return Record(
        **_asked(question, ranks),
        answer=answer.answer if answer else "",
        abstained=bool(answer and answer.abstained),
        confidence=measures.confidence(question, answer),
        mode=answer.mode if answer else "",
        citations=citations,
        hits=_hits(hits),
        values=values,
        loss=1.0 - _worth(question, unrefused),
        verdict=_verdict(question, answer),
        timings_ms=dict(answer.timings_ms) if answer else {},
        error=error,
    )


def as_json(record: Record) -> dict[str, Any]:
    return asdict(record)


def from_json(row: Mapping[str, Any]) -> Record:
    """Raises TypeError for fields that are not a record's."""
    return Record(**row)


def _asked(question: Question, ranks: measures.Ranks) -> dict[str, Any]:
    gold = question.evidence if question.answerable else ()
    return {
        "id": question.id,
        "question": question.question,
        "history": [list(turn) for turn in question.history],
        "lang": question.lang,
        "type": question.type,
        "half": "tune" if tuning(question.id) else "test",
        "answerable": question.answerable,
        "facts": [list(group) for group in question.facts],
        "evidence": [{"doc": e.doc, "quote": e.quote, "rank": rank} for e, rank in zip(gold, ranks, strict=True)],
    }


def _hits(hits: Sequence[Hit]) -> list[dict[str, Any]]:
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


def _ranking(ranks: measures.Ranks) -> dict[str, float | None]:
    return {
        **{f"recall@{k}": measures.recall_at(ranks, k) for k in RECALL_AT},
        "mrr@10": measures.reciprocal_rank(ranks, 10),
        "ndcg@10": measures.ndcg(ranks, 10),
    }


def _labelled(answer: Answer | None) -> Answer | None:
    """Each citation with the headline that stands over it: of an article without one, its opening words."""
    if answer is None:
        return None
    labels = {hit.article.article_id: label(hit.article) for hit in answer.hits}
    return replace(
        answer, citations=tuple(replace(c, title=c.title or labels.get(c.article_id, "")) for c in answer.citations)
    )


def _worth(question: Question, answer: Answer | None) -> float:
    """How much of what was asked an answer gives: its facts or, where the question lists none, its
    evidence; nothing where the articles do not say."""
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
