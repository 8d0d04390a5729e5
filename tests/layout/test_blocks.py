from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.layout.jumps import JUMP
from rag.layout.segmentation import blocks_of
from rag.text.bylines import byline_names, is_bare_names
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


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("■记者 王茹彤 通讯员 李渊昊", ("王茹彤", "李渊昊")),
        ("■记者 胡佳英 通讯员 周 杰 姜俊霞", ("胡佳英", "周杰", "姜俊霞")),
        ("本报记者 凌云", ("凌云",)),
        ("王婕 钟丽川 本报记者 王磊", ("王婕", "钟丽川", "王磊")),
        ("本报记者 王有强 通讯员 刘勇", ("王有强", "刘勇")),
        ("■本报评论员", ("本报评论员",)),
        ("■摄影 王强 沈思凡 顾秋叶", ("王强", "沈思凡", "顾秋叶")),
        ("记者 徐玉霞", ("徐玉霞",)),
        ("平湖发布 今平湖客户端", None),
        ("韩胜超", None),
        ("招生热线：85087171（驾培）、85087980（全日制）", None),
        ("本报讯 近日，省水利厅办公室公布第一批", None),
        ("记者了解到，今年重庆市", None),
        ("逐浪数字经济 激发创新动能", None),
        ("", None),
    ],
)
def test_bylines(line: str, found: tuple[str, ...] | None) -> None:
    assert byline_names(line) == found


@pytest.mark.parametrize(
    ("line", "bare"), [("韩胜超", True), ("王强 徐佳丽", True), ("谋未来", False), ("竞逐春光", False), ("", False)]
)
def test_names_without_a_role(line: str, bare: bool) -> None:
    assert is_bare_names(line) is bare


@pytest.mark.parametrize("mark", ["(下转2版)", "（下转第2版）", "(上接1版)", "下转 3版"])
def test_jump_lines(mark: str) -> None:
    assert JUMP.fullmatch(mark)


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


@pytest.mark.parametrize("text", ["形势下转型升级的2.0版", "下转型", "上接天下转地", "新版"])
def test_words_that_are_not_a_jump_line(text: str) -> None:
    assert not JUMP.search(text)


@given(PAGE_TEXT)
def test_every_line_is_in_one_block(text: str) -> None:
    assert [line for block in blocks_of(lines_of(text)) for line in block.lines] == lines_of(text)


def test_kinds_of_block() -> None:
    page = """平湖发布 今平湖客户端

“数”启新程 焕新升级

记者 韩胜超
通讯员 徐冰艳

本报讯 智能机械臂精准作业,一批批添加剂经过检测、打包,即将发往全国乃至海外市场,车间内是忙碌生产的火热景象。

摄影 王强 徐佳丽

地址：平湖市当湖街道乍王线大胜段88号

今天多云到晴，午后局部阴有阵雨或雷雨。最高气温 35℃，明天早晨最低气温27℃。
"""
    assert [(block.kind, block.text[:6]) for block in blocks_of(lines_of(page))] == [
        ("furniture", "平湖发布今平"),
        ("head", "“数”启新程"),
        ("byline", "记者韩胜超通"),
        ("prose", "本报讯智能机"),
        ("credit", "摄影王强徐佳"),
        ("notice", "地址：平湖市"),
        ("notice", "今天多云到晴"),
    ]


def test_paragraph_broken_by_a_blank_line_in_mid_sentence() -> None:
    page = (
        "凭借前瞻性布局,平湖已建成长三角区域规模最大的高性能智算中心,这里的算力服务于各行各业,吸引\n\n"
        "阿里、百度等AI巨头以及珞石、福达、追觅等国机器人企业落地集聚,被列入浙江省先导区。\n"
    )
    (block,) = blocks_of(lines_of(page))
    assert "吸引阿里、百度" in block.text
