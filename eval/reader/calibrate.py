"""Fit the weights of rag/answer/reading.py and print them as that file has them.

    python -m eval.reader.calibrate SET[=INDEX]... [--off-topic SET]

A SET is a file of questions with the folder of its index, or a folder with its own corpus. Weights are fitted on the tuning half of
each (``in_tuning_half``), where every set counts the same, and reported on the other half.

Passages: those that hold gold evidence against the others that were found for the question. Sentences: those that overlap a
gold quote. Questions: the answerable ones against the others. No weight may get the sign that means "the less it says, the
more probably an answer".
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.harness.intervals import auroc
from eval.harness.sets import Question, in_tuning_half, normalise
from eval.harness.subject import open_subject
from eval.quality.fit import fit
from rag.answer import reading
from rag.answer.finding import PASSAGES, read
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.index.reprints import distinct
from rag.reader.reader import Reader
from rag.reader.reading import Reading
from rag.schema import Hit, Query
from rag.search.retriever import Retriever
from rag.words.bm25 import Bm25Index

FALSE_REFUSALS = 0.05
"""The share of answerable tuning questions that the threshold may refuse."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observation:
    """A question with what was found for it and read. ``gold``: whether each hit holds evidence."""

    source: str
    question: Question
    query: Query
    hits: tuple[Hit, ...]
    readings: tuple[Reading, ...]
    gold: tuple[bool, ...]

    @property
    def tunes(self) -> bool:
        """Whether the weights may be fitted on it."""
        return in_tuning_half(self.question.id)


def observe(source: str, questions: Sequence[Question], retriever: Retriever, reader: Reader) -> list[Observation]:
    """Return what is found and read for each question."""
    seen = []
    for question in questions:
        query = retriever.parse(question.question, question.history)
        hits = distinct(retriever.search(query, reading.CANDIDATES))
        readings = read(query, hits, reader)
        gold = tuple(_holds_evidence(question, h) for h in hits)
        seen.append(Observation(source, question, query, tuple(hits), tuple(readings), gold))
    return seen


def _holds_evidence(question: Question, hit: Hit) -> bool:
    text = normalise(hit.passage.text)
    return any(
        item.doc == hit.article.file and (item.quote is None or _meet(normalise(item.quote), text))
        for item in question.evidence
    )


def _meet(quote: str, text: str) -> bool:
    return quote in text or text in quote


def fit_passages(seen: Sequence[Observation]) -> Floats:
    """Return the weights of passages, fitted on questions of which some hits hold evidence and others do not."""
    usable = [o for o in seen if o.tunes and any(o.gold) and not all(o.gold)]
    x = np.concatenate([_centred(reading.passage_features(o.hits, o.readings)) for o in usable])
    y = np.concatenate([o.gold for o in usable])
    weights = np.concatenate([np.full(len(o.gold), 1 / _size(usable, o.source) / len(o.gold)) for o in usable])
    return fit(x, y, weights, (1, 1, 1))[0]


def _centred(x: Floats) -> Floats:
    """Return features without their mean over the question: only the order within a question counts."""
    centred: Floats = x - x.mean(0)
    return centred


def _size(seen: Sequence[Observation], source: str) -> int:
    return sum(o.source == source for o in seen)


def ordered(seen: Sequence[Observation], weights: Floats) -> list[Observation]:
    """Return the observations with their best hits, in the order that the weights give."""
    out = []
    for o in seen:
        scores = reading.passage_features(o.hits, o.readings) @ weights
        best = np.argsort(-scores, kind="stable")[:PASSAGES].tolist()
        hits, readings, gold = (tuple(part[i] for i in best) for part in (o.hits, o.readings, o.gold))
        out.append(replace(o, hits=hits, readings=readings, gold=gold))
    return out


def fit_sentences(seen: Sequence[Observation], bm25: Mapping[str, Bm25Index]) -> tuple[Floats, float]:
    """Return the weights and the bias of sentences: those that overlap a gold quote against the others."""
    xs, ys, ws = [], [], []
    for o in seen:
        features = reading.features_of(o.query, o.hits, o.readings, bm25[o.source])
        if not (o.tunes and features and all(item.quote for item in o.question.evidence)):
            continue
        labels = _labels(o, features)
        if labels.any():
            xs.append(features.sentences)
            ys.append(labels)
            ws.append(np.full(len(labels), 1 / len(labels)))
    return fit(np.concatenate(xs), np.concatenate(ys), np.concatenate(ws), (1, 1, 1, -1, 1, 1, -1))


