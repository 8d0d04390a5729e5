"""What an assistant says -> the turn that the chat keeps; a judged turn -> the line of the feedback file."""

from __future__ import annotations

from collections.abc import Sequence

from rag import payload
from rag.answer.feedback import MAX_COMMENT, Feedback, Thumb
from rag.schema import EVERYTHING, Answer, Filter
from rag.web.chat_turn import AnsweredTurn, ChatTurn, FailedTurn, QuotedCitation
from rag.web.sources import sources_of


def answered_turn(answer: Answer, only: Filter = EVERYTHING) -> AnsweredTurn:
    """Return what the chat keeps of an answer; ``only`` is the filter that the question was asked with."""
    return AnsweredTurn(
        question=answer.question,
        answer=answer.answer,
        mode=answer.mode,
        abstained=answer.abstained,
        notices=answer.notices,
        citations=tuple(QuotedCitation.model_validate(payload.citation(c)) for c in answer.citations),
        language=answer.language,
        generation=answer.generation,
        model=answer.model,
        only=_description_of(only),
        sources=sources_of(answer),
        direct=answer.direct,
    )


def failed_turn(question: str, message: str) -> FailedTurn:
    """Return the turn of a question that ended in an error."""
    return FailedTurn(question=question, error=message, sources=())


def feedback_of(turns: Sequence[ChatTurn], number: int, thumb: Thumb, comment: str, at: str) -> Feedback | None:
    """Return the judgement of turn ``number`` with the chat before it, or None if no such turn has an answer.

    ``at`` is UTC, ISO 8601. The comment is cut at ``MAX_COMMENT`` characters.
    """
    turn = turns[number] if 0 <= number < len(turns) else None
    if not isinstance(turn, AnsweredTurn):
        return None
    return Feedback(
        at=at,
        thumb=thumb,
        comment=comment[:MAX_COMMENT],
        question=turn.question,
        history=history_of(turns[:number]),
        answer=turn.answer,
        abstained=turn.abstained,
        language=turn.language,
        citations=tuple(c.model_dump(mode="json", exclude_unset=True) for c in turn.citations),
        generation=turn.generation,
        model=turn.model,
    )


def history_of(turns: Sequence[ChatTurn]) -> tuple[tuple[str, str], ...]:
    """Return the earlier questions that were answered, each with its answer."""
    return tuple((turn.question, turn.answer) for turn in turns if isinstance(turn, AnsweredTurn))


def _description_of(only: Filter) -> str:
    dates = " – ".join((only.since, only.until)) if only.since or only.until else ""
    return " · ".join(part for part in (dates, only.source, only.page, only.byline) if part)
