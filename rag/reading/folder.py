"""A folder -> the files in it that hold articles, and those that will not be read."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import CorpusError
from rag.reading.sidecar import FOLDER_FILE, SUFFIX
from rag.schema import Refused

MARKDOWN = (".md", ".markdown")
TEXTS = (".txt", *MARKDOWN)
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
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
    ".xhtml": "html",
    ".shtml": "html",
    ".eml": "mail",
    ".mht": "mail",
    ".mhtml": "mail",
    ".epub": "epub",
    ".png": "scan",
    ".jpg": "scan",
    ".jpeg": "scan",
}
SUFFIXES = (*TEXTS, *TABLES, *PARSED, ".zip")
UNSUPPORTED = {  # kinds of files that newsrooms have and that are not read -> what to do about them
    **dict.fromkeys((".doc", ".wps"), "save it as .docx"),
    **dict.fromkeys((".xlsb", ".et"), "save it as .xlsx"),
    **dict.fromkeys((".ofd", ".caj", ".ppt", ".pptx", ".odp", ".djvu"), "save it as .pdf"),
    **dict.fromkeys((".tif", ".tiff", ".bmp", ".webp", ".heic", ".jp2", ".gif"), "save it as .png"),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz", ".tgz"), "unpack it"),
    ".msg": "save it as .eml",
    **dict.fromkeys((".json", ".xml"), "export it as .jsonl or .csv"),
}
_SILENT = re.compile(r"(?:^|/)\.|(?:^|/)(?:readme(?:\.md|\.markdown)?|thumbs\.db|desktop\.ini|~\$[^/]*)$", re.I)
_PART = re.compile(r"#\d+$")
_NAMED = 10  # files of one kind that is not read; more are counted, not named


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a folder and of those inside it, sorted by path, without hidden files and README. ``files`` are of a
    kind that is read. ``strays`` are the others, but for ``yaml``."""

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
    files, yaml, others = sorted_out(found)
    strays += others
    if not files:
        kinds = ", ".join(SUFFIXES)
        such = f" {strays[0].why}" if strays else ""
        raise CorpusError(
            f"{folder} holds no file of a kind that is read ({kinds}): "
            f"put the articles there, then run `rag index {folder}`. The index in use stays as it is.{such}"
        )
    return Listing(tuple(found[name] for name in files), tuple(found[name] for name in yaml), tuple(strays))


def sorted_out(names: Iterable[str]) -> tuple[list[str], list[str], list[Refused]]:
    """Return the names of files that are read, those of YAML that speaks for them, and the others, each with what to do.

    Names are paths in a folder or in an archive. All are sorted, folder by folder. Hidden files, README, and what
    Windows and Word leave behind are in none of the three. Of a kind that is not read, ten files are named at most.
    """
    files, yaml, unread = [], [], defaultdict(list)
    for name in sorted(names, key=lambda name: name.replace("/", "\0")):
        if _SILENT.search(name):
            continue
        kind = suffix_of(name)
        if kind in SUFFIXES:
            files.append(name)
        elif kind in (SUFFIX, ".yml"):
            yaml.append(name)
        else:
            unread[kind].append(name)
    strays = []
    for kind, left_out in unread.items():
        if len(left_out) <= _NAMED:
            strays += [Refused(name, why_unread(name)) for name in left_out]
        else:
            strays.append(Refused(f"*{kind}", _why_unread(f"{len(left_out):,} files such as {left_out[0]}", kind)))
    others = {*files, *(name for left_out in unread.values() for name in left_out)}
    for name in yaml:
        described = _PART.sub("", name.removesuffix(SUFFIX))
        if name.rpartition("/")[2] != FOLDER_FILE and (name.endswith(".yml") or described not in others):
            advice = f"name it after one, e.g. page.txt{SUFFIX}, or {FOLDER_FILE} for a folder."
            strays.append(Refused(name, f"{name} has no file beside it: {advice}"))
    return files, [name for name in yaml if name.endswith(SUFFIX)], strays


def suffix_of(name: str) -> str:
    """Return the end of a file's name that tells its kind, in lower case: ``.txt``."""
    return os.path.splitext(name)[1].lower()


def why_unread(name: str) -> str:
    """Return why a file of a kind that is not read is left out, and what to do."""
    return _why_unread(name, suffix_of(name))


def _why_unread(what: str, kind: str) -> str:
    if kind in UNSUPPORTED:
        return f"{what} {'are' if ' files such as ' in what else 'is'} of a kind that is not read: {UNSUPPORTED[kind]}."
    named = f"end in {kind}" if " files such as " in what else f"ends in {kind}"
    if not kind:
        named = "have no suffix" if " files such as " in what else "has no suffix"
    return f"{what} {named}, which is no kind that is read: save it as .txt, .docx or .pdf, or remove it."


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


def check_index_outside(folder: Path, index_dir: Path) -> None:
    """Raise CorpusError if the folder does not exist, or if the index would lie inside it and be read as articles."""
    _check_is_folder(folder)
    # os.path.realpath, for Path.resolve raises where links lead in a circle
    index_path, folder_path = Path(os.path.realpath(index_dir)), Path(os.path.realpath(folder))
    if index_path == folder_path:
        raise CorpusError(f"{folder} is the folder of the index: name the folder that holds your articles.")
    if index_path.is_relative_to(folder_path):
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
