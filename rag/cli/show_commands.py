"""Show the contents of the index, and how a page was cut into articles: ``rag articles / show / status``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rag import payload
from rag.cli.console import (
    IndexDir,
    Json,
    describe_counts,
    out,
    plural,
    print_json,
    printable,
    settings_of,
    with_index_option,
)
from rag.config import Settings
from rag.errors import BadInput, NotFound
from rag.text.calendar import shown


def articles(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """List the articles in the index."""
    from rag.index.snapshot import load

    found = list(load(settings_of(index_dir).index_dir).articles.values())
    if as_json:
        print_json([payload.article(a, with_text=False) for a in found])
        return
    if not out.is_terminal:  # for other programs: one uncut line for each article
        for a in found:
            fields = (a.article_id, a.kind, a.title, " ".join(a.byline), shown(a.date, a.date_basis))
            print("\t".join(printable(field).translate({9: " ", 10: " "}) for field in fields))
        return
    table = Table("article", "kind", "headline", "byline", "date")
    table.columns[0].overflow = "fold"  # `rag show` needs the whole id
    for a in found:
        table.add_row(
            *map(
                printable,
                (
                    a.article_id,
                    a.kind,
                    a.title or f"（{a.text[:20]}……）",
                    " ".join(a.byline),
                    shown(a.date, a.date_basis),
                ),
            )
        )
    out.print(table)


def show(
    article_id: Annotated[
        str,
        typer.Argument(
            metavar="ARTICLE_ID|FILE", help="An id from `rag articles`; with --page, --html or --yaml a file."
        ),
    ],
    page: Annotated[
        bool, typer.Option("--page", help="Show the page FILE line by line, with its articles outlined.")
    ] = False,
    html: Annotated[bool, typer.Option("--html", help="Print the outlined page as HTML.")] = False,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the articles found, as YAML to correct and save beside FILE.")
    ] = False,
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Show one article, or a page with its articles outlined."""
    if page or html or yaml:
        _show_page(
            article_id, "html" if html else "yaml" if yaml else "json" if as_json else "text", settings_of(index_dir)
        )
        return
    from rag.index.snapshot import load

    found = load(settings_of(index_dir).index_dir).articles.get(article_id)
    if found is None:
        raise NotFound(f"There is no article {article_id!r} in the index: `rag articles` lists them.")
    if as_json:
        print_json(payload.article(found))
        return
    out.print(found.title or "（无标题）", style="bold")
    out.print(" ".join([*found.byline, shown(found.date, found.date_basis), found.file]) + "\n", style="dim")
    out.print(found.text)


def _show_page(file: str, form: str, settings: Settings) -> None:
    from rag.cli.outlined_page import in_terminal
    from rag.index.history import folder_of
    from rag.layout.articles import cut
    from rag.reading.page_lookup import pages_in
    from rag.text import outline
    from rag.web import outlined_page

    indexed = folder_of(settings.index_dir)
    folders = [Path(indexed), settings.seeds_dir] if indexed else [settings.seeds_dir]
    pages = list(pages_in(file, folders, settings.limits))
    if len(pages) > 1 and form in ("html", "yaml"):
        raise BadInput(f"{file} has {len(pages)} pages: name one, e.g. `rag show '{pages[0].file}' --{form}`.")
    for page in pages:
        found = cut(page)
        articles = found.articles
        if form == "text":
            for line in in_terminal(page, articles, found.left_out):
                out.print(line)
        elif form == "html":
            sys.stdout.write(outlined_page.as_html(page, articles, left_out=found.left_out))
        elif form == "yaml":
            sys.stdout.write(outline.as_yaml(page, outline.outlines_of(page, articles)))
        else:
            lines = [outline.lines_text(o.lines) for o in outline.outlines_of(page, articles)]
            print_json(
                {
                    "file": page.file,
                    "articles": [
                        {**payload.article(a, with_text=False), "lines": article_lines}
                        for a, article_lines in zip(articles, lines, strict=True)
                    ],
                    "left_out": [
                        {"line": row.number, "text": row.text, "why": row.why}
                        for row in outline.rows_of(page, articles, found.left_out)
                        if row.why
                    ],
                }
            )


def status(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """Show what the index holds and check its files (exit code 5 if one is damaged)."""
    from rag.index.generation import damaged_files
    from rag.index.manifest import read_manifest
    from rag.index.placement import remote_segments, shown_address
    from rag.index.snapshot import load

    settings = settings_of(index_dir)
    folder = settings.index_dir
    manifest, broken = read_manifest(folder), damaged_files(folder)
    if settings.vector_store and not broken:
        load(folder, server=settings.vector_store)  # raises unless the server holds its part
    health = {"ok": not broken, "damaged": broken}
    if as_json:
        print_json({**manifest.as_json(), "files": {} if broken else load(folder).page_hashes(), "health": health})
    else:
        model = manifest.model
        out.print(
            f"generation  {manifest.generation} in {folder}\n"
            f"folder      {manifest.folder or 'articles that were given'}\nmodel       {model.name} "
            f"({model.dimension} dimensions, {model.fingerprint[:12]})\nholds       "
            f"{describe_counts(manifest.counts)}\n"
            f"health      {'whole' if not broken else with_index_option('DAMAGED: ' + ', '.join(broken) + ' - run `rag index --anew`')}"
        )
        on_server = remote_segments(manifest.segments) if settings.vector_store else set()
        live = (
            {} if broken else {p.segment.name: (p.articles.sum(), p.passages.sum()) for p in load(folder).live_segments}
        )
        for name, (articles, passages) in manifest.segments.items():
            counts = live.get(name, (articles, passages))
            gone = (
                f" ({articles - counts[0]} and {passages - counts[1]} are gone)"
                if counts != (articles, passages)
                else ""
            )
            where = f", searched by {shown_address(settings.vector_store)}" if name in on_server else ""
            out.print(
                f"segment     {name}: {plural(counts[0], 'article')}, {plural(counts[1], 'passage')}{gone}{where}"
            )
        for row in manifest.refused:
            out.print(f"left out    {row.why}")
        for row in manifest.notes:
            out.print(f"note        {row.why}")
    if broken:
        raise typer.Exit(5)
