"""``rag index``: the index built, brought up to date, put back, carried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from rag.config import Settings
from rag.errors import BadInput, RagError
from rag.terminal import IndexDir, Json, err, out, print_json, settings_of

if TYPE_CHECKING:  # these load the model's libraries, which `rag --help` can do without
    from rag.changes import Changes
    from rag.index import Built

_NAMED = 10  # files of a kind that are named; the rest are counted


def index(
    folder: Annotated[Path | None, typer.Argument(
        help="The folder of articles (default: that of the index in use, else seeds/); or `export FILE`, `import FILE`.")] = None,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The one file that export writes and import reads.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what changed in the folder and do nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and bring the index up to date whenever the folder changes.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Put the index in use that stood before the last change.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Read every file again and trust nothing of a damaged index.")] = False,
    ray: Annotated[str | None, typer.Option("--ray", metavar="HOST:PORT", help="Embed on the machines of this Ray cluster.")] = None,
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Build the index, or bring it up to date: only what changed is read, and only new passages are embedded."""
    settings = settings_of(index_dir)
    verb = str(folder) if file else ""
    if (file and verb not in ("export", "import")) or sum((bool(file), dry_run, watch, rollback, anew)) > 1:
        raise BadInput("Give a FOLDER with at most one of --dry-run, --watch and --anew, or `export FILE`, `import FILE`, or --rollback.")
    if verb == "export":
        assert file
        _export(settings, file, as_json)
    elif verb == "import":
        assert file
        _import(settings, file, as_json)
    elif rollback:
        _roll_back(settings, as_json)
    else:
        _update(settings, folder, dry_run, watch, anew, ray, as_json)


def _folder(index_dir: Path) -> Path | None:
    """The one that the index in use is of."""
    from rag.generation import read_manifest

    try:
        return Path(folder) if (folder := str(read_manifest(index_dir)["folder"])) else None
    except RagError:
        return None


def _update(settings: Settings, given: Path | None, dry_run: bool, stay: bool, anew: bool, ray: str | None, as_json: bool) -> None:
    from rag.embedder import Embedder
    from rag.fleet import Fleet
    from rag.index import build, what_changed

    before = _folder(settings.index_dir)
    said = given or (settings.seeds_dir if settings.seeds_dir != Settings().seeds_dir else None)
    folder = said or before or settings.seeds_dir
    instead = "" if not before or folder.resolve() == before else f"The articles of {folder} take the place of those of {before}."
    embedder = Embedder(settings.embedding_model)
    fleet = None if ray is None else Fleet(ray, settings.embedding_model, lambda n: err.print(
        f"{n} worker{'s' * (n != 1)} of the Ray cluster {ray} embed{'s' * (n == 1)}", style="dim"))
    if dry_run:
        _show_changes(what_changed(folder, settings.index_dir, embedder, settings.limits), as_json)
        _warn(instead)
        return

    def run() -> None:
        with fleet or nullcontext(embedder) as encoder, _bar() as progress:
            built = build(folder, settings.index_dir, encoder, settings.limits, progress, anew, settings.vector_store)
        _show_built(built, settings.index_dir, as_json)
        _warn(instead)

    if not stay:
        run()
        return
    from rag.watch import watch

    def run_on() -> None:
        try:
            run()
        except RagError as error:  # the next change may mend it
            err.print(f"rag: {error}", style="red")

    try:
        err.print(f"watching {folder}; Ctrl-C ends it", style="dim")
        watch(folder, settings.index_dir, run_on)
    except KeyboardInterrupt:
        err.print("no longer watching", style="dim")


def _warn(text: str) -> None:
    if text:
        err.print(text, style="yellow")


def _roll_back(settings: Settings, as_json: bool) -> None:
    from rag.generation import read_manifest
    from rag.history import roll_back

    name = roll_back(settings.index_dir, settings.vector_store)
    counts = read_manifest(settings.index_dir)["counts"]
    if as_json:
        print_json({"generation": name, "counts": counts})
    else:
        out.print(f"generation {name} is in use again: {counts['articles']} articles from {counts['files']} files. "
                  "The next `rag index` reads the folder as it is then.")


def _export(settings: Settings, file: Path, as_json: bool) -> None:
    from rag.parcel import pack

    size = pack(settings.index_dir, file)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        out.print(f"{file}: {size / 1e6:.1f} MB. `rag index import {file}` puts it in use on another machine.")


def _import(settings: Settings, file: Path, as_json: bool) -> None:
    from rag.parcel import unpack

    manifest = unpack(file, settings.index_dir, settings.vector_store)
    if as_json:
        print_json({"generation": manifest["generation"], "counts": manifest["counts"]})
    else:
        out.print(f"{manifest['counts']['articles']} articles, {manifest['counts']['passages']} passages in {settings.index_dir}, "
                  f"generation {manifest['generation']}")


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal: steps appear as they come."""
    with Bar(TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
             console=err, transient=True, disable=not err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def progress(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=of)
            bar.update(tasks[step], completed=done, total=of)

        yield progress


def _show_built(built: Built, index_dir: Path, as_json: bool) -> None:
    for _, why in built.refused:
        err.print(f"left out: {why}", style="yellow")
    if as_json:
        print_json({**{k: v for k, v in built.manifest.items() if k != "checksums"}, "embedded": built.embedded,
                    "reused": built.reused, "changes": _as_json(built.changes)})
        return
    _name_changes(built.changes)
    counts = built.manifest["counts"]
    out.print(f"{counts['articles']} articles from {counts['files']} files, {counts['passages']} passages "
              f"({built.embedded} embedded, {built.reused} kept) in {index_dir}, generation {built.manifest['generation']}")


def _show_changes(changes: Changes, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(changes))
    else:
        _name_changes(changes)


def _name_changes(changes: Changes) -> None:
    for what, names in (("added", changes.added), ("edited", changes.edited), ("renamed", [f"{a} -> {b}" for a, b in changes.renamed]),
                        ("removed", changes.removed), ("read anew", changes.again)):
        for name in names[:_NAMED]:
            out.print(f"{what:10}{name}")
        if len(names) > _NAMED:
            out.print(f"{what:10}and {len(names) - _NAMED} more")
    out.print(f"unchanged {changes.unchanged} file{'' if changes.unchanged == 1 else 's'}")


def _as_json(changes: Changes) -> dict[str, Any]:
    return {"added": changes.added, "edited": changes.edited, "renamed": changes.renamed, "removed": changes.removed,
            "read_anew": changes.again, "unchanged": changes.unchanged}
