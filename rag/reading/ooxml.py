"""Bytes of an Office Open XML package (.docx, .docm, .xlsx) -> its parts, in the namespaces of the transitional form."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import Any

from lxml import etree

from rag.errors import CorpusError

_MAX_UNPACKED = 500_000_000
_OLE = b"\xd0\xcf\x11\xe0"
_SUFFIXES = {"document": ".docx", "workbook": ".xlsx", "presentation": ".pptx"}
_OPEN_DOCUMENT = {b"text": ".odt", b"spreadsheet": ".ods", b"presentation": ".odp"}
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_OFFICE = b"http://schemas.openxmlformats.org/"
_STRICT = (  # a strict package names the same elements in other namespaces
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", _OFFICE + b"wordprocessingml/2006/main"),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", _OFFICE + b"officeDocument/2006/math"),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", _OFFICE + b"officeDocument/2006/relationships"),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", _OFFICE + b"spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/", _OFFICE + b"drawingml/2006/"),
)


def _damaged(kind: str, suffix: str) -> str:
    return f"is damaged or not {'an' if kind[0] in 'EO' else 'a'} {kind}: save it again as {suffix}."


def unpacked(data: bytes, kind: str, suffix: str) -> zipfile.ZipFile:
    """Return the package of a document. ``kind`` names it: ``Word document``.

    Raise CorpusError, with the true reason, if it is none or unpacks to more than any document.
    """
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise CorpusError("is protected by a password: save it without one.")
        raise CorpusError(
            f"is protected by a password or in {kind.split()[0]}'s old format: save it as {suffix} without one."
        )
    if data.startswith(b"{\\rtf"):
        raise CorpusError(f"is a .rtf file and no {kind}: name it .rtf.")
    for name, other in _OPEN_DOCUMENT.items():
        if b"mimetypeapplication/vnd.oasis.opendocument." + name in data[:200] and other != suffix:
            raise CorpusError(f"is a {other} file and no {kind}: name it {other}.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise CorpusError(_damaged(kind, suffix)) from error
    size = sum(member.file_size for member in archive.infolist())
    if size > _MAX_UNPACKED:
        raise CorpusError(f"unpacks to {size / 1e6:.0f} MB: take its pictures out and save it again.")
    return archive


class Package:
    """The parts of a package, and the one that is the document."""

    def __init__(self, data: bytes, kind: str, suffix: str) -> None:
        """Raise CorpusError if this is not such a package."""
        self._damaged = _damaged(kind, suffix)
        self._archive = unpacked(data, kind, suffix)
        self._names = {name.replace("\\", "/").lstrip("/").lower(): name for name in self._archive.namelist()}
        self.main = next(iter(self.related("", "officeDocument")), "")
        self.root = self.xml(self.main)
        actual = _SUFFIXES.get(etree.QName(self.root).localname, "") if self.root is not None else ""
        if actual and actual != suffix:
            raise CorpusError(f"is a {actual} file and no {kind}: name it {actual}.")
        if not actual:
            raise CorpusError(self._damaged)

    def bytes_of(self, part: str) -> bytes:
        """Return the bytes of a part, empty without it. Raise CorpusError if it is damaged."""
        name = self._names.get(part.lower())
        try:
            return self._archive.read(name) if name else b""
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise CorpusError(self._damaged) from error

    def xml(self, part: str) -> Any:
        """Return the root element of a part, None without it. Raise CorpusError if it is damaged."""
        data = self.bytes_of(part)
        if not data:
            return None
        for strict, transitional in _STRICT:
            data = data.replace(strict, transitional)
        try:
            return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
        except etree.XMLSyntaxError as error:
            raise CorpusError(self._damaged) from error

    def related(self, part: str, kind: str) -> list[str]:
        """Return the parts that ``part`` names as its ``styles``, ``footnotes`` and so on."""
        return [target for name, target in self.relations(part).values() if name == kind]

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return id -> (kind, part) for what a part refers to inside the package."""
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in [] if root is None else root.iter(_RELATION):
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, relation.get("Target", ""))).lstrip("/")
                found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], target)
        return found
