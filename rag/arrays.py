"""Arrays in files, mapped into memory: what stands there is an array as it was written, or an error."""

from __future__ import annotations

import tokenize
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

warnings.filterwarnings("ignore", message="Reading `.npy` or `.npz` file required additional header parsing")


def mapped(path: Path) -> NDArray[Any]:
    """What ``numpy.save`` wrote, in C order. Raises OSError, or ValueError for anything else."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
        if array.offset + array.nbytes != path.stat().st_size or not array.flags.c_contiguous:
            raise ValueError("size")
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError, EOFError, tokenize.TokenError) as error:
        raise ValueError(f"{path.name} holds no array") from error  # whichever NumPy meets first in such a file
    return array.view(np.ndarray)  # a memmap's slices are slow
