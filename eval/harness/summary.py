"""Records -> figures with intervals, by type, language and half, and paired differences of two runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NotRequired, TypedDict

from eval.harness.intervals import Interval, auroc_interval, interval, paired, paired_auroc, percentile, risk_coverage
from eval.harness.measure_list import MEASURES
from eval.harness.records import VERDICTS, Record


class Figure(TypedDict):
    """A figure with its interval over ``n`` questions; bounds are None if they cannot be computed."""

    mean: float
    low: float | None
    high: float | None
    n: int


class Difference(Figure):
    """A paired difference, and the ids of the questions on which the first run does better and worse."""

    better: list[str]
    worse: list[str]


class Latency(TypedDict):
    """Milliseconds."""

    p50: float
    p95: float


class Timings(TypedDict):
    """``latency_ms``: by step of an answer."""

    seconds: float
    questions_per_second: float | None
    latency_ms: dict[str, Latency]


class Group(TypedDict):
    """The figures of some records. Only a complete summary has timings."""

    questions: int
    measures: dict[str, Figure]
    timings: NotRequired[Timings]


class Summary(TypedDict):
    """The figures of a run. ``by``: name of a grouping -> value -> group."""

    questions: int
    errors: int
    measures: dict[str, Figure]
    by: dict[str, dict[str, Group]]
    verdicts: dict[str, int]
    risk_coverage: list[list[float]]
    timings: Timings


class PairedRuns(TypedDict):
    """The comparison of two runs over the questions that both have."""

    questions: int
    only_in_first: list[str]
    only_in_second: list[str]
    measures: dict[str, Difference]


GROUPINGS: Mapping[str, Callable[[Record], str]] = {
    "type": lambda record: record.type,
    "lang": lambda record: record.lang,
    "half": lambda record: record.half,
}


def summarise(records: Sequence[Record]) -> Summary:
    """Return figures overall and by type, language and half; the risk-coverage curve; verdicts; timings.

    All but ``timings`` depends on the values of the records alone, not on when they were made.
    """
    by: dict[str, dict[str, Group]] = {}
    for name, value_of in GROUPINGS.items():
        groups = {value: [r for r in records if value_of(r) == value] for value in sorted({*map(value_of, records)})}
        by[name] = {value: {"questions": len(group), "measures": figures(group)} for value, group in groups.items()}
    return {
        "questions": len(records),
        "errors": sum(bool(r.error) for r in records),
        "measures": figures(records),
        "by": by,
        "verdicts": {verdict: n for verdict in VERDICTS if (n := sum(r.verdict == verdict for r in records))},
        "risk_coverage": curve(records),
        "timings": timings(records),
    }


def figures(records: Sequence[Record]) -> dict[str, Figure]:
    """Return each measure that the records have, in the order of ``MEASURES``."""
    found: dict[str, Figure | None] = {}
    for measure in MEASURES:
        if measure.name == "auroc":
            rated = [r for r in records if r.loss is not None]
            found["auroc"] = _figure(auroc_interval([r.answerable for r in rated], [r.confidence for r in rated]))
        elif any(measure.name in r.values for r in records):
            found[measure.name] = _figure(interval([r.values.get(measure.name) for r in records]))
    return {name: figure for name, figure in found.items() if figure is not None}


def curve(records: Sequence[Record]) -> list[list[float]]:
    """Return [coverage, risk] points: the mean loss if only this share of all questions, the surest, is answered.

    A refused question counts with the answer that it would otherwise have got.
    """
    rated = [(r.confidence, r.loss) for r in records if r.loss is not None]
    return [list(point) for point in risk_coverage([c for c, _ in rated], [loss for _, loss in rated])]


def timings(records: Sequence[Record]) -> Timings:
    """Return milliseconds for each step of a question, and questions a second.

    Failed questions have no timings. Questions that were searched for in batches have no latency of their own.
    """
    timed = [r.timings_ms for r in records if r.timings_ms]
    seconds = sum(t.get("total", t.get("search", 0.0)) for t in timed) / 1000
    steps = sorted({step for t in timed for step in t} - {"search"})
    latency: dict[str, Latency] = {}
    for step in steps:
        values = [t[step] for t in timed if step in t]
        latency[step] = {"p50": percentile(values, 50), "p95": percentile(values, 95)}
    return {
        "seconds": seconds,
        "questions_per_second": len(timed) / seconds if seconds else None,
        "latency_ms": latency,
    }


def compare(a: Sequence[Record], b: Sequence[Record]) -> PairedRuns:
    """Return ``a`` minus ``b``, question by question, over the questions that both have.

    Each measure gets the mean difference with its interval, and the questions on which ``a`` does better and worse.
    """
    other = {record.id: record for record in b}
    pairs = [(record, other[record.id]) for record in a if record.id in other]
    found: dict[str, Difference] = {}
    for measure in MEASURES:
        if measure.name == "auroc":
            rated = [(x, y) for x, y in pairs if x.loss is not None and y.loss is not None]
            area = _figure(
                paired_auroc(
                    [x.answerable for x, _ in rated],
                    [x.confidence for x, _ in rated],
                    [y.confidence for _, y in rated],
                )
            )
            if area is not None:
                found["auroc"] = {**area, "better": [], "worse": []}  # a single question has no area
            continue
        first = [x.values.get(measure.name) for x, _ in pairs]
        second = [y.values.get(measure.name) for _, y in pairs]
        figure = _figure(paired(first, second))
        if figure is None:
            continue
        gains = {
            x.id: (p - q) * measure.better
            for (x, _), p, q in zip(pairs, first, second, strict=True)
            if p is not None and q is not None
        }
        found[measure.name] = {
            **figure,
            "better": [name for name, gain in gains.items() if gain > 0],
            "worse": [name for name, gain in gains.items() if gain < 0],
        }
    return {
        "questions": len(pairs),
        "only_in_first": [record.id for record in a if record.id not in other],
        "only_in_second": sorted(set(other) - {record.id for record in a}),
        "measures": found,
    }


def format_figure(figure: Figure | None, measure: str, *, signed: bool = False) -> str:
    """Return the figure as ``0.93 [.89, .96]``, or a dash for None."""
    if figure is None:
        return "–"
    sign = "+" if signed else ""
    if measure == "answer_characters":
        mean, low, high = (
            "" if value is None else f"{value:{sign}.0f}" for value in (figure["mean"], figure["low"], figure["high"])
        )
    else:
        mean = f"{figure['mean']:{sign}.2f}"
        low, high = ("" if bound is None else _bound(bound, sign) for bound in (figure["low"], figure["high"]))
    return f"{mean} [{low}, {high}]" if low else mean


def _bound(value: float, sign: str) -> str:
    """Return two decimals without the zero before the point: ``.89``, ``-.02``, ``1.0``."""
    text = f"{value:{sign}.2f}"
    return text.replace("0.", ".", 1) if "0." in text[:3] else text[:-1]


def _figure(found: Interval) -> Figure | None:
    """Return the interval with None for NaN bounds; None if it has no mean."""
    if math.isnan(found.mean):
        return None
    low, high = (None if math.isnan(bound) else bound for bound in (found.low, found.high))
    return {"mean": found.mean, "low": low, "high": high, "n": found.n}
