"""A full or read-only disk, or a folder that is no index: one line refuses the update, and nothing is lost."""

from __future__ import annotations

import errno
import gc
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import IndexNotWritable
from rag.index.history import roll_back
from rag.index.manifest import current_generation
from rag.index.segment import SEGMENTS
from rag.indexing.build import build
from tests.conftest import Run
from tests.faults.states import (
    FIRST,
    OLD,
    OTHER,
    Aftermath,
    Case,
    Updates,
    content_of,
    texts_of,
    tidy,
    whole,
)
from tests.faults.update import Stub

pytestmark = pytest.mark.slow


@contextmanager
def _tmpfs(at: Path, options: str) -> Iterator[None]:
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", at], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        gc.collect()  # a traceback may still refer to an index, whose files are then open
        subprocess.run(["umount", "-l", at], check=True)


def test_disk_that_is_full_wherever_it_is(case: Case, updates: Updates, room: Path) -> None:
    """Each try has one page more of free space. One line refuses the update, or it succeeds. Its leftovers do not disturb later."""
    disk, index_dir = room / "disk", room / "disk" / "index"
    after, met = Aftermath(case), []
    with _tmpfs(disk, "size=64m"):
        while not met or met[-1][1] != "merged":
            shutil.rmtree(index_dir, ignore_errors=True)
            shutil.copytree(case.index, index_dir)
            about = os.statvfs(disk)
            used = about.f_frsize * (about.f_blocks - about.f_bfree)
            subprocess.run(["mount", "-o", f"remount,size={used + 4096 * len(met)}", disk], check=True)
            code, said, _ = updates.run(case.articles, index_dir)
            assert not (index_dir / SEGMENTS / ".unfinished").exists()
            subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
            if code:
                assert re.fullmatch(
                    r"\w+: IndexNotWritable: The index in .* could not be written \((No space left on device|database or disk is full|"
                    r"the write failed, most likely because the disk is full|.*requested and.*written)\): free space or correct the "
                    r"permissions, or name another folder with --index\. The index in use is as it was\.\n",
                    said,
                ), said
                met.append((said.split(":")[0], "refused"))
            else:
                assert said == "\n"
                met.append(("", "merged" if current_generation(index_dir) == "g000010" else "done"))
            assert after.of(index_dir) == ("old" if code else "new")
    steps = [step for step, how in met if how == "refused"]
    assert {"embed", "segment", "write", "switch"} <= set(steps)
    assert [how for _, how in met] == ["refused"] * len(steps) + ["done"] * (len(met) - len(steps) - 1) + ["merged"]
    assert len(steps) >= 20
    assert len(met) - len(steps) >= 10


def test_disk_that_is_full_while_files_are_read(case: Case, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large archive becomes several segments. The first is written long before the last file is read."""
    disk, index_dir = room / "disk", room / "disk" / "index"
    monkeypatch.setattr("rag.indexing.segment_writer.BLOCK", 1)
    with _tmpfs(disk, "size=64m"):
        shutil.copytree(case.index, index_dir)
        about = os.statvfs(disk)
        for pages in (1, 10, 20, 30, 60):
            size = about.f_frsize * (about.f_blocks - about.f_bfree) + 4096 * pages
            subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)
            with pytest.raises(IndexNotWritable, match="The index in use is as it was"):
                build(case.articles, index_dir, Stub())
            gc.collect()
            assert whole(index_dir, case) == "old"
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        build(case.articles, index_dir, Stub())
        assert content_of(index_dir) == case.content
        tidy(index_dir)


def test_read_only_folder(case: Case, room: Path, rag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = room / "disk"
    with _tmpfs(disk, "size=8m"):
        shutil.copytree(case.index, disk / "index")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(IndexNotWritable, match=r"could not be written \(Read-only file system\)"):
            build(case.articles, disk / "index", Stub())
        with pytest.raises(IndexNotWritable, match=r"could not be written \(Read-only file system\)"):
            roll_back(disk / "index")
        assert whole(disk / "index", case) == "old"
        hits = Assistant(Settings(index_dir=disk / "index"), Stub()).search("平湖图书馆", k=60)
        assert {hit.article for hit in hits} == set(case.old)
        code, said, _ = rag("status", "--index", disk / "index")
        assert (code, "whole" in said, "13 articles" in said) == (0, True, True)


def test_no_permission(built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(IndexNotWritable, match=r"could not be written \(Permission denied\)"):
        build(folder, built, embedder)
    monkeypatch.undo()
    assert texts_of(built) == OLD


def test_folder_that_holds_other_things(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    """Files with the names of an index are not taken for one, and a strange file inside an index stays."""
    for name in ("segments/notes/a.txt", "g000001/photo.jpg", "thesis.docx"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text("mine", encoding="utf-8")
    before = {p: p.read_bytes() for p in (tmp_path / "mine").rglob("*") if p.is_file()}
    with pytest.raises(
        IndexNotWritable, match=r"mine holds other things than an index \(g000001\): name an empty folder"
    ):
        build(folder, tmp_path / "mine", embedder)
    assert {p: p.read_bytes() for p in (tmp_path / "mine").rglob("*") if p.is_file()} == before
    build(folder, tmp_path / "index", embedder)
    (tmp_path / "index" / "segments" / "notes").mkdir()
    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    build(folder, tmp_path / "index", embedder)
    assert (tmp_path / "index" / "segments" / "notes").is_dir()


def test_index_folder_is_a_file(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    (tmp_path / "a.txt").write_text(FIRST, encoding="utf-8")
    with pytest.raises(IndexNotWritable):
        build(folder, tmp_path / "a.txt", embedder)
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == FIRST
