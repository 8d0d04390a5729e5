"""Folder of files -> pages: the text of each file, what it states of its articles, and where it came from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from rag.config import Limits
from rag.errors import CorpusError
from rag.reading.file_bytes import hash_of, read_bytes, text_page, too_large, yaml_text
from rag.reading.folder import MARKDOWN, PARSED, SUFFIXES, TABLES, TEXTS, name_of, sorted_out, suffix_of, why_unread
from rag.reading.markdown import shown_text
from rag.reading.page_notes import StrangeCharacters, cleaned
from rag.reading.parser_process import ParserProcess
from rag.reading.sidecar import SUFFIX, Statement, merged, read_front_matter, statement_of
from rag.reading.sidecar_files import ReadYaml, SidecarFiles
from rag.reading.tables import read_table
from rag.reading.zip_archive import Archive
from rag.schema import Page, Part, Refused, Stated
from rag.text.outline import check_correction

_PARSED_BYTES = 3  # of a character in UTF-8: a parsed text is limited to as many characters as fit a text file


def read_page(path: Path, folder: Path, max_mb: float) -> Page:
    """Return a plain text file as a page, without what is stated of it.

    Offsets elsewhere count characters of ``Page.text``: the file's bytes decoded with ``Page.encoding``, line ends
    unchanged. Raise CorpusError, in one line, if the file cannot be used.
    """
    name = name_of(path, folder)
    data = read_bytes(path, name, max_mb, "RAG_MAX_FILE_MB")
    return text_page(name, data, hash_of(data))


class FileReader:
    """``with FileReader(folder, limits) as reader: reader.pages_of(path)``. It holds the process that runs the parsers.

    ``as_found``: a correction that does not fit its file is passed over and not refused.
    """

    def __init__(self, folder: Path, limits: Limits, *, as_found: bool = False) -> None:
        self._folder = folder
        self._as_found = as_found
        self._limits = limits
        self._parsers = ParserProcess(limits.seconds)
        self._sidecars = SidecarFiles()
        self.sha256 = ""
        """The hash of the bytes that ``pages_of`` read last, "" if it read none."""

    def __enter__(self) -> FileReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parsers.__exit__(kind, error, trace)

    def check(self, paths: Iterable[Path]) -> None:
        """Raise CorpusError if the YAML of a folder that holds one of these files cannot be used: all files in the folder
        would be left out because of it."""
        self._sidecars.check_folders((name_of(path, self._folder) for path in paths), self._yaml_on_disk)

    def pages_of(self, path: Path) -> Iterator[Page | Refused]:
        """Yield the pages of a file in its order: one, or one for each page, row or member (``a.pdf#2``,
        ``export.csv#17``, ``pages.zip/a.txt``). What cannot be used is refused by itself; notes come last."""
        name = name_of(path, self._folder)
        self.sha256 = ""
        # os.path.realpath, for Path.resolve raises where links lead in a circle
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self._folder)):
            yield Refused(name, f"{name} is a link to a file outside the folder: copy the file into it.")
            return
        try:
            data = self._bytes(path, name)
        except CorpusError as error:
            yield Refused(name, str(error), passing=isinstance(error.__cause__, OSError))
            return
        self.sha256 = hash_of(data)
        yield from self._pages(name, data, self.sha256, self._yaml_on_disk)
        yield from map(cleaned, self._sidecars.problems())

    def _bytes(self, path: Path, name: str) -> bytes:
        suffix = suffix_of(path.name)
        if suffix not in SUFFIXES:
            raise CorpusError(why_unread(name))
        if suffix in TEXTS:
            return read_bytes(path, name, self._limits.text_mb, "RAG_MAX_FILE_MB")
        return read_bytes(path, name, self._limits.source_mb, "RAG_MAX_SOURCE_MB")

    def _pages(self, name: str, data: bytes, sha256: str, read_yaml: ReadYaml) -> Iterator[Page | Refused]:
        """Yield the pages of a file on disk or of a member of an archive."""
        if suffix_of(name) == ".zip":
            yield from self._pages_of_archive(name, data)
            return
        strange = StrangeCharacters(name)
        try:
            for page in self._pages_by_kind(name, data, sha256, self._sidecars.statements(name, read_yaml), read_yaml):
                page = cleaned(page)
                if isinstance(page, Page):
                    strange.count(page)
                yield page
        except CorpusError as error:
            yield cleaned(Refused(name, str(error)))
        yield from strange.notes()

    def _pages_by_kind(
        self, name: str, data: bytes, sha256: str, statements: list[Statement], read_yaml: ReadYaml
    ) -> Iterator[Page | Refused]:
        suffix = suffix_of(name)
        is_dated = any("date" in statement.fields for statement in statements)
        if suffix in TEXTS:
            yield self._text_page(name, data, sha256, statements)
        elif suffix in TABLES:
            rows = read_table(data, name, statements[0].columns, is_dated)
            yield from self._pages_of_parts(name, sha256, suffix[1:], rows, statements, None)
        else:
            parser = PARSED[suffix]
            kind = f"dated {parser}" if parser == "spreadsheet" and is_dated else parser
            parts: Iterable[Part | Refused] = self._parsers.parse(kind, data)
            if statements[0].stated.whole:
                parts = _one_part(parts)
            yield from self._pages_of_parts(name, sha256, parser, parts, statements, read_yaml)

    def _text_page(self, name: str, data: bytes, sha256: str, statements: list[Statement]) -> Page:
        if len(data) > self._limits.text_mb * 1e6:
            raise CorpusError(too_large(name, len(data), self._limits.text_mb, "RAG_MAX_FILE_MB"))
        page = text_page(name, data, sha256)
        own = Statement()
        if suffix_of(name) in MARKDOWN:
            try:
                own = read_front_matter(page.text, name)
            except CorpusError as error:
                self._sidecars.report(name, f"{error} The text is read without its front matter.")
            shown = shown_text(page.text)
            page = page if shown == page.text else replace(page, text=shown, encoding="markdown")
        return self._with_correction_checked(replace(page, stated=merged([statements[0], own, *statements[1:]])))

    def _pages_of_parts(
        self,
        name: str,
        sha256: str,
        encoding: str,
        parts: Iterable[Part | Refused],
        statements: list[Statement],
        read_yaml: ReadYaml | None,
    ) -> Iterator[Page | Refused]:
        """Yield a page for each part with text. With ``read_yaml`` each part may have YAML of its own."""
        is_empty = True
        for part in parts:
            page: Page | Refused | None
            if isinstance(part, Refused):
                page = replace(part, file=name + part.file, why=f"{name}{part.file} {part.why}", passing=False)
            else:
                try:
                    page = self._page_of_part(name, sha256, encoding, part, statements, read_yaml)
                except CorpusError as error:
                    page = Refused(name + part.mark, str(error))
            if page is not None:
                is_empty = is_empty and isinstance(page, Refused) and page.is_note
                yield page
        if is_empty:
            yield Refused(name, f"{name} holds no text: fill it or remove it.")

    def _page_of_part(
        self,
        name: str,
        sha256: str,
        encoding: str,
        part: Part,
        statements: list[Statement],
        read_yaml: ReadYaml | None,
    ) -> Page | None:
        """The page of a part, None if it has no text. Raise CorpusError if it cannot be used."""
        full_name = name + part.mark
        if len(part.text) > self._limits.text_mb * 1e6 / _PARSED_BYTES:
            size = _PARSED_BYTES * len(part.text)
            raise CorpusError(too_large(full_name, size, self._limits.text_mb, "RAG_MAX_FILE_MB"))
        if not part.text.strip():
            return None
        sidecar, *folders = statements
        own = self._sidecars.own(full_name, read_yaml) if read_yaml and part.mark else Statement()
        if part.mark and sidecar.stated.articles:
            why = f"gives `articles`, but {name} has several pages: name it {full_name}{SUFFIX}."
            self._sidecars.report(name + SUFFIX, f"{name}{SUFFIX} {why} {name} is read without them.")
            sidecar = replace(sidecar, fields=sidecar.fields - {"articles", "sha256"})
        stated = merged([own, sidecar, statement_of(part.stated), *folders])
        return self._with_correction_checked(Page(full_name, part.text, encoding, sha256, stated))

    def _with_correction_checked(self, page: Page) -> Page:
        """The page, without a correction that does not fit it."""
        try:
            check_correction(page)
        except CorpusError as error:
            if not self._as_found:
                self._sidecars.report(page.file + SUFFIX, f"{error} {page.file} is read without `articles`.")
            return replace(page, stated=replace(page.stated, articles=(), sha256=""))
        return page

    def _pages_of_archive(self, name: str, data: bytes) -> Iterator[Page | Refused]:
        try:
            archive = Archive(data, self._limits.source_mb)
        except CorpusError as error:
            yield Refused(name, f"{name} {error}")
            return
        for member, why in archive.refused:
            yield Refused(f"{name}/{member}", f"{name}/{member} {why}")

        def read_yaml(path: str) -> str | None:
            inner = path.removeprefix(f"{name}/")
            if inner == path:
                return self._yaml_on_disk(path)
            return yaml_text(path, archive.read(inner)) if inner in archive.names else None

        members, _, strays = sorted_out(archive.names)
        for stray in strays:
            yield Refused(f"{name}/{stray.file}", f"{name}/{stray.why}")
        for member in members:
            yield from self._pages_of_member(f"{name}/{member}", archive, member, read_yaml)
        if not members and not strays and not archive.refused:
            yield Refused(name, f"{name} holds no file of a kind that is read: pack the articles, or remove it.")

    def _pages_of_member(
        self, name: str, archive: Archive, member: str, read_yaml: ReadYaml
    ) -> Iterator[Page | Refused]:
        try:
            data = archive.read(member)
        except CorpusError as error:
            yield Refused(name, f"{name} {error}")
        else:
            yield from self._pages(name, data, hash_of(data), read_yaml)

    def _yaml_on_disk(self, name: str) -> str | None:
        path = os.path.join(self._folder, name)
        return yaml_text(name, read_bytes(Path(path), name, 1.0, "")) if os.path.exists(path) else None


def _one_part(parts: Iterable[Part | Refused]) -> Iterator[Part | Refused]:
    """The pages of one article as a single text; a page that is refused stays so."""
    texts: list[str] = []
    stated = Stated()
    for part in parts:
        if isinstance(part, Refused):
            yield part
        else:
            texts.append(part.text)
            stated = part.stated
    yield Part("\f".join(texts), stated)
