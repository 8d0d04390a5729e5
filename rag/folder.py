"""A folder -> the files in it that hold articles, and what stands there in vain."""

from __future__ import annotations

import re
from pathlib import Path

from rag.errors import CorpusError
from rag.schema import Refused
from rag.sidecar import FOLDER_FILE, SUFFIX

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
README = "readme.md"
_PART = re.compile(r"#\d+$")


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
            and path.name.lower() != README
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


def apart(folder: Path, index_dir: Path) -> None:
    """Raises CorpusError where the index would lie among the articles, and be read as such."""
    if index_dir.resolve().is_relative_to(folder.resolve()):
        raise CorpusError(f"The index in {index_dir} would lie within {folder}, among the articles: name a folder outside with --index.")


def strays(folder: Path) -> list[Refused]:
    """YAML that is beside no file: what it states would be lost without a word."""
    return [
        Refused(name_of(path, folder), f"{name_of(path, folder)} stands beside no file: name it after one, "
                f"e.g. page.txt{SUFFIX}, or {FOLDER_FILE} for a folder.")
        for path in sorted(folder.rglob("*.y*ml"))
        if path.suffix in (SUFFIX, ".yml") and path.name != FOLDER_FILE and not _beside(path)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def name_of(path: Path, folder: Path) -> str:
    """The file's path within the folder; bytes of it that are no UTF-8 are spelled out."""
    return path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()


def _beside(path: Path) -> bool:
    """Whether a YAML is named after a file that is there, or after a part of one (``paper.pdf#2.yaml``)."""
    return path.suffix == SUFFIX and path.with_name(_PART.sub("", path.stem)).exists()
