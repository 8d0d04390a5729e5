"""The reader's weights file <-> tensors. Matrices are stored as int8 rows, each with a scale; vectors as float32.

A matrix ``w`` is two tensors: ``w.q``, int8, and ``w.s``, float32, one scale a row. ``w = w.q * w.s``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from rag.errors import ModelError
from rag.reader.reader import SHA256

FILE = Path(__file__).parent / "reader.safetensors"


def pack(state: Mapping[str, Tensor]) -> bytes:
    """Return the content of a weights file. ``state``: float tensors by name."""
    packed: dict[str, Tensor] = {}
    for name, value in state.items():
        if value.ndim == 2:
            scale = value.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
            packed[f"{name}.q"] = (value / scale).round().to(torch.int8)
            packed[f"{name}.s"] = scale.squeeze(1).float()
        else:
            packed[name] = value.float().contiguous()
    return save(packed)


def unpack(content: bytes) -> dict[str, Tensor]:
    """Return the tensors of ``pack`` as float32. Raise ValueError if the content is not a weights file."""
    try:
        packed = load(content)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    state = {name: value for name, value in packed.items() if not name.endswith((".q", ".s"))}
    for name in packed:
        if name.endswith(".q"):
            state[name[:-2]] = packed[name].float() * packed[name[:-2] + ".s"][:, None]
    return state


def shipped() -> dict[str, Tensor]:
    """Return the weights that come with the project. Raise ModelError if the file is missing or is another one."""
    try:
        content = FILE.read_bytes()
    except OSError as error:
        raise ModelError(_MEND.format("is missing")) from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ModelError(_MEND.format("is damaged"))
    return unpack(content)


_MEND = "The reader's weights file rag/reader/reader.safetensors {}: restore it with `git checkout rag/reader`, or set RAG_READER=off."
