"""The page in Chromium: the turn being written beside the finished ones, and a question that loses its connection."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from rag.errors import EndpointError
from tests.web.browser import Open, ask, needs_chromium, served, wait_in_view
from tests.web.examples import ANSWER, Scripted

pytestmark = [pytest.mark.browser, needs_chromium]

SLOW_TO_HEAR_OF_THE_END = """
const fetched = window.fetch;
window.fetch = async (...request) => {
  const response = await fetched(...request);
  if (!String(request[0]?.url ?? request[0]).includes('queue/data')) return response;
  const late = new TransformStream({ async transform(chunk, out) {
    if (new TextDecoder().decode(chunk).includes('close_stream')) {
      window.serverHasClosed = true;
      await new Promise(done => setTimeout(done, 600));
    }
    out.enqueue(chunk);
  } });
  return new Response(response.body.pipeThrough(late), { headers: response.headers });
};
"""
"""The browser hears 600 ms late that the server has closed the event stream, as it may when it is busy."""
COUNT_JOINS = """
window.joins = 0;
const joined = window.fetch;
window.fetch = (...request) => {
  if (String(request[0]?.url ?? request[0]).includes('queue/join')) window.joins += 1;
  return joined(...request);
};
"""


def test_a_question_sent_as_the_page_loads_is_answered(opened: Open) -> None:
    """The load event has just ended on the server, and the browser does not know it yet."""
    with served(Scripted(EndpointError("坏了"))) as url:
        tab = opened(url, script=SLOW_TO_HEAR_OF_THE_END)
        tab.wait_for_function("window.serverHasClosed")
        tab.fill("#question textarea", "问")
        tab.press("#question textarea", "Enter")
        tab.wait_for_selector('.turn .failed:has-text("坏了")')
        assert "坏了" in ask(tab, "再问").inner_text()


def test_nothing_more_is_sent_once_a_question_is_answered(opened: Open) -> None:
    with served(Scripted(EndpointError("坏了"))) as url:
        tab = opened(url, script=COUNT_JOINS)
        ask(tab, "问")
        before = tab.evaluate("window.joins")
        tab.press("#question textarea", "Enter")  # a blank question
        tab.wait_for_timeout(3500)
        assert tab.evaluate("window.joins") == before + 1


@pytest.mark.parametrize("width", [1280, 390])
def test_the_turn_being_written_stands_below_the_finished_ones(opened: Open, width: int) -> None:
    may_end = Event()
    with served(Scripted("第一句。", "第二句。", may_end, ANSWER, pause_s=0.1)) as url:
        tab = opened(url, width, 800)
        may_end.set()
        ask(tab, "一问")
        may_end.clear()
        tab.evaluate("window.first = document.querySelector('#finished .turn')")
        tab.fill("#question textarea", "二问")
        tab.press("#question textarea", "Enter")
        tab.wait_for_selector('#writing .turn[aria-busy] .answer:has-text("第二句。")')
        places = tab.evaluate(
            "[...document.querySelectorAll('.turn')].map(t => [t.dataset.turn, t.closest('[id]').id])"
        )
        assert [turn for turn, _ in places] == ["0", "1"]
        wait_in_view(tab, "#writing .question")
        top = question_top(tab, "#writing .question")
        may_end.set()
        tab.wait_for_selector('#finished .turn[data-turn="1"] footer')
        assert tab.locator("#writing .turn").count() == 0
        assert abs(question_top(tab, '.turn[data-turn="1"] .question') - top) < 2
        assert tab.evaluate("window.first === document.querySelector('#finished .turn')")
        assert tab.locator("#finished [role=log] .turn").count() == 2
        assert tab.evaluate("document.activeElement.closest('#question') !== null")


def question_top(tab: Any, selector: str) -> float:
    return float(tab.locator(selector).bounding_box()["y"])
