"""Runs -> the plots of a report: evidence by rank, risk and coverage, answer times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10

from markupsafe import Markup

from eval.harness.measure_list import RECALL_AT
from eval.harness.plots import Axis, Series, linear_axis, log_axis, plot
from eval.harness.records import Record
from eval.harness.results import RunResults


def plots(runs: Sequence[RunResults], records: Mapping[str, Sequence[Record]]) -> Iterator[Markup]:
    """Yield each plot that the runs have values for."""
    recall = [_recall(run) for run in runs]
    if any(series.points for series in recall):
        ticks = tuple((at, str(k)) for at, k in enumerate(RECALL_AT))
        yield plot(
            "Evidence found in the first k passages",
            recall,
            Axis("k", ((-0.3, ""), *ticks, (3.3, ""))),
            linear_axis("share of evidence", 1),
        )
    curves = [
        Series(run["ranker"], tuple((coverage, risk) for coverage, risk in run["summary"]["risk_coverage"]))
        for run in runs
    ]
    if any(series.points for series in curves):
        yield plot(
            "Loss as fewer questions are refused",
            curves,
            linear_axis("share of questions answered, surest first", 1),
            linear_axis("mean loss (0: all facts given)", 1),
        )
    times = {
        ranker: sorted(r.timings_ms["total"] for r in of_ranker if "total" in r.timings_ms)
        for ranker, of_ranker in records.items()
    }
    if any(times.values()):
        longest = max(of_ranker[-1] for of_ranker in times.values() if of_ranker)
        yield plot(
            "Time to an answer",
            [_distribution(ranker, of_ranker) for ranker, of_ranker in times.items()],
            log_axis("milliseconds", longest),
            linear_axis("share answered by then", 1),
        )


def _recall(run: RunResults) -> Series:
    """Return recall@k with its intervals, at equal distances."""
    figures = [(at, run["summary"]["measures"].get(f"recall@{k}")) for at, k in enumerate(RECALL_AT)]
    known = [(float(at), figure) for at, figure in figures if figure]
    return Series(
        run["ranker"],
        tuple((at, figure["mean"]) for at, figure in known),
        tuple(
            (at, figure["low"], figure["high"])
            for at, figure in known
            if figure["low"] is not None and figure["high"] is not None
        ),
        marked=True,
    )


def _distribution(name: str, times: Sequence[float]) -> Series:
    """Return the share of answers by each time (sorted, milliseconds), over the logarithm of the time."""
    points = [(log10(max(1.0, ms)), (at + 1) / len(times)) for at, ms in enumerate(times)]
    return Series(name, ((0.0, 0.0), *points), step=True)
