"""Turns as the browser stores them: what opens again, what is dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.schema import Filter
from rag.web.chat import finished_html, sources_html
from rag.web.chat_turn import AnsweredTurn, FailedTurn, ReaderJudgement, as_stored, turns_of
from rag.web.record import answered_turn, failed_turn, feedback_of
from tests.web.examples import ANSWER

STORED: list[dict[str, Any]] = json.loads(
    json.dumps(as_stored([answered_turn(ANSWER, Filter(since="2025-01-01", byline="甲")), failed_turn("？", "坏了")]))
)
EARLIEST: dict[str, Any] = {
    "question": "问？",
    "answer": "答。[1]",
    "mode": "extractive",
    "abstained": False,
    "notices": [],
    "citations": [{"n": 1, "title": "题", "byline": [], "date": "", "file": "a.txt", "quote": "答。"}],
    "sources": [
        {
            "title": "题",
            "byline": [],
            "date": "",
            "file": "a.txt",
            "excerpts": [{"text": "答。", "quotes": [[1, 0, 2]]}],
        }
    ],
}


def test_a_chat_survives_json_and_bad_turns_are_dropped() -> None:
    bad = [{"question": "无"}, 7, None, {**STORED[0], "sources": [{"title": 3}]}, {**STORED[0], "mode": "x"}]
    turns = turns_of([*STORED, *bad])
    assert as_stored(turns) == STORED
    assert [type(turn) for turn in turns] == [AnsweredTurn, FailedTurn]
    assert turns_of("nonsense") == []


def test_the_stored_form_is_the_contract_with_earlier_versions() -> None:
    assert list(STORED[0]) == [
        "question",
        "answer",
        "mode",
        "abstained",
        "notices",
        "citations",
        "language",
        "generation",
        "model",
        "only",
        "sources",
        "direct",
    ]
    assert STORED[0]["only"] == "2025-01-01 –  · 甲"
    assert STORED[1] == {"question": "？", "error": "坏了", "sources": []}
    judged = turns_of([STORED[0] | {"judged": {"thumb": "up", "comment": "", "lost": ""}}])
    assert judged[0].model_copy(update={"judged": None}) == turns_of([STORED[0]])[0]


def test_a_chat_stored_by_the_first_version_opens_and_can_be_judged() -> None:
    turns = turns_of([EARLIEST])
    assert as_stored(turns) == [EARLIEST]
    assert "答。" in finished_html(turns) + sources_html(turns)
    feedback = feedback_of(turns, 0, "up", "", "2026-01-01T00:00:00+00:00")
    assert feedback is not None
    assert feedback.citations == tuple(EARLIEST["citations"])


def test_turns_cannot_be_changed() -> None:
    (turn,) = turns_of([EARLIEST])
    with pytest.raises(ValueError, match="frozen"):
        turn.question = "x"


@pytest.mark.parametrize("number", [-1, 1, 5])
def test_only_an_answer_can_be_judged(number: int) -> None:
    assert feedback_of(turns_of(STORED), number, "up", "", "") is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(EARLIEST)), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from([*EARLIEST, "error", "judged", "only", "language"]), _JSON)
def test_whatever_is_stored_is_either_shown_or_dropped(field: str, value: object) -> None:
    turns = turns_of([{**EARLIEST, field: value}])
    assert isinstance(finished_html(turns) + sources_html(turns), str)
    assert all(isinstance(turn, AnsweredTurn | FailedTurn) for turn in turns)


def test_a_judgement_is_stored_with_its_turn() -> None:
    (turn,) = turns_of([EARLIEST])
    judged = turn.model_copy(update={"judged": ReaderJudgement(thumb="down", comment="缺", lost="")})
    (stored,) = as_stored([judged])
    assert stored == EARLIEST | {"judged": {"thumb": "down", "comment": "缺", "lost": ""}}
