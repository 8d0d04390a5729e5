"""The plain form by hand, and its length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.plain_form import plain_form


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("二〇一九年三月石塘县迁址", "2019年3月石塘县迁址"),
        ("一九四九年十月一日", "1949年十月一日"),
        ("２０２０年五月九日启用ＡＩ中心", "2020年5月9日启用AI中心"),
        ("預算為三億二千萬元", "预算为三亿二千万元"),
        ("石塘养⽼院，床位三百张。", "石塘养老院，床位三百张。"),
        ("二十年三月", "二十年三月"),
        ("平湖市长周军波", "平湖市长周军波"),
    ],
)
def test_plain_form(text: str, plain: str) -> None:
    assert plain_form(text) == plain


@given(st.text("二〇一九年三月日２０Ａ頭髮乾隆皇后裡面⽼㎡𠮷豈 \n，。abc1", max_size=40))
def test_every_character_keeps_its_place(text: str) -> None:
    assert len(plain_form(text)) == len(text)
