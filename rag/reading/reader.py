"""Folder of files -> pages: the text of each file, what it states of itself, and where it came from."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from rag.config import Limits
from rag.errors import CorpusError
from rag.reading.charset import decode
from rag.reading.folder import EXPORTS, KINDS, README, SUFFIXES, TEXT, UNREAD, name_of
from rag.reading.parser_process import Worker
from rag.reading.sidecar import SUFFIX, Beside, Folders, Given, merged, own_of, read_front_matter, said
from rag.reading.tables import rows_of
from rag.reading.zip_archive import Archive
from rag.schema import Page, Part, Refused, Stated
from rag.text.outline import checked


def read_page(path: Path, folder: Path, max_mb: float) -> Page:
    """A plain text file, decoded. Offsets elsewhere count characters of ``Page.text``, that is of the file's
    bytes decoded with ``Page.encoding`` and with no newline translated.

    Raises CorpusError, in one line, when this file cannot be used.
    """
    name = name_of(path, folder)
    data = _bytes(path, name, max_mb, "RAG_MAX_FILE_MB")
    return _text_page(name, data, _hash(data))


class Reader:
    """``with Reader(folder, limits) as reader: reader.pages_of(path)``; holds the process that runs the parsers."""

    def __init__(self, folder: Path, limits: Limits, *, as_found: bool = False) -> None:
        self._folder = folder
        self._as_found = as_found
        self._limits = limits
        self._worker = Worker(limits.seconds)
        self._folders = Folders()
        self.sha256 = ""
        """Of the bytes of the file that ``pages_of`` read last; empty where it read none."""

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.__exit__(kind, error, trace)

    def check(self, paths: Iterable[Path]) -> None:
        """Raises CorpusError where the YAML of a folder that holds one of them cannot be used: all in it would be lost for that."""
        self._folders.check((name_of(path, self._folder) for path in paths), self._on_disk)

    def pages_of(self, path: Path) -> Iterator[Page | Refused]:
        """What the file holds, in its order: a page, or one for each page, row or member (``a.pdf#2``,
        ``export.csv#17``, ``pages.zip/a.txt``). What cannot be used is refused by itself."""
        name = name_of(path, self._folder)
        suffix = _suffix(path.name)
        self.sha256 = ""
        if path.is_symlink() and not path.resolve().is_relative_to(self._folder.resolve()):
            yield Refused(name, f"{name} is a link to a file outside the folder: copy the file into it.")
            return
        limit = (
            (self._limits.text_mb, "RAG_MAX_FILE_MB")
            if suffix in TEXT
            else (self._limits.source_mb, "RAG_MAX_SOURCE_MB")
        )
        try:
            if suffix in UNREAD:
                raise CorpusError(f"{name} is of a kind that is not read: {UNREAD[suffix]}.")
            data = _bytes(path, name, *limit)
        except CorpusError as error:
            yield Refused(name, str(error), passing=isinstance(error.__cause__, OSError))
            return
        self.sha256 = _hash(data)
        yield from self._pages(name, data, self.sha256, self._on_disk)

    def _pages(self, name: str, data: bytes, sha256: str, beside: Beside) -> Iterator[Page | Refused]:
        suffix = _suffix(name)
        try:
            if suffix == ".zip":
                yield from self._members(name, data)
                return
            given = self._folders.given(name, beside)
            if suffix in TEXT:
                if len(data) > self._limits.text_mb * 1e6:
                    raise CorpusError(_too_large(name, len(data), self._limits.text_mb, "RAG_MAX_FILE_MB"))
                page = _text_page(name, data, sha256)
                own = read_front_matter(page.text, name) if suffix == ".md" else Given()
                stated = merged([given[0], own, *given[1:]])
                yield self._fitting(replace(page, stated=stated)) if any(g.fields for g in (own, *given)) else page
            elif suffix in EXPORTS:
                yield from self._parts(name, sha256, suffix[1:], rows_of(data, name, given[0].columns), given, None)
            else:
                kind = KINDS[suffix]
                parts: Iterable[Part | Refused] = self._worker.read(kind, data)
                yield from self._parts(
                    name, sha256, kind, _joined(parts) if given[0].stated.whole else parts, given, beside
                )
        except CorpusError as error:
            yield Refused(name, str(error))

    def _parts(
        self,
        name: str,
        sha256: str,
        encoding: str,
        parts: Iterable[Part | Refused],
        given: list[Given],
        beside: Beside | None,
    ) -> Iterator[Page | Refused]:
        some = False
        for part in parts:
            if isinstance(part, Refused):
                some = True
                yield Refused(name + part.file, f"{name}{part.file} {part.why}")
            elif len(part.text) > self._limits.text_mb * 1e6 / 3:  # as many characters as fit a text file of that size
                some = True
                yield Refused(
                    name + part.mark,
                    _too_large(name + part.mark, 3 * len(part.text), self._limits.text_mb, "RAG_MAX_FILE_MB"),
                )
            elif part.text.strip():
                some = True
                try:
                    own = own_of(name + part.mark, beside) if beside and part.mark else Given()
                    if part.mark and given[0].stated.articles:
                        raise CorpusError(
                            f"{name}{SUFFIX} gives `articles`, and {name} has several pages: "
                            f"name it {name}{part.mark}{SUFFIX}."
                        )
                    stated = merged([own, given[0], said(part.stated), *given[1:]])
                    page = self._fitting(Page(name + part.mark, part.text, encoding, sha256, stated))
                except CorpusError as error:
                    yield Refused(name + part.mark, str(error))
                else:
                    yield page
        if not some:
            yield Refused(name, f"{name} holds no text: fill it or remove it.")

    def _fitting(self, page: Page) -> Page:
        """The page, its correction checked; one that does not fit is left out where the page is wanted as it is found."""
        try:
            return checked(page)
        except CorpusError:
            if not self._as_found:
                raise
            return replace(page, stated=replace(page.stated, articles=(), sha256=""))

    def _members(self, name: str, data: bytes) -> Iterator[Page | Refused]:
        try:
            archive = Archive(data, self._limits.source_mb)
        except CorpusError as error:
            yield Refused(name, f"{name} {error}")
            return
        for member, why in archive.refused:
            yield Refused(f"{name}/{member}", f"{name}/{member} {why}")

        def beside(path: str) -> str | None:
            inner = path.removeprefix(f"{name}/")
            if inner == path or inner not in archive.names:
                return self._on_disk(path) if inner == path else None
            return _yaml(path, archive.read(inner))

        some = bool(archive.refused)
        for member in sorted(archive.names):
            full = f"{name}/{member}"
            suffix = _suffix(member)
            hidden = any(part.startswith(".") for part in member.split("/"))
            if hidden or member.lower().rpartition("/")[2] == README or suffix not in (*SUFFIXES, *UNREAD):
                continue
            some = True
            if suffix in UNREAD:
                yield Refused(full, f"{full} is of a kind that is not read: {UNREAD[suffix]}.")
                continue
            try:
                inner_data = archive.read(member)
            except CorpusError as error:
                yield Refused(full, f"{full} {error}")
            else:
                yield from self._pages(full, inner_data, _hash(inner_data), beside)
        if not some:
            yield Refused(name, f"{name} holds no file of a kind that is read: pack the articles, or remove it.")

    def _on_disk(self, name: str) -> str | None:
        path = os.path.join(self._folder, name)
        return _yaml(name, _bytes(Path(path), name, 1.0, "")) if os.path.exists(path) else None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _yaml(name: str, data: bytes) -> str:
    found = decode(data) if data.strip() else ("", "")
    if found is None:
        raise CorpusError(f"{name}, line 1: no text in UTF-8: correct it or remove it.")
    return found[0]


def _bytes(path: Path, name: str, max_mb: float, setting: str) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for without end
            raise CorpusError(f"{name} is no regular file: remove it from the folder.")
        if about.st_size > max_mb * 1e6:
            raise CorpusError(_too_large(name, about.st_size, max_mb, setting))
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{name} cannot be read ({error.strerror}): check the file and its permissions.") from error


def _too_large(name: str, size: int, max_mb: float, setting: str) -> str:
    return f"{name} has {size / 1e6:.1f} MB, over the limit of {max_mb:g} MB a file: split it{setting and f', or raise {setting}'}."


def _text_page(name: str, data: bytes, sha256: str) -> Page:
    if not data.strip():
        raise CorpusError(f"{name} is empty: fill it or remove it.")
    found = decode(data)
    if found is None:
        raise CorpusError(f"{name} is not text in UTF-8, UTF-16, GB18030 or Big5: convert it to UTF-8 or remove it.")
    return Page(name, *found, sha256)


def _joined(parts: Iterable[Part | Refused]) -> Iterator[Part | Refused]:
    """Pages of one article, made one text."""
    texts: list[str] = []
    stated = Stated()
    for part in parts:
        if isinstance(part, Refused):
            yield part
        else:
            texts.append(part.text)
            stated = part.stated
    yield Part("\f".join(texts), stated)
