"""Records -> figures with intervals, breakdowns and paired differences, in values that JSON keeps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eval.harness.intervals import Interval, auroc_interval, interval, paired, paired_auroc, percentile, risk_coverage
from eval.harness.records import MEASURES, VERDICTS, Record

Figure = dict[str, Any]
"""{"mean", "low", "high", "n"}; None where nothing could be computed."""

BY: Mapping[str, Callable[[Record], str]] = {
    "type": lambda record: record.type,
    "lang": lambda record: record.lang,
    "half": lambda record: record.half,
}


def summarise(records: Sequence[Record]) -> dict[str, Any]:
    """Figures overall and by type, language and half; the risk-coverage curve; verdicts; timings.

    Everything but ``timings`` depends on the records' values alone, and not on when they were made.
    """
    groups = {
        name: {value: [r for r in records if of(r) == value] for value in sorted({of(r) for r in records})}
        for name, of in BY.items()
    }
    return {
        "questions": len(records),
        "errors": sum(bool(r.error) for r in records),
        "measures": figures(records),
        "by": {
            name: {value: {"questions": len(part), "measures": figures(part)} for value, part in parts.items()}
            for name, parts in groups.items()
        },
        "verdicts": {verdict: n for verdict in VERDICTS if (n := sum(r.verdict == verdict for r in records))},
        "risk_coverage": curve(records),
        "timings": timings(records),
    }


def figures(records: Sequence[Record]) -> dict[str, Figure]:
    """Each measure that the records have, in the order of ``MEASURES``."""
    found: dict[str, Figure] = {}
    for measure in MEASURES:
        if measure.name == "auroc":
            judged = [r for r in records if r.loss is not None]
            found["auroc"] = _figure(auroc_interval([r.answerable for r in judged], [r.confidence for r in judged]))
        elif any(measure.name in r.values for r in records):
            found[measure.name] = _figure(interval([r.values.get(measure.name) for r in records]))
    return {name: figure for name, figure in found.items() if figure["mean"] is not None}


def curve(records: Sequence[Record]) -> list[list[float]]:
    """[coverage, risk] as confidence falls: answering that share of all questions, the surest first,
    loses that much on average. Every question counts with the answer it would have got."""
    judged = [(r.confidence, r.loss) for r in records if r.loss is not None]
    return [list(point) for point in risk_coverage([c for c, _ in judged], [loss for _, loss in judged])]


def timings(records: Sequence[Record]) -> dict[str, Any]:
    """Milliseconds a question, and questions a second; those that failed have none. Questions that
    were searched for in batches have no latency of their own."""
    timed = [r.timings_ms for r in records if r.timings_ms]
    spent = sum(t.get("total", t.get("search", 0.0)) for t in timed) / 1000
    steps = sorted({step for t in timed for step in t} - {"search"})
    latency = {
        step: {"p50": percentile(values, 50), "p95": percentile(values, 95)}
        for step in steps
        for values in [[t[step] for t in timed if step in t]]
    }
    return {"seconds": spent, "questions_per_second": len(timed) / spent if spent else None, "latency_ms": latency}


def compare(a: Sequence[Record], b: Sequence[Record]) -> dict[str, Any]:
    """``a`` less ``b``, question by question, over those both have: for each measure the mean
    difference with its interval, and the questions on which ``a`` does better and worse."""
    other = {record.id: record for record in b}
    pairs = [(record, other[record.id]) for record in a if record.id in other]
    found: dict[str, Any] = {}
    for measure in MEASURES:
        if measure.name == "auroc":
            judged = [(x, y) for x, y in pairs if x.loss is not None and y.loss is not None]
            area = _figure(
                paired_auroc(
                    [x.answerable for x, _ in judged],
                    [x.confidence for x, _ in judged],
                    [y.confidence for _, y in judged],
                )
            )
            if area["mean"] is not None:
                found["auroc"] = {**area, "better": [], "worse": []}  # no question has an area of its own
            continue
        first = [x.values.get(measure.name) for x, _ in pairs]
        second = [y.values.get(measure.name) for _, y in pairs]
        figure = _figure(paired(first, second))
        if figure["mean"] is None:
            continue
        moved = {
            x.id: (p - q) * measure.better
            for (x, _), p, q in zip(pairs, first, second, strict=True)
            if p is not None and q is not None
        }
        found[measure.name] = {
            **figure,
            "better": [name for name, by in moved.items() if by > 0],
            "worse": [name for name, by in moved.items() if by < 0],
        }
    return {
        "questions": len(pairs),
        "only_in_first": [record.id for record in a if record.id not in other],
        "only_in_second": sorted(set(other) - {record.id for record in a}),
        "measures": found,
    }


def shown(figure: Mapping[str, Any] | None, measure: str, *, signed: bool = False) -> str:
    """``0.93 [.89, .96]``; a dash where there is no figure."""
    if figure is None:
        return "–"
    sign = "+" if signed else ""
    if measure == "answer_characters":
        mean, *bounds = (
            "" if figure[part] is None else f"{figure[part]:{sign}.0f}" for part in ("mean", "low", "high")
        )
    else:
        mean = f"{figure['mean']:{sign}.2f}"
        bounds = ["" if figure[part] is None else _short(figure[part], sign) for part in ("low", "high")]
    return f"{mean} [{bounds[0]}, {bounds[1]}]" if bounds[0] else mean


def _short(value: float, sign: str) -> str:
    """Two places without the nought before the point: ``.89``, ``-.02``, ``1.0``."""
    text = f"{value:{sign}.2f}"
    return text.replace("0.", ".", 1) if "0." in text[:3] else text[:-1]


def _figure(found: Interval) -> Figure:
    values = {"mean": found.mean, "low": found.low, "high": found.high}
    return {name: None if math.isnan(value) else value for name, value in values.items()} | {"n": found.n}
