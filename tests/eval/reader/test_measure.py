"""Long texts are read in parts that lose nothing; answers are compared by their characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.reader.checks import overlap
from eval.reader.measure import windows


@pytest.mark.parametrize(
    ("said", "answer", "f1"),
    [
        ("31520元", "31520元", 1.0),
        ("“31520元”。", "31520元", 1.0),
        ("31520", "31520元", 10 / 11),
        ("平湖市", "嘉善县", 0.0),
        ("", "嘉善", 0.0),
        ("AI", "ai", 1.0),
    ],
)
def test_overlap(said: str, answer: str, f1: float) -> None:
    assert overlap(said, answer) == pytest.approx(f1)


@given(st.lists(st.integers(3, 120), min_size=1, max_size=30))
def test_windows_hold_every_sentence(lengths: list[int]) -> None:
    text = "".join(f"{i}" + "字" * length + "。" for i, length in enumerate(lengths))
    parts = windows(text, 150)
    assert all(part in text for part in parts)
    assert all(len(part) <= 150 or part.count("。") == 1 for part in parts)
    for i, length in enumerate(lengths):
        assert any(f"{i}" + "字" * length + "。" in part for part in parts)
