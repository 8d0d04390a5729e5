"""A folder -> the files in it that hold articles, and those that will not be read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import CorpusError
from rag.reading.sidecar import FOLDER_FILE, SUFFIX
from rag.schema import Refused

TEXTS = (".txt", ".md")
TABLES = (".csv", ".jsonl")
PARSED = {  # suffix -> the parser for it, see ``parser_process``
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".odt": "odt",
    ".rtf": "rtf",
    ".xlsx": "spreadsheet",
    ".xlsm": "spreadsheet",
    ".xls": "spreadsheet",
    ".ods": "spreadsheet",
    ".html": "html",
    ".htm": "html",
    ".png": "scan",
    ".jpg": "scan",
    ".jpeg": "scan",
}
SUFFIXES = (*TEXTS, *TABLES, *PARSED, ".zip")
UNSUPPORTED = {  # kinds of files that newsrooms have and that are not read -> what to do about them
    **dict.fromkeys((".doc", ".wps"), "save it as .docx"),
    **dict.fromkeys((".xlsb", ".et"), "save it as .xlsx"),
    **dict.fromkeys((".ofd", ".caj", ".ppt", ".pptx", ".epub", ".mht", ".mhtml"), "save it as .pdf"),
    **dict.fromkeys((".tif", ".tiff", ".bmp", ".webp", ".heic"), "save it as .png"),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz", ".tgz"), "unpack it"),
    **dict.fromkeys((".json", ".xml"), "export it as .jsonl or .csv"),
}
README = "readme.md"
_PART = re.compile(r"#\d+$")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a folder and of those inside it, sorted by path, without hidden files. ``files`` hold articles, or are
    expected to; a README is not one of them. ``strays`` are files that would be left out without a message."""

    files: tuple[Path, ...]
    yaml: tuple[Path, ...]
    strays: tuple[Refused, ...]


def list_files(folder: Path) -> list[Path]:
    """Return the files that hold articles, sorted by path, without README, hidden files and YAML.

    Raise CorpusError if the folder is missing, cannot be read or holds no such file.
    """
    return list(list_folder(folder).files)


def list_folder(folder: Path) -> Listing:
    """Return the files of the folder. Raise CorpusError as ``list_files`` does, and if a folder inside it cannot be read:
    its articles must not be taken for deleted."""
    _check_is_folder(folder)
    found: dict[str, Path] = {}
    strays = []
    for path, linked in _walk(folder):
        name = name_of(path, folder)
        if linked:
            strays.append(Refused(name, f"{name} is a link to a folder: copy the folder here, or index it by itself."))
        elif name in found:  # the name of one of the two is not UTF-8
            strays.append(Refused(name, f"{name} is the spelling of the names of two files: rename one of them."))
        else:
            found[name] = path
    names = sorted(found, key=lambda name: name.replace("/", "\0"))  # folder by folder
    files = tuple(found[name] for name in names if _is_read(found[name]))
    yaml = tuple(found[name] for name in names if name.endswith(SUFFIX))
    strays += [
        Refused(
            name,
            f"{name} has no file beside it: name it after one, e.g. page.txt{SUFFIX}, or {FOLDER_FILE} for a folder.",
        )
        for name in _yaml_without_file(names)
    ]
    if not files:
        kinds = ", ".join(SUFFIXES)
        raise CorpusError(
            f"{folder} holds no file of a kind that is read ({kinds}): "
            f"put the articles there, then run `rag index {folder}`. The index in use stays as it is."
        )
    return Listing(files, yaml, tuple(strays))


def _yaml_without_file(names: Sequence[str]) -> list[str]:
    """The names of YAML files that speak neither for a file nor for a folder."""
    others = {name for name in names if not name.endswith((SUFFIX, ".yml"))}
    return [
        name
        for name in names
        if name.endswith((SUFFIX, ".yml"))
        and name.rpartition("/")[2] != FOLDER_FILE
        and (name.endswith(".yml") or _PART.sub("", name.removesuffix(SUFFIX)) not in others)
    ]


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Each file, and each link to a folder; True for a link. Links are not followed: they may lead in a circle."""

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
    return path.suffix.lower() in (*SUFFIXES, *UNSUPPORTED) and path.name.lower() != README


def check_index_outside(folder: Path, index_dir: Path) -> None:
    """Raise CorpusError if the folder does not exist, or if the index would lie inside it and be read as articles."""
    _check_is_folder(folder)
    if index_dir.resolve() == folder.resolve():
        raise CorpusError(f"{folder} is the folder of the index: name the folder that holds your articles.")
    if index_dir.resolve().is_relative_to(folder.resolve()):
        raise CorpusError(
            f"The index in {index_dir} would lie inside {folder}, among the articles: name a folder outside with --index."
        )


def _check_is_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise CorpusError(
            f"{folder} is not a folder: name the folder that holds your articles, e.g. `rag index seeds`."
        )


def name_of(path: Path, folder: Path) -> str:
    """Return the file's path inside the folder; bytes of it that are not UTF-8 are spelled out."""
    return path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()
