"""The index as one file, to keep or to carry to another machine: ``rag index export / import``.

It is a ZIP of the generation in use and its segments, every file of which has its hash in a manifest; what comes out of it
is put in use only when all of them are right.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import BadInput, IndexDamaged, IndexIncompatible
from rag.files import sync
from rag.index import generation, history, segment
from rag.index.checks import probe
from rag.index.lock import not_writable, writing
from rag.index.manifest import GONE, parsed
from rag.index.placement import claim, clear, place, reach
from rag.index.segment import SEGMENTS
from rag.index.snapshot import load, open_generation

_MARK = "baowen-index"
_PART = 1 << 20


def pack(index_dir: Path, file: Path) -> int:
    """The generation in use as one file: its bytes. Raises as ``rag.index.snapshot.load``, IndexDamaged when a file of the index is
    not what it was, BadInput when ``file`` cannot be written."""
    if file.exists() and not _is_parcel(file):
        raise BadInput(f"{file} is there already, and is no export: name another file.")
    manifest = load(index_dir).manifest  # opened: another generation may take its place meanwhile
    broken = [name for each in manifest["segments"] for name in segment.damage(index_dir / SEGMENTS / each)]
    if broken:
        raise IndexDamaged(
            f"The index in {index_dir} is damaged ({', '.join(broken[:3])}): run `rag index --anew`, then export."
        )
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    folder = index_dir / manifest["generation"]
    try:
        with zipfile.ZipFile(beside, "w", strict_timestamps=False) as out:
            out.writestr(_MARK, _hash((folder / "manifest.json").read_bytes()))
            for path in sorted(folder.iterdir()):
                out.write(path, path.name)
            for name in manifest["segments"]:
                for path in sorted(p for p in (index_dir / SEGMENTS / name).rglob("*") if p.is_file()):
                    out.write(path, path.relative_to(index_dir).as_posix())
        sync(beside)
        os.replace(beside, file)
    except OSError as error:
        raise BadInput(
            f"{file} cannot be written ({error.strerror or error}): name another file, or free space."
        ) from error
    finally:
        with suppress(OSError):  # it is there only where something failed
            beside.unlink()
    return file.stat().st_size


def unpack(file: Path, index_dir: Path, server: str = "") -> dict[str, Any]:
    """Put in use what ``pack`` wrote: its manifest. Raises BadInput for a file that is none, IndexDamaged when its bytes are
    not what they were, IndexIncompatible for another version of the format, IndexNotWritable. The index in use stays as
    it was then, and is the one before afterwards. ``server`` as ``rag.index.snapshot.load`` has it."""
    if not file.is_file():
        raise BadInput(f"{file} is no file: name one that `rag index export` wrote.")
    with writing(index_dir):
        try:
            with zipfile.ZipFile(file) as parcel:
                return _unpacked(parcel, file, index_dir, server)
        except zipfile.BadZipFile as error:
            raise _none(file) from error
        except OSError as error:
            if error.filename and Path(str(error.filename)) == file:
                raise BadInput(
                    f"{file} cannot be read ({error.strerror}): name a file that `rag index export` wrote."
                ) from error
            raise not_writable(index_dir, error) from error
        finally:
            shutil.rmtree(index_dir / SEGMENTS / segment.UNFINISHED, ignore_errors=True)


def _unpacked(parcel: zipfile.ZipFile, file: Path, index_dir: Path, server: str) -> dict[str, Any]:
    names = set(parcel.namelist())
    if any(member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1 for member in parcel.infolist()):
        raise _none(file)  # what is packed is neither compressed nor locked, so it cannot unpack to more than it is
    if not {_MARK, "manifest.json"} <= names:
        raise _none(file)
    data = _read(parcel, "manifest.json", file)
    if _read(parcel, _MARK, file) != _hash(data).encode():
        raise _damaged(file, "manifest.json")
    try:
        manifest = parsed(data, str(file))
    except IndexIncompatible as error:
        raise IndexIncompatible(
            f"{file} was exported by another version of the program: export it again with this one."
        ) from error
    reach(server, index := history.identity(index_dir, manifest.get("index")))
    made = []
    for name in manifest["segments"]:
        folder = index_dir / SEGMENTS / name
        if not folder.exists() or segment.damage(folder):
            _segment(parcel, file, name, index_dir / SEGMENTS)
            made.append(name)
    gone: dict[str, dict[str, Any]] = {}
    for name in manifest["segments"]:
        gone[name] = {}
        for kind in GONE:
            member = f"{name}.{kind}.npy"
            if member in manifest["checksums"]:
                held = _read(parcel, member, file) if member in names else b""
                if hashlib.sha256(held).hexdigest() != manifest["checksums"][member]:
                    raise _damaged(file, member)
                try:
                    gone[name][kind] = np.load(io.BytesIO(held), allow_pickle=False)
                except (ValueError, EOFError) as error:
                    raise _damaged(file, member) from error
    manifest = {
        **manifest,
        "index": index,
        "generation": generation.next_generation(index_dir),
        "previous": history.previous(index_dir),
    }
    generation.write(index_dir, manifest, gone)
    if server:
        claim(server, index)
        place(
            [part.segment for part in open_generation(index_dir, manifest).parts],
            manifest["model"]["fingerprint"],
            server,
        )
    probe(index_dir, manifest, made, server)
    generation.publish(index_dir, manifest["generation"])
    known = {path.name for path in (index_dir / SEGMENTS).glob("*")}  # the file may be older than the index it is of
    clear(server, index, history.sweep(index_dir), known)
    return manifest


def _segment(parcel: zipfile.ZipFile, file: Path, name: str, segments: Path) -> None:
    folder = segments / segment.UNFINISHED / name
    shutil.rmtree(segments / segment.UNFINISHED, ignore_errors=True)
    inside = f"{SEGMENTS}/{name}/"
    for member in parcel.namelist():
        if not member.startswith(inside):
            continue
        path = folder / member.removeprefix(inside)
        if not path.resolve().is_relative_to(folder.resolve()):
            raise _damaged(file, member)
        path.parent.mkdir(parents=True, exist_ok=True)
        with parcel.open(member) as source, path.open("wb") as out:
            try:
                while part := source.read(_PART):
                    out.write(part)
            except zipfile.BadZipFile as error:
                raise _damaged(file, member) from error
            out.flush()
            os.fsync(out.fileno())
    if not folder.exists() or segment.damage(folder):
        raise _damaged(file, inside)
    shutil.rmtree(segments / name, ignore_errors=True)
    os.rename(folder, segments / name)
    sync(segments)


def _is_parcel(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as parcel:
            return _MARK in parcel.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def _read(parcel: zipfile.ZipFile, member: str, file: Path) -> bytes:
    try:
        return parcel.read(member)
    except zipfile.BadZipFile as error:
        raise _damaged(file, member) from error


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _none(file: Path) -> BadInput:
    return BadInput(f"{file} is no index: name a file that `rag index export` wrote.")


def _damaged(file: Path, member: str) -> IndexDamaged:
    return IndexDamaged(
        f"{file} is damaged ({member}): copy it again, or export it again. The index in use is as it was."
    )
