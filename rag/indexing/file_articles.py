"""A file of the folder -> its articles, and the record that the index keeps of the file."""

from __future__ import annotations

from dataclasses import replace

from rag.indexing.changes import FoundFile
from rag.layout.articles import articles_of
from rag.reading.reader import FileReader
from rag.schema import Entry, File, Refused


def articles_in(reader: FileReader, found: FoundFile) -> tuple[File, list[Entry]]:
    """Read a file and cut its pages into articles. What cannot be used or understood is named in the record."""
    entries: list[Entry] = []
    refused: list[Refused] = []
    notes: list[Refused] = []
    hashes: dict[str, str] = {}
    for page in reader.pages_of(found.path):
        if isinstance(page, Refused):
            (notes if page.is_note else refused).append(page)
            continue
        articles = articles_of(page)
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
    return replace(
        record,
        sha256=sha256,
        stamp=record.stamp if record.sha256 == sha256 else "",
        articles=len(entries),
        pages=tuple((name, digest) for name, digest in hashes.items() if digest != sha256),
        refused=tuple((part.file, part.why) for part in refused),
        notes=tuple((part.file, part.why) for part in notes),
    ), entries
