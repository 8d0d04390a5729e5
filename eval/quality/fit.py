"""Fit the weights of rag/answer/similarity.py and print them as that file has them.

    python -m eval.quality.fit SET.jsonl OFF_TOPIC.jsonl [INDEX]

Sentences: a logistic regression over the sentences of the passages found for each answerable question of SET; those
that overlap a gold quote against the others. Questions: the answerable ones of SET against its unanswerable ones and
against OFF_TOPIC, questions that have nothing to do with the articles.

No weight may get the sign that means "the less similar, the more probably an answer". The unanswerable questions of a
set are mostly closer to the wording of the articles than the answerable ones, and an unconstrained fit learns that.
Weights are fitted on the tuning half (``in_tuning_half``) and reported on the other half.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.harness.intervals import auroc
from eval.harness.sets import Question, in_tuning_half, load_set, normalise
from rag.answer.assistant import Assistant
from rag.answer.finding import PASSAGES
from rag.answer.similarity import ANSWER_WEIGHTS, SENTENCE_WEIGHTS, Features, features_of
from rag.config import Settings

NEAR_MISS_SHARE = 0.2
"""The weight of near misses among the unanswerable questions. The features separate them from answerable questions
hardly better than chance, so with more weight they would hide the signal of the off-topic questions."""
FALSE_REFUSALS = 0.10
"""The share of answerable tuning questions that the threshold may refuse."""

Floats = NDArray[np.float64]
Row = tuple[Question, Features, NDArray[np.bool_]]


def collect(assistant: Assistant, questions: Sequence[Question]) -> list[Row]:
    """Return each question with its features and, for every sentence, whether it is evidence."""
    retriever = assistant.retriever
    rows = []
    for question in questions:
        query = retriever.parse(question.question, question.history)
        features = features_of(query, retriever.search(query, PASSAGES), retriever.index.bm25, assistant.embedder)
        if features is None:
            continue
        quotes = [(item.doc, normalise(item.quote)) for item in question.evidence if item.quote]
        spans = [(article.file, normalise(article.text[start:end])) for article, start, end in features.spans]
        labels = [
            any(doc == file and (quote in text or text in quote) for doc, quote in quotes) for file, text in spans
        ]
        rows.append((question, features, np.array(labels)))
    return rows


def fit(x: Floats, y: NDArray[np.bool_], weights: Floats, signs: Sequence[int]) -> tuple[Floats, float]:
    """Return the weights and the bias of a logistic regression with an L2 penalty.

    A weight whose entry in ``signs`` is not 0 has that sign or is 0.
    """
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = (x - mean) / spread
    weights = weights / weights.sum()

    def loss(p: Floats) -> float:
        logits = z @ p[:-1] + p[-1]
        return float(weights @ np.logaddexp(0, np.where(y, -logits, logits)) + 0.003 * (p[:-1] ** 2).sum())

    bounds = [(0 if s > 0 else None, 0 if s < 0 else None) for s in signs] + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), bounds=bounds, method="L-BFGS-B").x
    slope = found[:-1] / spread
    return slope, float(found[-1] - slope @ mean)


def main() -> None:
    """Fit on the tuning half, print the weights, and report on both halves."""
    path, off_topic = Path(sys.argv[1]), Path(sys.argv[2])
    assistant = Assistant(Settings(index_dir=Path(sys.argv[3] if len(sys.argv) > 3 else "index")))
    rows = collect(assistant, load_set(path, None))
    off = collect(assistant, load_set(off_topic, None))
    tune = [row for row in rows if in_tuning_half(row[0].id)]

    usable = [row for row in tune if row[0].answerable and row[2].any()]
    x, y = np.concatenate([m.sentence for _, m, _ in usable]), np.concatenate([labels for _, _, labels in usable])
    sentence, bias = fit(x, y, np.ones(len(y)), (1, 1, -1, 1, 1, -1))
    print("SENTENCE_WEIGHTS =", _shown(SENTENCE_WEIGHTS, sentence), "\nSENTENCE_BIAS =", round(bias, 2))

    groups = [
        ([m.answer for q, m, _ in tune if q.answerable], True, 1.0),
        ([m.answer for q, m, _ in tune if not q.answerable], False, NEAR_MISS_SHARE),
        ([m.answer for q, m, _ in off if in_tuning_half(q.id)], False, 1 - NEAR_MISS_SHARE),
    ]
    xa = np.stack([row for group, _, _ in groups for row in group])
    ya = np.array([truth for group, truth, _ in groups for _ in group])
    wa = np.array([share / len(group) for group, _, share in groups for _ in group])
    answer, offset = fit(xa, ya, wa, (1, 1, 1, 0))
    offset -= float(np.quantile(xa[ya] @ answer + offset, FALSE_REFUSALS))
    print("ANSWER_WEIGHTS =", _shown(ANSWER_WEIGHTS, answer), "\nANSWER_BIAS =", round(offset, 2))

    for name, half in (("tune", True), ("test", False)):
        part = [row for row in rows if in_tuning_half(row[0].id) == half]
        away = np.array([m.answer @ answer + offset for q, m, _ in off if in_tuning_half(q.id) == half])
        logits = np.array([m.answer @ answer + offset for _, m, _ in part])
        truth = np.array([q.answerable for q, _, _ in part])
        first = np.mean([labels[np.argmax(m.sentence @ sentence)] for q, m, labels in part if q.answerable])
        print(
            f"{name}: best sentence is evidence {first:.3f}; refused: {np.mean(logits[truth] < 0):.3f} of answerable, "
            f"{np.mean(logits[~truth] < 0):.3f} of near misses (AUROC {auroc(truth.tolist(), logits.tolist()):.3f}), "
            f"{np.mean(away < 0):.3f} of off-topic"
        )


def _shown(names: Iterable[str], weights: Floats) -> dict[str, float]:
    return {name: round(float(weight), 2) for name, weight in zip(names, weights, strict=True)}


if __name__ == "__main__":
    main()
