"""The index folder: which generation is in use, its manifest, the lock of its writer.

    CURRENT                  the name of the generation in use and a hash of its manifest, replaced by one rename
    g000007/manifest.json    a generation: of which segments it is made
    g000007/SEGMENT.*.npy    the rows of a segment that are gone since it was written: articles, files
    segments/SEGMENT/        rag.segment; generations share them
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, IndexNotWritable
from rag.segment import SEGMENTS, not_readable, sync
from rag.segment import damage as segment_damage

FORMAT = 5
GONE = ("articles", "files")
NAME = re.compile(r"g\d{6,}")
_CURRENT = re.compile(r"(g\d{6,}) ([0-9a-f]{16})\n")
_OURS = re.compile(r"README\.md|\.gitignore|embedded-[0-9a-f]{16}\.journal")  # beside what an index is told by
_ANEW = "run `rag index --anew` to build the index anew"
Gone = Mapping[str, Mapping[str, Any]]
"""Segment -> "articles" and "files" -> the rows that are gone, ascending."""


def current_generation(index_dir: Path) -> str:
    """Raises IndexMissing or IndexDamaged."""
    return state(index_dir)[0]


def current_folder(index_dir: Path) -> Path:
    """The generation that CURRENT names. Raises IndexMissing or IndexDamaged."""
    return index_dir / current_generation(index_dir)


def state(index_dir: Path) -> tuple[str, str]:
    """The generation in use and the hash of its manifest: another pair when another is in use, be it of another index that
    took this one's place. Raises IndexMissing or IndexDamaged."""
    path = index_dir / "CURRENT"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise IndexMissing(f"There is no index in {index_dir}: run `rag index` to build it.") from error
    except PermissionError as error:
        raise not_readable(path) from error
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path} cannot be read: {_ANEW}.") from error
    if (old := re.fullmatch(r"g\d{6}\n?", text)) and (index_dir / text.strip()).is_dir():
        return old.group().strip(), ""  # as formats before 4 had it
    found = _CURRENT.fullmatch(text)
    if not found or not (index_dir / found[1]).is_dir():
        raise IndexDamaged(f"{path} names no generation: {_ANEW}.")
    return found[1], found[2]


def generations(index_dir: Path) -> list[str]:
    """The names of those there are, finished or not, in order."""
    return sorted((p.name for p in index_dir.glob("g*") if NAME.fullmatch(p.name)), key=lambda name: int(name[1:]))


def next_generation(index_dir: Path) -> str:
    """A name above that of every generation there is."""
    return f"g{max((int(name[1:]) for name in generations(index_dir)), default=0) + 1:06d}"


def read_manifest(index_dir: Path) -> dict[str, Any]:
    """Of the generation in use. Raises IndexMissing, IndexDamaged, or IndexIncompatible for another version of the format."""
    name, digest = state(index_dir)
    return manifest_of(index_dir / name, digest)


def manifest_of(folder: Path, digest: str = "") -> dict[str, Any]:
    """As ``read_manifest``, of a given generation, whose manifest has this hash."""
    try:
        data = (folder / "manifest.json").read_bytes()
    except PermissionError as error:
        raise not_readable(folder / "manifest.json") from error
    except OSError as error:
        raise IndexDamaged(f"The index in {folder} has no readable manifest: {_ANEW}.") from error
    manifest = parsed(data, f"The index in {folder}")
    if (digest and digest != _hash(data)) or manifest["generation"] != folder.name:
        raise IndexDamaged(f"The index in {folder} has no readable manifest: {_ANEW}.")
    return manifest


def parsed(data: bytes, what: str) -> dict[str, Any]:
    """The bytes of a manifest. Raises IndexDamaged, or IndexIncompatible for another version of the format."""
    try:
        manifest: dict[str, Any] = json.loads(data)
        version = manifest["format"]
        if version == FORMAT:  # another version may keep other things
            _check_entries(manifest)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IndexDamaged(f"{what} has no readable manifest: {_ANEW}.") from error
    if version != FORMAT:
        mend = ("update the program, or run `rag index --anew`" if isinstance(version, int) and version > FORMAT
                else "run `rag index` with this version")
        raise IndexIncompatible(f"{what} has format {version}, this program reads {FORMAT}: {mend}.")
    return manifest


