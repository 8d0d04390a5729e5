"""A book in EPUB -> a part for each chapter, in the order of the book."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import Any
from urllib.parse import unquote

from rag.errors import CorpusError
from rag.reading.charset import decode_html
from rag.reading.fields import stated_of
from rag.reading.markup import lines_of_markup
from rag.schema import Part, Refused

_CHAPTERS = (".xhtml", ".html", ".htm")
_MAX_UNPACKED = 500_000_000
_FAULTS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, KeyError)


class Epub:
    """A chapter is one article. The date and the publisher of the book are stated for all of them."""

    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if this is not a book, or a book that only its shop's program can open."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            names = self._zip.namelist()
        except _FAULTS as error:
            raise CorpusError("is damaged or not an EPUB: save it again.") from error
        unpacked = sum(info.file_size for info in self._zip.infolist())
        if unpacked > _MAX_UNPACKED:
            raise CorpusError(f"unpacks to {unpacked / 1e6:.0f} MB: take its pictures out and save it again.")
        if "META-INF/rights.xml" in names:
            raise CorpusError("is protected by its shop: save it without protection.")
        self._book: dict[str, str] = {}
        self._chapters = self._spine() or sorted(name for name in names if name.lower().endswith(_CHAPTERS))
        if not self._chapters:
            raise CorpusError("has no chapter: save it again.")

    def __len__(self) -> int:
        return len(self._chapters)

    def part(self, number: int) -> Part | Refused:
        """Return a chapter, or the refusal of one that is damaged."""
        mark = f"#{number + 1}"
        name = self._chapters[number]
        try:
            source = decode_html(self._zip.read(name))
        except _FAULTS:
            return Refused(mark, f"({name}) is damaged in the book: save it again.")
        if source is None:
            return Refused(mark, f"({name}) is not text in UTF-8, UTF-16, GB18030 or Big5: save it again in UTF-8.")
        title, text = _read(source)
        return Part(text, stated_of({**self._book, "title": title}, "stated", whole=True), mark)

    def _spine(self) -> list[str]:
        """The chapters in the order of the book, none if its table cannot be read."""
        try:
            container = _xml(self._zip.read("META-INF/container.xml"))
            table = next(e.get("full-path") for e in container.iter("{*}rootfile"))
            root = _xml(self._zip.read(table))
        except (*_FAULTS, StopIteration, SyntaxError, TypeError):
            return []
        for field, tag in (("date", "date"), ("source", "publisher")):
            self._book[field] = next((e.text or "" for e in root.iter(f"{{*}}{tag}")), "")
        here = posixpath.dirname(table)
        files = {
            e.get("id"): posixpath.normpath(posixpath.join(here, unquote(e.get("href") or "")))
            for e in root.iter("{*}item")
        }
        return [files[key] for e in root.iter("{*}itemref") if (key := e.get("idref")) in files]


def _xml(data: bytes) -> Any:
    """The tree of an XML file. Raise SyntaxError."""
    from lxml import etree

    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


def _read(source: str) -> tuple[str, str]:
    """The headline of a chapter, and its text without that headline."""
    from lxml import etree, html

    try:
        tree = html.fromstring(source.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ValueError):
        return "", ""
    head = next(tree.iter("h1", "h2", "h3"), None)
    title = "" if head is None else " ".join(head.text_content().split())
    if head is not None:
        head.drop_tree()
    body = tree.find("body")
    markup = html.tostring(body if body is not None else tree, encoding="unicode", method="html")
    text = lines_of_markup(markup)
    return title, text if text.strip() else title  # a page with nothing but a title
