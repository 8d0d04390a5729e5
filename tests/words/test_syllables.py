"""Two syllables find exactly the pairs of characters that can be read so."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.words.syllables import SyllablePairs, readings

pytestmark = pytest.mark.slow

TERMS = ["ab", "人工智能", "平", "平湖", "苹湖", "萍乡", "重庆", "银行", "绿城", "㍿㍿", "湖a"]


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("平", {"ping"}),
        ("重", {"zhong", "chong"}),
        ("绿", {"lv", "lu"}),
        ("a", set()),
        ("。", set()),
        ("庄", {"zhuang"}),
    ],
)
def test_readings(character: str, expected: set[str]) -> None:
    assert expected <= set(readings(character))
    assert bool(readings(character)) == bool(expected)


@pytest.mark.parametrize(
    ("syllables", "expected"),
    [
        ("ping hu", ["平湖", "苹湖"]),
        ("ping xiang", ["萍乡"]),
        ("chong qing", ["重庆"]),
        ("zhong qing", ["重庆"]),
        ("yin hang", ["银行"]),
        ("yin xing", ["银行"]),
        ("lv cheng", ["绿城"]),
        ("hu ping", []),
        ("ping huu", []),
        ("zhuangzhuang hu", []),
        ("a b", []),
    ],
)
def test_pairs_by_their_syllables(syllables: str, expected: list[str]) -> None:
    assert [TERMS[n] for n in SyllablePairs.of_terms(TERMS).find(*syllables.split())] == expected


def test_nothing_to_find() -> None:
    assert SyllablePairs.of_terms([]).find("ping", "hu") == []
    assert SyllablePairs.of_terms(["ab", "平"]).find("ping", "hu") == []


@given(st.lists(st.text("平湖重庆银行绿城曾都", min_size=1, max_size=3), unique=True, max_size=12))
def test_a_pair_is_found_by_all_its_readings_and_no_other(terms: list[str]) -> None:
    pairs = SyllablePairs.of_terms(terms)
    syllables = sorted({reading for character in "平湖重庆银行绿城曾都" for reading in readings(character)})
    for first, second in itertools.product(syllables, repeat=2):
        assert pairs.find(first, second) == [
            n for n, t in enumerate(terms) if len(t) == 2 and first in readings(t[0]) and second in readings(t[1])
        ]
