"""Folder of files -> pages: the text of each file and where it came from."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

from rag.errors import CorpusError
from rag.schema import Page

SUFFIXES = (".txt", ".md")
_README = "readme.md"


def list_files(folder: Path) -> list[Path]:
    """The files that hold articles, sorted by their path; a README and hidden files are none.

    Raises CorpusError when the folder is missing, unreadable or holds no such file.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder: name the folder that holds your articles, e.g. `rag index seeds`.")
    try:
        files = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in SUFFIXES
            and path.name.lower() != _README
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
            and not path.is_dir()
        )
    except OSError as error:
        raise CorpusError(f"{folder} cannot be read ({error.strerror}): check its permissions.") from error
    if not files:
        kinds = " or ".join(SUFFIXES)
        raise CorpusError(f"{folder} holds no {kinds} file: put the articles there, then run `rag index {folder}`.")
    return files


def name_of(path: Path, folder: Path) -> str:
    """The file's path within the folder; bytes of it that are no UTF-8 are spelled out."""
    return path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()


def read_page(path: Path, folder: Path, max_mb: float) -> Page:
    """One file, decoded. Offsets elsewhere count characters of ``Page.text``, that is of the file's
    bytes decoded with ``Page.encoding`` and with no newline translated.

    Raises CorpusError, in one line, when this file cannot be used.
    """
    name = name_of(path, folder)
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for without end
            raise CorpusError(f"{name} is no regular file: remove it from the folder.")
        size = about.st_size
        if size > max_mb * 1e6:
            raise CorpusError(
                f"{name} has {size / 1e6:.1f} MB, over the limit of {max_mb:g} MB a file: "
                "split it, or raise RAG_MAX_FILE_MB."
            )
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{name} cannot be read ({error.strerror}): check the file and its permissions.") from error
    if not data.strip():
        raise CorpusError(f"{name} is empty: fill it or remove it.")
    for encoding in _candidates(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text) and (encoding != "gb18030" or _is_chinese(text)):
            return Page(name, text, encoding, hashlib.sha256(data).hexdigest())
    raise CorpusError(f"{name} is not text in UTF-8, UTF-16 or GB18030: convert it to UTF-8 or remove it.")


def _candidates(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    yield "utf-8"
    yield "gb18030"


_COMMON = set("的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多"
              "這個為來們時對會發動過說產種後與")


def _is_chinese(text: str) -> bool:
    """GB18030 decodes most bytes to something. Of real Chinese these characters are a tenth and more, of
    Big5 or Shift-JIS read as GB18030 next to none; a third of that is asked for."""
    chinese = [c for c in text[:20000] if "\u3400" <= c <= "\u9fff"]
    return bool(chinese) and sum(c in _COMMON for c in chinese) >= len(chinese) * 0.03


def _is_text(text: str) -> bool:
    """Whether the characters look like writing, that is hold next to no control characters."""
    sample = text[:20000]
    strange = sum(
        1 for c in sample if (c < " " and c not in "\t\r\n\f\v\x1a") or "\ue000" <= c <= "\uf8ff" or c == "\ufffd"
    )
    return strange <= len(sample) * 0.002
