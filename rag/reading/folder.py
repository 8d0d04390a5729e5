"""A folder -> the files in it that hold articles, and what stands there in vain."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import CorpusError
from rag.reading.sidecar import FOLDER_FILE, SUFFIX
from rag.schema import Refused

TEXT = (".txt", ".md")
EXPORTS = (".csv", ".jsonl")
KINDS = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".html": "html",
    ".htm": "html",
    ".png": "scan",
    ".jpg": "scan",
    ".jpeg": "scan",
}
SUFFIXES = (*TEXT, *EXPORTS, *KINDS, ".zip")
UNREAD = {  # what newsrooms have and no reader is for -> what to do about it
    **dict.fromkeys((".doc", ".wps", ".rtf", ".odt"), "save it as .docx"),
    **dict.fromkeys((".xls", ".xlsx", ".et"), "export it as .csv"),
    **dict.fromkeys((".ofd", ".caj", ".ppt", ".pptx", ".epub", ".mht", ".mhtml"), "save it as .pdf"),
    **dict.fromkeys((".tif", ".tiff", ".bmp", ".webp", ".heic"), "save it as .png"),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz", ".tgz"), "unpack it"),
    **dict.fromkeys((".json", ".xml"), "export it as .jsonl or .csv"),
}
README = "readme.md"
_PART = re.compile(r"#\d+$")


@dataclass(frozen=True, slots=True)
class Listing:
    """What stands in a folder and those within it, sorted by path; hidden files are left out."""

    files: tuple[Path, ...]
    """Those that hold articles, or would be expected to; a README is none."""
    yaml: tuple[Path, ...]
    strays: tuple[Refused, ...]
    """What would be lost without a word."""


def list_files(folder: Path) -> list[Path]:
    """The files that hold articles, sorted by their path; a README, hidden files and YAML are none.

    Raises CorpusError when the folder is missing, unreadable or holds no such file.
    """
    return list(listed(folder).files)


def listed(folder: Path) -> Listing:
    """Raises CorpusError as ``list_files``, and where a folder within it cannot be read: its articles are not gone."""
    _demand(folder)
    found: dict[str, Path] = {}
    strays = []
    for path, linked in _walk(folder):
        name = name_of(path, folder)
        if linked:
            strays.append(Refused(name, f"{name} is a link to a folder: copy the folder here, or index it by itself."))
        elif name in found:  # one of the two is no UTF-8
            strays.append(Refused(name, f"{name} is how the names of two files are spelled: rename one of them."))
        else:
            found[name] = path
    names = sorted(found, key=lambda name: name.replace("/", "\0"))  # folder by folder
    files = tuple(found[name] for name in names if _is_read(found[name]))
    yaml = tuple(found[name] for name in names if name.endswith(SUFFIX))
    beside = {name for name in names if not name.endswith((SUFFIX, ".yml"))}
    strays += [
        Refused(
            name,
            f"{name} stands beside no file: name it after one, e.g. page.txt{SUFFIX}, or {FOLDER_FILE} for a folder.",
        )
        for name in names
        if name.endswith((SUFFIX, ".yml"))
        and found[name].name != FOLDER_FILE
        and (name.endswith(".yml") or _PART.sub("", name.removesuffix(SUFFIX)) not in beside)
    ]
    if not files:
        kinds = ", ".join(SUFFIXES)
        raise CorpusError(
            f"{folder} holds no file of a kind that is read ({kinds}): "
            f"put the articles there, then run `rag index {folder}`. The index in use stays as it is."
        )
    return Listing(files, yaml, tuple(strays))


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Each file, and each link to a folder, which is not followed: it may lead round in a circle."""

    def fail(error: OSError) -> None:
        raise CorpusError(
            f"{error.filename} cannot be read ({error.strerror}): correct its permissions or take it out of {folder}. "
            "The index in use stays as it is."
        )

    for place, folders, files in os.walk(folder, onerror=fail):
        for name in files:
            if not name.startswith("."):
                yield Path(place, name), False
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                yield Path(place, name), True


def _is_read(path: Path) -> bool:
    return path.suffix.lower() in (*SUFFIXES, *UNREAD) and path.name.lower() != README


def apart(folder: Path, index_dir: Path) -> None:
    """Raises CorpusError where there is no folder, or the index would lie among the articles, and be read as such."""
    _demand(folder)
    if index_dir.resolve().is_relative_to(folder.resolve()):
        what = (
            f"{folder} is where the index lies: name the folder that holds your articles."
            if index_dir.resolve() == folder.resolve()
            else f"The index in {index_dir} would lie within {folder}, among the articles: name a folder outside with --index."
        )
        raise CorpusError(what)


def _demand(folder: Path) -> None:
    if not folder.is_dir():
        raise CorpusError(
            f"{folder} is not a folder: name the folder that holds your articles, e.g. `rag index seeds`."
        )


def name_of(path: Path, folder: Path) -> str:
    """The file's path within the folder; bytes of it that are no UTF-8 are spelled out."""
    return path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()
