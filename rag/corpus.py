"""Folder of files -> pages: the text of each file, what it states of itself, and where it came from."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from rag.archive import Archive
from rag.charset import decode
from rag.config import Limits
from rag.errors import CorpusError
from rag.export import rows_of
from rag.schema import Page, Part, Refused, Stated
from rag.sidecar import FOLDER_FILE, SUFFIX, Given, merged, read_front_matter, read_sidecar, said
from rag.worker import Worker

TEXT = (".txt", ".md")
EXPORTS = (".csv", ".jsonl")
KINDS = {".pdf": "pdf", ".docx": "docx", ".html": "html", ".htm": "html", ".png": "scan", ".jpg": "scan", ".jpeg": "scan"}
SUFFIXES = (*TEXT, *EXPORTS, *KINDS, ".zip")
UNREAD = {  # what newsrooms have and no reader is for -> what to do about it
    **dict.fromkeys((".doc", ".wps", ".rtf", ".odt"), "save it as .docx"),
    **dict.fromkeys((".xls", ".xlsx", ".et"), "export it as .csv"),
    **dict.fromkeys((".ofd", ".caj", ".ppt", ".pptx", ".epub", ".mht", ".mhtml"), "save it as .pdf"),
    **dict.fromkeys((".tif", ".tiff", ".bmp", ".webp", ".heic"), "save it as .png"),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz", ".tgz"), "unpack it"),
    **dict.fromkeys((".json", ".xml"), "export it as .jsonl or .csv")}
_README = "readme.md"
Beside = Callable[[str], str | None]
"""Path within the corpus -> the text of the file there, None where there is none."""


def list_files(folder: Path) -> list[Path]:
    """The files that hold articles, sorted by their path; a README, hidden files and YAML are none.

    Raises CorpusError when the folder is missing, unreadable or holds no such file.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder: name the folder that holds your articles, e.g. `rag index seeds`.")
    try:
        files = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in (*SUFFIXES, *UNREAD)
            and path.name.lower() != _README
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
            and not path.is_dir()
        )
    except OSError as error:
        raise CorpusError(f"{folder} cannot be read ({error.strerror}): check its permissions.") from error
    if not files:
        kinds = ", ".join(SUFFIXES)
        raise CorpusError(f"{folder} holds no file of a kind that is read ({kinds}): "
                          f"put the articles there, then run `rag index {folder}`.")
    return files


