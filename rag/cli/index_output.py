"""What ``rag index`` prints: progress, changed files, the finished build."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from rag.cli.console import describe_counts, err, out, plural, print_json, with_index_option
from rag.errors import YamlNotUsed

if TYPE_CHECKING:  # these modules load the model's libraries, which `rag --help` does not need
    from rag.indexing.build import Built
    from rag.indexing.changes import Changes

LOG_INTERVAL_S = 60.0
_NAMED_FILES = 10  # files of one kind that are named; the others are counted


def warn(remark: str) -> None:
    """Print a remark on stderr."""
    err.print(with_index_option(remark), style="yellow")


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (step, done, total): it moves a bar on a terminal, and writes a line a minute elsewhere."""
    with Progress(
        TextColumn("{task.description:8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        tasks: dict[str, TaskID] = {}
        last_line = time.monotonic()

        def show(step: str, done: int, total: int) -> None:
            nonlocal last_line
            if not err.is_terminal and time.monotonic() > last_line + LOG_INTERVAL_S:
                last_line = time.monotonic()
                err.print(f"{step} {done:,} of {total:,}")
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield show


def show_build(built: Built, index_dir: Path, as_json: bool) -> None:
    """Print what a build read, embedded and left out."""
    for _, reason in built.refused:
        err.print(f"left out: {reason}", style="yellow")
    for _, remark in built.notes:
        err.print(f"note: {remark}", style="yellow")
    if as_json:
        print_json(
            {
                **{k: v for k, v in built.manifest.as_json().items() if k != "checksums"},
                "notes": [{"file": file, "why": why} for file, why in built.notes],
                "embedded": built.embedded,
                "reused": built.reused,
                "changes": changes_as_json(built.changes),
                "lines_in_no_article": dict(built.left_out),
            }
        )
        return
    show_changes(built.changes, {file for file, _ in built.refused})
    for page, count in built.left_out[:_NAMED_FILES]:
        out.print(f"{plural(count, 'line')} in no article: rag show {shlex.quote(page)} --page")
    if (more := built.left_out[_NAMED_FILES:]) and (total := sum(count for _, count in more)):
        out.print(f"{plural(total, 'line')} in no article in {plural(len(more), 'more file')}")
    out.print(
        f"{describe_counts(built.manifest.counts)} ({built.embedded} embedded, {built.reused} kept) in {index_dir}, "
        f"generation {built.manifest.generation}"
    )


def check_yaml(built: Built) -> None:
    """Raise YamlNotUsed if YAML beside a file could not be used; the notes have said which and why."""
    if count := len(built.unused_yaml):
        raise YamlNotUsed(
            f"The index is up to date, but {plural(count, 'YAML file')} could not be used ({built.unused_yaml[0]}"
            f"{', ...' * (count > 1)}): correct what the notes say and run `rag index` again."
        )


def show_changes(changes: Changes, refused: Set[str] = frozenset()) -> None:
    """Print the changed files by kind of change, without the ``refused`` ones."""
    for kind, files in (
        ("added", changes.added),
        ("edited", changes.edited),
        ("renamed", [f"{old} -> {new}" for old, new in changes.renamed]),
        ("removed", changes.removed),
        ("read anew", changes.reread),
    ):
        names = [name for name in files if name not in refused]
        for name in names[:_NAMED_FILES]:
            out.print(f"{kind:10}{name}")
        if len(names) > _NAMED_FILES:
            out.print(f"{kind:10}and {len(names) - _NAMED_FILES} more")
    out.print(f"unchanged {plural(changes.unchanged, 'file')}")


def changes_as_json(changes: Changes) -> dict[str, Any]:
    """Return the changes as the object that ``--json`` prints."""
    return {
        "added": changes.added,
        "edited": changes.edited,
        "renamed": changes.renamed,
        "removed": changes.removed,
        "read_anew": changes.reread,
        "unchanged": changes.unchanged,
    }