def _check_entries(manifest: Mapping[str, Any]) -> None:
    """Raises KeyError or TypeError where an entry that is read elsewhere is missing or another kind."""
    for entry, fields in (
        ("model", ("name", "fingerprint", "dimension")), ("counts", ("files", "articles", "passages")),
        ("settings", ()), ("checksums", ()), ("segments", ()),
    ):
        if not isinstance(manifest[entry], dict) or any(field not in manifest[entry] for field in fields):
            raise TypeError(entry)
    if not all(isinstance(number, int) for number in (*manifest["counts"].values(), manifest["model"]["dimension"])):
        raise TypeError("counts")
    if not isinstance(manifest["refused"], list) or not NAME.fullmatch(manifest["generation"]):
        raise TypeError("refused")
    named = [file.partition(".") for file in manifest["checksums"]]  # they become paths: nothing may lead out of the index
    if not all(re.fullmatch("[0-9a-f]{16}", name) for name in (*manifest["segments"], *(name for name, _, _ in named))) or not all(
            kind in [f"{gone}.npy" for gone in GONE] for _, _, kind in named):
        raise ValueError("segments")


def is_later(index_dir: Path) -> bool:
    """Whether the index in use was written by a later version of the program."""
    manifest = json.loads((current_folder(index_dir) / "manifest.json").read_text(encoding="utf-8"))
    return isinstance(manifest["format"], int) and manifest["format"] > FORMAT


def gone_of(folder: Path, manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is gone of each segment. Raises IndexDamaged."""
    found: dict[str, dict[str, Any]] = {}
    for name in manifest["segments"]:
        found[name] = {}
        for kind in GONE:
            file = f"{name}.{kind}.npy"
            if file not in manifest["checksums"]:
                found[name][kind] = np.zeros(0, np.int64)
                continue
            try:
                data = (folder / file).read_bytes()
                if hashlib.sha256(data).hexdigest() != manifest["checksums"][file]:
                    raise ValueError(file)
                found[name][kind] = np.load(folder / file, allow_pickle=False)
            except (OSError, ValueError, EOFError) as error:
                raise IndexDamaged(f"{folder / file} cannot be read: {_ANEW}.") from error
    return found


def damage(index_dir: Path) -> list[str]:
    """The files of the generation in use whose bytes are not what they were."""
    name, digest = state(index_dir)
    folder, manifest = index_dir / name, manifest_of(index_dir / name, digest)
    own = [f"{folder.name}/{name}" for name, expected in manifest["checksums"].items()
           if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected]
    return own + [file for segment in manifest["segments"] for file in segment_damage(index_dir / SEGMENTS / segment)]


def write(index_dir: Path, manifest: dict[str, Any], gone: Gone) -> None:
    """The generation that ``manifest["generation"]`` names, not yet in use. Raises OSError."""
    folder = index_dir / manifest["generation"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    manifest["checksums"] = {}
    for name, kinds in gone.items():
        for kind, rows in kinds.items():
            if len(rows):
                path = folder / f"{name}.{kind}.npy"
                np.save(path, rows, allow_pickle=False)
                sync(path)
                manifest["checksums"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    _write_synced(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    sync(folder)


def publish(index_dir: Path, generation: str) -> None:
    """Put a generation in use: one rename. Raises OSError."""
    digest = digest_of(index_dir / generation)
    _write_synced(index_dir / "CURRENT.new", f"{generation} {digest}\n")
    os.replace(index_dir / "CURRENT.new", index_dir / "CURRENT")
    sync(index_dir)


@contextmanager
def writing(index_dir: Path) -> Iterator[None]:
    """One writer at a time; the lock goes with the process that holds it."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        if not (index_dir / ".lock").exists() and (other := _foreign(index_dir)):
            raise IndexNotWritable(f"{index_dir} holds other things than an index ({other}): name an empty folder with --index.")
        lock = open(index_dir / ".lock", "w")  # noqa: SIM115  (closed below, by the with)
    except OSError as error:
        raise not_writable(index_dir, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexNotWritable(
                f"Another `rag index` is writing {index_dir}: wait for it to end, then run yours again.") from error
        except OSError as error:  # some network folders have no locks
            raise not_writable(index_dir, error) from error
        yield


def _foreign(index_dir: Path) -> str:
    """Something in a folder that is no index, and that an index would have to live with."""
    with suppress(OSError, ValueError):
        text = (index_dir / "CURRENT").read_text(encoding="utf-8")
        if _CURRENT.fullmatch(text) or re.fullmatch(r"g\d{6}\n?", text):  # one that was copied, but for its lock
            return ""
    return next((p.name for p in sorted(index_dir.iterdir()) if not _OURS.fullmatch(p.name)), "")


def not_writable(index_dir: Path, error: Exception) -> IndexNotWritable:
    """What to raise for a failed write."""
    why = getattr(error, "strerror", None) or "the write failed, most likely for want of space"
    return IndexNotWritable(
        f"The index in {index_dir} could not be written ({why}): free space or correct the permissions, or name "
        "another folder with --index. The index in use is as it was."
    )


def digest_of(folder: Path) -> str:
    """Of a generation's manifest, as CURRENT has it. Raises OSError."""
    return _hash((folder / "manifest.json").read_bytes())


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
