"""``rag eval``: options -> runs -> table, results and report.

Modules that load the model's libraries are imported when the command runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eval.harness.terminal import progress_bar, show_results
from rag.config import Settings
from rag.errors import BadInput

DEFAULT_RANKER = "fused"
OLD_EXPORT = "export-feedback"
"""A path that version 0.1 also takes for the sub-command."""


SetPath = Annotated[
    Path,
    typer.Argument(
        metavar="SET.jsonl|FOLDER",
        help="Questions about the index, or a folder with its own corpus and questions.jsonl.",
    ),
]
IndexDir = Annotated[
    Path | None, typer.Option("--index", help="The folder of the index (default: RAG_INDEX_DIR, else index/).")
]
Out = Annotated[Path, typer.Option("--out", help="The folder for results, reports and indexes of corpora.")]
FeedbackOut = Annotated[Path, typer.Option("--out", help="The folder for feedback.jsonl.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, and nothing else, on stdout.")]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", help="Earlier results: show the differences, question by question.")
]
Compare = Annotated[str, typer.Option("--compare", help="Rankers to run side by side: dense,lexical,fused.")]
HalfName = Annotated[str, typer.Option("--half", help="all, tune or test: the half of the questions, by their id.")]
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
    compare: Compare = DEFAULT_RANKER,
    half: HalfName = "all",
    retrieval_only: Retrieval = False,
    judge: Judge = False,
) -> None:
    """Measure retrieval, answers and refusals on a set of questions; give each figure with its interval."""
    if str(path) == OLD_EXPORT:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"The sub-command comes first and takes --out and --json only: `rag eval {OLD_EXPORT}`. "
            "The next version no longer accepts this form.",
            style="yellow",
            markup=False,
        )
        export_feedback(out, as_json)
        return
    from eval.harness import report, results, runner, subject, table
    from eval.harness.atomic_write import write_atomically
    from rag.embedding.embedder import Embedder

    rankers = runner.parse_rankers(compare)
    chosen_half = next((name for name in subject.HALVES if name == half), None)
    if chosen_half is None:
        raise BadInput(f"--half {half!r}: give one of {', '.join(subject.HALVES)}.")
    earlier = results.read_baseline(baseline) if baseline else None
    settings = Settings.from_env()
    if judge and retrieval_only:
        raise BadInput("--judge needs answers and --retrieval-only gives none: leave one of them out.")
    if judge and not settings.llm_configured:
        raise BadInput("--judge needs a language model: set OPENAI_BASE_URL, OPENAI_API_KEY and RAG_LLM_MODEL.")
    embedder = Embedder(settings.embedding_model)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with progress_bar(console) as progress:
        target = subject.open_subject(path, chosen_half, settings, index_dir, out / "cache", embedder, progress)
        if earlier and not {q.id for q in target.questions} & {r.id for records in earlier.values() for r in records}:
            raise BadInput(f"{baseline} holds results of other questions: give results of the same set.")
        for remark in target.remarks:
            console.print(remark, style="yellow", markup=False)
        journals = out / "journals"
        runs = [
            # Each ranker has its own embedder: it caches sentences, and one ranker's cache must not speed up the next.
            runner.run(
                target,
                name,
                Embedder(settings.embedding_model) if name != rankers[0] else embedder,
                settings,
                journals,
                retrieval_only=retrieval_only,
                judged=judge,
                progress=partial(progress, name),
            )
            for name in rankers
        ]
    found = results.collect(target, runs, embedder, earlier)
    stem = out / "-".join(
        [
            target.name,
            *([half] if half != "all" else []),
            *(["retrieval"] if retrieval_only else ["judged"] if judge else []),
            *(rankers if rankers != (DEFAULT_RANKER,) else ()),
        ]
    )
    files = {
        ".json": json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n",
        ".html": report.html(found),
        ".md": table.markdown(found),
    }
    for suffix, text in files.items():
        write_atomically(stem.with_name(stem.name + suffix), text)
    runner.delete_journals(runs, journals)
    if as_json:
        sys.stdout.write(json.dumps(results.without_records(found), ensure_ascii=False, allow_nan=False) + "\n")
        sys.stdout.flush()
    else:
        show_results(found)
    console.print(f"{stem}.html shows every question; {stem}.json holds the results.", markup=False)


def export_feedback(out: FeedbackOut = Path("eval/out"), as_json: Json = False) -> None:
    """Write the readers' feedback from the browser as lines of a question set, for a person to label."""
    from eval.harness.feedback_export import export

    file, lines, unlabelled = export(Settings.from_env().feedback_file, out)
    if as_json:
        sys.stdout.write(
            json.dumps({"file": str(file), "lines": lines, "to_label": unlabelled}, ensure_ascii=False) + "\n"
        )
    else:
        Console(highlight=False, soft_wrap=True).print(
            f"{file} holds {lines} questions; {unlabelled} need a label: set `answerable` to true or false, and list "
            "`facts` and `evidence` where it is true.",
            markup=False,
        )
