"""Files on the disk: written through, hashed, mapped."""

from __future__ import annotations

import hashlib
import os
import tokenize
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexUnreadable

warnings.filterwarnings("ignore", message="Reading `.npy` or `.npz` file required additional header parsing")


def sync(path: Path) -> None:
    """Written through to the disk when it returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except PermissionError as error:
        raise not_readable(path) from error


def not_readable(path: Path) -> IndexUnreadable:
    return IndexUnreadable(
        f"{path} may not be read (permission denied): run the program as the index's owner, or correct its permissions."
    )


def mapped(path: Path) -> NDArray[Any]:
    """What ``numpy.save`` wrote, in C order. Raises OSError, or ValueError for anything else."""
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
    ) as error:
        raise ValueError(f"{path.name} holds no array") from error  # whichever NumPy meets first in such a file
    return array.view(np.ndarray)  # a memmap's slices are slow
