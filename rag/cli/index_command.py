"""``rag index``: build or update the index, go back to an earlier generation, export it, import it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.console import IndexDir, Json, describe_counts, err, out, print_json, settings_of
from rag.cli.default_command import NOT_PARSED, DefaultCommandGroup
from rag.cli.index_output import warn
from rag.config import Settings
from rag.errors import BadInput

_SUB_COMMANDS = ("export", "import")

app = typer.Typer(cls=DefaultCommandGroup)


@app.callback()
def index(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            readable=False,
            help="The folder of articles (default: the folder of the index in use, else seeds/).",
        ),
    ] = None,
    file: Annotated[Path | None, typer.Argument(hidden=True, readable=False)] = None,  # of the old word order
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what changed in the folder and do nothing.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep running, and update the index whenever the folder changes.")
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Return to the generation that was in use before the last change.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read every file again; reuse only vectors whose checksums are right.")
    ] = False,
    ray: Annotated[
        str | None, typer.Option("--ray", metavar="HOST:PORT", help="Embed on the machines of this Ray cluster.")
    ] = None,
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Build or update the index: read only files that changed, embed only passages that are new."""
    settings = settings_of(index_dir)
    verb = str(folder) if file else ""
    if (
        (file and verb not in _SUB_COMMANDS)
        or sum((bool(file), dry_run, watch, rollback, anew)) > 1
        or (rollback and folder)
    ):
        raise BadInput(
            "Give FOLDER with at most one of --dry-run, --watch, --anew; or --rollback alone; "
            "or a sub-command: `export FILE`, `import FILE`."
        )
    if file or NOT_PARSED in ctx.meta:
        _accept_old_order(str(folder), file)
    if file:
        _export(settings, file, as_json) if verb == "export" else _import(settings, file, as_json)
    elif rollback:
        _roll_back(settings, as_json)
    else:
        from rag.cli.index_update import update

        try:
            update(settings, folder, dry_run, watch, anew, ray, as_json)
        except KeyboardInterrupt as error:
            err.print("stopped: the index is whole; the same command continues from here", style="yellow")
            raise typer.Exit(130) from error


@app.command("export")
def export_index(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The file to write.")],
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Write the index in use to one file with checksums, for another machine or as a backup."""
    _export(settings_of(index_dir), file, as_json)


@app.command("import")
def import_index(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A file that `rag index export` wrote.")],
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Put an exported index in use. --rollback returns to the index that was in use before."""
    _import(settings_of(index_dir), file, as_json)


def _accept_old_order(verb: str, file: Path | None) -> None:
    """Print a notice for words that version 0.1 still takes as arguments of ``rag index``.

    Raise BadInput where they name neither a file nor a folder.
    """
    if file:
        notice = f"The sub-command comes first: `rag index {verb} FILE`, then the options."
    elif Path(verb).is_dir():
        notice = f"Write `./{verb}` for a folder with the name {verb}."
    else:
        raise BadInput(f"Name the file: `rag index {verb} FILE`.")
    warn(f"{notice} The next version no longer accepts this form.")


def _roll_back(settings: Settings, as_json: bool) -> None:
    from rag.index.history import roll_back
    from rag.index.manifest import read_manifest

    name = roll_back(settings.index_dir, settings.vector_store)
    counts = read_manifest(settings.index_dir).counts
    if as_json:
        print_json({"generation": name, "counts": counts.model_dump()})
    else:
        out.print(
            f"generation {name} is in use again: {describe_counts(counts)}. "
            "The next `rag index` reads the folder as it is then."
        )


def _export(settings: Settings, file: Path, as_json: bool) -> None:
    from rag.index.bundle import pack

    size = pack(settings.index_dir, file)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        out.print(f"{file}: {size / 1e6:.1f} MB. `rag index import {file}` puts it in use on another machine.")


def _import(settings: Settings, file: Path, as_json: bool) -> None:
    from rag.index.bundle import unpack

    manifest = unpack(file, settings.index_dir, settings.vector_store)
    if as_json:
        print_json({"generation": manifest.generation, "counts": manifest.counts.model_dump()})
    else:
        out.print(f"{describe_counts(manifest.counts)} in {settings.index_dir}, generation {manifest.generation}")
        if manifest.folder and not Path(manifest.folder).is_dir():
            warn(f"The articles were in {manifest.folder}, which is not here: name their folder, `rag index FOLDER`.")
