"""Lines that are a byline, and lines that look like one."""

from __future__ import annotations

import pytest

from rag.text.bylines import byline_names, is_bare_names


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
