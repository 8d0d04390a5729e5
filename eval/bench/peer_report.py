"""The steps of each pipeline -> its figures beside ours, and the table that shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eval.bench.ratios import ratio
from eval.harness.intervals import interval, percentile
from eval.harness.measures import evidence_ranks, recall_at
from eval.harness.sets import Question
from rag.schema import Article, Hit, Passage

Step = Mapping[str, Any]
"""What the process of a step reports; see ``eval.bench.peer_worker``."""


def table(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a Markdown table: a line for each figure, a column for each system."""
    lines = ["| | " + " | ".join(rows) + " |", "|---|" + "---|" * len(rows)]
    for what in rows["ours"]:
        lines.append(f"| {what} | " + " | ".join(_cell(row.get(what)) for row in rows.values()) + " |")
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if "n" in value:
        return f"{value['mean']:.2f} [{value['low']:.2f}, {value['high']:.2f}]"
    shown = f"{value['one']:.3g}" if value["one"] < 1000 else f"{value['one']:,.0f}"
    return (
        shown
        if value["ratio"] == value["low"] == value["high"] == 1
        else (f"{shown} ({value['ratio']:.2f}; {value['low']:.2f}–{value['high']:.2f})")
    )


def figures(
    steps: Sequence[Mapping[str, Step]],
    ours: Sequence[Mapping[str, Step]],
    articles: Sequence[Article],
    asked: Sequence[Question],
) -> dict[str, Any]:
    """Return the figures of a system: each a ``Ratio`` to ours, an ``Interval`` over questions, or a number."""
    row: dict[str, Any] = {}
    for what, step, figure in _FIGURES:
        pairs = [
            (figure(a[step]), figure(b[step]))
            for a, b in zip(steps[1:], ours[1:], strict=True)
            if step in a and step in b
        ]
        row[what] = asdict(ratio(pairs)) if pairs else None
    first = steps[0].get("build")
    row["whole build once, s"] = asdict(ratio([(first["seconds"], ours[0]["build"]["seconds"])])) if first else None
    row["texts embedded"], row["their characters"] = (first["texts"], first["characters"]) if first else (None, None)
    row["of it the model, s"] = (
        asdict(ratio([(first["model_seconds"], ours[0]["build"]["model_seconds"])])) if first else None
    )
    by_id = {article.article_id: article for article in articles}
    ranks = [
        evidence_ranks(question, [_hit(by_id[name], start, end) for name, start, end in found])
        for question, found in zip(asked, steps[-1]["ask"]["found"], strict=True)
    ]
    for k in (1, 5):
        row[f"recall@{k}"] = asdict(interval([recall_at(rank, k) for rank in ranks]))
    row["longest passage found, characters"] = max(
        end - start for found in steps[-1]["ask"]["found"] for _, start, end in found
    )
    return row


_FIGURES: tuple[tuple[str, str, Callable[[Step], float]], ...] = (
    ("build without the model, s", "build", lambda step: step["seconds"] - step["model_seconds"]),
    ("peak memory of a build, MB", "build", lambda step: step["peak_bytes"] / 1e6),
    ("disk, MB", "build", lambda step: step["bytes"] / 1e6),
    ("open and answer once, without the model, s", "ask", lambda step: step["open_seconds"]),
    ("question without the model p50, ms", "ask", lambda step: percentile(step["milliseconds"], 50)),
    ("question without the model p95, ms", "ask", lambda step: percentile(step["milliseconds"], 95)),
    ("peak memory of asking, MB", "ask", lambda step: step["peak_bytes"] / 1e6),
    ("start to first answer, with the model, s", "first", lambda step: step["first_seconds"]),
    ("second question, with the model, s", "first", lambda step: step["warm_seconds"]),
    ("peak memory with the model, MB", "first", lambda step: step["peak_bytes"] / 1e6),
)


def _hit(article: Article, start: int, end: int) -> Hit:
    passage = Passage(f"{article.article_id}:{start}-{end}", article.article_id, article.text[start:end], start, end)
    return Hit(passage, article, 0.0, 0.0, 0.0)
