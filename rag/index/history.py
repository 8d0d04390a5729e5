"""The generations that are kept, and the way back to one of them."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from contextlib import suppress
from itertools import chain
from pathlib import Path

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing
from rag.index.generation import generations, gone_of, publish
from rag.index.lock import not_writable, writing
from rag.index.manifest import NAME, current_generation, digest_of, manifest_of, read_manifest
from rag.index.placement import claim, place
from rag.index.segment import SEGMENTS, UNFINISHED, Segment
from rag.index.segment import damage as segment_damage

KEEP = 5
"""How many generations are kept."""


def sweep(index_dir: Path) -> set[str]:
    """Drop what nothing needs: generations but the one in use and those before it, and segments that none of these names.
    The names of the segments that are left."""
    kept = {
        *_line(index_dir),
        *generations(index_dir)[-2:],
    }  # the two: readers elsewhere may be on the way from one to the other
    needed: set[str] = set()
    for name in sorted(kept):
        try:
            needed |= set(manifest_of(index_dir / name)["segments"])
        except (IndexDamaged, IndexIncompatible):  # cut short, or of an earlier format: nothing to go back to
            kept.discard(name)
    for folder in index_dir.glob("g*"):
        if NAME.fullmatch(folder.name) and folder.name not in kept and folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
    for folder in (index_dir / SEGMENTS).glob("*"):
        if folder.name not in needed and (folder.name == UNFINISHED or re.fullmatch("[0-9a-f]{16}", folder.name)):
            shutil.rmtree(folder, ignore_errors=True)
    return needed


def _line(index_dir: Path) -> list[str]:
    """The generation in use, the one before it and so on, as far as they are kept."""
    line = [current_generation(index_dir)]
    while len(line) < KEEP:
        try:
            before = manifest_of(index_dir / line[-1])["previous"]
        except (IndexDamaged, IndexIncompatible):
            break
        if not before:
            break
        line.append(before["generation"])
    return line


def roll_back(index_dir: Path, server: str = "") -> str:
    """Put the generation in use that stood before the one in use: its name. Raises IndexMissing when it is not kept,
    IndexDamaged when it is not whole, IndexNotWritable."""
    with writing(index_dir):
        before: dict[str, str] | None = read_manifest(index_dir)["previous"]
        if not before or not (index_dir / before["generation"]).is_dir():
            raise IndexMissing(
                f"No generation before {current_generation(index_dir)} is kept in {index_dir}: "
                "put the articles as they were, then run `rag index`."
            )
        folder = index_dir / before["generation"]
        manifest = manifest_of(folder, before["digest"])
        gone_of(folder, manifest)
        broken = [file for name in manifest["segments"] for file in segment_damage(index_dir / SEGMENTS / name)]
        if broken:
            raise IndexDamaged(
                f"The generation {folder.name} is damaged ({', '.join(broken[:3])}); the one in use stays."
            )
        if server:
            claim(server, identity(index_dir))
            place(
                [Segment.open(index_dir / SEGMENTS / name) for name in manifest["segments"]],
                manifest["model"]["fingerprint"],
                server,
            )
        try:
            publish(index_dir, folder.name)
        except OSError as error:
            raise not_writable(index_dir, error) from error
        return folder.name


def identity(index_dir: Path, given: object = None) -> str:
    """What tells this index from every other, as manifests have it under "index": that of a generation that is there,
    finished or not, else the one ``given``, else a new one. All generations of a folder have the same."""
    found = chain((_said(index_dir / name, "index") for name in reversed(generations(index_dir))), [given])
    return next(
        (each for each in found if isinstance(each, str) and re.fullmatch("[0-9a-f]{32}", each)), secrets.token_hex(16)
    )


def _said(folder: Path, key: str) -> object:
    """By the manifest of a generation, of whatever version; None where it says nothing."""
    try:
        return json.loads((folder / "manifest.json").read_bytes())[key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def previous(index_dir: Path) -> dict[str, str] | None:
    """What a new manifest says of the generation in use; None where there is none to go back to."""
    try:
        name = str(read_manifest(index_dir)["generation"])
    except IndexMissing:
        return None
    except (IndexDamaged, IndexIncompatible):
        name = _last_whole(index_dir)
    return {"generation": name, "digest": digest_of(index_dir / name)} if name else None


def _last_whole(index_dir: Path) -> str:
    """The newest generation with a manifest, where CURRENT does not name one; empty where there is none."""
    for name in reversed(generations(index_dir)):
        with suppress(IndexDamaged, IndexIncompatible):
            manifest_of(index_dir / name)
            return name
    return ""


def folder_of(index_dir: Path) -> str:
    """Of the articles, as the manifest in use says, else the newest that can be read, of whatever version; empty where none
    says it."""
    names = generations(index_dir)[::-1]
    with suppress(IndexMissing, IndexDamaged):
        names.insert(0, current_generation(index_dir))
    found = (_said(index_dir / name, "folder") for name in names)
    return next((folder for folder in found if isinstance(folder, str) and folder), "")
