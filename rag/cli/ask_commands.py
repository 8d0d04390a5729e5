"""Ask the index: ``rag ask / search / serve``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag import payload
from rag.cli.batch import questions
from rag.cli.console import IndexDir, Json, err, out, print_json, settings_of
from rag.text.calendar import shown
from rag.text.filters import filter_of

if TYPE_CHECKING:  # these modules load the model's libraries, which `rag --help` does not need
    from rag.answer.assistant import Assistant
    from rag.schema import Answer

QuestionArgument = Annotated[str | None, typer.Argument(metavar="QUESTION", help="The question; or give --batch.")]
BatchOption = Annotated[
    Path | None,
    typer.Option(
        "--batch", readable=False, help="JSON Lines: one object a line with `question` (and `id`, `history`)."
    ),
]

SinceOption = Annotated[
    str, typer.Option("--since", metavar="DATE", help="Only articles of this day, month or year, or later.")
]
UntilOption = Annotated[
    str, typer.Option("--until", metavar="DATE", help="Only articles of this day, month or year, or earlier.")
]
SourceOption = Annotated[
    str, typer.Option("--source", help="Only articles of this newspaper; part of its name is enough.")
]
BylineOption = Annotated[str, typer.Option("--byline", help="Only articles by this person.")]
PageOption = Annotated[str, typer.Option("--page", help="Only articles on this page of the newspaper, e.g. 3 or A02.")]
KindOption = Annotated[str, typer.Option("--kind", help="Only this kind: article, photo or notice.")]


def ask(
    question: QuestionArgument = None,
    batch: BatchOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    source: SourceOption = "",
    byline: BylineOption = "",
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


def search(
    question: QuestionArgument = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="The number of passages.")] = 10,
    batch: BatchOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    source: SourceOption = "",
    byline: BylineOption = "",
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


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    host: Annotated[str, typer.Option(help="127.0.0.1 serves this machine alone.")] = "127.0.0.1",
    index_dir: IndexDir = None,
) -> None:
    """Serve the browser chat."""
    from rag.web import server

    server.serve(_assistant(index_dir), host, port)


def _assistant(index_dir: Path | None) -> Assistant:
    from rag.answer.assistant import Assistant
    from rag.index.manifest import current_generation

    settings = settings_of(index_dir)
    current_generation(settings.index_dir)  # raises if there is no index, before a model is loaded
    return Assistant(settings)


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