def _labels(o: Observation, features: reading.Features) -> NDArray[np.bool_]:
    quotes = [(item.doc, normalise(item.quote or "")) for item in o.question.evidence]
    texts = [(c.article.file, normalise(c.article.text[c.start : c.end])) for c in features.found]
    return np.array([any(doc == file and _meet(quote, text) for doc, quote in quotes) for file, text in texts])


def answer_rows(
    seen: Sequence[Observation], bm25: Mapping[str, Bm25Index]
) -> tuple[Floats, NDArray[np.bool_], list[Observation]]:
    """Return the features of the questions, whether each is answerable, and the observations they are of."""
    rows = [(o, reading.features_of(o.query, o.hits, o.readings, bm25[o.source])) for o in seen]
    kept = [(o, f.answer) for o, f in rows if f is not None]
    return np.stack([x for _, x in kept]), np.array([o.question.answerable for o, _ in kept]), [o for o, _ in kept]


def fit_answers(x: Floats, y: NDArray[np.bool_], rows: Sequence[Observation]) -> tuple[Floats, float]:
    """Return the weights and the bias of questions. Each set counts the same, and so do its two classes."""
    tune = np.array([o.tunes for o in rows])
    groups = [(o.source, bool(answerable)) for o, answerable in zip(rows, y, strict=True)]
    weights = np.array([1 / groups.count(group) for group in groups])
    slope, bias = fit(x[tune], y[tune], weights[tune], (1, 1, 1, 1, 1))
    return slope, bias - float(np.quantile(x[tune & y] @ slope + bias, FALSE_REFUSALS))


def report(x: Floats, y: NDArray[np.bool_], rows: Sequence[Observation], slope: Floats, bias: float) -> None:
    """Print what is refused in each half of each set."""
    logits = x @ slope + bias
    for source in dict.fromkeys(o.source for o in rows):
        for name, half in (("tune", True), ("test", False)):
            part = np.array([o.source == source and o.tunes == half for o in rows])
            yes, no = logits[part & y], logits[part & ~y]
            area = auroc(y[part].tolist(), logits[part].tolist()) if len(yes) and len(no) else float("nan")
            first = [float(o.gold[0]) for o, p, a in zip(rows, part, y, strict=True) if p and a and o.gold]
            print(
                f"{source} {name}: refused {np.mean(yes < 0):.3f} of {len(yes)} answerable, {np.mean(no < 0):.3f} of {len(no)} "
                f"others; AUROC {area:.3f}; first passage is evidence {np.mean(first or [np.nan]):.3f}"
            )


def main() -> None:
    """Read every question, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", help="SET, or SET=INDEX")
    parser.add_argument("--most", type=int, default=400, help="questions of each set, those whose ids hash lowest")
    given = parser.parse_args()
    embedder, reader = Embedder(), Reader()
    seen: list[Observation] = []
    words: dict[str, Bm25Index] = {}
    for name in given.sets:
        path, _, index = name.partition("=")
        cache = Path("eval/out/cache")
        subject = open_subject(Path(path), "all", Settings(), Path(index) if index else None, cache, embedder)
        words[subject.name] = subject.index.bm25
        questions = sorted(subject.questions, key=lambda q: hashlib.sha256(q.id.encode()).digest())[: given.most]
        seen += observe(subject.name, questions, Retriever(subject.index, embedder), reader)
    fit_all(seen, words)


def fit_all(seen: Sequence[Observation], words: Mapping[str, Bm25Index]) -> None:
    """Fit the three regressions, print their weights, and report."""
    passages = fit_passages(seen)
    _print("PASSAGE_WEIGHTS", reading.PASSAGE_WEIGHTS, passages)
    seen = ordered(seen, passages)
    sentences, bias = fit_sentences(seen, words)
    _print("SENTENCE_WEIGHTS", reading.SENTENCE_WEIGHTS, sentences, bias)
    x, y, rows = answer_rows(seen, words)
    slope, offset = fit_answers(x, y, rows)
    _print("ANSWER_WEIGHTS", reading.ANSWER_WEIGHTS, slope, offset)
    report(x, y, rows, slope, offset)


def _print(name: str, names: Mapping[str, float], weights: Floats, bias: float | None = None) -> None:
    print(name, "=", {key: round(float(w), 3) for key, w in zip(names, weights, strict=True)})
    if bias is not None:
        print(name.replace("WEIGHTS", "BIAS"), "=", round(bias, 3))


if __name__ == "__main__":
    main()
