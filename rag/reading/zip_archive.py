"""ZIP archive -> the files in it, unpacked in memory, never onto the disk."""

from __future__ import annotations

import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

from rag.errors import CorpusError
from rag.reading.charset import decode

_MAX_MEMBERS = 100_000
_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)|[\0\r\n]")
_PACKED = (".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz")


class Archive:
    """``names`` are the paths of the members, in the archive's order, without folders and without the files that macOS
    adds. ``refused`` are pairs (path, why) of members that cannot be used."""

    def __init__(self, data: bytes, max_mb: float) -> None:
        """Raise CorpusError if the archive as a whole cannot be used. The message goes on from the archive's name."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise CorpusError("is damaged or not a ZIP archive: pack it again.") from error
        members = [info for info in self._zip.infolist() if not info.is_dir()]
        unpacked = sum(info.file_size for info in members)
        if unpacked > max_mb * 1e6:
            raise CorpusError(
                f"unpacks to {unpacked / 1e6:,.0f} MB, over the limit of {max_mb:g} MB: "
                "split it, or raise RAG_MAX_SOURCE_MB."
            )
        if len(members) > _MAX_MEMBERS:
            raise CorpusError(f"holds {len(members):,} files, more than {_MAX_MEMBERS:,}: split it.")
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.refused: list[tuple[str, str]] = []
        for info in members:
            name = _name(info)
            if name.startswith("__MACOSX/"):
                continue
            if why := self._why_unusable(info, name):
                self.refused.append((re.sub(r"[\0\r\n]", "?", name), why))
            else:
                self._members[name] = info

    @property
    def names(self) -> Mapping[str, zipfile.ZipInfo]:
        return self._members

    def read(self, name: str) -> bytes:
        """Return the bytes of a member. Raise CorpusError if it is damaged."""
        try:
            return self._zip.read(self._members[name])
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OSError,
            ValueError,  # a name that is not in the encoding that it declares
            struct.error,
        ) as error:
            raise CorpusError("is damaged in its archive: pack it again.") from error

    def _why_unusable(self, info: zipfile.ZipInfo, name: str) -> str:
        """Why a member cannot be used, "" if it can."""
        if _OUTSIDE.search(name):
            return "has a path that leads out of its archive: pack it again."
        if name in self._members:
            return "is twice in its archive: remove one."
        if stat.S_ISLNK(info.external_attr >> 16):
            return "is a link: pack the file itself."
        if name.lower().endswith(_PACKED):
            return "is an archive in an archive: unpack it."
        if info.flag_bits & 1:
            return "is protected by a password: pack it without one."
        return ""


def _name(info: zipfile.ZipInfo) -> str:
    """A name without the UTF-8 flag is in the code page of the machine that packed it."""
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        raw = name.encode("cp437", "replace")
        found = decode(raw)
        name = found[0] if found else raw.decode("gb18030", "replace")
    return name.replace("\\", "/")
