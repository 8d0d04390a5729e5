"""Pages of boxes, worked by hand: type is 10 high, a character 10 wide, lines 15 apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.reading.boxes import Box
from rag.reading.reading_order import text_in_order


def line(left: float, top: float, text: str, size: float = 10.0) -> Box:
    return Box(left, top, left + size * len(text), top + size, text)


def column(left: float, top: float, words: str, wide: int = 8, lines: int = 4) -> list[Box]:
    """``lines`` full lines, each of one word of ``words`` repeated."""
    return [line(left, top + 15 * i, words[i] * wide) for i in range(lines)]


def lines_of(boxes: list[Box]) -> list[str]:
    return [text for text in text_in_order(boxes).split("\n") if text]


TWO = [line(30, 0, "标题在两栏之上", 20), *column(0, 40, "甲乙丙丁"), *column(100, 40, "戊己庚辛")]


def test_without_boxes_there_is_no_text() -> None:
    assert text_in_order([]) == ""
    assert text_in_order([line(0, 0, "  ")]) == ""


def test_headline_over_two_columns_comes_before_both() -> None:
    assert lines_of(TWO) == ["标题在两栏之上", *(c * 8 for c in "甲乙丙丁戊己庚辛")]


def test_a_blank_line_stands_between_headline_and_text() -> None:
    assert text_in_order(TWO).startswith("标题在两栏之上\n\n甲甲")


def test_columns_whose_lines_are_not_level() -> None:
    boxes = [*column(0, 0, "甲乙丙丁"), *column(100, 7, "戊己庚辛")]
    assert lines_of(boxes) == [c * 8 for c in "甲乙丙丁戊己庚辛"]


def test_second_story_under_the_first_in_the_same_columns() -> None:
    """Its headline stands at the left and crosses no gutter; still it may not come between the columns above."""
    second = [line(0, 130, "第二题", 20), *column(0, 160, "子丑寅卯"), *column(100, 160, "辰巳午未")]
    assert lines_of([*TWO, *second])[9:] == ["第二题", *(c * 8 for c in "子丑寅卯辰巳午未")]


def test_headline_in_the_middle_column_of_three_is_over_all_three() -> None:
    boxes = [
        line(105, 0, "题目", 30),
        *column(0, 40, "甲乙丙丁"),
        *column(100, 40, "戊己庚辛"),
        *column(200, 40, "子丑寅卯"),
    ]
    assert lines_of(boxes)[:3] == ["题目", "甲" * 8, "乙" * 8]


def test_story_beside_two_columns_is_read_by_itself() -> None:
    boxes = [*TWO, line(200, 0, "旁边", 20), *column(200, 40, "子丑寅卯", lines=4)]
    assert lines_of(boxes) == [
        "标题在两栏之上",
        *(c * 8 for c in "甲乙丙丁戊己庚辛"),
        "旁边",
        *(c * 8 for c in "子丑寅卯"),
    ]


def test_running_head_is_not_part_of_the_columns_below() -> None:
    head = [line(0, -40, "日报", 8), line(120, -40, "七月", 8), line(260, -40, "二版", 8)]
    boxes = [*head, *column(0, 0, "甲乙丙丁"), *column(100, 0, "戊己庚辛"), *column(200, 0, "子丑寅卯")]
    assert lines_of(boxes)[:5] == ["日报", "七月", "二版", "甲" * 8, "乙" * 8]


def test_spaced_out_headline_is_one_line() -> None:
    assert lines_of([line(0, 0, "关注", 20), line(80, 0, "民生", 20), *column(0, 40, "甲乙丙丁", 20)])[0] == "关注 民生"


def test_stretches_of_one_line_are_joined() -> None:
    boxes = [line(0, 0, "总投资"), Box(30, 0, 45, 10, "5.2"), line(45, 0, "亿元"), line(0, 15, "签约签约签约")]
    assert lines_of(boxes) == ["总投资5.2亿元", "签约签约签约"]


def test_first_line_of_a_paragraph_is_indented() -> None:
    boxes = [line(20, 0, "甲甲甲甲"), line(0, 15, "乙乙乙乙乙乙"), line(0, 30, "丙丙丙丙丙丙")]
    assert text_in_order(boxes) == "\u3000\u3000甲甲甲甲\n乙乙乙乙乙乙\n丙丙丙丙丙丙\n"


def test_first_line_of_a_column_that_begins_higher_belongs_to_the_body() -> None:
    """Its top stands above the first line of the column to its left, so a horizontal line can be drawn below it."""
    boxes = [line(0, 0, "题目", 20), *column(0, 40, "甲乙丙丁"), *column(100, 27, "戊己庚辛", lines=4)]
    assert lines_of(boxes) == ["题目", *(c * 8 for c in "甲乙丙丁戊己庚辛")]


def test_first_lines_of_the_second_and_third_column_stand_higher() -> None:
    boxes = [
        line(30, 0, "标题在三栏之上", 20),
        *column(0, 45, "甲乙丙丁"),
        *column(100, 30, "戊己庚辛"),
        *column(200, 30, "子丑寅卯"),
    ]
    assert lines_of(boxes) == ["标题在三栏之上", *(c * 8 for c in "甲乙丙丁戊己庚辛子丑寅卯")]


def test_headline_that_reaches_into_the_line_below_is_no_part_of_it() -> None:
    boxes = [line(30, 0, "标题在两栏之上", 20), *column(0, 15, "甲乙丙丁"), *column(100, 15, "戊己庚辛")]
    assert "标题在两栏之上" in lines_of(boxes)


def test_rows_of_a_table_are_read_as_rows() -> None:
    cells = [
        ["单位", "名额", "电话"],
        ["临溪中学", "15", "8821"],
        ["临溪医院", "22", "8822"],
        ["石塘水厂", "7", "8823"],
    ]
    table = [line(100 * j, 60 + 15 * i, cell) for i, row in enumerate(cells) for j, cell in enumerate(row)]
    text = text_in_order([line(0, 0, "甲" * 30), line(0, 15, "乙" * 30), *table, line(0, 135, "丙" * 30)])
    assert "\n".join("\t".join(row) for row in cells) in text
    assert text.index("乙") < text.index("单位") < text.index("丙")


def test_numbers_of_a_list_stay_with_their_lines() -> None:
    boxes = [*(line(0, 15 * i, f"{i}.") for i in range(3)), *(line(40, 15 * i, c * 20) for i, c in enumerate("甲乙丙"))]
    assert lines_of(boxes) == [f"{i}. {c * 20}" for i, c in enumerate("甲乙丙")]


def test_header_that_stands_beside_its_cells_is_theirs() -> None:
    header = [line(30, 0, "车次"), line(200, 0, "开点")]
    cells = [line(x, 15 * i, text) for i in range(1, 4) for x, text in ((0, f"{i}号"), (150, f"0{i}:10"))]
    assert lines_of([*header, *cells]) == ["车次\t开点", "1号\t01:10", "2号\t02:10", "3号\t03:10"]


@given(st.permutations(TWO))
def test_the_order_of_drawing_does_not_matter(boxes: list[Box]) -> None:
    assert text_in_order(boxes) == text_in_order(TWO)


@given(
    st.lists(
        st.builds(
            lambda x, y, size, text: line(x, y, text, size),
            st.integers(0, 300),
            st.integers(0, 300),
            st.integers(6, 30),
            st.text("甲乙丙a1", min_size=1, max_size=12),
        ),
        max_size=40,
    )
)
def test_nothing_is_lost_or_added_wherever_it_stands(boxes: list[Box]) -> None:
    assert sorted("".join(text_in_order(boxes).split())) == sorted("".join(box.text for box in boxes))
