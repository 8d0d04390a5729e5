"""The weights file: what is written is read, and a file that is not ours is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from rag.errors import ModelError
from rag.reader import weights


def test_rows_are_kept_to_half_a_step_of_their_own_scale() -> None:
    torch.manual_seed(1)
    state = {
        "a.weight": torch.randn(5, 64) * torch.tensor([[1e-3], [1.0], [7.0], [0.02], [100.0]]),
        "b": torch.randn(9),
    }
    read = weights.unpack(weights.pack(state))
    assert read.keys() == state.keys()
    assert torch.equal(read["b"], state["b"])
    steps = state["a.weight"].abs().amax(1) / 127
    assert ((read["a.weight"] - state["a.weight"]).abs().amax(1) <= steps / 2 * 1.0001).all()


def test_a_row_of_zeros_stays_zero() -> None:
    assert torch.equal(weights.unpack(weights.pack({"w": torch.zeros(2, 8)}))["w"], torch.zeros(2, 8))


def test_what_is_no_weights_file_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\w"):
        weights.unpack(b"not tensors")


@pytest.mark.parametrize(("content", "what"), [(None, "is missing"), (save({"a": torch.zeros(1)}), "is damaged")])
def test_a_missing_and_another_file_are_named(
    content: bytes | None, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "reader.safetensors"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(weights, "FILE", file)
    with pytest.raises(ModelError, match=f"{what}: restore it with `git checkout rag/reader`, or set RAG_READER=off"):
        weights.shipped()
