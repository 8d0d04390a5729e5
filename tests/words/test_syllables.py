from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.words.syllables import SyllablePairs, readings

TERMS = ["ab", "人工智能", "平", "平湖", "苹湖", "萍乡", "重庆", "银行", "绿城", "㍿㍿", "湖a"]


@pytest.mark.parametrize(
    ("character", "found"),
    [
        ("平", {"ping"}),
        ("重", {"zhong", "chong"}),
        ("绿", {"lv", "lu"}),
        ("a", set()),
        ("。", set()),
        ("庄", {"zhuang"}),
    ],
)
def test_readings(character: str, found: set[str]) -> None:
    assert found <= set(readings(character))
    assert bool(readings(character)) == bool(found)


@pytest.mark.parametrize(
    ("syllables", "found"),
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
def test_pairs_by_their_sound(syllables: str, found: list[str]) -> None:
    assert [TERMS[n] for n in SyllablePairs.of(TERMS).find(*syllables.split())] == found


def test_nothing_to_find() -> None:
    assert SyllablePairs.of([]).find("ping", "hu") == []
    assert SyllablePairs.of(["ab", "平"]).find("ping", "hu") == []


@given(st.lists(st.text("平湖重庆银行绿城曾都", min_size=1, max_size=3), unique=True, max_size=12))
def test_a_pair_is_found_by_all_its_readings_and_by_no_other(terms: list[str]) -> None:
    sounds = SyllablePairs.of(terms)
    syllables = sorted({reading for character in "平湖重庆银行绿城曾都" for reading in readings(character)})
    for first, second in itertools.product(syllables, repeat=2):
        assert sounds.find(first, second) == [
            n for n, t in enumerate(terms) if len(t) == 2 and first in readings(t[0]) and second in readings(t[1])
        ]
