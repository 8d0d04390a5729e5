"""Files on the disk: written through, hashed, mapped into memory."""

from __future__ import annotations

import hashlib
import os
import selectors
import tokenize
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import IndexUnreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

warnings.filterwarnings("ignore", message="Reading `.npy` or `.npz` file required additional header parsing")


def sync(path: Path) -> None:
    """Return when the file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: Path, text: str) -> None:
    """Write a text file and return when it is on the disk. Raise OSError."""
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def wait_readable(descriptor: int, seconds: float) -> bool:
    """Return whether a pipe can be read within the time. Unlike ``select.select`` it takes descriptors above 1,023."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(max(0.0, seconds)))


def sha256_of(path: Path) -> str:
    """Return the hash of the file's bytes in hexadecimal. Raise IndexUnreadable when permission is denied, else OSError."""
    try:
        with path.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except PermissionError as error:
        raise not_readable(path) from error


def not_readable(path: Path) -> IndexUnreadable:
    """Return the error for a file of the index for which permission is denied."""
    return IndexUnreadable(
        f"Permission to read {path} is denied: run the program as the index's owner, or correct its permissions."
    )


def mapped(path: Path) -> NDArray[Any]:
    """Map into memory what ``numpy.save`` wrote in C order. Raise OSError, or ValueError for any other content."""
    import numpy as np  # here: the process that parses files imports this module and does without it

    try:
        array = np.lib.format.open_memmap(path, mode="r")
        if array.offset + array.nbytes != path.stat().st_size or not array.flags.c_contiguous:
            raise ValueError("size")
    except (
        ValueError,
        TypeError,
        SyntaxError,
        RecursionError,
        MemoryError,
        OverflowError,
        EOFError,
        tokenize.TokenError,
    ) as error:  # NumPy raises any of them for such a file
        raise ValueError(f"{path.name} holds no array") from error
    return array.view(np.ndarray)  # a memmap's slices are slow