def strays(folder: Path) -> list[Refused]:
    """YAML that is beside no file: what it states would be lost without a word."""
    return [
        Refused(name_of(path, folder), f"{name_of(path, folder)} stands beside no file: name it after one, "
                f"e.g. page.txt{SUFFIX}, or {FOLDER_FILE} for a folder.")
        for path in sorted(folder.rglob("*.y*ml"))
        if path.suffix in (SUFFIX, ".yml") and path.name != FOLDER_FILE and not (path.suffix == SUFFIX and path.with_suffix("").exists())
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def name_of(path: Path, folder: Path) -> str:
    """The file's path within the folder; bytes of it that are no UTF-8 are spelled out."""
    return path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()


def read_page(path: Path, folder: Path, max_mb: float) -> Page:
    """A plain text file, decoded. Offsets elsewhere count characters of ``Page.text``, that is of the file's
    bytes decoded with ``Page.encoding`` and with no newline translated.

    Raises CorpusError, in one line, when this file cannot be used.
    """
    name = name_of(path, folder)
    return _text_page(name, _bytes(path, name, max_mb, "RAG_MAX_FILE_MB"))


class Reader:
    """``with Reader(folder, limits) as reader: reader.pages_of(path)``; holds the process that runs the parsers."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._worker = Worker(limits.seconds)
        self._of_folders: dict[str, tuple[Given, ...]] = {}

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._worker.__exit__(kind, error, trace)

    def pages_of(self, path: Path) -> Iterator[Page | Refused]:
        """What the file holds, in its order: a page, or one for each page, row or member (``a.pdf#2``,
        ``export.csv#17``, ``pages.zip/a.txt``). What cannot be used is refused by itself."""
        name = name_of(path, self._folder)
        suffix = _suffix(path.name)
        limit = ((self._limits.text_mb, "RAG_MAX_FILE_MB") if suffix in TEXT
                 else (self._limits.source_mb, "RAG_MAX_SOURCE_MB"))
        try:
            if suffix in UNREAD:
                raise CorpusError(f"{name} is of a kind that is not read: {UNREAD[suffix]}.")
            data = _bytes(path, name, *limit)
        except CorpusError as error:
            yield Refused(name, str(error))
            return
        yield from self._pages(name, data, self._on_disk)

    def _pages(self, name: str, data: bytes, beside: Beside) -> Iterator[Page | Refused]:
        suffix = _suffix(name)
        try:
            if suffix == ".zip":
                yield from self._members(name, data)
                return
            given = self._given(name, beside)
            if suffix in TEXT:
                if len(data) > self._limits.text_mb * 1e6:
                    raise CorpusError(_too_large(name, len(data), self._limits.text_mb, "RAG_MAX_FILE_MB"))
                page = _text_page(name, data)
                own = read_front_matter(page.text, name) if suffix == ".md" else Given()
                yield replace(page, stated=merged([given[0], own, *given[1:]])) if any(g.fields for g in (own, *given)) else page
            elif suffix in EXPORTS:
                yield from self._parts(name, data, suffix[1:], rows_of(data, name, given[0].columns), given)
            else:
                kind = KINDS[suffix]
                parts: Iterable[Part | Refused] = self._worker.read(kind, data)
                yield from self._parts(name, data, kind, _joined(parts) if given[0].stated.whole else parts, given)
        except CorpusError as error:
            yield Refused(name, str(error))

    def _parts(
        self, name: str, data: bytes, encoding: str, parts: Iterable[Part | Refused], given: list[Given],
    ) -> Iterator[Page | Refused]:
        sha256 = hashlib.sha256(data).hexdigest()
        some = False
        for part in parts:
            if isinstance(part, Refused):
                some = True
                yield Refused(name + part.file, f"{name}{part.file} {part.why}")
            elif len(part.text) > self._limits.text_mb * 1e6 / 3:  # as many characters as fit a text file of that size
                some = True
                yield Refused(name + part.mark, _too_large(name + part.mark, 3 * len(part.text), self._limits.text_mb, "RAG_MAX_FILE_MB"))
            elif part.text.strip():
                some = True
                stated = merged([given[0], said(part.stated), *given[1:]])
                yield Page(name + part.mark, part.text, encoding, sha256, stated)
        if not some:
            yield Refused(name, f"{name} holds no text: fill it or remove it.")

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
            if hidden or member.lower().rpartition("/")[2] == _README or suffix not in (*SUFFIXES, *UNREAD):
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
                yield from self._pages(full, inner_data, beside)
        if not some:
            yield Refused(name, f"{name} holds no file of a kind that is read: pack the articles, or remove it.")

    def _given(self, name: str, beside: Beside) -> list[Given]:
        """What is given of the file: by its own sidecar, then by its folders, the nearest first. What the file says
        itself stands between them: a folder speaks for files that are silent, a sidecar for this very file."""
        text = beside(name + SUFFIX)
        own = read_sidecar(text, name + SUFFIX) if text is not None else Given()
        folder = name.rpartition("/")[0]
        try:
            return [own, *self._of_folder(folder, beside)]
        except CorpusError as error:
            raise CorpusError(f"{name} is left out for {error}") from error

    def _of_folder(self, folder: str, beside: Beside) -> tuple[Given, ...]:
        if folder not in self._of_folders:
            path = f"{folder}/{FOLDER_FILE}" if folder else FOLDER_FILE
            text = beside(path)
            own = (read_sidecar(text, path),) if text is not None else ()
            self._of_folders[folder] = (*own, *(self._of_folder(folder.rpartition("/")[0], beside) if folder else ()))
        return self._of_folders[folder]

    def _on_disk(self, name: str) -> str | None:
        path = os.path.join(self._folder, name)
        return _yaml(name, _bytes(Path(path), name, 1.0, "")) if os.path.exists(path) else None


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


def _text_page(name: str, data: bytes) -> Page:
    if not data.strip():
        raise CorpusError(f"{name} is empty: fill it or remove it.")
    found = decode(data)
    if found is None:
        raise CorpusError(f"{name} is not text in UTF-8, UTF-16, GB18030 or Big5: convert it to UTF-8 or remove it.")
    return Page(name, *found, hashlib.sha256(data).hexdigest())


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
