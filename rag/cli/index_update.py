"""A folder -> the index of its articles, built or brought up to date, once or after each change."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

from rag.cli.console import err, plural, print_json, with_index_option
from rag.cli.index_output import changes_as_json, check_yaml, progress_bar, show_build, show_changes, warn
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.embedding.ray_embedder import RayEmbedder
from rag.errors import CorpusError, RagError
from rag.index.history import folder_of
from rag.indexing.build import Built, build, what_changed
from rag.indexing.watch import watch


def update(
    settings: Settings,
    given: Path | None,
    dry_run: bool,
    keep_watching: bool,
    anew: bool,
    ray: str | None,
    as_json: bool,
) -> None:
    """Update the index from the folder ``given``, or from the folder that the index remembers.

    Raise CorpusError where no folder is known, and what ``rag.indexing.build`` raises.
    """
    folder, remark = _choose_folder(settings, given)
    embedder = Embedder(settings.embedding_model)
    cluster = RayEmbedder(ray, settings.embedding_model, lambda n: _show_workers(n, ray)) if ray is not None else None
    if dry_run:
        changes = what_changed(folder, settings.index_dir, embedder, settings.limits)
        if as_json:
            print_json(changes_as_json(changes))
        else:
            for stray in changes.strays:
                warn(f"left out: {stray.why}")
            show_changes(changes)
        if remark:
            warn(remark)
        return

    def run() -> Built:
        nonlocal remark
        with cluster or nullcontext(embedder) as chosen, progress_bar() as progress:
            built = build(folder, settings.index_dir, chosen, settings.limits, progress, anew, settings.vector_store)
        show_build(built, settings.index_dir, as_json)
        if remark:
            warn(remark)
        remark = ""
        return built

    if not keep_watching:
        check_yaml(run())
        return
    last_error = ""

    def run_unless_failing() -> bool:
        nonlocal last_error
        try:
            run()
        except RagError as error:  # a later change of the folder, or time, may remove the cause
            if str(error) != last_error:
                err.print(f"rag: {with_index_option(str(error))}", style="red")
            last_error = str(error)
            return False
        last_error = ""
        return True

    try:
        err.print(f"watching {folder}; Ctrl-C ends it", style="dim")
        watch(folder, settings.index_dir, run_unless_failing)
    except KeyboardInterrupt:
        err.print("no longer watching", style="dim")


def _choose_folder(settings: Settings, given: Path | None) -> tuple[Path, str]:
    """Return the folder of articles and a remark for the user ("" if there is nothing to remark).

    Raise CorpusError where the folder cannot be known.
    """
    before = folder_of(settings.index_dir)
    folder = given or (settings.seeds_dir if settings.seeds_named else Path(before) if before else None)
    if folder is None:
        if (settings.index_dir / "CURRENT").exists():
            raise CorpusError(
                f"The index in {settings.index_dir} does not record its folder of articles: "
                "name the folder, `rag index FOLDER --anew`."
            )
        folder = settings.seeds_dir
    if str(folder) == before and not folder.is_dir():
        raise CorpusError(
            f"{folder}, the folder of the indexed articles, does not exist here: name their folder, `rag index FOLDER`."
        )
    if not before or os.path.realpath(folder) == before:
        return folder, ""
    return folder, f"The articles of {folder} replace those of {before}; `rag index --rollback` brings them back."


def _show_workers(count: int, cluster: str | None) -> None:
    err.print(f"{plural(count, 'worker')} of the Ray cluster {cluster} embed{'s' * (count == 1)}", style="dim")
