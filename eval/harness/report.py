"""Results -> a page one can send to a colleague.

The page holds everything it shows and fetches nothing; its policy forbids scripts. Every text that
comes from a set, an article or an answer is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10
from typing import Any

from eval.harness.plots import Axis, Series, even, plot, powers
from eval.harness.records import MEASURES, RECALL_AT, VERDICTS
from eval.harness.style import CSS
from eval.harness.summary import shown
from eval.harness.table import LABELS, Results, Rows, about, differs, rows

_KEY = (
    "recall@5",
    "mrr@10",
    "fact_recall",
    "citation_precision",
    "citation_recall",
    "refusal_recall",
    "false_refusals",
)
"""What the breakdowns show."""
_BETTER = {measure.name: measure.better for measure in MEASURES}
_FAILED = ("missed", "wrong", "refused wrongly", "answered wrongly", "partly")
_LEGEND = {
    "missed": "an error, or nothing found",
    "wrong": "answered, with nothing of what was asked",
    "refused wrongly": "refused, though the articles say it",
    "answered wrongly": "answered, though the articles do not say",
    "partly": "some of what was asked",
    "right": "all of what was asked",
    "refused rightly": "the articles do not say",
    "not judged": "nothing to find",
}


def html(results: Results) -> str:
    """The whole page."""
    title = f"{results['set']['name']}: evaluation"
    body = "".join(
        [
            f"<header><h1>{escape(title)}</h1><p>{escape(about(results))}</p>",
            *(f'<p class="remark">{escape(remark)}</p>' for remark in results["remarks"]),
            "</header>",
            "<section><h2>Figures</h2>",
            _table(rows(results)),
            f'<p class="note">{_judged(results)}Means over the questions that a measure says something about, with 95% bootstrap intervals '
            "over questions. recall@k: gold quotes inside the first k passages. ↓: less is better. Times include sentences remembered from "
            "earlier questions of the run.</p></section>",
            f'<section><h2>Plots</h2><div class="plots">{"".join(_plots(results))}</div></section>',
            "".join(_comparison(c) for c in results["comparisons"]),
            "".join(_breakdown(run) for run in results["runs"]),
            _questions(results),
            _settings(results),
        ]
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{CSS}</style></head><body><main>{body}</main></body></html>\n"
    )


def _judged(results: Results) -> str:
    """Who wrote and judged, where a language model did either."""
    if not results["judge"]:
        return ""
    answers = [r for run in results["runs"] for r in run["records"] if r["answer"] and not r["abstained"]]
    written = sum(r["mode"] == "llm" for r in answers)
    read = sum("judged_relevance" in r["values"] for r in answers)
    return (
        f"<b>Figures marked (judged) are the opinion of {escape(results['judge'])}</b>, which also wrote {written} of the "
        f"{len(answers)} answers; its opinion of {len(answers) - read} could not be read. All others are measured. "
    )


def _table(lines: Rows) -> str:
    head, *body = lines
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    filled = "".join(
        "<tr>" + f"<th>{escape(first)}</th>" + "".join(_cell(cell) for cell in rest) + "</tr>" for first, *rest in body
    )
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{filled}</tbody></table></div>'


def _cell(text: str) -> str:
    figure, bracket, bounds = text.partition(" [")
    if len(text) > 24:
        return f'<td class="text">{escape(text)}</td>'
    return (
        f"<td>{escape(figure)} <small>{escape(bracket.strip() + bounds)}</small></td>"
        if bracket
        else f"<td>{escape(text)}</td>"
    )


def _plots(results: Results) -> Iterator[str]:
    share = even("share of evidence", 1)
    runs = {run["ranker"]: run for run in results["runs"]}
    found = []
    for name, run in runs.items():
        figures = [(k, run["summary"]["measures"].get(f"recall@{k}")) for k in RECALL_AT]
        known = [(at, f) for at, (_, f) in enumerate(figures) if f]
        found.append(
            Series(
                name,
                tuple((at, f["mean"]) for at, f in known),
                tuple((at, f["low"], f["high"]) for at, f in known),
                marked=True,
            )
        )
    if any(series.points for series in found):
        ticks = tuple((at, str(k)) for at, k in enumerate(RECALL_AT))
        yield plot("Evidence found in the first k passages", found, Axis("k", ((-0.3, ""), *ticks, (3.3, ""))), share)
    curves = [Series(name, tuple((c, r) for c, r in run["summary"]["risk_coverage"])) for name, run in runs.items()]
    if any(series.points for series in curves):
        yield plot(
            "What is lost as fewer are refused",
            curves,
            even("share of questions answered, surest first", 1),
            even("mean loss (0: all facts given)", 1),
        )
    waits = {
        name: sorted(r["timings_ms"]["total"] for r in run["records"] if "total" in r["timings_ms"])
        for name, run in runs.items()
    }
    if any(waits.values()):
        longest = max(times[-1] for times in waits.values() if times)
        yield plot(
            "How long an answer takes",
            [
                Series(
                    name,
                    ((0.0, 0.0), *((log10(max(1.0, ms)), (at + 1) / len(times)) for at, ms in enumerate(times))),
                    step=True,
                )
                for name, times in waits.items()
            ],
            powers("milliseconds", longest),
            even("share answered by then", 1),
        )


def _comparison(comparison: Results) -> str:
    against = f"{'the baseline’s ' if comparison['baseline'] else ''}{comparison['second']}"
    lines: list[Sequence[str]] = [["measure", "difference", "better", "worse"]]
    changed = []
    for name, figure in comparison["measures"].items():
        lines.append(
            [
                LABELS[name],
                shown(figure, name, signed=True),
                *(str(len(figure[way])) if _BETTER[name] else "–" for way in ("better", "worse")),
            ]
        )
        for way in ("better", "worse") if name in _KEY else ():
            if figure[way]:
                links = " ".join(f'<a href="#{_anchor(q)}">{escape(q)}</a>' for q in figure[way])
                changed.append(f"<p><b>{escape(LABELS[name])}, {way}:</b> {links}</p>")
    return (
        f"<section><h2>{escape(comparison['first'])} compared with {escape(against)}</h2>"
        f"<p>{comparison['questions']} questions, paired; above zero, {escape(comparison['first'])} has more. "
        f"{escape('; '.join(differs(comparison)) or 'No measure differs beyond its interval')}.</p>"
        f"<details><summary>Every measure</summary>{_table(iter(lines))}</details>"
        f'<details><summary>Which questions</summary><div class="ids">{"".join(changed)}</div></details></section>'
    )


def _breakdown(run: Results) -> str:
    by = run["summary"]["by"]
    names = [name for name in _KEY if name in run["summary"]["measures"]]
    lines: list[Sequence[str]] = [["", "questions", *(LABELS[name] for name in names)]]
    for group in ("type", "lang"):
        lines += [
            [
                {"zh": "Chinese", "en": "English"}.get(value, value),
                str(part["questions"]),
                *(shown(part["measures"].get(name), name) for name in names),
            ]
            for value, part in by[group].items()
        ]
    return f"<section><h2>By type and language: {escape(run['ranker'])}</h2>{_table(iter(lines))}</section>"


def _settings(results: Results) -> str:
    index = results["index"]
    lines = [
        ["settings", ""],
        ["created", results["created"]],
        ["set", results["set"]["sha256"]],
        ["corpus", index["corpus_sha256"]],
        ["index, bytes", f"{index['bytes']:,}"],
        *([f"build, {name.replace('_', ' ')}", f"{value:,}"] for name, value in index["build"].items()),
        *([name, value] for name, value in results["versions"].items()),
    ]
    return f"<section><h2>Settings</h2>{_table(iter(lines))}</section>"


def _questions(results: Results) -> str:
    """Worst first by the reference ranker's verdict, then by loss."""
    by_id = {run["ranker"]: {r["id"]: r for r in run["records"]} for run in results["runs"]}
    reference = by_id[results["reference"]]
    ordered = sorted(reference.values(), key=lambda r: (VERDICTS.index(r["verdict"]), -(r["loss"] or 0.0), r["id"]))
    tally = results["runs"][list(by_id).index(results["reference"])]["summary"]["verdicts"]
    picks = "".join(
        f'<input type="radio" name="pick" id="pick-{at}"><label for="pick-{at}" class="v{at}" title="{escape(_LEGEND[v])}">'
        f"{v} <b>{tally[v]}</b></label>"
        for at, v in enumerate(VERDICTS)
        if v in tally
    )
    items = "".join(_question(r["id"], {name: records[r["id"]] for name, records in by_id.items()}, r) for r in ordered)
    return (
        '<section class="questions"><h2>Every question</h2><div class="picks"><input type="radio" name="pick" id="pick-all" '
        f'checked><label for="pick-all">all <b>{len(ordered)}</b></label>{picks}</div>{items}</section>'
    )


