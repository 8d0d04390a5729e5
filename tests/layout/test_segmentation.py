"""Lines of a page -> blocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.layout.segmentation import blocks_of
from rag.text.lines import lines_of

PAGE_TEXT = st.text(
    st.sampled_from("平湖市人工智能周杰5,。，”“：（）■—AIa \t\u3000\n\n\r\f\u200b\u2028记者版")
    | st.characters(codec="utf-8"),
    max_size=300,
)


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
