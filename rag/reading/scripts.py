"""Raised and lowered characters: found by their places, written so that no figure changes.

346 with a raised 1 is no 3461. An exponent, or a sign of a unit, is written with Unicode's own signs where it stands:
10⁵, m², CO₂. A raised mark beside a figure refers to a note. It goes behind the figure and its unit, to the next stop,
because search reads ¹ as 1: 346¹亿元 becomes 346亿元¹.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from rag.reading.boxes import Box
from rag.reading.raised_signs import FIGURE_AFTER, LOWERED, RAISED, refers_to_note

_RAISED, _LOWERED, _END = (
    "\x01",
    "\x02",
    "\x03",
)  # around a script in the text of a box; no PDF character has these codes
_LONGEST = 8  # characters
_SCRIPT = re.compile(rf"([{_RAISED}{_LOWERED}])([^{_END}]*){_END}(?:\s?\1([^{_END}]*){_END})?")
_STOP = re.compile(r"[，。；：！？、（）《》“”,;:!?()\t]|\n\s")
_STOP_OF_ROW = re.compile(_STOP.pattern + r"|\n")


def with_scripts_marked(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes; small ones that stand raised or lowered beside a larger one are marked, and as high as that one.
    ``written_out`` writes what is marked."""
    by_right = sorted(boxes, key=lambda box: box.right)
    by_left = sorted(boxes, key=lambda box: box.left)
    rights, lefts = [box.right for box in by_right], [box.left for box in by_left]
    found = []
    for box in boxes:
        base, mark = None, ""
        if len(box.text) <= _LONGEST:
            reach = 2 * box.size
            before = by_right[bisect_left(rights, box.left - reach) : bisect_left(rights, box.left + reach)]
            after = by_left[bisect_left(lefts, box.right - reach) : bisect_left(lefts, box.right + reach)]
            beside = [(abs(box.left - other.right), other) for other in before if _near(box.left - other.right, other)]
            beside = beside or [(0.0, other) for other in after if _near(other.left - box.right, other)]
            fitting = [(gap, other, mark) for gap, other in beside if (mark := _kind(box, other))]
            if fitting:
                _, base, mark = min(fitting, key=lambda item: item[0])
        if base is None:
            found.append(box)
        else:
            found.append(replace(box, top=base.top, bottom=base.bottom, text=mark + box.text + _END))
    return found


def _near(gap: float, base: Box) -> bool:
    return -0.3 * base.size < gap < 0.35 * base.size


def _kind(box: Box, base: Box) -> str:
    """The mark of a box that is raised or lowered against another, "" if it is neither."""
    raise_ = (base.bottom - 0.12 * base.size - box.bottom + 0.12 * box.size) / base.size
    if box.size >= 0.92 * base.size:
        is_figure = box.size < 1.08 * base.size and re.fullmatch(r"[\d,，*\[\]()]+", box.text)
        return _RAISED if is_figure and 0.2 < raise_ < 0.6 else ""
    if sum(c > "\u2e7f" for c in box.text) > 2:  # words in small type, not a mark
        return ""
    if 0.1 < raise_ < 0.75:
        return _RAISED
    return _LOWERED if -0.5 < raise_ < -0.06 else ""


def written_out(text: str) -> str:
    """Return the text with its raised and lowered characters in Unicode's signs. Those that have no such sign follow ^ or
    _; marks of notes beside a figure stand behind it."""
    parts: list[str] = []
    held, at = "", 0

    def add(plain: str) -> None:
        nonlocal held
        is_row = held and "\t" in "".join(parts).rpartition("\n")[2]
        if held and (stop := (_STOP_OF_ROW if is_row else _STOP).search(plain)):
            plain, held = plain[: stop.start()] + held + plain[stop.start() :], ""
        parts.append(plain)

    for script in _SCRIPT.finditer(text):
        add(text[at : script.start()])
        at = script.end()
        words = script[2] + (script[3] or "")
        before = "".join(parts[-3:])
        if script[1] == _LOWERED:
            parts.append(_signs(words, LOWERED, "_"))
        elif refers_to_note(before, words, text[at : at + 2], opens_line=False):
            held += _signs(words, RAISED, "^")
        else:
            is_alone = before[-1:] in ("", "\n", "\u3000") and FIGURE_AFTER.match(text[at:])
            parts.append(_signs(words, RAISED, "^") + (" " if is_alone else ""))
        if "\n" in script[0]:  # cut at a line end: 10⁻|³
            add("\n")
    add(text[at:])
    return "".join(parts).rstrip("\n") + held + "\n" if held else "".join(parts)


def _signs(text: str, signs: dict[int, int], otherwise: str) -> str:
    """The text in other signs. Punctuation stays; if a letter has no sign, the text follows ``otherwise``."""
    if any(c.isalnum() and ord(c) not in signs for c in text):
        return otherwise + text
    return text.translate(signs)
