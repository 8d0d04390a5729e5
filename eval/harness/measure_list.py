"""The measures of an evaluation: their names, labels and groups, in the order in which they are shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """``better``: 1 if more is better, -1 if less is better, 0 if neither."""

    name: str
    label: str
    group: str
    better: int = 1


RECALL_AT = (1, 3, 5, 10)
MEASURES = (
    *(Measure(f"recall@{k}", f"recall@{k}", "retrieval") for k in RECALL_AT),
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
"""``auroc`` is computed from all records together; every other measure is the mean over the records that have it."""
LABELS = {measure.name: measure.label for measure in MEASURES}
BETTER = {measure.name: measure.better for measure in MEASURES}
