"""Results -> tables: the rankers of a run side by side, and several sets in one table for a README."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval.harness.measure_list import LABELS, MEASURES
from eval.harness.summary import Group, PairedRuns, Timings, format_figure

if TYPE_CHECKING:
    from eval.harness.results import Results

_OVERVIEW = (
    "recall@1",
    "recall@5",
    "recall@10",
    "ndcg@10",
    "fact_recall",
    "citation_precision",
    "false_refusals",
    "refusal_recall",
)
"""The measures in the table over several sets."""

Rows = Iterator[Sequence[str]]


def columns(results: Results) -> dict[str, Group]:
    """Return the summaries to show side by side: each ranker, or one ranker and its two halves."""
    runs = results["runs"]
    found: dict[str, Group] = {}
    for run in runs:
        summary = run["summary"]
        found[run["ranker"]] = {
            "questions": summary["questions"],
            "measures": summary["measures"],
            "timings": summary["timings"],
        }
    halves = runs[0]["summary"]["by"]["half"]
    if len(runs) == 1 and len(halves) > 1:
        found |= {f"{half} half": group for half, group in halves.items()}
    return found


def rows(results: Results) -> Rows:
    """Yield the rows of the table: a head, one row for each measure, then speed."""
    sides = columns(results)
    yield ["measure", "n", *sides]
    for measure in MEASURES:
        figures = [side["measures"].get(measure.name) for side in sides.values()]
        if any(figures):
            counts = {str(figure["n"]) for figure in figures if figure}
            arrow = {1: "", 0: "", -1: " ↓"}[measure.better]
            yield [
                measure.label + arrow,
                next(iter(counts)) if len(counts) == 1 else "",
                *(format_figure(figure, measure.name) for figure in figures),
            ]
    spent = [side.get("timings") for side in sides.values()]
    if any(t and t["latency_ms"] for t in spent):
        yield ["p50 / p95, ms", "", *(_latency(t) for t in spent)]
    yield [
        "questions a second",
        "",
        *(f"{t['questions_per_second']:.1f}" if t and t["questions_per_second"] else "–" for t in spent),
    ]


def markdown(results: Results) -> str:
    """Return the same table in Markdown."""
    return f"{describe(results)}\n\n{_markdown_lines(rows(results))}"


def overview(all_results: Sequence[Results]) -> Rows:
    """Yield a head, then a row for each ranker of each set. The best figures are not marked: intervals overlap."""
    yield ["set", "questions", "ranker", *(LABELS[name] for name in _OVERVIEW)]
    for results in all_results:
        asked = results["set"]
        name = asked["name"] + (f", {asked['half']} half" if asked["half"] != "all" else "")
        for run in results["runs"]:
            figures = run["summary"]["measures"]
            yield [name, str(asked["questions"]), run["ranker"], *(format_figure(figures.get(m), m) for m in _OVERVIEW)]


def significant_differences(comparison: PairedRuns) -> list[str]:
    """Return the measures whose paired interval does not contain zero, each with its difference."""
    return [
        f"{LABELS[name]} {format_figure(figure, name, signed=True)}"
        for name, figure in comparison["measures"].items()
        if figure["low"] is not None and figure["high"] is not None and (figure["low"] > 0 or figure["high"] < 0)
    ]


def describe(results: Results) -> str:
    """Return one line about the questions, the index and the day of the run."""
    asked, index = results["set"], results["index"]
    part = "all questions" if asked["half"] == "all" else f"the {asked['half']} half"
    errors = sum(run["summary"]["errors"] for run in results["runs"])
    counts = index["counts"]
    return (
        f"{asked['questions']} questions ({part}) over {counts['articles']} articles in {counts['passages']} passages, "
        f"index {index['generation']}, {index['model']['name']}; {results['created'][:10]}."
        + (f" {errors} failed and count as zero." if errors else "")
    )


def _latency(timings: Timings | None) -> str:
    total = timings["latency_ms"].get("total") if timings else None
    return f"{total['p50']:.0f} / {total['p95']:.0f}" if total else "–"


def _markdown_lines(table: Rows) -> str:
    head, *body = table
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    """Print the table over several sets, in Markdown: ``python -m eval.harness.table RESULTS.json...``."""
    found = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    sys.stdout.write(_markdown_lines(overview(found)))


if __name__ == "__main__":
    main()
