"""A file of the folder -> its articles, and the record that the index keeps of the file."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from rag.indexing.changes import FoundFile
from rag.layout.articles import cut
from rag.reading.reader import FileReader
from rag.schema import Entry, File, Refused


class FileArticles(NamedTuple):
    """``left_out``: (page, number of its lines that are in no article), for pages that have such lines."""

    record: File
    entries: list[Entry]
    left_out: tuple[tuple[str, int], ...]


def articles_in(reader: FileReader, found: FoundFile) -> FileArticles:
    """Read a file and cut its pages into articles. What cannot be used or understood is named in the record."""
    entries: list[Entry] = []
    refused: list[Refused] = []
    notes: list[Refused] = []
    left_out: list[tuple[str, int]] = []
    hashes: dict[str, str] = {}
    for page in reader.pages_of(found.path):
        if isinstance(page, Refused):
            (notes if page.is_note else refused).append(page)
            continue
        page_cut = cut(page)
        articles = page_cut.articles
        if count := sum(line.why != "front matter" for line in page_cut.left_out):
            left_out.append((page.file, count))
        if not articles:
            refused.append(Refused(page.file, f"{page.file} holds no article text: add the body or remove it."))
        hashes[page.file] = page.sha256
        entries += [
            Entry(article, found.record.home, place, jumps=bool(article.goes_on or article.comes_from))
            for place, article in enumerate(articles, len(entries))
        ]
    record = found.record
    read_again = any(part.passing for part in refused)
    sha256 = "" if read_again else reader.sha256 or record.sha256  # the file may have changed since it was listed
    record = replace(
        record,
        sha256=sha256,
        stamp=record.stamp if record.sha256 == sha256 else "",
        articles=len(entries),
        pages=tuple((name, digest) for name, digest in hashes.items() if digest != sha256),
        refused=tuple((part.file, part.why) for part in refused),
        notes=tuple((part.file, part.why) for part in notes),
    )
    return FileArticles(record, entries, tuple(left_out))
