from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.text.figures import figures, unsupported


def _forms(text: str) -> list[str]:
    return [form for form, _, _ in figures(text)]


@pytest.mark.parametrize(
    "same",
    [
        ("5亿", "5亿元", "500 million", "500,000,000", "５亿元", "五亿", "0.5 billion", "50000万"),
        ("62.3%", "百分之六十二点三", "62.3 percent", "62.3 per cent", "６２.３％", "62.3个百分点"),
        ("1,107万", "1107万立方米", "11,070,000", "11.07 million", "一千一百零七万"),
        ("一千零五", "1005", "1,005"),
        ("2025年", "2025", "二〇二五年", "二零二五"),
        ("30亿元", "3 billion", "三十亿", "30 00000000".replace(" ", "")),
        ("12个", "十二个", "12"),
        ("两家", "2家", "二个"),
        ("20.06亿元", "2006000000", "2.006 billion"),
        ("百分之百", "100%", "百分之一百"),
        ("1.5万亿", "1.5 trillion", "15000亿"),
        ("三千万", "3000万", "3千万", "30 million"),
        ("一亿二千万", "1.2亿", "120 million"),
        ("十万", "10万", "100 thousand"),
        ("百分之零点五", "0.5%"),
    ],
    ids=lambda same: same[0],
)
def test_ways_to_write_one_figure(same: tuple[str, ...]) -> None:
    assert {text: _forms(text) for text in same} == {text: _forms(same[0]) for text in same}
    assert len(_forms(same[0])) == 1


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("5亿", ["500000000"]),
        ("62.3%", ["62.3%"]),
        ("一千零五", ["1005"]),
        ("2025年", ["2025"]),
        ("1,107万", ["11070000"]),
        ("同比增长4.8%和4.7%", ["4.8%", "4.7%"]),
        ("95个，总投资额306.344亿元", ["95", "30634400000"]),
        ("2025年4月18日", ["2025", "4", "18"]),
        ("25%以上约1300吨", ["25%", "1300"]),
        ("平湖签约", []),
        ("一带一路", []),
        ("万亿", []),
        ("第一", []),
        ("", []),
    ],
)
def test_forms(text: str, forms: list[str]) -> None:
    assert _forms(text) == forms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("62.3%", "62.3"),
        ("5亿", "5万"),
        ("5亿", "5"),
        ("三成", "3"),
        ("2.72亿", "2.27亿"),
        ("1,107", "1,107万"),
        ("3/4", "3"),
        ("13812345678", "13812345679"),
    ],
)
def test_figures_that_differ(one: str, other: str) -> None:
    assert _forms(one) != _forms(other)


def test_places() -> None:
    text = "总投资５亿元，增长百分之六十二点三，共12个。"
    assert [text[a:b] for _, a, b in figures(text)] == ["５亿", "百分之六十二点三", "12"]


def test_unsupported() -> None:
    sources = ["签约5个项目，总投资5亿元。", "同比增长62.3%。"]
    assert unsupported("Five projects worth 500 million, up 62.3 percent.", sources) == []
    assert [form for form, _, _ in unsupported("签约5个项目，总投资6亿元，增长62%。", sources)] == ["600000000", "62%"]
    assert [form for form, _, _ in unsupported("5", [])] == ["5"]


@given(st.integers(0, 10**12))
def test_thousands_marks_change_nothing(number: int) -> None:
    assert _forms(f"{number:,}") == _forms(str(number)) == [f"{float(number):.15g}"]


@given(
    st.text(
        st.sampled_from("零一二两三十百千万亿点成5.,％% 年个百分之０９٣") | st.characters(codec="utf-8"), max_size=80
    )
)
@example("一" + "亿" * 45)
@example("9" * 400 + "亿")
@example("百分之亿点万")
@example("九" * 400)
@example("百分之一" + "亿" * 45)
def test_any_text(text: str) -> None:
    found = figures(text)
    assert all(0 <= a < b <= len(text) for _, a, b in found)
    assert all(x[2] <= y[1] for x, y in pairwise(found))
    assert unsupported(text, [text]) == []
