"""Questions, frames, judgements and reloads as the page's events see them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rag.answer.feedback import latest
from rag.errors import EndpointError
from rag.web.chat_turn import as_stored
from rag.web.conversation import KEPT_TURNS, Frame, asker, judge, new_chat, restore
from rag.web.record import answered_turn, failed_turn
from rag.web.routes import application
from tests.web.examples import ANSWER, EVIL, REFUSAL, Scripted

STORED = as_stored([answered_turn(ANSWER)])


def frames_of(assistant: Any, question: str, stored: object, fields: object = None) -> list[Frame]:
    return list(asker(assistant)(question, stored, fields))


def unchanged(part: object) -> bool:
    return isinstance(part, dict) and "value" not in part


def test_an_empty_question_does_nothing() -> None:
    assistant = Scripted(ANSWER)
    (frame,) = frames_of(assistant, "  \n", [])
    assert all(map(unchanged, frame))
    assert assistant.asked == []


def test_a_follow_up_is_asked_with_the_earlier_turns() -> None:
    assistant = Scripted("正文", ANSWER)
    stored = as_stored([answered_turn(REFUSAL), failed_turn("甲？", "坏了")])
    *_, last = frames_of(assistant, "其中呢？", stored)
    assert assistant.asked == [("其中呢？", [(REFUSAL.question, REFUSAL.answer)])]
    assert [t["question"] for t in last.stored] == [REFUSAL.question, "甲？", ANSWER.question]  # type: ignore[attr-defined]


def test_an_error_is_one_line_in_the_chat() -> None:
    *_, last = frames_of(Scripted("半句", EndpointError("接口没有回答：检查 OPENAI_BASE_URL。")), "甲？", [])
    assert "接口没有回答：检查 OPENAI_BASE_URL。" in str(last.finished)
    assert "半句" not in str(last.finished)
    assert last.stored == [{"question": "甲？", "error": "接口没有回答：检查 OPENAI_BASE_URL。", "sources": []}]


def test_the_last_frame_moves_the_turn_to_the_finished_ones() -> None:
    first, *middle, last = frames_of(Scripted("签约", "5个", ANSWER), "甲？", STORED)
    assert (first.question, unchanged(first.finished), 'data-turn="1"' in str(first.writing)) == ("", True, True)
    assert all(unchanged(f.finished) and unchanged(f.sources) and unchanged(f.stored) for f in middle)
    assert last.writing == ""
    assert str(last.finished).count('<section class="turn"') == 2


def test_the_welcome_goes_with_the_first_question() -> None:
    first, *_ = frames_of(Scripted(ANSWER), "甲？", [])
    assert first.finished == ""


def test_the_browser_keeps_no_more_than_so_many_turns() -> None:
    *_, last = frames_of(Scripted(ANSWER), "甲？", STORED * (KEPT_TURNS + 5))
    assert len(last.stored) == KEPT_TURNS  # type: ignore[arg-type]


@pytest.mark.parametrize("fields", [{"since": EVIL}, {"until": "去年"}])
def test_a_filter_that_cannot_be_read_is_one_line_in_the_chat(fields: dict[str, str]) -> None:
    assistant = Scripted(ANSWER)
    *_, last = frames_of(assistant, "甲？", [], fields)
    assert "is not a date" in str(last.finished)
    assert "<script" not in str(last.finished)
    assert assistant.asked == []


def test_the_filter_stands_under_its_question_as_text() -> None:
    *_, last = frames_of(Scripted(ANSWER), "甲？", [], {"byline": EVIL, "page": 3, "other": "x"})
    assert "<script" not in str(last.finished)
    assert last.stored[0]["only"] == f"3 · {EVIL[:100]}"  # type: ignore[index]


def sent_frames(turns: int) -> list[int]:
    """How many bytes Gradio sends for each frame of an answer, after so many turns."""
    answered = Scripted(*["甲乙丙丁。" * 20] * 5, ANSWER, pause_s=0.1)
    with TestClient(application(answered, Path("/dev/null")), base_url="http://127.0.0.1:7860") as client:  # type: ignore[arg-type]
        dependencies = client.get("/config").json()["dependencies"]
        fn_index = next(d["id"] for d in dependencies if any(event == "submit" for _, event in d["targets"]))
        body = {"data": ["问？", STORED * turns, None], "fn_index": fn_index, "session_hash": f"s{turns}"}
        assert client.post("/gradio_api/queue/join", json=body).status_code == 200
        messages = client.get("/gradio_api/queue/data", params={"session_hash": f"s{turns}"}).text.split("\n\n")
    writing = [m for m in messages if '"process_generating"' in m and "aria-busy" in m]
    assert len(writing) >= 4
    assert json.loads(writing[0].removeprefix("data: "))["success"]
    return [len(m.encode()) for m in writing]


def test_a_frame_does_not_grow_with_the_chat() -> None:
    alone, after_thirty = sent_frames(0), sent_frames(KEPT_TURNS)
    assert max(after_thirty) < max(alone) + 200
    assert max(after_thirty) < 5000


def judged_by(feedback_file: Path, stored: object, turn: object, thumb: str, comment: str) -> tuple[object, object]:
    event = SimpleNamespace(turn=turn, thumb=thumb, comment=comment)
    return judge(feedback_file)(stored, event)  # type: ignore[arg-type]


def test_a_judgement_is_kept_and_shown_as_text(tmp_path: Path) -> None:
    finished, stored = judged_by(tmp_path / "f.jsonl", STORED, 0, "down", EVIL)
    assert 'aria-pressed="true"' in str(finished)
    assert "<script" not in str(finished)
    assert stored == [{**STORED[0], "judged": {"thumb": "down", "comment": EVIL, "lost": ""}}]
    (feedback,) = latest(tmp_path / "f.jsonl")
    assert (feedback.thumb, feedback.comment, feedback.citations[0]) == ("down", EVIL, STORED[0]["citations"][0])


def test_a_judgement_that_could_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finished, _ = judged_by(tmp_path / "file" / "f.jsonl", STORED, 0, "up", "")
    assert "RAG_FEEDBACK_FILE" in str(finished)


@pytest.mark.parametrize(("turn", "thumb"), [(0, ""), (0, "sideways"), (1, "up"), (-1, "up"), (9, "up")])
def test_nothing_but_an_answer_can_be_judged(tmp_path: Path, turn: int, thumb: str) -> None:
    stored = [*STORED, *as_stored([failed_turn("？", "坏了")])]
    assert all(map(unchanged, judged_by(tmp_path / "f.jsonl", stored, turn, thumb, "")))
    assert not (tmp_path / "f.jsonl").exists()


def test_a_stored_chat_is_shown_after_a_reload_and_gone_in_a_new_one() -> None:
    finished, sources = restore([*STORED, {"question": EVIL}])
    assert finished.count('<section class="turn"') == 1
    assert "003_a.txt" in sources
    assert "data-ask" in str(new_chat().finished)
    assert (new_chat().question, new_chat().stored) == ("", [])
