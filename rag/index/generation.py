"""A generation of the index: which segments it has, and which of their rows were removed since.

CURRENT                  the name of the generation in use and a hash of its manifest, replaced by one rename
g000007/manifest.json    rag.index.manifest
g000007/SEGMENT.*.npy    the rows of a segment that were removed since it was written: articles, files
segments/SEGMENT/        rag.index.segment; generations share them
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rag.errors import IndexDamaged
from rag.files import sync, write_synced
from rag.index.manifest import BUILD_ANEW, GENERATION, REMOVED_KINDS, Manifest, digest_of, generation_key, manifest_of
from rag.index.segment import SEGMENTS
from rag.index.segment_note import damaged_files as damaged_files_of_segment
from rag.vectors.store import Rows


def _no_rows() -> Rows:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Removed:
    """The rows of a segment that were removed since it was written, ascending."""

    articles: Rows = field(default_factory=_no_rows)
    files: Rows = field(default_factory=_no_rows)


def generations(index_dir: Path) -> list[str]:
    """Return the names of the generations that have a folder, finished or not, in order."""
    names = (path.name for path in index_dir.glob("g*") if GENERATION.fullmatch(path.name))
    return sorted(names, key=lambda name: int(name[1:]))


def next_generation(index_dir: Path) -> str:
    """Return a name above those of all generations that have a folder."""
    return f"g{max((int(name[1:]) for name in generations(index_dir)), default=0) + 1:06d}"


def removed_rows(folder: Path, manifest: Manifest) -> dict[str, Removed]:
    """Read the removed rows of each segment. Raise IndexDamaged."""
    return {
        name: Removed(**{kind: _read_rows(folder, manifest, f"{name}.{kind}.npy") for kind in REMOVED_KINDS})
        for name in manifest.segments
    }


def damaged_files(index_dir: Path) -> list[str]:
    """Return the files of the generation in use whose bytes are no longer those that were written."""
    name, digest = generation_key(index_dir)
    folder, manifest = index_dir / name, manifest_of(index_dir / name, digest)
    own = [
        f"{folder.name}/{file}"
        for file, expected in manifest.checksums.items()
        if not (folder / file).is_file() or _sha256(folder / file) != expected
    ]
    return own + [
        file for segment in manifest.segments for file in damaged_files_of_segment(index_dir / SEGMENTS / segment)
    ]


def write(index_dir: Path, manifest: Manifest, removed: Mapping[str, Removed]) -> Manifest:
    """Write the generation that ``manifest`` names and return its manifest with the checksums. It is not in use yet.

    Raise OSError."""
    folder = index_dir / manifest.generation
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    checksums = {}
    for name, removed_here in removed.items():
        for kind in REMOVED_KINDS:
            if len(rows := getattr(removed_here, kind)):
                path = folder / f"{name}.{kind}.npy"
                np.save(path, rows, allow_pickle=False)
                sync(path)
                checksums[path.name] = _sha256(path)
    manifest = manifest.model_copy(update={"checksums": checksums})
    write_synced(folder / "manifest.json", json.dumps(manifest.as_json(), ensure_ascii=False, indent=1))
    sync(folder)
    return manifest


def publish(index_dir: Path, generation: str) -> None:
    """Put a generation in use by one rename. Raise OSError."""
    digest = digest_of(index_dir / generation)
    write_synced(index_dir / "CURRENT.new", f"{generation} {digest}\n")
    os.replace(index_dir / "CURRENT.new", index_dir / "CURRENT")
    sync(index_dir)


def _read_rows(folder: Path, manifest: Manifest, file: str) -> Rows:
    if file not in manifest.checksums:
        return _no_rows()
    try:
        if _sha256(folder / file) != manifest.checksums[file]:
            raise ValueError(file)
        rows: Rows = np.load(folder / file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise IndexDamaged(f"{folder / file} cannot be read: {BUILD_ANEW}.") from error
    return rows


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
