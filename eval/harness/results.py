"""Runs on one subject -> the results: a JSON file, a printed summary, and the baseline of a later run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from eval.harness.provenance import versions
from eval.harness.records import Record, as_json, from_json
from eval.harness.runner import FORMAT, Run
from eval.harness.subject import Subject, bytes_on_disk
from eval.harness.summary import PairedRuns, Summary, compare, summarise
from rag.embedding.embedder import Embedder
from rag.errors import BadInput

REFERENCE_RANKER = "fused"
"""The ranker that others are compared with, if it is among them."""


class SetInfo(TypedDict):
    """The question set."""

    name: str
    sha256: str
    half: str
    questions: int


class IndexInfo(TypedDict):
    """The index that was asked. ``model`` and ``counts`` are those of its manifest."""

    generation: str
    corpus_sha256: str
    model: Mapping[str, Any]
    counts: Mapping[str, int]
    bytes: int
    build: Mapping[str, Any]


class RunResults(TypedDict):
    """One ranker. ``records``: one JSON object for each question (``eval.harness.records.Record``)."""

    ranker: str
    settings: Mapping[str, Any]
    settings_hash: str
    summary: Summary
    records: list[dict[str, Any]]


class Comparison(PairedRuns):
    """``first`` minus ``second``, two rankers of these runs or, with ``baseline``, of this and an earlier run."""

    first: str
    second: str
    baseline: bool


class Results(TypedDict):
    """The contents of a results file."""

    format: int
    created: str
    set: SetInfo
    index: IndexInfo
    versions: Mapping[str, str]
    remarks: list[str]
    reference: str
    judge: str
    runs: list[RunResults]
    comparisons: list[Comparison]


def collect(
    target: Subject, runs: Sequence[Run], embedder: Embedder, earlier: Mapping[str, Sequence[Record]] | None
) -> Results:
    """Return the results of runs on one subject, compared with ``earlier`` records by ranker.

    Equal settings give equal results, apart from ``created`` and the timings.
    """
    manifest = target.index.manifest
    by_ranker = {run.ranker: run.records for run in runs}
    reference = REFERENCE_RANKER if REFERENCE_RANKER in by_ranker else runs[0].ranker
    comparisons: list[Comparison] = [
        {"first": name, "second": reference, "baseline": False, **compare(records, by_ranker[reference])}
        for name, records in by_ranker.items()
        if name != reference
    ]
    if earlier:
        for name, records in by_ranker.items():
            other = name if name in earlier else next(iter(earlier))
            comparisons.append({"first": name, "second": other, "baseline": True, **compare(records, earlier[other])})
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "set": {
            "name": target.name,
            "sha256": target.set_sha256,
            "half": target.half,
            "questions": len(target.questions),
        },
        "index": {
            "generation": manifest.generation,
            "corpus_sha256": target.corpus_sha256,
            "model": manifest.model.model_dump(),
            "counts": manifest.counts.model_dump(),
            "bytes": bytes_on_disk(target.index_dir),
            "build": dict(target.build),
        },
        "versions": versions(embedder),
        "remarks": list(target.remarks),
        "reference": reference,
        "judge": runs[0].settings.get("judge", ""),
        "runs": [
            {
                "ranker": run.ranker,
                "settings": dict(run.settings),
                "settings_hash": run.settings_hash,
                "summary": summarise(run.records),
                "records": [as_json(r) for r in run.records],
            }
            for run in runs
        ],
        "comparisons": comparisons,
    }


def without_records(results: Results) -> dict[str, Any]:
    """Return the results as ``--json`` prints them: without the records and settings of the runs."""
    return {
        **results,
        "runs": [{k: v for k, v in run.items() if k not in ("records", "settings")} for run in results["runs"]],
    }


def read_baseline(path: Path) -> dict[str, list[Record]]:
    """Return the records of earlier results by ranker. Raise BadInput for a file that does not hold any."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["runs"]
        found = {run["ranker"]: [from_json(row) for row in run["records"]] for run in rows}
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. Give the results of an earlier run.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(
            f"{path} holds no results of `rag eval`: give the .json file that an earlier run wrote."
        ) from error
    if not found:
        raise BadInput(f"{path} holds no run: give the .json file that an earlier run wrote.")
    return found
