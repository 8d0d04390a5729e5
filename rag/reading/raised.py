"""Pieces of a line, some of them raised, lowered or notes -> its text, in which no mark is glued to a figure.

A raised figure that is an exponent or belongs to a unit is written with Unicode's own signs: 10⁶, m², CO₂. A raised
mark beside a figure is a reference to a note: 346¹亿元 becomes 346亿元¹, because search reads ¹ as 1. The text of a
note stands in brackets behind the sentence that refers to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from rag.reading.raised_signs import LOWERED, RAISED, refers_to_note

Place = Literal["", "raised", "lowered", "note"]

_STOP = re.compile(r"[，。；：！？、（）《》“”,;:!?()\s]")
_SENTENCE = re.compile(r"[。！？!?]+[”’」』》）)\]\"']*")
_BRACKETED = re.compile(r"[\[［〔【(（]\s*(.+?)\s*[\]］〕】)）]")
_SENTENCE_AT_END = re.compile(_SENTENCE.pattern + r"\Z")


class Piece(NamedTuple):
    text: str
    place: Place = ""


def line_of(pieces: Iterable[Piece]) -> str:
    """Return the text of one line or paragraph. A note is held back to the end of its sentence, a raised mark beside a
    figure to the next stop."""
    runs = _merged(pieces)
    text, marks, notes = "", "", ""
    for i, (words, place) in enumerate(runs):
        if place == "note":
            note = f"（注：{words}）"
            if not marks and _SENTENCE_AT_END.search(text):
                text += note
            else:
                notes += note
        elif place == "raised":
            following = next((run.text for run in runs[i + 1 :] if run.place != "note"), "")
            if refers_to_note(text, words.strip(), following, opens_line=True):
                marks += _mark(words.strip())
            else:
                text += raised(words)
        elif place == "lowered":
            text += lowered(words)
        else:
            words, marks = _with(words, marks, _STOP, before=True)
            words, notes = _with(words, notes, _SENTENCE, before=False)
            text += words
    return text + marks + notes


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours in one place as one piece: Word cuts 10 into 1 and 0. Two notes stay two."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and merged[-1].place == piece.place != "note":
            merged[-1] = Piece(merged[-1].text + piece.text, piece.place)
        elif piece.text:
            merged.append(piece)
    return merged


def raised(text: str) -> str:
    """Return raised text in Unicode's signs; with ``^`` if it has a sign that Unicode cannot raise."""
    plain = text.strip()
    if found := _as(plain, RAISED):
        return found
    if _BRACKETED.fullmatch(plain):
        return _mark(plain)
    return f"^({plain})" if re.search(r"[0-9]", plain) and plain.isascii() and plain[:1] not in "[(" else text


def lowered(text: str) -> str:
    """Return lowered text in Unicode's signs, or as it is if Unicode cannot lower one: PM2.5."""
    return _as(text.strip(), LOWERED) or text


def _mark(text: str) -> str:
    """A mark that refers to a note. In an answer, [1] would be the number of a citation."""
    bracketed = _BRACKETED.fullmatch(text)
    if re.fullmatch("[①-⑳❶-❿*†‡※]+", text):
        return text
    return _as(text, RAISED) or f"〔{bracketed[1] if bracketed else text}〕"


def _as(text: str, signs: dict[int, int]) -> str:
    """The text in other signs, "" if one of its characters has none."""
    return text.translate(signs) if text and all(ord(c) in signs for c in text) else ""


def _with(text: str, held: str, place: re.Pattern[str], before: bool) -> tuple[str, str]:
    """The text with ``held`` at the first such place, and what is still held back."""
    found = place.search(text) if held else None
    if not found:
        return text, held
    at = found.start() if before else found.end()
    return text[:at] + held + text[at:], ""
