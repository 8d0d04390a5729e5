"""The page in Chromium: a reader's thumbs and comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.answer.feedback import latest
from tests.web.browser import CHINESE, Open, ask, fits, needs_chromium, served

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_reader_s_judgement_is_kept(opened: Open, tmp_path: Path, assistant: Assistant, width: int) -> None:
    file = tmp_path / "feedback.jsonl"
    with served(assistant, file) as url:
        tab = opened(url, width, 844)
        turn = ask(tab, CHINESE)
        turn.locator("[data-thumb=down]").click()
        tab.wait_for_selector(".judged input:focus")
        tab.keyboard.type("漏了一个项目")
        tab.keyboard.press("Enter")
        tab.wait_for_selector('.kept q:has-text("漏了一个项目")')
        assert turn.locator("[data-thumb=down]").get_attribute("aria-pressed") == "true"
        assert fits(tab)
        refused = ask(tab, "火星上有多少人口？")
        refused.locator("[data-thumb=up]").click()
        tab.wait_for_selector('.judged[data-turn="1"] .comment')
        tab.reload()
        tab.wait_for_selector('.kept q:has-text("漏了一个项目")')
    first, second = latest(file)
    assert (first.thumb, first.comment, first.question, first.history, first.abstained) == (
        "down",
        "漏了一个项目",
        CHINESE,
        (),
        False,
    )
    assert all(c["quote"] for c in first.citations)
    assert first.generation.startswith("g0")
    assert (second.thumb, second.question, second.abstained) == ("up", "火星上有多少人口？", True)
    assert second.history == ((CHINESE, first.answer),)


def test_a_judgement_that_cannot_be_written_is_said(opened: Open, tmp_path: Path, assistant: Assistant) -> None:
    (tmp_path / "file").write_text("")
    with served(assistant, tmp_path / "file" / "feedback.jsonl") as url:
        turn = ask(opened(url), CHINESE)
        turn.locator("[data-thumb=up]").click()
        turn.locator('.judged [role=alert]:has-text("RAG_FEEDBACK_FILE")').wait_for()
