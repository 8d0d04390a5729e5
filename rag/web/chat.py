"""Turns of a chat -> the HTML of the browser page.

Each label stands in the page in both languages, and the style sheet shows one of them: switching the language needs no
server and loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.schema import Language
from rag.text.calendar import shown as shown_date
from rag.web.chat_turn import AnsweredTurn, ChatTurn, Excerpt, FailedTurn, Source
from rag.web.prose import Line, Refusal, lines_of, lines_without_marks, refusal_of
from rag.web.rendering import render

EXAMPLES: dict[Language, tuple[str, ...]] = {
    "zh": (
        "平湖签约了哪些人工智能项目？",
        "普罗宇宙机器人项目总投资多少？",
        "是石科技在世界人工智能大会上展示了什么？",
        "重庆人工智能创新中心有什么作用？",
    ),
    "en": (
        "What AI projects has Pinghu signed?",
        "How much is invested in the AI projects signed in Pinghu?",
        "What does the Chongqing AI innovation center offer?",
    ),
}


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn with what its template shows of the answer. ``refusal`` is set for a refused question, else ``lines``."""

    turn: ChatTurn
    lines: tuple[Line, ...] = ()
    refusal: Refusal | None = None
    clipboard: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an excerpt. ``n`` is the number of the citation that quotes it, None if it is not quoted."""

    text: str
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """The sources of one answer. Each source comes with its excerpts, cut into spans."""

    number: int
    question: str
    abstained: bool
    sources: tuple[tuple[Source, tuple[tuple[Span, ...], ...]], ...]


def masthead_html() -> str:
    return render("masthead.html")


def filter_html() -> str:
    return render("filter.html")


def finished_html(turns: Sequence[ChatTurn]) -> str:
    """Return the finished turns or, before the first question, a welcome with example questions."""
    if not turns:
        return render("welcome.html", examples=EXAMPLES)
    return render("finished.html", turns=[_shown(turn) for turn in turns])


def writing_html(number: int, question: str, partial: str = "") -> str:
    """Return the turn being written. ``partial`` is the part of the answer that has arrived."""
    return render("writing.html", turn=number, question=question, lines=lines_without_marks(partial))


def sources_html(turns: Sequence[ChatTurn]) -> str:
    """Return the sources of every answer; only those of the latest are in view."""
    panels = [
        Panel(
            number,
            turn.question,
            isinstance(turn, AnsweredTurn) and turn.abstained,
            tuple((source, tuple(tuple(spans_of(e)) for e in source.excerpts)) for source in turn.sources),
        )
        for number, turn in enumerate(turns)
        if turn.sources
    ]
    return render("sources.html", panels=panels)


def spans_of(excerpt: Excerpt) -> Iterator[Span]:
    """Return the text of an excerpt, cut where a quote starts or ends."""
    at = 0
    for n, start, end in excerpt.quotes:
        yield Span(excerpt.text[at:start])
        yield Span(excerpt.text[start:end], n)
        at = end
    yield Span(excerpt.text[at:])


def _shown(turn: ChatTurn) -> ShownTurn:
    if isinstance(turn, FailedTurn):
        return ShownTurn(turn)
    if turn.abstained:
        return ShownTurn(turn, refusal=refusal_of(turn.answer))
    return ShownTurn(turn, lines=lines_of(turn), clipboard=_as_plain_text(turn))


def _as_plain_text(turn: AnsweredTurn) -> str:
    """Return the question, the answer and its sources for the clipboard."""
    rows = []
    for c in turn.citations:
        parts = (f"[{c.n}]", c.title, "、".join(c.byline), shown_date(c.date, c.date_basis), c.file)
        rows.append(" ".join(part for part in parts if part) + f"\n“{c.quote}”")
    return "\n".join([turn.question, "", turn.answer, "", *rows])
