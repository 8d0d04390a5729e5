"""The manifest of a generation, and the name of the generation in use.

CURRENT               the name of the generation in use and a hash of its manifest
g000007/manifest.json the manifest: which segments the generation has, how they were made, what it holds
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, JsonValue, StrictInt, model_validator

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing
from rag.files import not_readable

FORMAT = 5
REMOVED_KINDS = ("articles", "files")
"""What may be removed from a segment; each kind has a file of rows in the folder of the generation."""
GENERATION = re.compile(r"g\d{6,}")
CURRENT = re.compile(r"(g\d{6,}) ([0-9a-f]{16})\n")
BUILD_ANEW = "run `rag index --anew` to build the index anew"
_MANIFEST = "manifest.json"
_OLD_CURRENT = re.compile(r"(g\d{6})\n?")  # formats before 4


def _generation_name(name: str) -> str:
    if not GENERATION.fullmatch(name):
        raise ValueError(name)
    return name


def _segment_name(name: str) -> str:
    if not re.fullmatch("[0-9a-f]{16}", name):
        raise ValueError(name)
    return name


class Model(BaseModel, frozen=True, extra="allow"):
    """The embedding model that made the vectors."""

    name: str
    fingerprint: str
    dimension: StrictInt


class Counts(BaseModel, frozen=True, extra="allow"):
    """How many files, articles and passages a generation holds."""

    files: StrictInt
    articles: StrictInt
    passages: StrictInt


class Previous(BaseModel, frozen=True, extra="allow"):
    """A generation to go back to, and the hash of its manifest."""

    generation: str
    digest: str


class RefusedFile(BaseModel, frozen=True, extra="allow"):
    """A file that could not be used and why, or a note on one that is read."""

    file: str
    why: str


SegmentSize = tuple[StrictInt, StrictInt]
"""How many articles and passages a segment has, the removed ones included."""


class Manifest(BaseModel, frozen=True, extra="allow"):
    """What a generation is made of. The fields stand in the order of the file; keys that this version does not know are
    kept.

    ``folder``: the folder of the articles, "" when they came from elsewhere. ``index``: the id of the index, the same
    for all of its generations. ``checksums``: the hash of each file in the generation's folder but the manifest.
    """

    format: StrictInt
    generation: Annotated[str, AfterValidator(_generation_name)]
    previous: Previous | None = None
    model: Model
    folder: str = ""
    index: str = ""
    settings: dict[str, JsonValue]
    counts: Counts
    segments: dict[Annotated[str, AfterValidator(_segment_name)], SegmentSize]
    refused: tuple[RefusedFile, ...]
    notes: tuple[RefusedFile, ...] = ()
    checksums: dict[str, str]

    @model_validator(mode="after")
    def _checksums_name_files_of_segments(self) -> Self:
        """Names become paths: none of them may lead out of the index."""
        for file in self.checksums:
            segment, _, kind = file.partition(".")
            if kind not in [f"{removed}.npy" for removed in REMOVED_KINDS]:
                raise ValueError(file)
            _segment_name(segment)
        return self

    def as_json(self) -> dict[str, Any]:
        """Return what the file holds, with the keys in the file's order."""
        return self.model_dump(mode="json")


def current_generation(index_dir: Path) -> str:
    """Return the name of the generation in use. Raise IndexMissing or IndexDamaged."""
    return generation_key(index_dir)[0]


def generation_key(index_dir: Path) -> tuple[str, str]:
    """Return the name of the generation in use and the hash of its manifest. The pair changes when another generation
    is put in use, also when it belongs to another index that took the place of this one.

    Raise IndexMissing or IndexDamaged.
    """
    path = index_dir / "CURRENT"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise IndexMissing(f"There is no index in {index_dir}: run `rag index` to build it.") from error
    except PermissionError as error:
        raise not_readable(path) from error
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path} cannot be read: {BUILD_ANEW}.") from error
    if (old := _OLD_CURRENT.fullmatch(text)) and (index_dir / old[1]).is_dir():
        return old[1], ""
    found = CURRENT.fullmatch(text)
    if not found or not (index_dir / found[1]).is_dir():
        raise IndexDamaged(f"{path} names no generation: {BUILD_ANEW}.")
    return found[1], found[2]


def read_manifest(index_dir: Path) -> Manifest:
    """Read the manifest of the generation in use. Raise IndexMissing, or as ``manifest_of``."""
    name, digest = generation_key(index_dir)
    return manifest_of(index_dir / name, digest)


def manifest_of(folder: Path, digest: str = "") -> Manifest:
    """Read the manifest of a generation by its folder. ``digest``: the hash that it must have.

    Raise IndexDamaged, IndexUnreadable, or IndexIncompatible for another version of the format."""
    try:
        data = manifest_bytes(folder)
    except PermissionError as error:
        raise not_readable(folder / _MANIFEST) from error
    except OSError as error:
        raise IndexDamaged(f"The index in {folder} has no readable manifest: {BUILD_ANEW}.") from error
    manifest = parse_manifest(data, f"The index in {folder}")
    if (digest and digest != _hash(data)) or manifest.generation != folder.name:
        raise IndexDamaged(f"The index in {folder} has no readable manifest: {BUILD_ANEW}.")
    return manifest


def parse_manifest(data: bytes, source: str) -> Manifest:
    """Check the bytes of a manifest. ``source`` begins the message of an error, such as "The index in DIR".

    Raise IndexDamaged, or IndexIncompatible for another version of the format."""
    try:
        content: dict[str, Any] = json.loads(data)
        version = content["format"]
        if version == FORMAT:  # another version may keep other things
            return Manifest.model_validate(content)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IndexDamaged(f"{source} has no readable manifest: {BUILD_ANEW}.") from error
    mend = (
        "update the program, or run `rag index --anew`"
        if isinstance(version, int) and version > FORMAT
        else "run `rag index` with this version"
    )
    raise IndexIncompatible(f"{source} has format {version}, this program reads {FORMAT}: {mend}.")


def entry_of(folder: Path, key: str) -> object:
    """Return an entry of a generation's manifest, whatever its format, or None when there is no such entry."""
    try:
        return json.loads(manifest_bytes(folder))[key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def is_later(index_dir: Path) -> bool:
    """Return whether a later version of the program wrote the index in use."""
    version = entry_of(index_dir / current_generation(index_dir), "format")
    return isinstance(version, int) and version > FORMAT


def manifest_bytes(folder: Path) -> bytes:
    """Return the bytes of a generation's manifest. Raise OSError."""
    return (folder / _MANIFEST).read_bytes()


def digest_of(folder: Path) -> str:
    """Return the hash of a generation's manifest, as CURRENT holds it. Raise OSError."""
    return _hash(manifest_bytes(folder))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
