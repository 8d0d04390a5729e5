"""A span is completed to what a person would read out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.words import completed

TEXT = (
    "去年，全市居民人均可支配收入为31520元，同比增长近5.1%，其中“张江长三角科技城平湖园”投资超12.5亿元，"
    "引进ABCD公司等3个项目，共计约20余名博士（含外籍）到岗。"
)


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("31520", "31520元"),
        ("152", "31520元"),
        ("5.1", "近5.1%"),
        ("近5.1%", "近5.1%"),
        ("12.5亿", "超12.5亿元"),
        ("5亿", "超12.5亿元"),
        ("BC", "ABCD"),
        ("3个", "3个"),
        ("20余", "约20余名"),
        ("张江长三角科技城平湖园", "张江长三角科技城平湖园"),
        ("“张江长三角科技城平湖园", "“张江长三角科技城平湖园”"),
        ("平湖园”投资", "“张江长三角科技城平湖园”投资"),
        ("博士（含外籍", "博士（含外籍）"),
        ("，同比增长", "同比增长"),
        ("全市居民", "全市居民"),
    ],
)
def test_completed(chosen: str, shown: str) -> None:
    at = TEXT.index(chosen)
    start, end = completed(TEXT, at, at + len(chosen))
    assert TEXT[start:end] == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("共签约5个", "5个"), ("附近20米", "20米"), ("最近3年", "3年"), ("发达5国", "5")]
)
def test_a_modifier_is_no_part_of_another_word(text: str, shown: str) -> None:
    at = next(i for i, c in enumerate(text) if c.isdigit())
    start, end = completed(text, at, at + 1)
    assert text[start:end] == shown


def test_words_stay_in_their_sentence() -> None:
    text = "约。5亿元，20"
    start, end = completed(text, 2, 3, floor=2, ceiling=4)
    assert text[start:end] == "5亿"


@given(st.text("0123456789.,亿万元%近约超（）“”AB汉字，。", max_size=40), st.data())
def test_no_word_of_the_span_is_lost_and_none_is_cut(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    a, b = completed(text, start, end)
    assert 0 <= a <= b <= len(text)
    kept = text[start:end].strip(" \t\n　，,。．｡；;：:、！!？?")
    assert kept in text[a:b]
