"""Results -> one HTML page that can be sent to a colleague.

The page contains everything that it shows and fetches nothing; its content security policy forbids scripts. Every text
from a set, an article or an answer is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.harness.measure_list import BETTER, LABELS
from eval.harness.records import VERDICTS, Record, Verdict, from_json
from eval.harness.report_plots import plots
from eval.harness.results import Comparison, Results, RunResults
from eval.harness.summary import Difference, format_figure
from eval.harness.table import describe, rows, significant_differences
from eval.harness.templating import render, style_sheet

_KEY_MEASURES = (
    "recall@5",
    "mrr@10",
    "fact_recall",
    "citation_precision",
    "citation_recall",
    "refusal_recall",
    "false_refusals",
)
"""The measures in the breakdowns."""
_MEANINGS: Mapping[Verdict, str] = {
    "missed": "an error, or nothing found",
    "wrong": "answered, with nothing of what was asked",
    "refused wrongly": "refused, but the articles say it",
    "answered wrongly": "answered, but the articles do not say it",
    "partly": "some of what was asked",
    "right": "all of what was asked",
    "refused rightly": "the articles do not say",
    "not judged": "nothing to find",
}
_LANGUAGES = {"zh": "Chinese", "en": "English"}
Table = list[Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Link:
    name: str
    anchor: str


@dataclass(frozen=True, slots=True)
class _Judge:
    """``written``: answers that the judging model wrote; ``readable``: answers with a judgement that could be read."""

    name: str
    answers: int
    written: int
    readable: int


@dataclass(frozen=True, slots=True)
class _ComparisonView:
    first: str
    against: str
    questions: int
    differences: str
    rows: Table
    changed: list[tuple[str, list[_Link]]]


@dataclass(frozen=True, slots=True)
class _VerdictView:
    """``number``: the position in VERDICTS, which the style sheet uses."""

    number: int
    name: str
    meaning: str
    count: int


@dataclass(frozen=True, slots=True)
class _CitationView:
    n: int
    supported: bool
    quote: str
    title: str
    file: str


@dataclass(frozen=True, slots=True)
class _AnswerView:
    """One column of a question: the answer of one or more rankers, or the headlines of the hits if there is none."""

    heading: str
    record: Record
    citations: list[_CitationView]
    headlines: list[str]
    note: str


@dataclass(frozen=True, slots=True)
class _QuestionView:
    """A question: the reference ranker's record, and ``others`` as (ranker, verdict number, verdict)."""

    anchor: str
    verdict: int
    record: Record
    others: list[tuple[str, int, str]]
    answers: list[_AnswerView]


def html(results: Results) -> str:
    """Return the page."""
    records = {run["ranker"]: [from_json(row) for row in run["records"]] for run in results["runs"]}
    return render(
        "report.html",
        title=f"{results['set']['name']}: evaluation",
        style_sheet=style_sheet(),
        description=describe(results),
        remarks=results["remarks"],
        figures=list(rows(results)),
        judge=_judge(results["judge"], records),
        plots=list(plots(results["runs"], records)),
        comparisons=[_comparison(c) for c in results["comparisons"]],
        breakdowns=[(run["ranker"], _breakdown(run)) for run in results["runs"]],
        verdicts=list(_verdicts(results)),
        questions=list(_questions(records, results["reference"])),
        settings=_settings(results),
    )


def _judge(name: str, records: Mapping[str, Sequence[Record]]) -> _Judge | None:
    """Return who wrote and judged the answers; None if no language model did."""
    if not name:
        return None
    answers = [r for by_ranker in records.values() for r in by_ranker if r.answer and not r.abstained]
    readable = sum("judged_relevance" in r.values for r in answers)
    return _Judge(name, len(answers), sum(r.mode == "llm" for r in answers), readable)


def _comparison(comparison: Comparison) -> _ComparisonView:
    table: Table = [["measure", "difference", "better", "worse"]]
    changed = []
    for name, figure in comparison["measures"].items():
        counts = [str(len(ids)) if BETTER[name] else "–" for ids in (figure["better"], figure["worse"])]
        table.append([LABELS[name], format_figure(figure, name, signed=True), *counts])
        if name in _KEY_MEASURES:
            changed += _changed(LABELS[name], figure)
    return _ComparisonView(
        comparison["first"],
        f"{'the baseline’s ' if comparison['baseline'] else ''}{comparison['second']}",
        comparison["questions"],
        "; ".join(significant_differences(comparison)) or "No measure differs beyond its interval",
        table,
        changed,
    )


