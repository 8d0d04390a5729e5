"""A folder in use: something is done whenever it has changed and come to rest."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from rag.errors import CorpusError

QUIET, PATIENCE = 2.0, 30.0
"""Seconds without a change: a file that is being copied is not read before its time; and how long that is waited for."""
_CHANGES = frozenset({"created", "modified", "moved", "deleted"})  # that files are opened and read is told, too


def watch(folder: Path, aside: Path, run: Callable[[], bool], quiet: float = QUIET) -> None:
    """Call ``run`` once, and again after each change in ``folder``, without end; after ``PATIENCE`` also where it returned
    False, and where another folder has taken the place of this one. What happens in the folder ``aside`` is no
    change. Raises CorpusError when the system cannot watch the folder, and what ``run`` raises."""
    if not folder.is_dir():
        raise CorpusError(
            f"{folder} is not a folder: name the folder that holds your articles, e.g. `rag index seeds --watch`."
        )
    changed = threading.Event()
    handler = _Handler(changed, aside.resolve())
    place, observer = _identity(folder), _watching(folder, handler)
    try:
        done = run()
        while True:
            due = time.monotonic() + PATIENCE
            while not changed.wait(quiet) and not _replaced(folder, place) and (done or time.monotonic() < due):
                pass
            end = time.monotonic() + PATIENCE
            while changed.is_set() and time.monotonic() < end:
                changed.clear()
                changed.wait(quiet)
            changed.clear()
            if _replaced(folder, place):
                observer.stop()
                place, observer = _identity(folder), _watching(folder, handler)
            done = run()
    finally:
        observer.stop()
        observer.join()


def _identity(folder: Path) -> tuple[int, int]:
    """Which folder it is that has this name; (0, 0) where there is none."""
    try:
        about = folder.stat()
    except OSError:
        return 0, 0
    return about.st_dev, about.st_ino


def _replaced(folder: Path, place: tuple[int, int]) -> bool:
    """Whether another folder has the name."""
    return folder.is_dir() and _identity(folder) != place


def _watching(folder: Path, handler: FileSystemEventHandler) -> BaseObserver:
    observer = Observer()
    try:
        observer.schedule(handler, str(folder.resolve()), recursive=True)
        observer.start()
    except OSError as error:
        raise CorpusError(
            f"{folder} cannot be watched ({error.strerror or error}): run `rag index` from a timer instead."
        ) from error
    return observer


class _Handler(FileSystemEventHandler):
    def __init__(self, changed: threading.Event, aside: Path) -> None:
        self._changed = changed
        self._aside = aside

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _CHANGES and not Path(os.fsdecode(event.src_path)).is_relative_to(self._aside):
            self._changed.set()
