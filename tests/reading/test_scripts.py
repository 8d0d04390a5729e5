"""Raised and lowered characters, by hand: type is 10 high."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.boxes import Box
from rag.reading.reading_order import text_in_order
from rag.reading.scripts import with_scripts_marked, written_out


def box(left: float, baseline: float, text: str, size: float = 10.0) -> Box:
    top = baseline - 0.88 * size
    return Box(left, top, left + 0.6 * size * len(text), top + size, text)


def written(*boxes: Box) -> str:
    return written_out(text_in_order(with_scripts_marked(boxes))).rstrip("\n")


@pytest.mark.parametrize(
    ("raised", "right"),
    [
        ("1", "346亿元¹，"),
        ("12", "346亿元¹²，"),
        ("[3]", "346亿元[³]，"),
        ("①", "346亿元^①，"),
        ("注1", "346亿元^注1，"),
        ("*", "346亿元*，"),
    ],
)
def test_marks_go_behind_the_figure_and_its_unit(raised: str, right: str) -> None:
    mark = box(18, 16, raised, 6)
    assert written(box(0, 20, "346"), mark, box(mark.right, 20, "亿元，")) == right


def test_mark_goes_behind_a_unit_on_the_next_line() -> None:
    assert written(box(0, 20, "总投资346"), box(36, 16, "1", 6), box(0, 35, "亿元，其中")) == "总投资346\n亿元¹，其中"


def test_mark_of_a_cell_stays_in_its_cell() -> None:
    assert written_out("工业\t346\x011\x03\n农业\t28\x012\x03亿\t7\n") == "工业\t346¹\n农业\t28亿²\t7\n"


def test_exponents_and_units_stay_where_they_are() -> None:
    assert (
        written_out("3×10\x015\x03吨，8m\x012\x03，H\x022\x03O，10\x01-3\x03，5\x01th\x03")
        == "3×10⁵吨，8m²，H₂O，10⁻³，5ᵗʰ"
    )


def test_small_type_on_the_same_baseline_is_not_raised() -> None:
    assert written(box(0, 20, "34"), box(12, 20, "6", 6)) == "346"


def test_words_in_small_type_in_the_middle_of_a_headline_are_not_raised() -> None:
    assert written(box(0, 40, "公报", 20), box(24, 36, "（二〇二五年）", 10)).replace(" ", "") == "公报（二〇二五年）"


@given(
    st.lists(
        st.tuples(st.text("0123456789", min_size=1, max_size=4), st.text("123", max_size=2)), min_size=1, max_size=6
    )
)
def test_no_figure_changes(figures: list[tuple[str, str]]) -> None:
    """Each figure is followed by its unit, and no digit is lost."""
    text = "".join(f"共{figure}\x01{mark}\x03亿元，" if mark else f"共{figure}亿元，" for figure, mark in figures)
    found = written_out(text)
    for figure, mark in figures:
        assert f"共{figure}亿元" in found or (figure.endswith("10") and mark)
    digits = "".join(figure + mark for figure, mark in figures)
    assert sorted(unicodedata.normalize("NFKC", "".join(c for c in found if c.isdigit()))) == sorted(digits)