def _changed(label: str, figure: Difference) -> list[tuple[str, list[_Link]]]:
    sides = (("better", figure["better"]), ("worse", figure["worse"]))
    return [(f"{label}, {side}", [_Link(q, _anchor(q)) for q in ids]) for side, ids in sides if ids]


def _breakdown(run: RunResults) -> Table:
    by = run["summary"]["by"]
    names = [name for name in _KEY_MEASURES if name in run["summary"]["measures"]]
    table: Table = [["", "questions", *(LABELS[name] for name in names)]]
    for grouping in ("type", "lang"):
        for value, part in by[grouping].items():
            figures = [format_figure(part["measures"].get(name), name) for name in names]
            table.append([_LANGUAGES.get(value, value), str(part["questions"]), *figures])
    return table


def _settings(results: Results) -> Table:
    index = results["index"]
    return [
        ["settings", ""],
        ["created", results["created"]],
        ["set", results["set"]["sha256"]],
        ["corpus", index["corpus_sha256"]],
        ["index, bytes", f"{index['bytes']:,}"],
        *([f"build, {name.replace('_', ' ')}", f"{value:,}"] for name, value in index["build"].items()),
        *([name, value] for name, value in results["versions"].items()),
    ]


def _verdicts(results: Results) -> Iterator[_VerdictView]:
    counts = next(run["summary"]["verdicts"] for run in results["runs"] if run["ranker"] == results["reference"])
    for number, verdict in enumerate(VERDICTS):
        if verdict in counts:
            yield _VerdictView(number, verdict, _MEANINGS[verdict], counts[verdict])


def _questions(records: Mapping[str, Sequence[Record]], reference: str) -> Iterator[_QuestionView]:
    """Yield every question, worst first: by the verdict of the reference ranker, then by loss."""
    by_id = {ranker: {r.id: r for r in of_ranker} for ranker, of_ranker in records.items()}
    ordered = sorted(records[reference], key=lambda r: (VERDICTS.index(r.verdict), -(r.loss or 0.0), r.id))
    for record in ordered:
        outcomes = {ranker: found[record.id] for ranker, found in by_id.items()}
        yield _QuestionView(
            _anchor(record.id),
            VERDICTS.index(record.verdict),
            record,
            [
                (ranker, VERDICTS.index(outcome.verdict), outcome.verdict)
                for ranker, outcome in outcomes.items()
                if ranker != reference
            ],
            _answers(outcomes),
        )


def _answers(outcomes: Mapping[str, Record]) -> list[_AnswerView]:
    """Return a column for each different answer: rankers with the same answer from the same passages share one."""
    same: dict[str, list[str]] = {}
    for ranker, r in outcomes.items():
        key = repr([r.answer, r.citations, r.hits[:5] if not r.answer else "", r.error])
        same.setdefault(key, []).append(ranker)
    return [
        _answer(", ".join(rankers) if len(outcomes) > 1 else "Answer", outcomes[rankers[0]])
        for rankers in same.values()
    ]


def _answer(heading: str, record: Record) -> _AnswerView:
    citations = [
        _CitationView(c["n"], c["supported"], _shortened(c["quote"], record.answer), c["title"], c["file"])
        for c in record.citations
    ]
    headlines = [h["title"] or h["opening"] + "…" for h in record.hits[:5]]
    notes = [f"confidence {record.confidence:.2f}"] if record.answer else []
    if record.evidence:
        notes.append(f"evidence at rank {', '.join(str(e['rank'] or '–') for e in record.evidence)}")
    notes += [
        f"{LABELS[name]} {value:.2f}"
        for name, value in record.values.items()
        if value is not None and name in _KEY_MEASURES
    ]
    return _AnswerView(heading, record, citations, [] if record.answer or citations else headlines, " · ".join(notes))


def _shortened(quote: str, answer: str) -> str:
    """Return the quote, or only its beginning if the answer already shows all of it."""
    return f"{quote[:16]}…" if len(quote) > 20 and quote in answer else quote


def _anchor(name: str) -> str:
    """Return an HTML id for a question id: other characters than ASCII letters and digits become their code points."""
    return "q-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name)
