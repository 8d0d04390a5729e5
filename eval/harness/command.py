"""``rag eval`` and ``python -m eval``: options -> runs -> table, results and report.

What needs the model's libraries is imported when the command runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rag.config import Settings
from rag.errors import BadInput, RagError

if TYPE_CHECKING:
    from eval.harness.records import Record
    from eval.harness.runner import Run
    from eval.harness.subject import Subject
    from rag.embedding.embedder import Embedder

DEFAULT = "fused"


SetPath = Annotated[
    Path,
    typer.Argument(
        metavar="SET.jsonl|FOLDER|export-feedback",
        help="Questions about the index, or a folder with a corpus and questions.jsonl; or export-feedback: write what readers said "
        "of answers in the browser as lines of a set, to label.",
    ),
]
IndexDir = Annotated[Path | None, typer.Option("--index", help="Where the index is (RAG_INDEX_DIR; default index/).")]
Out = Annotated[Path, typer.Option("--out", help="Where results, reports and the indexes of corpora go.")]
Json = Annotated[bool, typer.Option("--json", help="The summary as JSON on stdout and nothing else.")]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", help="Earlier results: the difference, question by question.")
]
Compare = Annotated[str, typer.Option("--compare", help="Rankers side by side: dense,lexical,fused.")]
HalfName = Annotated[str, typer.Option("--half", help="all, tune or test: which half of the questions, by their id.")]
Retrieval = Annotated[bool, typer.Option("--retrieval-only", help="Search in batches; give no answers.")]
Judge = Annotated[
    bool, typer.Option("--judge", help="Let the configured language model write the answers and judge them.")
]


def evaluate(
    path: SetPath,
    index_dir: IndexDir = None,
    out: Out = Path("eval/out"),
    as_json: Json = False,
    baseline: Baseline = None,
    compare: Compare = DEFAULT,
    half: HalfName = "all",
    retrieval_only: Retrieval = False,
    judge: Judge = False,
) -> None:
    """How good retrieval, answers and refusals are on a set of questions, each figure with its interval."""
    from eval.harness import feedback_export, report, runner, subject, table
    from rag.embedding.embedder import Embedder

    if str(path) == feedback_export.EXPORT:
        _export(out, as_json)
        return
    chosen = runner.rankers(compare)
    wanted = next((name for name in subject.HALVES if name == half), None)
    if wanted is None:
        raise BadInput(f"--half {half!r}: give one of {', '.join(subject.HALVES)}.")
    earlier = _read_baseline(baseline) if baseline else None
    settings = Settings.from_env()
    if judge and retrieval_only:
        raise BadInput("--judge needs answers and --retrieval-only gives none: leave one of them out.")
    if judge and not settings.llm_configured:
        raise BadInput("--judge needs a language model: set OPENAI_BASE_URL, OPENAI_API_KEY and RAG_LLM_MODEL.")
    embedder = Embedder(settings.embedding_model)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with _progress(console) as shown:
        target = subject.open_subject(path, wanted, settings, index_dir, out / "cache", embedder, shown)
        if earlier and not {q.id for q in target.questions} & {r.id for records in earlier.values() for r in records}:
            raise BadInput(f"{baseline} holds results of other questions: give results of the same set.")
        for remark in target.remarks:
            console.print(remark, style="yellow", markup=False)
        journals = out / "journals"
        runs = [
            # An embedder each: it remembers sentences, and what one ranker asked must not speed up the next.
            runner.run(
                target,
                name,
                Embedder(settings.embedding_model) if name != chosen[0] else embedder,
                settings,
                journals,
                retrieval_only=retrieval_only,
                judged=judge,
                progress=partial(shown, name),
            )
            for name in chosen
        ]
    results = collect(target, runs, embedder, earlier)
    stem = out / "-".join(
        [
            target.name,
            *([half] if half != "all" else []),
            *(["retrieval"] if retrieval_only else ["judged"] if judge else []),
            *(chosen if chosen != (DEFAULT,) else ()),
        ]
    )
    markdown = table.markdown(results)
    files = {
        ".json": json.dumps(results, ensure_ascii=False, indent=1, allow_nan=False) + "\n",
        ".html": report.html(results),
        ".md": markdown,
    }
    for suffix, text in files.items():
        runner.write_whole(stem.with_name(stem.name + suffix), text)
    runner.forget(runs, journals)
    if as_json:
        sys.stdout.write(json.dumps(without_records(results), ensure_ascii=False, allow_nan=False) + "\n")
        sys.stdout.flush()
    else:
        _show(results)
    console.print(f"{stem}.html shows every question; {stem}.json holds the results.", markup=False)


def _export(out: Path, as_json: bool) -> None:
    from eval.harness import feedback_export

    file, lines, open_lines = feedback_export.export(Settings.from_env().feedback_file, out)
    if as_json:
        sys.stdout.write(
            json.dumps({"file": str(file), "lines": lines, "to_label": open_lines}, ensure_ascii=False) + "\n"
        )
    else:
        Console(highlight=False, soft_wrap=True).print(
            f"{file} holds {lines} questions; {open_lines} want a label: set `answerable` to true or false, and list "
            "`facts` and `evidence` where it is true.",
            markup=False,
        )


def collect(
    target: Subject, runs: Sequence[Run], embedder: Embedder, earlier: Mapping[str, Sequence[Record]] | None
) -> dict[str, Any]:
    """The results of runs on one subject. Apart from ``created`` and the timings, equal settings
    give equal results."""
    from eval.harness import runner, subject, summary
    from eval.harness.records import as_json

    manifest = target.index.manifest
    by_ranker = {run.ranker: run.records for run in runs}
    reference = DEFAULT if DEFAULT in by_ranker else runs[0].ranker
    comparisons = [
        {"first": name, "second": reference, "baseline": False, **summary.compare(records, by_ranker[reference])}
        for name, records in by_ranker.items()
        if name != reference
    ]
    for name, records in by_ranker.items() if earlier else ():
        assert earlier is not None
        other = name if name in earlier else next(iter(earlier))
        comparisons.append(
            {"first": name, "second": other, "baseline": True, **summary.compare(records, earlier[other])}
        )
    return {
        "format": runner.FORMAT,
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
            "bytes": subject.bytes_on_disk(target.index_dir),
            "build": dict(target.build),
        },
        "versions": runner.versions(embedder),
        "remarks": list(target.remarks),
        "reference": reference,
        "judge": runs[0].settings.get("judge", ""),
        "runs": [
            {
                "ranker": run.ranker,
                "settings": dict(run.settings),
                "settings_hash": run.settings_hash,
                "summary": summary.summarise(run.records),
                "records": [as_json(r) for r in run.records],
            }
            for run in runs
        ],
        "comparisons": comparisons,
    }


def without_records(results: Mapping[str, Any]) -> dict[str, Any]:
    """What is printed with ``--json``: the results less what they hold of each question."""
    return {
        **results,
        "runs": [{k: v for k, v in run.items() if k not in ("records", "settings")} for run in results["runs"]],
    }


def _read_baseline(path: Path) -> dict[str, list[Record]]:
    """Records of earlier results by ranker. Raises BadInput."""
    from eval.harness.records import from_json

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


@contextmanager
def _progress(console: Console) -> Iterator[Any]:
    with Progress(
        TextColumn("{task.description:8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        tasks: dict[str, Any] = {}

        def update(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=of)
            bar.update(tasks[step], completed=done, total=of)

        yield update


def _show(results: Mapping[str, Any]) -> None:
    from eval.harness.table import differs, rows

    console = Console(highlight=False)
    head, *body = rows(results)
    title = f"{results['set']['name']}, {results['set']['questions']} questions, 95% intervals"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for row in body:
        table.add_row(*row)
    console.print(table)
    for comparison in results["comparisons"]:
        notable = differs(comparison)
        against = "the baseline's " if comparison["baseline"] else ""
        lead = f"{comparison['first']} minus {against}{comparison['second']}, {comparison['questions']} questions: "
        console.print(
            lead + ("; ".join(notable) or "no measure differs beyond its interval"), markup=False, soft_wrap=True
        )


def main() -> None:
    """``python -m eval``; a RagError is one line on stderr and its class's exit code."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(evaluate)
    try:
        app()
    except RagError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"rag eval: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
