"""The reader's network: BERT's body with three heads, in plain torch. Importing this module imports torch alone.

Parameters are named as in the packed file of the encoder (``l0.q.w``), so that the encoder's weights are where fitting
starts. The word table is not a parameter: it stays packed, and the body takes its rows.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN, LAYERS, HEADS, INTERMEDIATE, POSITIONS, TYPES = 384, 12, 12, 1536, 512, 2
EPS = 1e-12


class Layer(nn.Module):
    """One layer of a BERT encoder: attention and a feed-forward step, each added to its input and normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.ao = nn.Linear(HIDDEN, HIDDEN)
        self.aln = nn.LayerNorm(HIDDEN, EPS)
        self.fi = nn.Linear(HIDDEN, INTERMEDIATE)
        self.fo = nn.Linear(INTERMEDIATE, HIDDEN)
        self.oln = nn.LayerNorm(HIDDEN, EPS)

    def forward(self, x: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
        """Return the layer's states. ``x``: (texts, tokens, HIDDEN). ``mask``: (texts, 1, 1, tokens), False for padding."""
        texts, tokens, _ = x.shape
        q, k, v = self.qkv(x).view(texts, tokens, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        seen = self.ao(seen.transpose(1, 2).reshape(texts, tokens, HIDDEN))
        x = self.aln(x + _dropped(seen, dropout))
        made = self.fo(functional.gelu(self.fi(x)))
        out: Tensor = self.oln(x + _dropped(made, dropout))
        return out


class Body(nn.Module):
    """Token rows -> three logits: whether the passage answers, and for every token whether the answer starts or ends there."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.pos = nn.Embedding(POSITIONS, HIDDEN)
        self.kind = nn.Embedding(TYPES, HIDDEN)
        self.ln = nn.LayerNorm(HIDDEN, EPS)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.pool = nn.Linear(HIDDEN, HIDDEN)
        self.answers = nn.Linear(HIDDEN, 1)
        self.span = nn.Linear(HIDDEN, 2)

    def forward(self, rows: Tensor, kinds: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the logits of the passages, (texts,), and of start and end, (texts, tokens, 2).

        ``rows``: rows of the word table, (texts, tokens, HIDDEN). ``kinds``: 0 for the question, 1 for the passage, (texts,
        tokens). ``mask``: (texts, tokens), False for padding; None if no text is padded.
        """
        positions = torch.arange(rows.shape[1], device=rows.device)
        x = self.ln(rows + self.pos(positions)[None] + self.kind(kinds))
        dropout = self.dropout if self.training else 0.0
        x = _dropped(x, dropout)
        seen = None if mask is None else mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, seen, dropout)
        first = torch.tanh(self.pool(x[:, 0]))
        first = functional.dropout(first, dropout)
        return self.answers(first).squeeze(-1).float(), self.span(x).float()


def _dropped(x: Tensor, share: float) -> Tensor:
    """Set a share of the dimensions to zero, the same for all tokens of a text: to draw for every token takes a tenth of a fit."""
    if not share:
        return x
    return x * functional.dropout(torch.ones(x.shape[0], 1, x.shape[2], dtype=x.dtype, device=x.device), share)
