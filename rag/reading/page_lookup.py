"""A name -> the page of that name: a file, a page of a file, or a member of an archive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.config import Limits
from rag.errors import CorpusError
from rag.reading.folder import name_of
from rag.reading.reader import FileReader
from rag.schema import Page, Refused


def pages_in(file: str, folders: Sequence[Path], limits: Limits) -> Iterator[Page]:
    """Yield the pages of a file, or the page that is named (``a.pdf#2``, ``b.zip/c.txt``).

    ``file`` is a path, or a name inside one of ``folders``; the first folder that has it counts. A correction that does
    not fit the file is passed over. Raise CorpusError if the file is not there or cannot be used.
    """
    places = (Path(file), *(folder / file for folder in folders))
    path = next((found for place in places if (found := file_of(place))), None)
    if path is None:
        raise CorpusError(
            f"{file} is not a file here or in {folders[0]}: `rag status --json` lists the files that were read."
        )
    folder = next((f for f in folders if path.resolve().is_relative_to(f.resolve())), path.parent)
    path = folder / path.resolve().relative_to(folder.resolve())
    part = file.partition(path.name)[2]
    why_refused = ""
    is_found = False
    with FileReader(folder, limits, as_found=True) as reader:
        for page in reader.pages_of(path):
            if isinstance(page, Refused):
                why_refused = why_refused or ("" if page.is_note else page.why)
            elif not part or page.file == name_of(path, folder) + part:
                is_found = True
                yield page
    if not is_found:
        raise CorpusError(why_refused or f"{file} is not a page of {path}.")


def file_of(path: Path) -> Path | None:
    """Return the file on disk that holds the page of this name, None without one: the file itself, a file of several
    pages, or an archive."""
    bare = path.with_name(re.sub(r"#\d+$", "", path.name)) if path.name else path
    return next((p for p in (path, bare, *path.parents) if p.is_file()), None)
