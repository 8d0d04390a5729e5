"""Before it is fitted, the body is the encoder."""

from __future__ import annotations

import pytest
import torch

from rag.embedding.e5_model import bert
from rag.embedding.e5_parts import packed
from rag.embedding.word_table import WordTable
from rag.reader.body import Body, Layer
from rag.reader.encoder_start import from_encoder

pytestmark = pytest.mark.slow


def states(body: Body, ids: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    x = body.ln(
        WordTable(packed())(ids) + body.pos(torch.arange(ids.shape[1]))[None] + body.kind(torch.zeros_like(ids))
    )
    for layer in body.layers:
        assert isinstance(layer, Layer)
        x = layer(x, mask, 0.0)
    return x


@torch.inference_mode()
def test_the_layers_give_the_states_of_bert() -> None:
    body = Body().eval()
    from_encoder(body, packed())
    ids = torch.tensor([[0, 6, 40, 500, 7000, 2, 1, 1], [0, 9, 90, 900, 9000, 90000, 33, 2]])
    mask = ids != packed().pad
    wanted = bert(packed())(input_ids=ids, attention_mask=mask.long())[0]
    assert (states(body, ids, mask[:, None, None]) - wanted)[mask].abs().max() < 1e-5


@torch.inference_mode()
def test_padding_changes_nothing() -> None:
    torch.manual_seed(3)
    body = Body().eval()
    rows, kinds = torch.randn(1, 6, 384), torch.tensor([[0, 0, 0, 1, 1, 1]])
    answers, span = body(rows, kinds, None)
    padded = torch.cat([rows, torch.randn(1, 2, 384)], 1), torch.cat([kinds, torch.ones(1, 2).long()], 1)
    mask = torch.tensor([[True] * 6 + [False] * 2])
    other, other_span = body(*padded, mask)
    assert torch.allclose(answers, other, atol=1e-4)
    assert torch.allclose(span, other_span[:, :6], atol=1e-4)
