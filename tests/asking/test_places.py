"""Places of China in texts: a table worked out by hand, what contains what, and properties of any text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.gazetteer import by_name, romanised
from rag.asking.places import places_in

# text | the places that count as such, by their full name; names that only say who is meant stand in brackets
TABLE = """
平湖签约了哪些项目 | 平湖市
浙江省嘉兴市平湖市的GDP | 平湖市
平湖市长是谁 | 平湖市
平湖市场火热 | 平湖市
杭州、嘉兴、湖州三地 | 杭州市 嘉兴市 湖州市
北京大学和平湖签了协议 | 平湖市
北京大学招生 |
上海汽车去年销量 | (上海市)
上海汽车产业规模扩大 | 上海市
浙江晨光电缆股份有限公司 | (浙江省)
平湖有多少家公司 | 平湖市
平湖市公安局通报 | 平湖市
他穿着中山装 |
沟通海外侨胞 |
公安局通报 |
公安县通报 | 公安县
江山如此多娇 |
浙江江山发展旅游 | 江山市
北京朝阳的公园 | 朝阳区
上海南站附近 | (上海市)
广西柳州的螺蛳粉 | 柳州市
内蒙古草原 | 内蒙古自治区
景宁畲乡 | 景宁畲族自治县
吉林丰收 | 吉林省
南湖风光 |
嘉兴南湖的红船 | 南湖区
高雄的港口 | 高雄市
Who is the mayor of Pinghu in Zhejiang? | 平湖市 浙江省
Hong Kong and Fuzhou | 香港特别行政区 福州市
Peking roast duck |
"""


def rows(table: str) -> list[list[str]]:
    return [[field.strip() for field in line.split("|")] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("text", "expected"), rows(TABLE))
def test_table(text: str, expected: str) -> None:
    found = [f"({name.places[0].name})" if name.in_name else name.places[0].name for name in places_in(text)]
    assert found == expected.split()


def test_what_contains_what() -> None:
    pinghu, jiaxing, zhejiang, suzhou = (by_name()[name][0] for name in ("平湖", "嘉兴", "浙江", "苏州"))
    assert pinghu.path == ("浙江省", "嘉兴市", "平湖市")
    assert jiaxing.contains(pinghu)
    assert zhejiang.contains(pinghu)
    assert not pinghu.contains(jiaxing)
    assert not pinghu.contains(pinghu)
    assert not suzhou.contains(pinghu)


def test_whole_country() -> None:
    places = {place for found in by_name().values() for place in found}
    assert sum(len(place.path) == 1 for place in places) == 34
    assert len(places) == 34 + 333 + 2845 + 20
    assert all(place.short in place.name or place.short == "" for place in places)
    assert set(romanised()["suzhou"]) == {"苏州", "宿州"}


@given(st.text("平湖嘉兴市南区和北京朝阳大学公司是，A县省", max_size=30))
def test_names_are_in_the_text_and_apart(text: str) -> None:
    found = places_in(text)
    assert all(text[name.start : name.end] == name.words and name.places for name in found)
    ends = sorted((name.start, name.end) for name in found)
    assert all(before[1] <= after[0] for before, after in pairwise(ends))


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    places_in(text)
