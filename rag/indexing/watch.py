"""A folder that changes -> a call after each change, once the folder has come to rest."""

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
"""``QUIET``: after so many seconds without a change the folder is at rest; no file is read while it is copied.
``PATIENCE``: the longest wait for that, in seconds."""
_CHANGES = frozenset({"created", "modified", "moved", "deleted"})  # the other events say that a file was opened or read


def watch(folder: Path, ignored: Path, run: Callable[[], bool], quiet: float = QUIET) -> None:
    """Call ``run`` once, and again after each change in ``folder``, without end. Changes in the folder ``ignored`` do
    not count.

    It is also called again ``PATIENCE`` seconds after it returned False, and when another folder has replaced this one.
    Raise CorpusError when the system cannot watch the folder, and what ``run`` raises.
    """
    if not folder.is_dir():
        raise CorpusError(
            f"{folder} is not a folder: name the folder that holds your articles, e.g. `rag index seeds --watch`."
        )
    changed = threading.Event()
    handler = _Handler(changed, ignored.resolve())
    inode, observer = _inode(folder), _start_observer(folder, handler)
    try:
        done = run()
        while True:
            due = time.monotonic() + PATIENCE
            while not changed.wait(quiet) and not _is_replaced(folder, inode) and (done or time.monotonic() < due):
                pass
            end = time.monotonic() + PATIENCE
            while changed.is_set() and time.monotonic() < end:
                changed.clear()
                changed.wait(quiet)
            changed.clear()
            if _is_replaced(folder, inode):
                observer.stop()
                inode, observer = _inode(folder), _start_observer(folder, handler)
            done = run()
    finally:
        observer.stop()
        observer.join()


def _inode(folder: Path) -> tuple[int, int]:
    """Return device and inode of the folder that has this name now, (0, 0) if there is none."""
    try:
        about = folder.stat()
    except OSError:
        return 0, 0
    return about.st_dev, about.st_ino


def _is_replaced(folder: Path, inode: tuple[int, int]) -> bool:
    """Return whether another folder has the name now."""
    return folder.is_dir() and _inode(folder) != inode


def _start_observer(folder: Path, handler: FileSystemEventHandler) -> BaseObserver:
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
    def __init__(self, changed: threading.Event, ignored: Path) -> None:
        self._changed = changed
        self._ignored = ignored

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _CHANGES and not Path(os.fsdecode(event.src_path)).is_relative_to(self._ignored):
            self._changed.set()
