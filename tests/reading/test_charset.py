from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.charset import decode, encoding_of

SIMPLIFIED = "昨天，平湖签约了5个人工智能项目，总投资5亿元。"
TRADITIONAL = "昨天，平湖簽約了5個人工智慧專案，總投資5億元，市長說，這是今年最大的一次。"


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be"),
        (TRADITIONAL, "big5", "big5hkscs"),
        (TRADITIONAL, "gbk", "gb18030"),
        (TRADITIONAL, "utf-8", "utf-8"),
        ("平湖发布", "gbk", "gb18030"),
        ("平湖市政府", "gbk", "gb18030"),
        ("市政府開會", "big5", "big5hkscs"),
        ("", "utf-8", "utf-8"),
        ("plain ASCII\n", "utf-8", "utf-8"),
        ("平湖签约😀\u200f\u202e", "utf-8", "utf-8"),
    ],
)
def test_encoding_of_real_bytes(text: str, codec: str, encoding: str) -> None:
    assert decode(text.encode(codec)) == (text, encoding)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("오늘은 날씨가 좋아서 서울의 공원을 산책했습니다. 새로운 도서관이 개관하였다.", "euc_kr"),
        ("今日は天気がよいので、東京の公園を散歩しました。新しい図書館が開館した。", "shift_jis"),
        ("今日は天気がよいので、東京の公園を散歩しました。新しい図書館が開館した。", "euc_jp"),
        ("Сегодня хорошая погода, и мы гуляли по парку.", "cp1251"),
        ("Il fait très beau, nous avons visité la bibliothèque créée à Pékin.", "latin-1"),
    ],
)
def test_other_languages_are_not_taken_for_chinese(text: str, codec: str) -> None:
    assert encoding_of(text.encode(codec)) is None


def test_seeds_in_every_encoding_at_every_length(seeds: Path) -> None:
    """Stretches of 40 characters, and the page as a whole."""
    for path in sorted(seeds.glob("0*.txt")):
        text = path.read_text(encoding="utf-8")
        squeezed = "".join(text.split())
        for codec, encoding in (("gb18030", "gb18030"), ("utf-16", "utf-16"), ("utf-8", "utf-8")):
            assert decode(text.encode(codec)) == (text, encoding)
            short = [squeezed[i : i + 40] for i in range(0, len(squeezed) - 40, 400)]
            assert [s for s in short if decode(s.encode(codec)) != (s, encoding)] == []


def test_a_character_cut_at_the_end_of_the_sample_is_not_an_error() -> None:
    text = "x" + "平湖签约" * 20_000
    assert encoding_of(text.encode("gb18030")) == "gb18030"
    assert encoding_of(text.encode("utf-8")) == "utf-8"


def test_an_error_after_the_sample_is_found() -> None:
    assert decode(("平湖签约" * 20_000).encode("utf-8") + b"\xff\xff") is None


@given(st.binary(max_size=300))
def test_decoded_text_is_the_text_of_the_bytes(data: bytes) -> None:
    found = decode(data)
    assert found is None or data.decode(found[1]) == found[0]
