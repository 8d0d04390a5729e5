from __future__ import annotations

import pytest

from rag.text.rows import cells_of, header_above, heading_of, is_row, row_characters, row_spans
from rag.text.sentences import sentences

TABLE = "名额见下表。\n单位\t岗位\t名额\n青岩医院\t护士。轮班。\t22\n青岩中学\t教师\t15\n报名从下周开始。"


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("单位\t名额", ["单位", "名额"]),
        ("单位    名额", ["单位", "名额"]),
        ("单位　名额", ["单位", "名额"]),
        ("| 单位 | 名额 |", ["单位", "名额"]),
        ("单位｜名额", ["单位", "名额"]),
    ],
)
def test_cells(line: str, cells: list[str]) -> None:
    assert cells_of(line) == cells
    assert is_row(line)


@pytest.mark.parametrize("line", ["", "平湖签约。", "AI grew 4.5 percent.", "栏目｜平湖签约了5个项目。", "| 单位"])
def test_lines_that_are_no_rows(line: str) -> None:
    assert not is_row(line)


def test_row_is_one_sentence() -> None:
    assert [TABLE[a:b] for a, b in sentences(TABLE)] == TABLE.split("\n")
    assert [TABLE[a:b] for a, b in row_spans(TABLE)] == TABLE.split("\n")[1:4]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("新版地图．地名一千二百处．全长１２．５公里．", ["新版地图．", "地名一千二百处．", "全长１２．５公里．"]),
        ("１．加强领导．２．加大投入．", ["１．加强领导．", "２．加大投入．"]),
        ("比例尺为５００００．测绘完成．", ["比例尺为５００００．", "测绘完成．"]),
        ("新版地图｡地名很多｡", ["新版地图｡", "地名很多｡"]),
        ("乔治.华盛顿来了. 他走了.", ["乔治.华盛顿来了.", "他走了."]),
    ],
)
def test_sentences_with_other_full_stops(text: str, parts: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text)] == parts


def test_header() -> None:
    assert header_above(TABLE, TABLE.index("青岩中学")) == "单位\t岗位\t名额"
    assert header_above(TABLE, TABLE.index("单位")) == ""
    assert header_above(TABLE, TABLE.index("报名")) == ""
    assert header_above("青岩\t12\n海川\t13", 7) == ""  # the first row has figures: it is no header
    assert header_above("年份\t2023年\t2024年\n海川\t13\t14", 15) == "年份\t2023年\t2024年"
    assert heading_of("青岩招考", TABLE, TABLE.index("青岩中学")) == "青岩招考\n单位\t岗位\t名额"
    assert heading_of("青岩招考", TABLE, 0) == "青岩招考"


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ("单 位\t名 额", "单位\t名额"),
        ("王　强 青岩钢厂", "王强 青岩钢厂"),
        ("王 强\t青岩钢厂", "王强\t青岩钢厂"),
        ("胜 平 负", "胜 平 负"),
        ("青岩  12", "青岩  12"),
    ],
)
def test_blanks_between_letters_of_a_cell_go(row: str, kept: str) -> None:
    assert "".join(row[i] for i in row_characters(row, 0, len(row))) == kept
