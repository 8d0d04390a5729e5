"""A file on disk -> its bytes, their hash and their text; with the messages for what cannot be used."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from rag.errors import CorpusError
from rag.reading.charset import decode, why_not_text
from rag.schema import Page


def read_bytes(path: Path, name: str, max_mb: float, setting: str) -> bytes:
    """Return the bytes of a file. ``setting`` is the environment variable that raises the limit, "" without one.

    Raise CorpusError if it is not a regular file, is over ``max_mb`` or cannot be read.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # reading a pipe would wait without end
            raise CorpusError(f"{name} is not a regular file: remove it from the folder.")
        if about.st_size > max_mb * 1e6:
            raise CorpusError(too_large(name, about.st_size, max_mb, setting))
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{name} cannot be read ({error.strerror}): check the file and its permissions.") from error


def too_large(name: str, size: int, max_mb: float, setting: str) -> str:
    """Return the message for a file of ``size`` bytes that is over the limit."""
    advice = f"split it, or raise {setting}" if setting else "split it"
    return f"{name} has {size / 1e6:.1f} MB, over the limit of {max_mb:g} MB a file: {advice}."


def hash_of(data: bytes) -> str:
    """Return the SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def text_page(name: str, data: bytes, sha256: str) -> Page:
    """Return the bytes of a plain text file as a page. Raise CorpusError if they are empty or not text."""
    if not data.strip():
        raise CorpusError(f"{name} is empty: fill it or remove it.")
    found = decode(data)
    if found is None:
        because = f" ({why})" if (why := why_not_text(data)) else ""
        raise CorpusError(
            f"{name} is not text in UTF-8, UTF-16, GB18030 or Big5{because}: convert it to UTF-8 or remove it."
        )
    return Page(name, *found, sha256)


def yaml_text(name: str, data: bytes) -> str:
    """Return the text of a YAML file. Raise CorpusError if the bytes are not text."""
    found = decode(data) if data.strip() else ("", "")
    if found is None:
        raise CorpusError(f"{name}, line 1: not text in UTF-8: correct it or remove it.")
    return found[0]
