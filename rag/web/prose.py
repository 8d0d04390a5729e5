"""The text of an answer -> lines of pieces that a template shows: plain text, numbered marks, unverified words.

No piece holds HTML. The template writes the elements and escapes the text of every piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.answer.citations import UNVERIFIED
from rag.web.chat_turn import AnsweredTurn

_MARKS = re.compile(r"(\S?)((?:\[\d{1,3}\])+)")
_LAST_MARKS = re.compile(_MARKS.pattern + "$")
_UNVERIFIED = re.compile("|".join(map(re.escape, UNVERIFIED.values())))
_HEADING = re.compile(r"(?:《.*》|（无标题）.*……)(?:（[^（）]*）)?[：:]")


@dataclass(frozen=True, slots=True)
class Words:
    """Text of the answer. ``unverified``: it is the remark that a claim could not be verified."""

    text: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """``[n]`` of an answer. ``linked``: the answer has a citation ``n``."""

    n: int
    linked: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks in one place. The browser keeps them on one line with ``before``, the character in front of them."""

    before: str
    marks: tuple[Mark, ...]


Piece = Words | Marks


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer. ``heading``: it is the headline of the article that the next lines quote. ``lead``: it holds the
    words that answer."""

    pieces: tuple[Piece, ...]
    heading: bool = False
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The text of a refusal: its first line, other lines, and the items of its list."""

    first: str
    others: tuple[str, ...]
    items: tuple[str, ...]


def lines_of(turn: AnsweredTurn) -> tuple[Line, ...]:
    """Return the lines of a finished answer.

    In an extractive answer only the marks at the end of a line refer to citations: the others may be part of the
    article's own text. The first line, if it holds the words that answer, has a mark after each of them.
    """
    marks = _LAST_MARKS if turn.mode == "extractive" else _MARKS
    lines = list(_lines(turn.answer, marks, len(turn.citations)))
    if turn.direct and lines:
        first = turn.answer.strip().split("\n")[0].strip()
        lines[0] = Line(tuple(_pieces(first, _MARKS, len(turn.citations))), lead=True)
    return tuple(lines)


def lines_without_marks(partial: str) -> tuple[Line, ...]:
    """Return the lines of an unfinished answer without its marks, which are not verified yet."""
    return tuple(_lines(_MARKS.sub(r"\1", partial), _MARKS, 0))


def refusal_of(text: str) -> Refusal:
    """Return the parts of a refusal; an item of its list is a line that begins with ``- ``."""
    first, *rest = text.split("\n")
    items = tuple(line[2:] for line in rest if line.startswith("- "))
    return Refusal(first, tuple(line for line in rest if line and not line.startswith("- ")), items)


def _lines(text: str, marks: re.Pattern[str], citations: int) -> Iterator[Line]:
    for line in filter(None, map(str.strip, text.split("\n"))):
        if _HEADING.fullmatch(line):
            yield Line((Words(line[:-1]),), heading=True)
        else:
            yield Line(tuple(_pieces(line, marks, citations)))


def _pieces(line: str, marks: re.Pattern[str], citations: int) -> Iterator[Piece]:
    at = 0
    for found in marks.finditer(line):
        # words that are marked as unverified stay whole: their last character does not move to the marks
        whole = next((m for m in _UNVERIFIED.finditer(line, at) if m.end() == found.end(1)), None)
        yield from _words(line[at : found.end(1) if whole else found.start()])
        numbers = map(int, re.findall(r"\d+", found[2]))
        yield Marks("" if whole else found[1], tuple(Mark(n, 0 < n <= citations) for n in numbers))
        at = found.end()
    yield from _words(line[at:])


def _words(text: str) -> Iterator[Words]:
    at = 0
    for found in _UNVERIFIED.finditer(text):
        if text[at : found.start()]:
            yield Words(text[at : found.start()])
        yield Words(found[0].strip(), unverified=True)
        at = found.end()
    if text[at:]:
        yield Words(text[at:])
