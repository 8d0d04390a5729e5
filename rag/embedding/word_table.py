"""The encoder's word table: rows stay packed, and are unpacked at look-up."""

from __future__ import annotations

import numpy as np
import torch

from rag.embedding.e5_weights import Packed, blocks


class WordTable(torch.nn.Module):
    """Token ids -> their rows. The table is packed (54 MB instead of 384 MB): a text needs some hundred of its 250,037 rows."""

    scale: torch.Tensor
    packed: torch.Tensor
    like: torch.Tensor

    def __init__(self, packed: Packed) -> None:
        super().__init__()
        rows = blocks(packed, "emb.word").reshape(packed.vocabulary, -1)
        self.register_buffer("scale", torch.from_numpy(rows["scale"].astype(np.float32)), persistent=False)
        self.register_buffer("packed", torch.from_numpy(np.ascontiguousarray(rows["packed"])), persistent=False)
        self.register_buffer("like", torch.empty(0), persistent=False)  # has the precision of the model

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the rows of ``ids``, with one more dimension than ``ids`` has."""
        unique, back = torch.unique(ids, return_inverse=True)
        packed = self.packed[unique]
        weights = torch.stack([packed & 15, packed >> 4], dim=-2).to(torch.float32) - 8
        rows = weights * self.scale[unique].to(torch.float32)[..., None, None]
        return rows.flatten(1).to(self.like.dtype)[back]
