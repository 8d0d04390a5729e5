"""The command line: ``rag index / ask / search / eval / articles / show / status / serve``.

With ``--json`` stdout holds JSON alone; progress, remarks and errors go to stderr.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from eval.command import evaluate
from rag import dates, payload
from rag.batch import questions
from rag.config import Settings
from rag.errors import NotFound, RagError
from rag.filters import filter_of

if TYPE_CHECKING:  # these load the model's libraries, which `rag --help` can do without
    from rag.assistant import Assistant
    from rag.schema import Answer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Ask a newspaper archive; every sentence of the answer shows the words it rests on.")
_out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

IndexDir = Annotated[Path | None, typer.Option("--index", help="Where the index is (RAG_INDEX_DIR; default index/).")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout and nothing else.")]
Batch = Annotated[Path | None, typer.Option("--batch", help="JSON Lines with a `question` (and `id`, `history`) a line.")]

Since = Annotated[str, typer.Option("--since", metavar="DATE", help="Only articles of this day, month or year, or later.")]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="Only articles of this day, month or year, or earlier.")]
Source = Annotated[str, typer.Option("--source", help="Only articles of this newspaper; part of its name is enough.")]
Byline = Annotated[str, typer.Option("--byline", help="Only articles by this person.")]
KindOf = Annotated[str, typer.Option("--kind", help="Only this kind: article, photo or notice.")]


app.command("eval")(evaluate)


def main() -> None:
    """The console script: any RagError is one line on stderr and its class's exit code."""
    try:
        app()
    except RagError as error:
        _err.print(f"rag: {error}", style="red")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:  # e.g. stdout goes to a disk that is full
        sys.stderr.write(f"rag: the output could not be written ({error.strerror}): free space or write elsewhere.\n")
        sys.exit(1)


def _settings(index_dir: Path | None) -> Settings:
    settings = Settings.from_env()
    return replace(settings, index_dir=index_dir) if index_dir else settings


def _assistant(index_dir: Path | None) -> Assistant:
    from rag.assistant import Assistant
    from rag.generation import current_generation

    settings = _settings(index_dir)
    current_generation(settings.index_dir)  # a missing index is said before a model is loaded
    return Assistant(settings)


def _print_json(value: object) -> None:
    # half a character (a lone surrogate) in an id cannot be written as UTF-8
    sys.stdout.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


