"""Lines of a page, and text without the blanks of its typesetting."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.lines import kept_characters, lines_of, squeeze

PAGE_TEXT = st.text(
    st.sampled_from("平湖市人工智能周杰5,。，”“：（）■—AIa \t\u3000\n\n\r\f\u200b\u2028记者版")
    | st.characters(codec="utf-8"),
    max_size=300,
)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("平 台 ， 了 解 了 6G、 卫 星", "平台，了解了6G、卫星"),
        ("西部 （重庆） 科学城", "西部（重庆）科学城"),
        ("2023 年 10 月 18 日", "2023年10月18日"),
        ("open   AI models", "open AI models"),
        ("零下70℃ 到", "零下70℃到"),
        ("大数据和 AI 人工智能", "大数据和AI人工智能"),
        ("CAD / CAM", "CAD / CAM"),
        ("　　近日", "近日"),
        ("", ""),
    ],
)
def test_blanks(raw: str, clean: str) -> None:
    assert squeeze(raw) == clean


@given(PAGE_TEXT)
def test_no_visible_character_is_dropped(text: str) -> None:
    rows = list(kept_characters(text))
    assert [i for i, _ in rows] == sorted({i for i, _ in rows})
    seen = [i for i, blank in rows if not blank]
    assert [text[i] for i, blank in rows if not blank and text[i].isspace()] == []
    assert {c for i, c in enumerate(text) if i not in seen and c.isprintable() and not c.isspace()} == set()


def test_lines() -> None:
    text = "\ufeff 标题\r\n\r\n　　第一行。\n \n\nAI 2\f"
    assert [(line.text, line.indented, line.gap, line.width) for line in lines_of(text)] == [
        ("标题", False, False, 2.0),
        ("第一行。", True, True, 4.0),
        ("AI 2", False, True, 2.0),
    ]


@given(PAGE_TEXT)
def test_lines_are_the_text(text: str) -> None:
    lines = lines_of(text)
    assert all(text[line.start : line.end] == line.text for line in lines)
    assert all(a.end < b.start for a, b in pairwise(lines))
    outside = set(range(len(text))) - {i for line in lines for i in range(line.start, line.end)}
    assert all(text[i].isspace() or text[i] in "\ufeff\u200b#*" for i in outside)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("# 渡口重开", ("渡口重开", 2, 1)),
        ("### 渡口 ##", ("渡口", 4, 3)),
        ("**记者 王强**", ("记者 王强", 2, 0)),
        ("#渡口", ("#渡口", 0, 0)),
        ("*", ("*", 0, 0)),
        ("3*4*5", ("3*4*5", 0, 0)),
    ],
)
def test_marks_of_markdown(raw: str, line: tuple[str, int, int]) -> None:
    (found,) = lines_of(raw)
    assert (found.text, found.start, found.level) == line
    assert raw[found.start : found.end] == found.text
