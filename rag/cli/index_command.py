"""``rag index``: the index built, brought up to date, put back, carried."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from rag.cli.console import IndexDir, Json, counted, err, number, out, print_json, settings_of, told
from rag.config import Settings
from rag.errors import BadInput, CorpusError, RagError

if TYPE_CHECKING:  # these load the model's libraries, which `rag --help` can do without
    from rag.indexing.build import Built
    from rag.indexing.changes import Changes

_A_MINUTE = 60.0
_NAMED = 10  # files of a kind that are named; the rest are counted


def index(
    folder: Annotated[
        Path | None,
        typer.Argument(
            readable=False,
            help="The folder of articles (default: that of the index in use, else seeds/); or `export FILE`, `import FILE`.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", readable=False, help="The one file that export writes and import reads."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what changed in the folder and do nothing.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and bring the index up to date whenever the folder changes.")
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Put the index in use that stood before the last change.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read every file again and trust nothing of a damaged index.")
    ] = False,
    ray: Annotated[
        str | None, typer.Option("--ray", metavar="HOST:PORT", help="Embed on the machines of this Ray cluster.")
    ] = None,
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Build the index, or bring it up to date: only what changed is read, and only new passages are embedded."""
    settings = settings_of(index_dir)
    verb = str(folder) if file else ""
    if (
        (file and verb not in ("export", "import"))
        or sum((bool(file), dry_run, watch, rollback, anew)) > 1
        or (rollback and folder)
    ):
        raise BadInput(
            "Give a FOLDER with at most one of --dry-run, --watch and --anew, or `export FILE`, `import FILE`, or --rollback."
        )
    if folder and not file and str(folder) in ("export", "import") and not folder.is_dir():
        raise BadInput(f"Name the file: `rag index {folder} FILE`.")
    if verb == "export":
        assert file
        _export(settings, file, as_json)
    elif verb == "import":
        assert file
        _import(settings, file, as_json)
    elif rollback:
        _roll_back(settings, as_json)
    else:
        try:
            _update(settings, folder, dry_run, watch, anew, ray, as_json)
        except KeyboardInterrupt as error:
            err.print("stopped: the index is whole, and the same command goes on from here", style="yellow")
            raise typer.Exit(130) from error


def _chosen(settings: Settings, given: Path | None) -> tuple[Path, str]:
    """The folder of articles, and what is to be said of it. Raises CorpusError where it cannot be guessed."""
    from rag.index.history import folder_of

    before = folder_of(settings.index_dir)
    folder = given or (settings.seeds_dir if settings.seeds_named else Path(before) if before else None)
    if folder is None:
        if (settings.index_dir / "CURRENT").exists():
            raise CorpusError(
                f"The index in {settings.index_dir} does not say of which folder it is: name it, `rag index FOLDER --anew`."
            )
        folder = settings.seeds_dir
    if str(folder) == before and not folder.is_dir():
        raise CorpusError(
            f"{folder}, where the articles of the index were, is no folder here: name theirs, `rag index FOLDER`."
        )
    if not before or folder.resolve() == Path(before):
        return folder, ""
    return (
        folder,
        f"The articles of {folder} take the place of those of {before}; `rag index --rollback` brings them back.",
    )