def _question(name: str, records: Mapping[str, Any], first: Results) -> str:
    mark = VERDICTS.index(first["verdict"])
    others = "".join(
        f' <span class="v{VERDICTS.index(r["verdict"])}">{escape(ranker)}: {r["verdict"]}</span>'
        for ranker, r in records.items()
        if r is not first
    )
    turns = "".join(f'<p class="turn">{escape(q)}<br>{escape(a)}</p>' for q, a in first["history"])
    gold = "".join(f"<li>{escape(' / '.join(group))}</li>" for group in first["facts"])
    evidence = "".join(
        f"<li><q>{escape(e['quote'] or 'anywhere in it')}</q> <small>{escape(e['doc'])}</small></li>"
        for e in first["evidence"]
    )
    wanted = (
        f"<h4>Gold</h4><ul>{gold}</ul><ul>{evidence}</ul>"
        if first["answerable"]
        else "<h4>Gold</h4><p>The articles do not say.</p>"
    )
    alike: dict[str, list[str]] = {}  # rankers that gave the same answer from the same passages share a column
    for ranker, r in records.items():
        alike.setdefault(
            repr([r["answer"], r["citations"], r["hits"][:5] if not r["answer"] else "", r["error"]]), []
        ).append(ranker)
    given = "".join(
        _given(", ".join(names) if len(records) > 1 else "Answer", records[names[0]]) for names in alike.values()
    )
    return (
        f'<details class="q q{mark}" id="{_anchor(name)}"><summary><span class="v{mark}">{first["verdict"]}</span>{others} '
        f'<span class="text">{escape(first["question"])}</span> <small>{escape(name)} · {escape(first["type"])}</small>'
        f'</summary><div class="sides"><div>{turns}{wanted}</div>{given}</div></details>'
    )


