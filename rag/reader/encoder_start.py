"""The encoder's weights -> the reader's body before it is fitted."""

from __future__ import annotations

import numpy as np
import torch

from rag.embedding.e5_weights import Packed, tensor
from rag.reader.body import LAYERS, Body, Layer

_NORM, _LINEAR = ("aln", "oln"), ("ao", "fi", "fo")


@torch.no_grad()
def from_encoder(body: Body, packed: Packed) -> None:
    """Set every weight of ``body`` but its heads to the encoder's."""

    def copy(into: torch.Tensor, *names: str) -> None:
        parts = [np.array(tensor(packed, name), copy=True).reshape(-1, *into.shape[1:]) for name in names]
        into.copy_(torch.from_numpy(np.concatenate(parts)))

    copy(body.pos.weight, "emb.pos")
    copy(body.kind.weight, "emb.type")
    copy(body.ln.weight, "emb.ln.w")
    copy(body.ln.bias, "emb.ln.b")
    for i in range(LAYERS):
        layer = body.layers[i]
        assert isinstance(layer, Layer)
        for part, kind in (("weight", "w"), ("bias", "b")):
            copy(getattr(layer.qkv, part), *(f"l{i}.{x}.{kind}" for x in "qkv"))
            for name in (*_LINEAR, *_NORM):
                copy(getattr(getattr(layer, name), part), f"l{i}.{name}.{kind}")
