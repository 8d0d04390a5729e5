"""The generations that are kept, and the way back to one of them."""

from __future__ import annotations

import re
import secrets
import shutil
from contextlib import suppress
from itertools import chain
from pathlib import Path

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing
from rag.index.generation import generations, publish, removed_rows
from rag.index.lock import not_writable, writer_lock
from rag.index.manifest import (
    GENERATION,
    Previous,
    current_generation,
    digest_of,
    entry_of,
    manifest_of,
    read_manifest,
)
from rag.index.placement import claim_address, upload
from rag.index.segment import SEGMENTS, UNFINISHED, Segment
from rag.index.segment_note import damaged_files

KEEP = 5
"""How many generations are kept."""


def sweep(index_dir: Path) -> set[str]:
    """Delete what nothing needs: old generations, and segments that no kept generation names. Return the names of the
    segments that are left.

    The generation in use and those before it are kept, and the two newest: a reader may be on its way from one to the
    other.
    """
    kept = {*_kept_generations(index_dir), *generations(index_dir)[-2:]}
    needed: set[str] = set()
    for name in sorted(kept):
        try:
            needed |= set(manifest_of(index_dir / name).segments)
        except (IndexDamaged, IndexIncompatible):  # cut short, or of an earlier format: no way back to it
            kept.discard(name)
    for folder in index_dir.glob("g*"):
        if GENERATION.fullmatch(folder.name) and folder.name not in kept and folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
    for folder in (index_dir / SEGMENTS).glob("*"):
        if folder.name not in needed and (folder.name == UNFINISHED or re.fullmatch("[0-9a-f]{16}", folder.name)):
            shutil.rmtree(folder, ignore_errors=True)
    return needed


def roll_back(index_dir: Path, server: str = "") -> str:
    """Put the generation before the one in use back in use, and return its name.

    Raise IndexMissing when it is not kept, IndexDamaged when a file of it is damaged, IndexNotWritable."""
    with writer_lock(index_dir):
        before = read_manifest(index_dir).previous
        if not before or not (index_dir / before.generation).is_dir():
            raise IndexMissing(
                f"No generation before {current_generation(index_dir)} is kept in {index_dir}: "
                "restore the articles in their folder, then run `rag index`."
            )
        folder = index_dir / before.generation
        manifest = manifest_of(folder, before.digest)
        removed_rows(folder, manifest)
        damaged = [file for name in manifest.segments for file in damaged_files(index_dir / SEGMENTS / name)]
        if damaged:
            raise IndexDamaged(
                f"The generation {folder.name} is damaged ({', '.join(damaged[:3])}); the one in use stays."
            )
        if server:
            claim_address(server, identity(index_dir))
            segments = [Segment.open(index_dir / SEGMENTS / name) for name in manifest.segments]
            upload(segments, manifest.model.fingerprint, server)
        try:
            publish(index_dir, folder.name)
        except OSError as error:
            raise not_writable(index_dir, error) from error
        return folder.name


def identity(index_dir: Path, default: str = "") -> str:
    """Return the id of the index, 32 hexadecimal digits: the same in the manifests of all its generations, finished or
    not.

    If no manifest has an id, return ``default``, or a new id if ``default`` is not an id.
    """
    named = (entry_of(index_dir / name, "index") for name in reversed(generations(index_dir)))
    for name in chain(named, [default]):
        if isinstance(name, str) and re.fullmatch("[0-9a-f]{32}", name):
            return name
    return secrets.token_hex(16)


def previous(index_dir: Path) -> Previous | None:
    """Return what a new manifest says of the generation in use, None if there is no generation to go back to."""
    try:
        name = read_manifest(index_dir).generation
    except IndexMissing:
        return None
    except (IndexDamaged, IndexIncompatible):
        name = _newest_readable(index_dir)
    return Previous(generation=name, digest=digest_of(index_dir / name)) if name else None


def folder_of(index_dir: Path) -> str:
    """Return the folder of the articles, from the manifest in use or else from the newest manifest that names one; ""
    if none does."""
    names = generations(index_dir)[::-1]
    with suppress(IndexMissing, IndexDamaged):
        names.insert(0, current_generation(index_dir))
    found = (entry_of(index_dir / name, "folder") for name in names)
    return next((folder for folder in found if isinstance(folder, str) and folder), "")


def _kept_generations(index_dir: Path) -> list[str]:
    """Return the generation in use, the one before it and so on, at most KEEP."""
    line = [current_generation(index_dir)]
    while len(line) < KEEP:
        try:
            before = manifest_of(index_dir / line[-1]).previous
        except (IndexDamaged, IndexIncompatible):
            break
        if not before:
            break
        line.append(before.generation)
    return line


def _newest_readable(index_dir: Path) -> str:
    """Return the newest generation that has a readable manifest, or "". It is asked for if CURRENT names none."""
    for name in reversed(generations(index_dir)):
        with suppress(IndexDamaged, IndexIncompatible):
            manifest_of(index_dir / name)
            return name
    return ""
