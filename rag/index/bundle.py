"""The index as one file, to keep or to carry to another machine: ``rag index export`` and ``import``.

The file is a ZIP of the generation in use and its segments. Manifests hold a hash of every file in it. An import puts
the content in use only when all hashes are right.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from rag.errors import BadInput, IndexDamaged, IndexIncompatible
from rag.files import sync
from rag.index import generation, history
from rag.index.generation import Removed
from rag.index.lock import not_writable, writer_lock
from rag.index.manifest import REMOVED_KINDS, Manifest, manifest_bytes, parse_manifest
from rag.index.placement import check_owner, claim_address, drop_others
from rag.index.publication import put_in_use
from rag.index.segment import SEGMENTS, UNFINISHED
from rag.index.segment_note import damaged_files
from rag.index.snapshot import load
from rag.vectors.store import Rows

_MARK = "baowen-index"
_BLOCK = 1 << 20  # bytes copied at once


def pack(index_dir: Path, file: Path) -> int:
    """Write the generation in use to one file and return its size in bytes.

    Raise what ``rag.index.snapshot.load`` raises, IndexDamaged when a file of the index has changed, BadInput when
    ``file`` cannot be written.
    """
    if file.exists() and not _is_bundle(file):
        raise BadInput(f"{file} exists and is not an exported index: name another file.")
    manifest = load(index_dir).manifest  # open files stay readable if another generation takes its place meanwhile
    damaged = [path for name in manifest.segments for path in damaged_files(index_dir / SEGMENTS / name)]
    if damaged:
        raise IndexDamaged(
            f"The index in {index_dir} is damaged ({', '.join(damaged[:3])}): run `rag index --anew`, then export."
        )
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    folder = index_dir / manifest.generation
    try:
        with zipfile.ZipFile(unfinished, "w", strict_timestamps=False) as out:
            out.writestr(_MARK, _sha256(manifest_bytes(folder)))
            for path in sorted(folder.iterdir()):
                out.write(path, path.name)
            for name in manifest.segments:
                for path in sorted(p for p in (index_dir / SEGMENTS / name).rglob("*") if p.is_file()):
                    out.write(path, path.relative_to(index_dir).as_posix())
        sync(unfinished)
        os.replace(unfinished, file)
    except OSError as error:
        raise BadInput(
            f"{file} cannot be written ({error.strerror or error}): name another file, or free space."
        ) from error
    finally:
        with suppress(OSError):  # it exists only after a failure
            unfinished.unlink()
    return file.stat().st_size


def unpack(file: Path, index_dir: Path, server: str = "") -> Manifest:
    """Put in use what ``pack`` wrote, and return its manifest. ``rag index --rollback`` brings back the index that was
    in use.

    ``server`` as in ``rag.index.snapshot.load``. Raise BadInput for a file that is no export, IndexDamaged when its
    bytes have changed, IndexIncompatible for another version of the format, IndexNotWritable. The index in use then
    stays as it was.
    """
    if not file.is_file():
        raise BadInput(f"{file} is no file: name one that `rag index export` wrote.")
    with writer_lock(index_dir):
        try:
            with zipfile.ZipFile(file) as bundle:
                return _import(bundle, file, index_dir, server)
        except zipfile.BadZipFile as error:
            raise _no_bundle(file) from error
        except OSError as error:
            if error.filename and Path(str(error.filename)) == file:
                raise BadInput(
                    f"{file} cannot be read ({error.strerror}): name a file that `rag index export` wrote."
                ) from error
            raise not_writable(index_dir, error) from error
        finally:
            shutil.rmtree(index_dir / SEGMENTS / UNFINISHED, ignore_errors=True)


def _import(bundle: zipfile.ZipFile, file: Path, index_dir: Path, server: str) -> Manifest:
    packed = _read_manifest(bundle, file)
    check_owner(server, index := history.identity(index_dir, packed.index))
    new = []
    for name in packed.segments:
        folder = index_dir / SEGMENTS / name
        if not folder.exists() or damaged_files(folder):
            _extract_segment(bundle, file, name, index_dir / SEGMENTS)
            new.append(name)
    removed = {
        name: Removed(
            **{
                kind: rows
                for kind in REMOVED_KINDS
                if (rows := _read_rows(bundle, file, packed, f"{name}.{kind}.npy")) is not None
            }
        )
        for name in packed.segments
    }
    here = {
        "index": index,
        "generation": generation.next_generation(index_dir),
        "previous": history.previous(index_dir),
    }
    manifest = generation.write(index_dir, packed.model_copy(update=here), removed)
    claim_address(server, index)
    put_in_use(index_dir, manifest, new, server)
    known = {path.name for path in (index_dir / SEGMENTS).glob("*")}  # the index that was exported may have grown since
    drop_others(server, index, history.sweep(index_dir), known)
    return manifest


def _read_manifest(bundle: zipfile.ZipFile, file: Path) -> Manifest:
    names = set(bundle.namelist())
    if any(member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1 for member in bundle.infolist()):
        raise _no_bundle(file)  # an export is not compressed and not encrypted: it cannot unpack to more than its size
    if not {_MARK, "manifest.json"} <= names:
        raise _no_bundle(file)
    data = _read(bundle, "manifest.json", file)
    if _read(bundle, _MARK, file) != _sha256(data).encode():
        raise _damaged(file, "manifest.json")
    try:
        return parse_manifest(data, str(file))
    except IndexIncompatible as error:
        raise IndexIncompatible(
            f"{file} has another version of the index format: export it again with this version of the program."
        ) from error


def _read_rows(bundle: zipfile.ZipFile, file: Path, manifest: Manifest, member: str) -> Rows | None:
    """Return the removed rows of a kind, None where there are none."""
    if member not in manifest.checksums:
        return None
    data = _read(bundle, member, file) if member in bundle.namelist() else b""
    if _sha256(data) != manifest.checksums[member]:
        raise _damaged(file, member)
    try:
        rows: Rows = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise _damaged(file, member) from error
    return rows


def _extract_segment(bundle: zipfile.ZipFile, file: Path, name: str, segments: Path) -> None:
    folder = segments / UNFINISHED / name
    shutil.rmtree(segments / UNFINISHED, ignore_errors=True)
    inside = f"{SEGMENTS}/{name}/"
    for member in bundle.namelist():
        if not member.startswith(inside):
            continue
        path = folder / member.removeprefix(inside)
        if not path.resolve().is_relative_to(folder.resolve()):
            raise _damaged(file, member)
        path.parent.mkdir(parents=True, exist_ok=True)
        with bundle.open(member) as source, path.open("wb") as out:
            try:
                while block := source.read(_BLOCK):
                    out.write(block)
            except zipfile.BadZipFile as error:
                raise _damaged(file, member) from error
            out.flush()
            os.fsync(out.fileno())
    if not folder.exists() or damaged_files(folder):
        raise _damaged(file, inside)
    shutil.rmtree(segments / name, ignore_errors=True)
    os.rename(folder, segments / name)
    sync(segments)


def _is_bundle(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as bundle:
            return _MARK in bundle.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def _read(bundle: zipfile.ZipFile, member: str, file: Path) -> bytes:
    try:
        return bundle.read(member)
    except zipfile.BadZipFile as error:
        raise _damaged(file, member) from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _no_bundle(file: Path) -> BadInput:
    return BadInput(f"{file} is no index: name a file that `rag index export` wrote.")


def _damaged(file: Path, member: str) -> IndexDamaged:
    return IndexDamaged(
        f"{file} is damaged ({member}): copy it again, or export it again. The index in use is as it was."
    )
