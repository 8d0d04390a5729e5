"""A pair of question and passage as tokens, with the characters that each stands for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.embedding.e5_parts import packed, tokenizer
from rag.reader.tokens import LONGEST, Pair, PairTokens

pytestmark = pytest.mark.slow  # the vocabulary takes a second


def join(question: str, headline: str, text: str) -> Pair:
    (pair,) = PairTokens(packed(), tokenizer()).join([question], [headline], [text])
    return pair


def test_the_parts_of_a_pair_stand_in_their_order() -> None:
    pair = join("平湖市长是谁", "人事", "周军波任平湖市市长。")
    pieces = [packed().pieces[i][0] for i in pair.ids]
    assert pieces[0] == "<s>"
    assert pieces[pair.question - 1] == "</s>"
    assert "".join(pieces[1 : pair.question - 1]).replace("▁", " ") == " query: 平湖市长是谁"
    assert "".join(pieces[pair.question : pair.text_at]).replace("▁", " ") == " passage: 人事</s>"
    assert pieces[-1] == "</s>"
    assert len(pair.ids) == pair.text_at + len(pair.places) + 1


def test_a_long_text_is_cut_and_a_long_question_leaves_room() -> None:
    pair = join("平湖" * 400, "标题" * 100, "签约项目" * 300)
    assert len(pair.ids) == LONGEST
    assert pair.text_at <= 72 + 40
    assert len(pair.places) >= LONGEST - 72 - 40 - 1


@settings(max_examples=60)
@given(st.text("平湖人工智能2025年 ａＡ①㎡ﬁé—“”\n\t𠮷", max_size=60))
def test_places_are_in_order_and_cover_the_text(text: str) -> None:
    pair = join("问", "", text)
    at = 0
    for start, end in pair.places:
        if end > start:
            assert start >= at or start == at - 1  # one character may become two tokens
            assert not text[at:start].strip() or start < at
            at = end
    assert not text[at:].strip()


def test_a_character_that_becomes_several_keeps_its_place() -> None:
    text = "面积㎡为5"
    pair = join("问", "", text)
    assert [text[a:b] for a, b in pair.places[1:]] == [
        "面积",
        "㎡",
        "㎡",
        "为",
        "5",
    ]  # after the blank that begins a text
