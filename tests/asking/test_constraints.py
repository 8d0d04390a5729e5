"""Constraints of a question against evidence: a table worked out by hand, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.asked import read_question
from rag.asking.constraints import Candidate, constraints

# question | sentence | before it in the passage | headline | date, ~ after an inferred one | newspaper | states
TABLE = """
平湖签约了哪些项目？ | 昨天，平湖签约12个项目。 | | | 2025-06-10 | | place kept
平湖签约了哪些项目？ | 昨天，嘉兴签约12个项目。 | | | 2025-06-10 | | place broken
平湖签约了哪些项目？ | 海宁市签约12个项目。 | | | 2025-06-10 | | place broken
平湖签约了哪些项目？ | 昨天签约12个项目。 | | | 2025-06-10 | | place open
平湖签约了哪些项目？ | 昨天签约12个项目。 | | 平湖签约大会举行 | 2025-06-10 | | place kept
平湖签约了哪些项目？ | 昨天签约12个项目。 | | 海宁签约大会举行 | 2025-06-10 | | place broken
平湖签约了哪些项目？ | 嘉兴领导到会祝贺，签约12个项目。 | | 平湖签约大会举行 | 2025-06-10 | | place open
平湖签约了哪些项目？ | 昨天签约12个项目。 | 平湖的签约大会在体育馆举行。 | | 2025-06-10 | | place kept
平湖签约了哪些项目？ | 我市签约12个项目。 | | | 2025-06-10 | 平湖日报 | place kept
平湖签约了哪些项目？ | 我市签约12个项目。 | | | 2025-06-10 | 嘉兴日报 | place broken
平湖签约了哪些项目？ | 全市签约12个项目。 | | 海宁招商提速 | 2025-06-10 | | place broken
平湖签约了哪些项目？ | 全市签约12个项目。 | | | 2025-06-10 | | place open
嘉兴有多少所学校？ | 平湖有46所学校。 | | | 2025-06-10 | | place open
嘉兴有多少所学校？ | 全市有460所学校。 | | | 2025-06-10 | 嘉兴日报 | place kept
浙江的GDP是多少？ | 江苏的GDP超过12万亿元。 | | | 2025-06-10 | | place broken
浙江的GDP是多少？ | 浙江省的GDP超过8万亿元。 | | | 2025-06-10 | | place kept
北京朝阳区有多少公园？ | 朝阳区有80个公园。 | | | 2025-06-10 | | place kept
辽宁朝阳市有多少公园？ | 北京市朝阳区有80个公园。 | | | 2025-06-10 | | place broken
平湖签约了哪些项目？ | 北京大学签约12个项目。 | | | 2025-06-10 | | place open
2024年平湖GDP是多少？ | 去年，平湖GDP超过1000亿元。 | | | 2025-02-10 | | place kept; time kept
2024年平湖GDP是多少？ | 今年，平湖GDP超过1000亿元。 | | | 2025-12-10 | | place kept; time broken
2024年平湖GDP是多少？ | 平湖2023年GDP超过900亿元。 | | | 2025-02-10 | | place kept; time broken
2025年上半年平湖GDP增速？ | 上半年，平湖GDP增长5.8%。 | | | 2025-07-28 | | place kept; time kept
2025年上半年平湖GDP增速？ | 前三季度，平湖GDP增长5.8%。 | | | 2025-10-28 | | place kept; time broken
2025年上半年平湖GDP增速？ | 上半年，平湖GDP增长5.8%。 | | | 2024-07-28 | | place kept; time broken
2025年上半年平湖GDP增速？ | 平湖GDP增长5.8%。 | | 2025年上半年平湖经济亮眼 | 2025-07-28 | | place kept; time kept
2025年4月有哪些活动？ | 本月，书展开幕。 | | | 2025-04-20 | | time kept
2025年4月有哪些活动？ | 本月，书展开幕。 | | | 2025-05-20 | | time broken
2025年4月有哪些活动？ | 今年，书展有三场。 | | | 2025-05-20 | | time open
2025年有哪些活动？ | 书展开幕。 | | | 2025-05-20 | | time kept
2025年有哪些活动？ | 书展开幕。 | | | 2023-05-20 | | time broken
2025年有哪些活动？ | 书展开幕。 | | | 2023-05-20~ | | time open
2025年有哪些活动？ | 成立于2010年的公司办了书展。 | | | 2025-05-20 | | time kept
2025年有哪些活动？ | 书展开幕。 | | | | | time open
去年营收多少？ | 去年，公司营收5亿元。 | | | 2025-02-10 | | time kept
去年营收多少？ | 2023年，公司营收5亿元。 | | | 2025-02-10 | | time broken
晨光电缆去年营收多少？ | 浙江晨光电缆股份有限公司2024年营收5亿元。 | | | 2025-02-10 | | organisation kept; time kept
浙江晨光电缆股份有限公司营收多少？ | 晨光电缆营收5亿元。 | | | 2025-02-10 | | organisation kept
晨光电缆营收多少？ | 公司营收5亿元。 | | 晨光电缆上市 | 2025-02-10 | | organisation kept
晨光电缆营收多少？ | 景兴纸业股份有限公司营收5亿元。 | | | 2025-02-10 | | organisation broken
晨光电缆营收多少？ | 公司营收5亿元。 | | | 2025-02-10 | | organisation open
北京大学签了什么协议？ | 清华大学与平湖签了协议。 | | | 2025-02-10 | | organisation broken
周军波在会上说了什么？ | 市长周军波强调，要抓好安全。 | | | 2025-02-10 | | person kept
周军波在会上说了什么？ | 周市长强调，要抓好安全。 | 市长周军波主持会议。 | | 2025-02-10 | | person kept
周军波在会上说了什么？ | 市委书记仲旭东强调，要抓好安全。 | | | 2025-02-10 | | person broken
周军波在会上说了什么？ | 他强调，要抓好安全。 | 市长周军波主持会议。 | | 2025-02-10 | | person kept
周军波在会上说了什么？ | 会议强调，要抓好安全。 | | | 2025-02-10 | | person open
特朗普说了什么？ | 美国总统拜登表示，局势在缓和。 | | | 2025-02-10 | | person broken
乔·拜登说了什么？ | 美国总统拜登表示，局势在缓和。 | | | 2025-02-10 | | person kept
What did Pinghu sign in 2025? | 今年，平湖签约12个项目。 | | | 2025-06-10 | | place kept; time kept
What did Pinghu sign in 2025? | 今年，海宁签约12个项目。 | | | 2024-06-10 | | place broken; time broken
低空经济是什么？ | 低空经济是新业态。 | | | 2025-06-10 | |
"""


def rows(table: str) -> list[list[str]]:
    return [[field.strip() for field in line.split("|")] for line in table.strip().splitlines()]


def states(row: list[str]) -> dict[str, str]:
    question, sentence, before, headline, date, source, _ = row
    basis = "inferred" if date.endswith("~") else "stated"
    candidate = Candidate(sentence, before + sentence, headline, date.rstrip("~"), basis if date else "", source)
    return {found.kind: found.state for found in constraints(read_question(question), candidate)}


@pytest.mark.parametrize("row", rows(TABLE), ids=lambda row: f"{row[0]} {row[1]}")
def test_table(row: list[str]) -> None:
    expected = dict(item.split() for item in row[6].split(";") if item.strip())
    assert states(row) == expected


_PARTS = st.lists(
    st.sampled_from("平湖 嘉兴 北京大学 市长周军波 去年 2024年 说了什么 晨光电缆 全市 签约 多少 ，".split()), max_size=6
).map("".join)


@given(_PARTS, _PARTS, _PARTS, st.sampled_from(["", "2025", "2025-06", "2025-06-10"]))
def test_any_evidence(question: str, sentence: str, headline: str, date: str) -> None:
    asked = read_question(question)
    found = constraints(asked, Candidate(sentence, sentence, headline, date, "stated" if date else ""))
    kinds = [constraint.kind for constraint in found]
    assert len(kinds) == len(set(kinds))
    bound = bool(asked.places) + bool(asked.times) + bool(asked.organisations) + bool(asked.people)
    assert len(kinds) == bound


@given(_PARTS)
def test_a_question_breaks_none_of_its_own_constraints(question: str) -> None:
    """Evidence in the question's own words names no other place, body or person in their stead."""
    found = constraints(read_question(question), Candidate(question, question, "", "2025-06-10", "stated"))
    assert all(constraint.state != "broken" for constraint in found)
