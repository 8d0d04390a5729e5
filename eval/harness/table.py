"""Results -> tables: a run's rankers side by side, and several sets in one table for a README."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.harness.records import MEASURES
from eval.harness.summary import shown

LABELS = {measure.name: measure.label for measure in MEASURES}
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
"""What the table over several sets shows."""

Results = Mapping[str, Any]
Rows = Iterator[Sequence[str]]


def columns(results: Results) -> dict[str, Mapping[str, Any]]:
    """Summaries side by side: each ranker's or, of a single one run on all questions, both halves' too."""
    runs = results["runs"]
    found: dict[str, Mapping[str, Any]] = {run["ranker"]: run["summary"] for run in runs}
    if len(runs) == 1 and len(runs[0]["summary"]["by"]["half"]) > 1:
        found |= {f"{half} half": part for half, part in runs[0]["summary"]["by"]["half"].items()}
    return found


def rows(results: Results) -> Rows:
    """The table: a head, then a row for each measure, then speed."""
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
                *(shown(figure, measure.name) for figure in figures),
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
    """The same table for a README."""
    return f"{about(results)}\n\n{_lines(rows(results))}"


def overview(all_results: Sequence[Results]) -> Rows:
    """A head, then for each set a row a ranker; best figures are not marked, for intervals overlap."""
    yield ["set", "questions", "ranker", *(LABELS[name] for name in _OVERVIEW)]
    for results in all_results:
        asked = results["set"]
        name = asked["name"] + (f", {asked['half']} half" if asked["half"] != "all" else "")
        for run in results["runs"]:
            figures = run["summary"]["measures"]
            yield [name, str(asked["questions"]), run["ranker"], *(shown(figures.get(m), m) for m in _OVERVIEW)]


def differs(comparison: Results) -> list[str]:
    """The measures whose paired interval leaves zero out, with how much they differ."""
    return [
        f"{LABELS[name]} {shown(figure, name, signed=True)}"
        for name, figure in comparison["measures"].items()
        if figure["low"] > 0 or figure["high"] < 0
    ]


def about(results: Results) -> str:
    asked, index = results["set"], results["index"]
    part = "all questions" if asked["half"] == "all" else f"the {asked['half']} half"
    errors = sum(run["summary"]["errors"] for run in results["runs"])
    counts = index["counts"]
    return (
        f"{asked['questions']} questions ({part}) over {counts['articles']} articles in {counts['passages']} passages, "
        f"index {index['generation']}, {index['model']['name']}; {results['created'][:10]}."
        + (f" {errors} failed and count as zero." if errors else "")
    )


def _latency(timings: Mapping[str, Any] | None) -> str:
    total = (timings or {"latency_ms": {}})["latency_ms"].get("total")
    return f"{total['p50']:.0f} / {total['p95']:.0f}" if total else "–"


def _lines(table: Rows) -> str:
    head, *body = table
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    """``python -m eval.harness.table RESULTS.json...``: the table over several sets, in Markdown."""
    found = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    sys.stdout.write(_lines(overview(found)))


if __name__ == "__main__":
    main()
