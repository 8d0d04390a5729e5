"""The command line: ``rag index / ask / search / eval / articles / show / status / serve``.

With ``--json``, stdout holds JSON alone; progress, remarks and errors go to stderr.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.harness.command import evaluate, export_feedback
from rag import __version__, payload
from rag.cli import index_command, show_commands
from rag.cli.batch import questions
from rag.cli.console import (
    IndexDir,
    Json,
    err,
    out,
    print_json,
    replace_unknown_characters,
    settings_of,
    with_index_option,
)
from rag.cli.default_command import DefaultCommandGroup
from rag.errors import RagError
from rag.text.calendar import shown
from rag.text.filters import filter_of

if TYPE_CHECKING:  # these modules load the model's libraries, which `rag --help` does not need
    from rag.answer.assistant import Assistant
    from rag.schema import Answer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Batch = Annotated[
    Path | None,
    typer.Option(
        "--batch", readable=False, help="JSON Lines: one object a line with `question` (and `id`, `history`)."
    ),
]

Since = Annotated[
    str, typer.Option("--since", metavar="DATE", help="Only articles of this day, month or year, or later.")
]
Until = Annotated[
    str, typer.Option("--until", metavar="DATE", help="Only articles of this day, month or year, or earlier.")
]
Source = Annotated[str, typer.Option("--source", help="Only articles of this newspaper; part of its name is enough.")]
Byline = Annotated[str, typer.Option("--byline", help="Only articles by this person.")]
PageOption = Annotated[str, typer.Option("--page", help="Only articles on this page of the newspaper, e.g. 3 or A02.")]
KindOption = Annotated[str, typer.Option("--kind", help="Only this kind: article, photo or notice.")]


evaluation = typer.Typer(cls=DefaultCommandGroup)
evaluation.callback()(evaluate)
evaluation.command("export-feedback")(export_feedback)
app.add_typer(index_command.app, name="index")
app.add_typer(evaluation, name="eval")
for _command in (show_commands.articles, show_commands.show, show_commands.status):
    app.command()(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"baowen {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Ask a newspaper archive; every sentence of the answer shows the words that it rests on."""


def main() -> None:
    """Run the command line. Print a RagError as one line on stderr and exit with the code of its class."""
    replace_unknown_characters()
    try:
        app()
    except RagError as error:
        err.print(f"rag: {with_index_option(str(error))}", style="red")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:  # e.g. stdout goes to a full disk
        sys.stderr.write(f"rag: the output could not be written ({error.strerror}): free space or write elsewhere.\n")
        sys.exit(1)


def _assistant(index_dir: Path | None) -> Assistant:
    from rag.answer.assistant import Assistant
    from rag.index.manifest import current_generation

    settings = settings_of(index_dir)
    current_generation(settings.index_dir)  # raises if there is no index, before a model is loaded
    return Assistant(settings)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument()] = None,
    batch: Batch = None,
    since: Since = "",
    until: Until = "",
    source: Source = "",
    byline: Byline = "",
    kind: KindOption = "",
    page: PageOption = "",
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Answer a question, with citations."""
    only = filter_of(since, until, source, byline, kind, page)
    lines = list(questions(question, batch))
    assistant = _assistant(index_dir)
    for identity, text, history in lines:
        answer = assistant.ask(text, history, only)
        if as_json:
            print_json({**identity, **payload.answer(answer)})
        else:
            _show_answer(answer)


@app.command()
def search(
    question: Annotated[str | None, typer.Argument()] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="The number of passages.")] = 10,
    batch: Batch = None,
    since: Since = "",
    until: Until = "",
    source: Source = "",
    byline: Byline = "",
    kind: KindOption = "",
    page: PageOption = "",
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """List the passages that fit a question best, without an answer."""
    only = filter_of(since, until, source, byline, kind, page)
    lines = list(questions(question, batch))
    assistant = _assistant(index_dir)
    for identity, text, history in lines:
        hits = assistant.search(text, history, k, only)
        if as_json:
            print_json({**identity, "hits": payload.hits(hits)})
            continue
        for number, hit in enumerate(hits, 1):
            out.print(f"{number:2}. {hit.article.title or hit.article.article_id}  ({hit.score:.2f})", style="bold")
            out.print(f"    {hit.passage.text}\n")


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    host: Annotated[str, typer.Option(help="127.0.0.1 serves this machine alone.")] = "127.0.0.1",
    index_dir: IndexDir = None,
) -> None:
    """Serve the browser chat."""
    from rag.web import server

    server.serve(_assistant(index_dir), host, port)


def _show_answer(answer: Answer) -> None:
    for notice in answer.notices:
        err.print(notice, style="yellow")
    out.print(answer.answer + "\n")
    for c in answer.citations:
        about = " ".join(
            x for x in (c.title or "（无标题）", " ".join(c.byline), shown(c.date, c.date_basis), c.file) if x
        )
        out.print(f"[{c.n}] {about}\n    “{c.quote}”", style="dim")
        if c.copies:
            out.print(f"    = {'、'.join(c.copies)}", style="dim")