def _update(
    settings: Settings, given: Path | None, dry_run: bool, stay: bool, anew: bool, ray: str | None, as_json: bool
) -> None:
    from rag.embedding.embedder import Embedder
    from rag.embedding.ray_embedder import RayEmbedder
    from rag.indexing.build import build, what_changed

    folder, remark = _chosen(settings, given)
    embedder = Embedder(settings.embedding_model)
    fleet = (
        None
        if ray is None
        else RayEmbedder(
            ray,
            settings.embedding_model,
            lambda n: err.print(f"{number(n, 'worker')} of the Ray cluster {ray} embed{'s' * (n == 1)}", style="dim"),
        )
    )
    if dry_run:
        changes = what_changed(folder, settings.index_dir, embedder, settings.limits)
        if as_json:
            print_json(_as_json(changes))
        else:
            for stray in changes.strays:
                err.print(f"left out: {stray.why}", style="yellow")
            _name_changes(changes)
        _warn(remark)
        return

    def run() -> None:
        nonlocal remark
        with fleet or nullcontext(embedder) as encoder, _bar() as progress:
            built = build(folder, settings.index_dir, encoder, settings.limits, progress, anew, settings.vector_store)
        _show_built(built, settings.index_dir, as_json)
        _warn(remark)
        remark = ""

    if not stay:
        run()
        return
    from rag.indexing.watch import watch

    failed = ""

    def run_on() -> bool:
        nonlocal failed
        try:
            run()
        except RagError as error:  # the next change, or time, may mend it
            if str(error) != failed:
                err.print(f"rag: {told(str(error))}", style="red")
            failed = str(error)
            return False
        failed = ""
        return True

    try:
        err.print(f"watching {folder}; Ctrl-C ends it", style="dim")
        watch(folder, settings.index_dir, run_on)
    except KeyboardInterrupt:
        err.print("no longer watching", style="dim")


def _warn(remark: str) -> None:
    if remark:
        err.print(told(remark), style="yellow")


def _roll_back(settings: Settings, as_json: bool) -> None:
    from rag.index.history import roll_back
    from rag.index.manifest import read_manifest

    name = roll_back(settings.index_dir, settings.vector_store)
    counts = read_manifest(settings.index_dir).counts
    if as_json:
        print_json({"generation": name, "counts": counts.model_dump()})
    else:
        out.print(
            f"generation {name} is in use again: {counted(counts)}. "
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
        out.print(f"{counted(manifest.counts)} in {settings.index_dir}, generation {manifest.generation}")
        if manifest.folder and not Path(manifest.folder).is_dir():
            _warn(
                f"The articles were in {manifest.folder}, which is not here: `rag index FOLDER` says where they are now."
            )


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal: steps appear as they come. Elsewhere, as in a log, a line a minute."""
    with Bar(
        TextColumn("{task.description:8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        tasks: dict[str, Any] = {}
        said = time.monotonic()

        def progress(step: str, done: int, of: int) -> None:
            nonlocal said
            if not err.is_terminal and time.monotonic() > said + _A_MINUTE:
                said = time.monotonic()
                err.print(f"{step} {done:,} of {of:,}")
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=of)
            bar.update(tasks[step], completed=done, total=of)

        yield progress


def _show_built(built: Built, index_dir: Path, as_json: bool) -> None:
    for _, why in built.refused:
        err.print(f"left out: {why}", style="yellow")
    if as_json:
        print_json(
            {
                **{k: v for k, v in built.manifest.as_json().items() if k != "checksums"},
                "embedded": built.embedded,
                "reused": built.reused,
                "changes": _as_json(built.changes),
            }
        )
        return
    _name_changes(built.changes, {file for file, _ in built.refused})
    out.print(
        f"{counted(built.manifest.counts)} ({built.embedded} embedded, {built.reused} kept) in {index_dir}, "
        f"generation {built.manifest.generation}"
    )


def _name_changes(changes: Changes, refused: Set[str] = frozenset()) -> None:
    """Files that were ``refused`` are named elsewhere."""
    for what, every in (
        ("added", changes.added),
        ("edited", changes.edited),
        ("renamed", [f"{a} -> {b}" for a, b in changes.renamed]),
        ("removed", changes.removed),
        ("read anew", changes.reread),
    ):
        names = [name for name in every if name not in refused]
        for name in names[:_NAMED]:
            out.print(f"{what:10}{name}")
        if len(names) > _NAMED:
            out.print(f"{what:10}and {len(names) - _NAMED} more")
    out.print(f"unchanged {number(changes.unchanged, 'file')}")


def _as_json(changes: Changes) -> dict[str, Any]:
    return {
        "added": changes.added,
        "edited": changes.edited,
        "renamed": changes.renamed,
        "removed": changes.removed,
        "read_anew": changes.reread,
        "unchanged": changes.unchanged,
    }
