"""Events of the browser page -> what it shows next: a question, a judgement, a reload, a new chat.

The server keeps no chat. The turns come with each event from the browser's storage and go back to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import gradio as gr

from rag.answer.assistant import Assistant
from rag.answer.feedback import Thumb, store
from rag.errors import FeedbackNotStored, RagError
from rag.schema import Answer, Filter
from rag.text.filters import filter_of
from rag.web.chat import finished_html, sources_html, writing_html
from rag.web.chat_turn import AnsweredTurn, ChatTurn, ReaderJudgement, as_stored, turns_of
from rag.web.record import answered_turn, failed_turn, feedback_of, history_of

KEPT_TURNS = 30
"""How many turns the browser keeps over a reload."""
FRAME_S = 0.08
"""The shortest time in seconds between two frames of an answer being written."""
_FILTER_FIELDS = ("since", "until", "source", "page", "byline")
_LONGEST_FILTER = 100


class Frame(NamedTuple):
    """A new value for each part of the page; ``gr.skip()`` leaves the part as it is."""

    question: object
    finished: object
    writing: object
    sources: object
    stored: object


def frame(
    question: str | None = None,
    finished: str | None = None,
    writing: str | None = None,
    sources: str | None = None,
    stored: list[dict[str, Any]] | None = None,
) -> Frame:
    """Return a frame that changes the named parts only."""
    parts = (question, finished, writing, sources, stored)
    return Frame(*(gr.skip() if part is None else part for part in parts))


def asker(assistant: Assistant) -> Callable[[str, object, object], Iterator[Frame]]:
    """Return the handler of a question; it asks ``assistant``."""

    def ask(question: str, stored: object, filter_fields: object) -> Iterator[Frame]:
        """Yield frames while the answer is written.

        Only the last frame holds the finished turns: otherwise every frame would grow with the chat.
        """
        text = question.strip()
        if not text:
            yield frame()
            return
        turns = turns_of(stored)
        number = len(turns)
        welcome_gone = None if turns else ""
        yield frame(question="", finished=welcome_gone, writing=writing_html(number, text))
        try:
            only = _filter_from(filter_fields)
            written, shown_at = "", 0.0
            for piece in assistant.stream(text, history_of(turns), only):
                if isinstance(piece, Answer):
                    turns.append(answered_turn(piece, only))
                    break
                written += piece
                if time.monotonic() - shown_at > FRAME_S:
                    shown_at = time.monotonic()
                    yield frame(writing=writing_html(number, text, written))
        except RagError as error:
            turns.append(failed_turn(text, str(error)))
        turns = turns[-KEPT_TURNS:]
        yield _all_of(turns)

    return ask


def judge(feedback_file: Path) -> Callable[[object, gr.EventData], tuple[object, object]]:
    """Return the handler of a thumb or a comment; it writes to ``feedback_file``."""

    def keep(stored: object, event: gr.EventData) -> tuple[object, object]:
        """Append a reader's judgement to the feedback file; return the finished turns and the turns to store."""
        turns = turns_of(stored)
        number, thumb, comment = int(event.turn), str(event.thumb), str(event.comment).strip()
        if thumb not in ("up", "down"):
            return gr.skip(), gr.skip()
        judged_as = cast(Thumb, thumb)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        feedback = feedback_of(turns, number, judged_as, comment, at)
        if feedback is None:
            return gr.skip(), gr.skip()
        lost = ""
        try:
            store(feedback, feedback_file)
        except FeedbackNotStored as error:
            lost = str(error)
        turns[number] = _judged(turns[number], ReaderJudgement(thumb=judged_as, comment=comment, lost=lost))
        return finished_html(turns), as_stored(turns)

    return keep


def restore(stored: object) -> tuple[str, str]:
    """Return the finished turns and the sources of a stored chat."""
    turns = turns_of(stored)
    return finished_html(turns), sources_html(turns)


def new_chat() -> Frame:
    """Return the frame of an empty chat; the question being typed is cleared too."""
    return _all_of([])._replace(question="")


def _all_of(turns: list[ChatTurn]) -> Frame:
    """Return a frame with the whole chat and no turn being written."""
    return frame(finished=finished_html(turns), writing="", sources=sources_html(turns), stored=as_stored(turns))


def _judged(turn: ChatTurn, judgement: ReaderJudgement) -> ChatTurn:
    return turn.model_copy(update={"judged": judgement}) if isinstance(turn, AnsweredTurn) else turn


def _filter_from(fields: object) -> Filter:
    """Return the filter that the fields of the page describe. Raise BadInput for a date that is not one."""
    known = fields if isinstance(fields, dict) else {}
    return filter_of(**{name: str(known.get(name) or "")[:_LONGEST_FILTER] for name in _FILTER_FIELDS})
