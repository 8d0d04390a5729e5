"""The manifest of a generation, and which generation is in use."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing
from rag.files import not_readable

FORMAT = 5
GONE = ("articles", "files")
NAME = re.compile(r"g\d{6,}")
CURRENT = re.compile(r"(g\d{6,}) ([0-9a-f]{16})\n")
ANEW = "run `rag index --anew` to build the index anew"


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
        raise IndexDamaged(f"{path} cannot be read: {ANEW}.") from error
    if (old := re.fullmatch(r"g\d{6}\n?", text)) and (index_dir / text.strip()).is_dir():
        return old.group().strip(), ""  # as formats before 4 had it
    found = CURRENT.fullmatch(text)
    if not found or not (index_dir / found[1]).is_dir():
        raise IndexDamaged(f"{path} names no generation: {ANEW}.")
    return found[1], found[2]


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
        raise IndexDamaged(f"The index in {folder} has no readable manifest: {ANEW}.") from error
    manifest = parsed(data, f"The index in {folder}")
    if (digest and digest != _hash(data)) or manifest["generation"] != folder.name:
        raise IndexDamaged(f"The index in {folder} has no readable manifest: {ANEW}.")
    return manifest


def parsed(data: bytes, what: str) -> dict[str, Any]:
    """The bytes of a manifest. Raises IndexDamaged, or IndexIncompatible for another version of the format."""
    try:
        manifest: dict[str, Any] = json.loads(data)
        version = manifest["format"]
        if version == FORMAT:  # another version may keep other things
            _check_entries(manifest)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IndexDamaged(f"{what} has no readable manifest: {ANEW}.") from error
    if version != FORMAT:
        mend = (
            "update the program, or run `rag index --anew`"
            if isinstance(version, int) and version > FORMAT
            else "run `rag index` with this version"
        )
        raise IndexIncompatible(f"{what} has format {version}, this program reads {FORMAT}: {mend}.")
    return manifest


def _check_entries(manifest: Mapping[str, Any]) -> None:
    """Raises KeyError or TypeError where an entry that is read elsewhere is missing or another kind."""
    for entry, fields in (
        ("model", ("name", "fingerprint", "dimension")),
        ("counts", ("files", "articles", "passages")),
        ("settings", ()),
        ("checksums", ()),
        ("segments", ()),
    ):
        if not isinstance(manifest[entry], dict) or any(field not in manifest[entry] for field in fields):
            raise TypeError(entry)
    if not all(isinstance(number, int) for number in (*manifest["counts"].values(), manifest["model"]["dimension"])):
        raise TypeError("counts")
    if not isinstance(manifest["refused"], list) or not NAME.fullmatch(manifest["generation"]):
        raise TypeError("refused")
    named = [
        file.partition(".") for file in manifest["checksums"]
    ]  # they become paths: nothing may lead out of the index
    if not all(
        re.fullmatch("[0-9a-f]{16}", name) for name in (*manifest["segments"], *(name for name, _, _ in named))
    ) or not all(kind in [f"{gone}.npy" for gone in GONE] for _, _, kind in named):
        raise ValueError("segments")


def is_later(index_dir: Path) -> bool:
    """Whether the index in use was written by a later version of the program."""
    manifest = json.loads((current_folder(index_dir) / "manifest.json").read_text(encoding="utf-8"))
    return isinstance(manifest["format"], int) and manifest["format"] > FORMAT


def digest_of(folder: Path) -> str:
    """Of a generation's manifest, as CURRENT has it. Raises OSError."""
    return _hash((folder / "manifest.json").read_bytes())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