def _given(heading: str, record: Results) -> str:
    ranks = ", ".join(str(e["rank"] or "–") for e in record["evidence"])
    said = f'<p class="answer">{escape(record["answer"])}</p>' if record["answer"] else ""
    cited = "".join(
        f'<li value="{c["n"]}">{"✓ " if c["supported"] else ""}<q>{escape(_opening(c["quote"], record["answer"]))}</q> '
        f"<small>{escape(c['title'])} {escape(c['file'])}</small></li>"
        for c in record["citations"]
    )
    hits = (
        "".join(f"<li>{escape(h['title'] or h['opening'] + '…')}</li>" for h in record["hits"][:5]) if not said else ""
    )
    values = " · ".join(
        f"{LABELS[name]} {value:.2f}" for name, value in record["values"].items() if value is not None and name in _KEY
    )
    sure = f"confidence {record['confidence']:.2f} · " if said else ""
    failed = f'<p class="remark">{escape(record["error"])}</p>' if record["error"] else ""
    return (
        f"<div><h4>{escape(heading)}</h4>{failed}{said}<ol>{cited or hits}</ol>"
        f'<p class="note">{sure}{f"evidence at rank {ranks} · " if ranks else ""}{escape(values)}</p></div>'
    )


def _opening(quote: str, answer: str) -> str:
    """The quote, or how it begins where the answer above already says all of it."""
    return f"{quote[:16]}…" if len(quote) > 20 and quote in answer else quote


def _anchor(name: str) -> str:
    """An id for HTML: anything but letters and digits by its number."""
    return "q-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name)
