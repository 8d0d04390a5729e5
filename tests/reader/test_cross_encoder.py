"""A cross-encoder from a folder, as sentence-transformers writes it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from rag.errors import ModelError
from rag.reader.cross_encoder import CrossEncoderReader

pytestmark = pytest.mark.slow


def save(folder: Path, labels: int) -> Path:
    torch.manual_seed(4)
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"平湖签约项目标题问人工智能"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=labels,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_its_scores_are_the_logits_of_the_pairs(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", 1)
    passages = [("标题", "平湖签约"), ("", "人工智能项目"), ("", "签约")]
    found = CrossEncoderReader(str(folder)).read("平湖签约项目问", passages)
    model = CrossEncoder(str(folder), activation_fn=torch.nn.Identity())
    wanted = model.predict([("平湖签约项目问", t) for t in ("标题\n平湖签约", "人工智能项目", "签约")])
    assert [reading.answers for reading in found] == pytest.approx(wanted.tolist(), abs=1e-3)
    assert all(reading.spans == () for reading in found)


@pytest.mark.parametrize(
    ("labels", "message"), [(0, "cannot be loaded"), (3, "has 3 labels, not 1: set RAG_READER_MODEL to a reranker")]
)
def test_what_is_no_reranker_is_named(labels: int, message: str, tmp_path: Path) -> None:
    folder = save(tmp_path / "model", labels) if labels else tmp_path / "nothing"
    with pytest.raises(ModelError, match=message):
        CrossEncoderReader(str(folder)).read("问", [("", "平湖")])
