"""Lines become examples; what is cropped or made from them stays true."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.reader.examples import Example, cropped, epoch_units, example
from eval.reader.settings import Fitting

LONG = "".join(f"第{i}段讲了平湖的事情，投资{i}亿元，由公司{i}建设。" for i in range(60))


def line(answer: str, start: int) -> dict[str, object]:
    return {
        "id": "x",
        "question": "问",
        "passage": "平湖签约5个项目。",
        "answers": [{"text": answer, "start": start}],
        "answerable": True,
    }


def test_an_answer_stands_where_its_line_says() -> None:
    assert example(line("5个", 4), "u").spans == ((4, 6),)
    with pytest.raises(ValueError, match="x: '6个' does not stand at 4"):
        example(line("6个", 4), "u")


@given(st.integers(0, 59), st.integers(0, 2**32))
def test_a_crop_keeps_its_answer_and_whole_sentences(number: int, seed: int) -> None:
    start = LONG.index(f"投资{number}亿元") + 2
    end = LONG.index("亿元", start) + 2
    one = cropped(Example("问", "", LONG, ((start, end),), True, "u"), (60, 220), Random(seed))
    assert one.text in LONG
    assert len(one.text) <= 400
    assert [one.text[a:b] for a, b in one.spans] == [f"{number}亿元"]
    assert one.text.startswith("第")
    assert one.text.endswith("。")


def test_made_negatives_do_not_hold_the_answer() -> None:
    text = (
        "平湖市今年签约了不少人工智能项目，涉及多个行业和许多街道。其中最大的一个项目投资12亿元，由是石科技建设。"
        "有关负责人说，明年还要继续努力引进更多企业来落户。"
    )
    at = text.index("12亿元")
    found = {"twins": [Example("最大的项目投资多少", "", text, ((at, at + 4),), True, text)]}
    fitting = Fitting(off_topic=0.0, cut_answer=1.0, epochs={"twins": 1.0})
    ((kept, made),) = epoch_units(found, fitting, Random(1))
    assert kept.answerable
    assert (made.answerable, made.spans) == (False, ())
    assert "12亿元" not in made.text
    assert made.text == text[: text.index("其中")] + text[text.index("有关") :]


def test_each_source_is_read_as_often_as_the_settings_say() -> None:
    found = {name: [Example(f"{name}{i}", "", "短文。", (), False, f"{name}{i}") for i in range(400)] for name in "ab"}
    units = epoch_units(found, Fitting(off_topic=0.0, cut_answer=0.0, epochs={"a": 2.25, "b": 0.5}), Random(1))
    asked = [one.question for unit in units for one in unit]
    assert 860 <= sum(q.startswith("a") for q in asked) <= 940
    assert 160 <= sum(q.startswith("b") for q in asked) <= 240
    assert units != sorted(units, key=lambda unit: unit[0].question)
