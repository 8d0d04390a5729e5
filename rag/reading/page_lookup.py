"""A name -> the page it is the name of: a file, a page of one, a member of an archive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.config import Limits
from rag.errors import CorpusError
from rag.reading.folder import name_of
from rag.reading.reader import Reader
from rag.schema import Page, Refused


def pages_in(file: str, folders: Sequence[Path], limits: Limits) -> Iterator[Page]:
    """The pages of one file, or the one that is named (``a.pdf#2``, ``b.zip/c.txt``). ``file`` is a path, or a name within
    one of ``folders``: the first that has it counts. A correction that does not fit the file is passed over.

    Raises CorpusError when it is not there, or cannot be used.
    """
    path = next(
        (found for found in (file_of(Path(file)), *(file_of(folder / file) for folder in folders)) if found), None
    )
    if path is None:
        raise CorpusError(
            f"{file} is no file here or in {folders[0]}: `rag status --json` lists the files that were read."
        )
    folder = next((each for each in folders if path.resolve().is_relative_to(each.resolve())), path.parent)
    path = folder / path.resolve().relative_to(folder.resolve())
    part = file.partition(path.name)[2]
    refused = ""
    some = False
    with Reader(folder, limits, as_found=True) as reader:
        for page in reader.pages_of(path):
            if isinstance(page, Refused):
                refused = refused or page.why
            elif not part or page.file == name_of(path, folder) + part:
                some = True
                yield page
    if not some:
        raise CorpusError(refused or f"{file} is no page of {path}.")


def file_of(path: Path) -> Path | None:
    """The file on disk that holds a page of this name: itself, an archive, or a file of several pages."""
    bare = path.with_name(re.sub(r"#\d+$", "", path.name)) if path.name else path
    return next((p for p in (path, bare, *path.parents) if p.is_file()), None)
