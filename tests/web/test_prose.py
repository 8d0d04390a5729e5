"""The text of an answer as lines of pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.schema import Mode
from rag.web.prose import Line, Mark, Marks, Words, lines_of, lines_without_marks, refusal_of
from rag.web.record import answered_turn
from tests.web.examples import ANSWER


def lines(text: str, mode: Mode = "llm") -> tuple[Line, ...]:
    return lines_of(answered_turn(replace(ANSWER, answer=text, mode=mode)))


def plain(line: Line) -> str:
    pieces = []
    for piece in line.pieces:
        if isinstance(piece, Marks):
            pieces.append(piece.before + "".join(f"[{mark.n}]" for mark in piece.marks))
        else:
            pieces.append(piece.text)
    return "".join(pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("签约5个。[1][9]", (Words("签约5个"), Marks("。", (Mark(1, True), Mark(9, False))))),
        ("[2]甲", (Marks("", (Mark(2, True),)), Words("甲"))),
        ("甲（未核实）[1]", (Words("甲"), Words("（未核实）", True), Marks("", (Mark(1, True),)))),
        (
            "Five (unverified) [1]",
            (Words("Five"), Words("(unverified)", True), Words(" "), Marks("", (Mark(1, True),))),
        ),
        ("a & b;[1]", (Words("a & b"), Marks(";", (Mark(1, True),)))),
    ],
)
def test_pieces(text: str, pieces: tuple[object, ...]) -> None:
    assert lines(text) == (Line(pieces),)  # type: ignore[arg-type]


def test_in_an_extractive_answer_only_the_last_marks_of_a_line_refer() -> None:
    assert lines("据报告[2]。[1]", "extractive") == (Line((Words("据报告[2]"), Marks("。", (Mark(1, True),)))),)


def test_headlines_lose_their_colon() -> None:
    assert lines("《甲》（2025）：\n乙") == (Line((Words("《甲》（2025）"),), heading=True), Line((Words("乙"),)))


def test_a_refusal_has_a_first_line_other_lines_and_items() -> None:
    refusal = refusal_of("没有。\n最接近：\n- 甲\n\n- 乙")
    assert (refusal.first, refusal.others, refusal.items) == ("没有。", ("最接近：",), ("甲", "乙"))


@given(
    st.lists(st.sampled_from(["甲", "a", " ", "[1]", "[12]", "[", "]", "。", "（未核实）", ";", "\n", "&"])).map(
        "".join
    )
)
def test_no_character_of_an_answer_is_lost(text: str) -> None:
    kept = "".join(plain(line) for line in lines(text))
    assert kept == "".join(map(str.strip, text.split("\n")))
    assert all("[1]" not in plain(line) for line in lines_without_marks(text.replace("[[", "")))
