"""The index folder: which generation is in use, its manifest and checksums, the lock of its writer.

    CURRENT                the name of the generation in use, replaced by one rename
    g000007/               a generation, named in CURRENT only once it is whole
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, IndexNotWritable

FORMAT = 3


def current_generation(index_dir: Path) -> str:
    """Raises IndexMissing or IndexDamaged."""
    return current_folder(index_dir).name


def current_folder(index_dir: Path) -> Path:
    """The generation that CURRENT names. Raises IndexMissing or IndexDamaged."""
    try:
        name = (index_dir / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise IndexMissing(f"There is no index in {index_dir}: run `rag index` to build it.") from error
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{index_dir / 'CURRENT'} cannot be read: run `rag index` to build the index anew.") from error
    if not (name.startswith("g") and name[1:].isdigit() and (index_dir / name).is_dir()):
        raise IndexDamaged(f"{index_dir / 'CURRENT'} names no generation: run `rag index` to build the index anew.")
    return index_dir / name


def next_generation(index_dir: Path) -> str:
    """A name above that of every generation there is, finished or not."""
    numbers = [int(p.name[1:]) for p in index_dir.glob("g[0-9]*") if p.name[1:].isdigit()]
    return f"g{max(numbers, default=0) + 1:06d}"


def read_manifest(index_dir: Path) -> dict[str, Any]:
    """Raises IndexMissing, IndexDamaged, or IndexIncompatible for another version of the format."""
    return manifest_of(current_folder(index_dir))


def manifest_of(folder: Path) -> dict[str, Any]:
    """As ``read_manifest``, of a given generation."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        version = manifest["format"]
        if version == FORMAT:  # another version may keep other things
            _check_entries(manifest)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise IndexDamaged(f"The index in {folder} has no readable manifest: run `rag index` to build it anew.") from error
    if version != FORMAT:
        raise IndexIncompatible(
            f"The index in {folder} has format {version}, this program reads {FORMAT}: "
            "run `rag index` with this version."
        )
    return manifest


def _check_entries(manifest: Mapping[str, Any]) -> None:
    """Raises KeyError or TypeError where an entry that is read elsewhere is missing or another kind."""
    for entry, fields in (
        ("model", ("name", "fingerprint", "dimension")), ("counts", ("files", "articles", "passages")),
        ("settings", ()), ("files", ()), ("checksums", ()),
    ):
        if not isinstance(manifest[entry], dict) or any(field not in manifest[entry] for field in fields):
            raise TypeError(entry)
    if not isinstance(manifest["refused"], list) or not isinstance(manifest["generation"], str):
        raise TypeError("refused")


def damage(index_dir: Path) -> list[str]:
    """The files of the generation in use whose bytes are not what the manifest says."""
    folder = current_folder(index_dir)
    return damage_of(folder, manifest_of(folder))


def damage_of(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """As ``damage``, of a given generation."""
    return [
        name for name, expected in manifest["checksums"].items()
        if not (folder / name).is_file() or digest(folder / name) != expected
    ]


@contextmanager
def writing(index_dir: Path) -> Iterator[None]:
    """One writer at a time; the lock goes with the process that holds it."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
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


def not_writable(index_dir: Path, error: Exception) -> IndexNotWritable:
    """What to raise for a failed write."""
    why = getattr(error, "strerror", None) or "the write failed, most likely for want of space"
    return IndexNotWritable(
        f"The index in {index_dir} could not be written ({why}): free space or correct the permissions, or name "
        "another folder with --index. The index in use is as it was."
    )


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_synced(path: Path, text: str) -> None:
    """Written through to the disk before it returns."""
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def digest(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
