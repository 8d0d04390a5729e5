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
        (
            "4.7万吨",
            "四万七千吨",
            "47000吨",
            "47,000 吨",
            "４．７万吨",
            "47 thousand",
            "四點七萬噸",
            "肆万柒仟吨",
            "四万七",
        ),
        ("2019年", "二〇一九年", "２０１９年", "二○一九年", "二O一九年", "二０一九年", "二零一九年"),
        ("345", "三百四十五", "三四五", "叁佰肆拾伍", "參佰肆拾伍", "３４５"),
        ("200万元", "贰佰万元", "貳佰萬元", "二百万元", "两百万元", "2 million"),
        ("12300元", "壹万贰仟叁佰元整", "一万二千三百元", "一万二千三", "1.23万元"),
        ("10", "壹拾", "十个", "１０"),
        ("25人", "廿五人", "二十五人", "贰拾伍人"),
        ("30岁", "卅岁", "三十岁", "三十歲"),
        ("12%", "百分之十二", "１２％", "12个百分点", "12 percent", "百分之12"),
        ("0.3%", "千分之三", "3‰", "百分之零点三"),
        ("3.2亿元", "三億二千萬元", "三亿两千万元", "320 million", "3.2×10⁸元", "3.2×10^8", "3.2 x 10⁸"),
        ("300000", "3×10⁵", "30万", "三十万", "30余万", "三十多万", "三十餘萬"),
        ("1200", "1,200", "1，200", "１，２００", "一千二百", "一千二", "1\u2009200", "1\u202f200"),
        ("12.5亿元", "1\u200b2.5\u200b亿元", "12\u00ad.5亿元", "\ufeff12.5亿", "十二点五亿"),
        ("12亿元", "12²亿元", "①12亿元", "⒈12亿元", "❶12亿", "㈠12亿元", "12¹²亿元"),
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
        ("①25家企业签约；②38个项目开工；③融资12²亿元", ["25", "38", "1200000000"]),
        ("⑤⑴⒌㈤❺㊿", []),
        ("面积500㎡，即500m²", ["500", "500"]),
        ("4½小时", ["4"]),
        ("累计雨量120-150毫米", ["120", "150"]),
        ("120\u2011150毫米", ["120", "150"]),
        ("3-5亿元", ["300000000", "500000000"]),
        ("3亿至5亿元", ["300000000", "500000000"]),
        ("3％～5％，3至5%", ["3%", "5%", "3%", "5%"]),
        ("25，10家", ["25", "10"]),
        ("2025.4.18", ["2025", "4", "18"]),
        ("12．5亿", ["1250000000"]),
        ("二〇一九年三月一日", ["2019", "3"]),
        ("九点三十分", ["9", "30"]),
        ("十四五规划", []),
        ("七八个，三五成群，五一假期，一一列举", []),
        ("几十万，千万别", []),
        ("二米，两只", ["2", "2"]),
        ("330482199001011234", ["330482199001011234"]),
        ("10次，共10⁵次", ["10", "10"]),
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
        ("330482199001011234", "330482199001011235"),
        ("12²", "122"),
        ("①2", "12"),
        ("三万零五", "三万五"),
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


def _spelled(number: int) -> str:
    """Return the Chinese numeral of a number below 10^8."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        return _spelled(high) + "万" + ("" if not low else "零" * (low < 1000) + _spelled(low))
    text = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += "零" * bool(text and number // unit // 10 % 10 == 0) + "零一二三四五六七八九"[digit] + name
    return text


@given(st.integers(10, 10**8 - 1))
@example(10_010)
def test_a_chinese_numeral_is_its_number(number: int) -> None:
    formal = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
    assert _forms(_spelled(number)) == _forms(_spelled(number).translate(formal)) == [str(number)]


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=12), st.sampled_from("①⑳²³⁹❷⒈\u00ad\u200b"))
def test_marks_beside_a_figure_change_nothing(digits: str, mark: str) -> None:
    wide = digits.translate({48 + n: chr(0xFF10 + n) for n in range(10)})
    marked = mark + digits if mark in "①⑳❷⒈" else digits + mark
    assert _forms(marked) == _forms(wide) == _forms(digits) == [str(int(digits))]


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
