"""A folder and what is known of its files -> which were added, edited, renamed or removed since.

A file whose size, times and inode are those of the day it was read is not opened. Where they differ its hash decides, so
that a copy of the folder, or a clock that went back, costs a look at each file and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rag.reading.folder import Listing, list_folder, name_of
from rag.reading.sidecar import FOLDER_FILE, SUFFIX
from rag.schema import File, Refused

_STAMPS = "stamps.json"
_COARSE = 3 * 10**9  # nanoseconds: the times of some file systems go by two seconds


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it stands in the folder: ``seen`` is what is known of it, its articles not counted."""

    path: Path
    seen: File


@dataclass(frozen=True, slots=True)
class Changes:
    """``read``: the files to read, in the order of their paths. The rest are names: ``renamed`` (old, new) are among
    neither the added nor the removed; ``again`` are read though they are as they were; ``stamps`` are unchanged files that can
    be told by their times from now on; ``strays`` are what else stands in the folder and is no use there."""

    read: tuple[Look, ...] = ()
    added: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    unchanged: int = 0
    stamps: tuple[File, ...] = ()
    strays: tuple[Refused, ...] = ()

    @property
    def gone(self) -> tuple[str, ...]:
        """The names under which nothing is found any more."""
        return *self.removed, *(old for old, _ in self.renamed)


def changes_in(folder: Path, known: Mapping[str, File], again: bool = False) -> Changes:
    """``again``: read every file, whatever is known. Raises CorpusError."""
    listing = list_folder(folder)
    looks = [_look(path, known) for path in _with_yaml(listing, folder)]
    here = {look.seen.home for look in looks}
    lost = [home for home in known if home not in here]
    by_hash: dict[str, list[str]] = defaultdict(list)
    for home in sorted(lost, reverse=True):
        by_hash[known[home].sha256].append(home)
    added, edited, renamed, repeated, read, stamps = [], [], [], [], [], []
    for look in looks:
        home, before = look.seen.home, known.get(look.seen.home)
        if before is None:
            if look.seen.sha256 and by_hash[look.seen.sha256]:
                renamed.append((by_hash[look.seen.sha256].pop(), home))
            else:
                added.append(home)
        elif (differs := (look.seen.sha256, look.seen.beside) != (before.sha256, before.beside)) and before.sha256:
            edited.append(home)
        elif again or differs:  # it could not be read, and can now
            repeated.append(home)
        else:
            if look.seen.stamp not in ("", before.stamp):
                stamps.append(look.seen)
            continue
        read.append(look)
    moved = {old for old, _ in renamed}
    return Changes(
        tuple(read),
        tuple(added),
        tuple(edited),
        tuple(renamed),
        tuple(h for h in lost if h not in moved),
        tuple(repeated),
        len(looks) - len(read),
        tuple(stamps),
        listing.strays,
    )


def remembered(index_dir: Path, known: Mapping[str, File]) -> dict[str, File]:
    """What is known, with the stamps of files that had none when they were read or were copied since."""
    stamps = _stamps(index_dir)
    return {
        home: replace(file, stamp=stamps[home][1]) if home in stamps and stamps[home][0] == file.sha256 else file
        for home, file in known.items()
    }


def remember(index_dir: Path, stamps: Sequence[File], homes: Collection[str]) -> None:
    """For ``remembered``, of the files that are there. Nothing is lost where it cannot be written but the time to hash them again."""
    if stamps:
        kept = {home: row for home, row in _stamps(index_dir).items() if home in homes}
        with suppress(OSError):
            beside = index_dir / f"{_STAMPS}.new"
            beside.write_text(json.dumps({**kept, **{f.home: (f.sha256, f.stamp) for f in stamps}}), encoding="utf-8")
            os.replace(beside, index_dir / _STAMPS)


def _stamps(index_dir: Path) -> dict[str, tuple[str, str]]:
    try:
        return {
            str(home): (str(sha256), str(stamp))
            for home, (sha256, stamp) in json.loads((index_dir / _STAMPS).read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _with_yaml(listing: Listing, folder: Path) -> list[tuple[Path, str, str]]:
    """Each file with its name and a hash of the YAML that speaks for it: its own, that of its parts, that of its folders."""
    beside: dict[str, list[Path]] = defaultdict(list)
    folders: dict[str, Path] = {}
    for path in listing.yaml:
        name = name_of(path, folder)
        if path.name == FOLDER_FILE:
            folders[name.rpartition("/")[0]] = path
        else:
            whole = name.removesuffix(SUFFIX)
            beside[whole].append(path)
            if (part := whole.rpartition("#"))[2].isdigit():
                beside[part[0]].append(path)
    found = []
    for path in listing.files:
        name = name_of(path, folder)
        above = name.split("/")[:-1]
        yaml = [
            *beside.get(name, ()),
            *(folders[key] for i in range(len(above) + 1) if (key := "/".join(above[:i])) in folders),
        ]
        found.append((path, name, _hash_of(yaml)))
    return found


def _hash_of(paths: Sequence[Path]) -> str:
    if not paths:
        return ""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(os.fsencode(path.name) + b"\0" + _content(path).encode() + b"\0")
    return digest.hexdigest()[:32]


def _look(found: tuple[Path, str, str], known: Mapping[str, File]) -> Look:
    path, home, beside = found
    before = known.get(home)
    stamp = _stamp(path)
    sha256 = before.sha256 if before and before.sha256 and stamp and before.stamp == stamp else _content(path)
    return Look(path, File(home, sha256, beside, stamp))


def _stamp(path: Path) -> str:
    """Empty for a file that may change without its times telling: one that changed just now, by its own clock, or a link."""
    try:
        about = path.lstat()
    except OSError:
        return ""
    if not stat.S_ISREG(about.st_mode) or max(about.st_mtime_ns, about.st_ctime_ns) > time.time_ns() - _COARSE:
        return ""
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"


def _content(path: Path) -> str:
    """Empty for what cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
            return ""
        with path.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        return ""
