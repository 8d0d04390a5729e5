"""The index folder: which generation is in use, its manifest, the lock of its writer.

CURRENT                  the name of the generation in use and a hash of its manifest, replaced by one rename
g000007/manifest.json    a generation: of which segments it is made
g000007/SEGMENT.*.npy    the rows of a segment that are gone since it was written: articles, files
segments/SEGMENT/        rag.index.segment; generations share them
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamaged
from rag.files import sync
from rag.index.manifest import ANEW, GONE, NAME, digest_of, manifest_of, state
from rag.index.segment import SEGMENTS
from rag.index.segment import damage as segment_damage

Gone = Mapping[str, Mapping[str, Any]]
"""Segment -> "articles" and "files" -> the rows that are gone, ascending."""


def generations(index_dir: Path) -> list[str]:
    """The names of those there are, finished or not, in order."""
    return sorted((p.name for p in index_dir.glob("g*") if NAME.fullmatch(p.name)), key=lambda name: int(name[1:]))


def next_generation(index_dir: Path) -> str:
    """A name above that of every generation there is."""
    return f"g{max((int(name[1:]) for name in generations(index_dir)), default=0) + 1:06d}"


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
                raise IndexDamaged(f"{folder / file} cannot be read: {ANEW}.") from error
    return found


def damage(index_dir: Path) -> list[str]:
    """The files of the generation in use whose bytes are not what they were."""
    name, digest = state(index_dir)
    folder, manifest = index_dir / name, manifest_of(index_dir / name, digest)
    own = [
        f"{folder.name}/{name}"
        for name, expected in manifest["checksums"].items()
        if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected
    ]
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


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