@app.command()
def index(
    folder: Annotated[Path | None, typer.Argument(help="The folder of articles (default seeds/).")] = None,
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Build the index, or bring it up to date: passages embedded before are not embedded again."""
    from rag.embedder import Embedder
    from rag.index import build

    settings = _settings(index_dir)
    with Progress(TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                  console=_err, transient=True, disable=not _err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def progress(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=of)
            bar.update(tasks[step], completed=done, total=of)

        built = build(folder or settings.seeds_dir, settings.index_dir, Embedder(settings.embedding_model), settings.limits, progress)
    for _, why in built.refused:
        _err.print(f"left out: {why}", style="yellow")
    counts = built.manifest["counts"]
    if as_json:
        _print_json({**{k: v for k, v in built.manifest.items() if k != "checksums"},
                     "embedded": built.embedded, "reused": built.reused})
    else:
        _out.print(
            f"{counts['articles']} articles from {counts['files']} files, {counts['passages']} passages "
            f"({built.embedded} embedded, {built.reused} kept) in {settings.index_dir}, "
            f"generation {built.manifest['generation']}")


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument()] = None,
    batch: Batch = None,
    since: Since = "",
    until: Until = "",
    source: Source = "",
    byline: Byline = "",
    kind: KindOf = "",
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Answer a question, with citations."""
    only = filter_of(since, until, source, byline, kind)
    lines = list(questions(question, batch))
    assistant = _assistant(index_dir)
    for identity, text, history in lines:
        answer = assistant.ask(text, history, only)
        if as_json:
            _print_json({**identity, **payload.answer(answer)})
        else:
            _show_answer(answer)


@app.command()
def search(
    question: Annotated[str | None, typer.Argument()] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages.")] = 10,
    batch: Batch = None,
    since: Since = "",
    until: Until = "",
    source: Source = "",
    byline: Byline = "",
    kind: KindOf = "",
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """The passages nearest to a question, without an answer."""
    only = filter_of(since, until, source, byline, kind)
    lines = list(questions(question, batch))
    assistant = _assistant(index_dir)
    for identity, text, history in lines:
        hits = assistant.search(text, history, k, only)
        if as_json:
            _print_json({**identity, "hits": payload.hits(hits)})
            continue
        for number, hit in enumerate(hits, 1):
            _out.print(f"{number:2}. {hit.article.title or hit.article.article_id}  ({hit.score:.2f})", style="bold")
            _out.print(f"    {hit.passage.text}\n")


@app.command()
def articles(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """The articles in the index."""
    from rag.index import load

    found = list(load(_settings(index_dir).index_dir).articles.values())
    if as_json:
        _print_json([payload.article(a, with_text=False) for a in found])
        return
    table = Table("article", "kind", "headline", "byline", "date")
    table.columns[0].overflow = "fold"  # an id cut short could not be given to `rag show`
    for a in found:
        table.add_row(a.article_id, a.kind, a.title or f"（{a.text[:20]}……）", " ".join(a.byline), dates.shown(a.date, a.date_basis))
    _out.print(table)


@app.command()
def show(
    article_id: Annotated[str, typer.Argument(help="As `rag articles` prints it.")],
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """One article, whole."""
    from rag.index import load

    found = load(_settings(index_dir).index_dir).articles.get(article_id)
    if found is None:
        raise NotFound(f"There is no article {article_id!r} in the index: `rag articles` lists them.")
    if as_json:
        _print_json(payload.article(found))
        return
    _out.print(found.title or "（无标题）", style="bold")
    _out.print(" ".join([*found.byline, dates.shown(found.date, found.date_basis), found.file]) + "\n", style="dim")
    _out.print(found.text)


@app.command()
def status(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """What the index holds and whether its files are whole (exit code 5 when they are not)."""
    from rag.generation import damage, read_manifest

    folder = _settings(index_dir).index_dir
    manifest, broken = read_manifest(folder), damage(folder)
    health = {"ok": not broken, "damaged": broken}
    if as_json:
        _print_json({**manifest, "health": health})
    else:
        counts, model = manifest["counts"], manifest["model"]
        _out.print(f"generation  {manifest['generation']} in {folder}\nmodel       {model['name']} "
                   f"({model['dimension']} dimensions, {model['fingerprint'][:12]})\nholds       "
                   f"{counts['articles']} articles from {counts['files']} files, {counts['passages']} passages\n"
                   f"health      {'whole' if not broken else 'DAMAGED: ' + ', '.join(broken) + ' - run `rag index`'}")
        for row in manifest["refused"]:
            _out.print(f"left out    {row['why']}")
    if broken:
        raise typer.Exit(5)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    host: Annotated[str, typer.Option(help="127.0.0.1 keeps the page to this machine.")] = "127.0.0.1",
    index_dir: IndexDir = None,
) -> None:
    """The browser chat."""
    import app as browser

    browser.serve(_assistant(index_dir), host, port)


def _show_answer(answer: Answer) -> None:
    for notice in answer.notices:
        _err.print(notice, style="yellow")
    _out.print(answer.answer + "\n")
    for c in answer.citations:
        about = " ".join(x for x in (c.title or "（无标题）", " ".join(c.byline), dates.shown(c.date, c.date_basis), c.file) if x)
        _out.print(f"[{c.n}] {about}\n    “{c.quote}”", style="dim")
        if c.copies:
            _out.print(f"    = {'、'.join(c.copies)}", style="dim")
