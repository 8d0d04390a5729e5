"""segment.json: what a segment holds, which model made it, and a hash of every other file of the segment.

The hash of segment.json itself is the name of the segment's folder.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import BaseModel, StrictInt

from rag.errors import IndexDamaged
from rag.files import not_readable, sha256_of

NOTE = "segment.json"


class SegmentNote(BaseModel, frozen=True, extra="allow"):
    """The fields stand in the order of the file. ``model``: the fingerprint of the embedder. ``files``: name -> (size,
    hash)."""

    model: str
    dimension: StrictInt
    articles: StrictInt
    passages: StrictInt
    files: dict[str, tuple[StrictInt, str]]

    def as_json(self) -> dict[str, Any]:
        """Return what the file holds, with the keys in the file's order."""
        return self.model_dump(mode="json")


def read_note(folder: Path) -> SegmentNote:
    """Read the note. Raise IndexDamaged, or IndexUnreadable when permission is denied."""
    try:
        return SegmentNote.model_validate(json.loads((folder / NOTE).read_text(encoding="utf-8")))
    except PermissionError as error:
        raise not_readable(folder / NOTE) from error
    except (OSError, ValueError, RecursionError) as error:
        raise damaged_error(folder) from error


def write_note(folder: Path, note: SegmentNote) -> None:
    """Write the note. Raise OSError."""
    (folder / NOTE).write_text(json.dumps(note.as_json(), indent=1), encoding="utf-8")


def content_name(folder: Path) -> str:
    """Return the name that the folder must have. Raise OSError."""
    return sha256_of(folder / NOTE)[:16]


def damaged_files(folder: Path, among: Collection[str] = ()) -> list[str]:
    """Return the files whose bytes are no longer those that were written. ``among``: check only these, if any are
    named."""
    try:
        note = read_note(folder)
    except IndexDamaged:
        return [f"{folder.name}/{NOTE}"]
    if content_name(folder) != folder.name:
        return [f"{folder.name}/{NOTE}"]
    return [
        f"{folder.name}/{name}"
        for name, (_, digest) in note.files.items()
        if not among or name in among
        if not (folder / name).is_file() or sha256_of(folder / name) != digest
    ]


def damaged_error(folder: Path) -> IndexDamaged:
    """Return the error for a segment that cannot be used."""
    return IndexDamaged(
        f"The segment {folder} of the index is damaged: run `rag index --anew` to build the index anew."
    )
