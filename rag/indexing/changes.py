"""A folder and the records of its files -> which files were added, edited, renamed or removed since.

A file is not opened if its size, times and inode are as they were when it was read. If they differ, its hash decides:
after a folder was copied, or a clock was set back, each file is hashed once and nothing else is done.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.reading.folder import Listing, list_folder, name_of
from rag.reading.sidecar import FOLDER_FILE, SUFFIX
from rag.schema import File, Refused

_COARSE = 3 * 10**9  # nanoseconds: some file systems keep times in steps of two seconds


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that stands in the folder. ``record``: what is known before it is read; its articles are not counted
    yet."""

    path: Path
    record: File


@dataclass(frozen=True, slots=True)
class Changes:
    """``read``: the files to read, in the order of their paths. ``added`` to ``reread`` are names.

    ``renamed`` (old, new) are neither in ``added`` nor in ``removed``. ``reread``: unchanged files that are read again.
    ``unchanged``: the number of the others. ``stamps``: unchanged files whose times will show a change from now on.
    ``strays``: what else is in the folder and cannot be used.
    """

    read: tuple[FoundFile, ...] = ()
    added: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    reread: tuple[str, ...] = ()
    unchanged: int = 0
    stamps: tuple[File, ...] = ()
    strays: tuple[Refused, ...] = ()

    @property
    def gone(self) -> tuple[str, ...]:
        """The names of the files that are gone: removed or renamed."""
        return *self.removed, *(old for old, _ in self.renamed)


def changes_in(folder: Path, known: Mapping[str, File], reread: bool = False) -> Changes:
    """Compare a folder with the records of its files. ``reread``: read every file, changed or not. Raise
    CorpusError."""
    listing = list_folder(folder)
    files = [_found(path, name, beside, known.get(name)) for path, name, beside in _with_yaml(listing, folder)]
    here = {file.record.home for file in files}
    lost = [home for home in known if home not in here]
    lost_by_hash: dict[str, list[str]] = defaultdict(list)
    for home in sorted(lost, reverse=True):
        lost_by_hash[known[home].sha256].append(home)
    added, edited, renamed, repeated, read, stamps = [], [], [], [], [], []
    for file in files:
        now, before = file.record, known.get(file.record.home)
        if before is None:
            if now.sha256 and lost_by_hash[now.sha256]:
                renamed.append((lost_by_hash[now.sha256].pop(), now.home))
            else:
                added.append(now.home)
        elif (differs := (now.sha256, now.beside) != (before.sha256, before.beside)) and before.sha256:
            edited.append(now.home)
        elif reread or differs:  # differs from "": it could not be read before
            repeated.append(now.home)
        else:
            if now.stamp not in ("", before.stamp):
                stamps.append(now)
            continue
        read.append(file)
    moved = {old for old, _ in renamed}
    return Changes(
        tuple(read),
        tuple(added),
        tuple(edited),
        tuple(renamed),
        tuple(home for home in lost if home not in moved),
        tuple(repeated),
        len(files) - len(read),
        tuple(stamps),
        listing.strays,
    )


def _with_yaml(listing: Listing, folder: Path) -> list[tuple[Path, str, str]]:
    """Return each file with its name and a hash of the YAML that speaks for it: its own, that of its parts, that of its
    folders."""
    of_file: dict[str, list[Path]] = defaultdict(list)
    of_folder: dict[str, Path] = {}
    for path in listing.yaml:
        name = name_of(path, folder)
        if path.name == FOLDER_FILE:
            of_folder[name.rpartition("/")[0]] = path
        else:
            described = name.removesuffix(SUFFIX)
            of_file[described].append(path)
            file, _, part = described.rpartition("#")
            if part.isdigit():
                of_file[file].append(path)
    found = []
    for path in listing.files:
        name = name_of(path, folder)
        above = name.split("/")[:-1]
        folders = ["/".join(above[:i]) for i in range(len(above) + 1)]
        yaml = [*of_file.get(name, ()), *(of_folder[key] for key in folders if key in of_folder)]
        found.append((path, name, _hash_of(yaml)))
    return found


def _hash_of(paths: Sequence[Path]) -> str:
    if not paths:
        return ""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(os.fsencode(path.name) + b"\0" + _content(path).encode() + b"\0")
    return digest.hexdigest()[:32]


def _found(path: Path, home: str, beside: str, before: File | None) -> FoundFile:
    stamp = _stamp(path)
    sha256 = before.sha256 if before and before.sha256 and stamp and before.stamp == stamp else _content(path)
    return FoundFile(path, File(home, sha256, beside, stamp))


def _stamp(path: Path) -> str:
    """Return size, times and inode, or "" if they may fail to show a change: for a link, and for a file that was
    changed a moment ago."""
    try:
        about = path.lstat()
    except OSError:
        return ""
    if not stat.S_ISREG(about.st_mode) or max(about.st_mtime_ns, about.st_ctime_ns) > time.time_ns() - _COARSE:
        return ""
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"


def _content(path: Path) -> str:
    """Return the hash of the file, or "" when it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe could wait without end
            return ""
        with path.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        return ""
