from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.snapshot import Index
from rag.text.scripts import legible
from rag.text.terms import normalise


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("石塘縣興建體育館", "石塘县兴建体育馆"),
        ("乾淨", "干净"),
        ("王乾毅然推掉，著书，钟馗", "王乾毅然推掉，著书，钟馗"),
        ("石\u00ad塘天\u200b文\ufeff馆", "石塘天文馆"),
        ("养⽼院，⺠政局，⻘年，⻔⼝", "养老院，民政局，青年，门口"),
        ("戈登·贝尔，①25家", "戈登·贝尔，①25家"),
        ("\ud800體", "\ud800体"),
        ("AI 2025", "AI 2025"),
        ("", ""),
    ],
)
def test_legible(printed: str, read: str) -> None:
    assert legible(printed) == read


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("體⻓乾\u00ad⽼·"), max_size=40))
def test_legible_twice_is_legible_once(text: str) -> None:
    assert legible(legible(text)) == legible(text)
    assert normalise(legible(text)) == normalise(text)


def test_simplified_articles_are_embedded_as_they_are(index: Index) -> None:
    contexts: Sequence[str] = [passage.context for passage in index.passages]
    assert [legible(context) for context in contexts] == contexts
