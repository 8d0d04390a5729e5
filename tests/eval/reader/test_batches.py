"""Batches hold every example once, and say of each what the reader should."""

from __future__ import annotations

from random import Random

import pytest

from eval.reader.batches import cut, tensors
from eval.reader.examples import Example
from rag.embedding.e5_parts import packed, tokenizer
from rag.reader.tokens import PairTokens

pytestmark = pytest.mark.slow


def test_labels_of_a_batch() -> None:
    text = "平湖签约5个项目。"
    rows = [
        Example("签约几个", "", text, ((4, 6),), True, "u"),
        Example("嘉善签约几个", "", text, (), False, "u"),
        Example("是否签约", "", text, (), True, "v"),
    ]
    ((one, two, three),) = cut([rows], PairTokens(packed(), tokenizer()), 4096, Random(1))
    batch = tensors([one, two, three], packed().pad)
    assert batch.answerable.tolist() == [1.0, 0.0, 1.0]
    assert batch.pairs.tolist() == [[0, 1]]
    first = batch.starts[0].argmax().item() - one[1].text_at
    last = batch.ends[0].argmax().item() - one[1].text_at
    assert text[one[1].places[first][0] : one[1].places[last][1]].startswith("5")
    assert batch.starts.sum(1).tolist() == [1.0, 1.0, 0.0]
    assert batch.starts[1, 0] == batch.ends[1, 0] == 1
    assert batch.mask.sum(1).tolist() == [len(pair.ids) for _, pair in (one, two, three)]


def test_every_example_is_read_once_within_the_limit() -> None:
    units = [
        [
            Example(f"问题{i}-{j}", "标题", "人工智能。" * (1 + (7 * i + j) % 50), (), j > 0, f"{i}")
            for j in range(1 + i % 4)
        ]
        for i in range(60)
    ]
    batches = cut(units, PairTokens(packed(), tokenizer()), 1500, Random(2))
    asked = [one.question for batch in batches for one, _ in batch]
    assert sorted(asked) == sorted(one.question for unit in units for one in unit)
    assert all(max(len(p.ids) for _, p in batch) * len(batch) <= 1500 or len(batch) == 1 for batch in batches)
