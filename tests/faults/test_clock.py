"""Edits that keep the size of a file are found, also when the clock is coarse, is set back, or is wrong."""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.index.snapshot import load
from rag.indexing.build import build
from tests.faults import update
from tests.faults.update import Stub

pytestmark = pytest.mark.slow

HOUR = 3600 * 10**9


class Clock:
    """A clock that tests set, and the times of files on a file system that keeps them in steps of ``coarse`` nanoseconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, coarse: int) -> None:
        self.now, self._coarse = 1_700_000_000 * 10**9, coarse
        self._times: dict[Path, tuple[int, int]] = {}
        real = Path.lstat

        def lstat(path: Path) -> Any:
            about = real(path)
            if path not in self._times:
                return about
            mtime, ctime = self._times[path]
            return SimpleNamespace(
                st_mode=about.st_mode, st_size=about.st_size, st_ino=about.st_ino, st_mtime_ns=mtime, st_ctime_ns=ctime
            )

        monkeypatch.setattr(Path, "lstat", lstat)
        monkeypatch.setattr("rag.indexing.changes.time", SimpleNamespace(time_ns=lambda: self.now))

    def write(self, path: Path, text: str, mtime: int | None = None) -> None:
        """Write a file, then set its time to ``mtime``, as unpacking an archive or ``touch -d`` does."""
        path.write_text(text, encoding="utf-8")
        self._times[path] = (self._round(self.now if mtime is None else mtime), self._round(self.now))

    def _round(self, moment: int) -> int:
        return moment - moment % self._coarse


@pytest.mark.parametrize("coarse", [1, 10**7, 10**9, 2 * 10**9])
def test_edit_is_found_whatever_the_clock_says(room: Path, monkeypatch: pytest.MonkeyPatch, coarse: int) -> None:
    """Edits keep the size, some also the time of the last change. Builds run between them, and the clock moves in jumps."""
    chance = random.Random(f"{coarse} 20261121")
    clock = Clock(monkeypatch, coarse)
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, opened = Path(place, "articles"), 0
        folder.mkdir()
        paths = [folder / f"{n}.txt" for n in range(3)]
        for path in paths:
            clock.write(path, update.page(100))
        for step in range(60):
            for _ in range(chance.randrange(3)):
                kept = chance.choice([None, clock.now - 9 * HOUR, clock.now + 9 * HOUR, 1_600_000_000 * 10**9])
                clock.write(chance.choice(paths), update.page(chance.randrange(100, 999)), kept)
                clock.now += chance.choice([1, 10**6, 10**9, 10**9, 5 * 10**9])
            build(folder, Path(place, "index"), Stub())
            written = [path.read_text(encoding="utf-8").split("\n")[0] for path in paths]
            index = load(Path(place, "index"))
            assert [a.title for a in index.articles.values()] == written, step
            clock.now += chance.choice([1, 10**6, 10**9, 3 * 10**9, 60 * 10**9])
            opened += sum(bool(file.stamp) for part in index.live_segments for _, file in part.records())
        assert opened >= 20  # files that had a stamp; the others were hashed at each build


@pytest.mark.parametrize("shift", [-2 * HOUR, -1, 1, 2 * HOUR])
def test_edit_is_found_after_the_clock_was_set(room: Path, monkeypatch: pytest.MonkeyPatch, shift: int) -> None:
    clock = Clock(monkeypatch, 1)
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        began = clock.now
        clock.write(folder / "a.txt", update.page(100))
        clock.now += HOUR
        build(folder, index_dir, Stub())
        assert [bool(file.stamp) for part in load(index_dir).live_segments for _, file in part.records()] == [True]
        clock.now += shift
        for mtime in (began, clock.now):
            clock.write(folder / "a.txt", update.page(200 + mtime % 2), mtime)
            clock.now += 1
            build(folder, index_dir, Stub())
            assert [a.title for a in load(index_dir).articles.values()] == [f"平湖建成第{200 + mtime % 2}座图书馆"]


def test_real_edit_that_keeps_size_and_time(room: Path) -> None:
    """With the times of the real file system."""
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        for n, moment in enumerate([0, 2**31 - 1, 4 * 10**9, time.time(), time.time() - 10, time.time() // 2 * 2]):
            path = folder / "a.txt"
            path.write_text(update.page(100 + n), encoding="utf-8")
            os.utime(path, (moment, moment))
            build(folder, index_dir, Stub())
            assert [a.title for a in load(index_dir).articles.values()] == [f"平湖建成第{100 + n}座图书馆"]
            with path.open("r+", encoding="utf-8") as out:  # the same inode
                out.write(update.page(200 + n))
            os.utime(path, (moment, moment))
            build(folder, index_dir, Stub())
            assert [a.title for a in load(index_dir).articles.values()] == [f"平湖建成第{200 + n}座图书馆"]
