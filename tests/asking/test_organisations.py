"""Names of companies, schools and other bodies: a table worked out by hand, and near forms."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.organisations import brands, core_of, organisations, same_body

# text | names that are certainly of one body
TABLE = """
浙江晨光电缆股份有限公司去年营收 | 浙江晨光电缆股份有限公司
由北京大学与华为技术有限公司联合研发 | 北京大学 华为技术有限公司
记者走进平湖市实验小学 | 平湖市实验小学
中国农业银行平湖支行 | 中国农业银行
特斯拉公司宣布 | 特斯拉公司
这家公司去年上市 |
多家保险公司参加 |
自来水公司停水 |
大多数医院已恢复门诊 |
这是哪家公司 |
是不是所有学校都停课了 |
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_table(line: str) -> None:
    text, _, expected = (part.strip() for part in line.partition("|"))
    assert [body.name for body in organisations(text) if body.certain] == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("晨光电缆去年营收多少钱", ["晨光电缆"]),
        ("新能源汽车产量多少", []),
        ("人工智能产业有多大", []),
        ("数字技术是什么", []),
    ],
)
def test_brands(text: str, expected: list[str]) -> None:
    assert [body.name for body in brands(text)] == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("晨光电缆", "浙江晨光电缆股份有限公司", True),
        ("晨光", "晨光电缆有限公司", True),
        ("晨光电缆", "晨光文具股份有限公司", False),
        ("北京大学", "清华大学", False),
        ("景兴纸业", "浙江景兴纸业股份有限公司", True),
    ],
)
def test_near_forms(one: str, other: str, same: bool) -> None:
    assert same_body(core_of(one), core_of(other)) is same


@given(st.text("平湖晨光电缆股份有限公司集团大学的和，北京", max_size=40))
def test_names_are_in_the_text(text: str) -> None:
    found = organisations(text)
    assert all(text[body.start : body.end] == body.name and len(body.core) > 1 for body in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
