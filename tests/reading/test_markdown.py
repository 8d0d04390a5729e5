from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.markdown import shown_text
from tests.support.read_articles import read_articles


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("总投资~~六千万元~~五亿元。", "总投资五亿元。"),
        ("总投资<del>六千万元</del>五亿元，<s>旧</s>共<strike>12</strike>26个。", "总投资五亿元，共26个。"),
        ("总投资<!-- 待核 -->五亿元。", "总投资五亿元。"),
        ("用地&nbsp;30亩，&#49;&#50;户，a&lt;b&amp;c。", "用地\xa030亩，12户，a<b&c。"),
        ("<p align='center'>用地<b>30</b>亩<br>另有<br/>二期</p>", "用地30亩 另有 二期"),
        ('见[公告](http://x.com/a_(1).html)和![图为现场](a.png "t")。', "见公告和图为现场。"),
        ("投资**5亿元**，__26天__，`a~~b~~`，\\*3\\*。", "投资5亿元，26天，a~~b~~，*3*。"),
        ("产值346<sup>1</sup>亿元，3×10<sup>5</sup>吨，CO<sub>2</sub>。", "产值346亿元¹，3×10⁵吨，CO₂。"),
        ("<tr><td>甲村</td><td>22</td></tr>", "甲村\t22"),
        ("3~5天，7~10天，每户10~~20元，每人5~~8元。", None),
        ("当a<b且c>d时，3*5*7，a_b_c，数组[1](2) x < y。", "当a<b且c>d时，3*5*7，a_b_c，数组1 x < y。"),
        ("```\nx ~~y~~ <del>\n```\n后~~旧~~文", "\nx ~~y~~ <del>\n\n后文"),
        ("---\ntitle: 甲~~乙~~\n---\n正文~~旧~~", "---\ntitle: 甲~~乙~~\n---\n正文"),
        ("甲~~没有关\n\n乙~~也没有", None),
    ],
)
def test_text_that_is_shown(written: str, shown: str | None) -> None:
    assert shown_text(written) == (written if shown is None else shown)


def test_file_of_markdown(tmp_path: Path) -> None:
    data = "# 题目\n\n总投资~~六千万元~~五亿元，共<del>12</del>26个项目，\n用地&nbsp;30亩，<br>工期26天。\n\n第二段~~旧\n话~~新话。\n"
    assert read_articles(tmp_path / "in", **{"a.md": data, "b.markdown": data, "c.txt": "总投资~~旧~~五亿元。"}) == (
        {
            **dict.fromkeys(("a.md", "b.markdown"), "总投资五亿元，共26个项目，用地30亩，工期26天。\n第二段新话。"),
            "c.txt": "总投资~~旧~~五亿元。",
        },
        [],
    )


@given(st.text(st.sampled_from("甲1~*`<>&;!-[]()\\del/\n\r#x\x85"), max_size=60))
def test_lines_stay_lines(text: str) -> None:
    assert len(shown_text(text).splitlines()) == len(text.splitlines())
