"""The lines of a headline -> the headline in one line."""

from __future__ import annotations

from collections.abc import Iterable

from rag.text.lines import Line

_SHORTEST_DOUBLED = 8  # shorter text is not undoubled: 红红火火 is a word
_LONGEST_STRETCH = 20


def headline_of(lines: Iterable[Line]) -> str:
    """Return the lines joined by blanks. A headline keeps the blanks between its phrases."""
    return " ".join(_printed_once(_without_letter_spacing(line.text)) for line in lines)


def _without_letter_spacing(text: str) -> str:
    words = text.split()
    return "".join(words) if all(len(word) == 1 for word in words) else " ".join(words)


def _printed_once(text: str) -> str:
    """Bold type that is set by printing twice comes out with every stretch twice: 三极三极改革改革 -> 三极改革."""
    size = len(text)
    # the length of the doubled stretch at each place, if the rest of the text consists of doubled stretches too, else 0
    stretches = [0] * size + [-1]
    for at in range(size - 2, -1, -1):
        for length in range(1, min(_LONGEST_STRETCH, (size - at) // 2) + 1):
            if stretches[at + 2 * length] and text.startswith(text[at : at + length], at + length):
                stretches[at] = length
                break
    if size < _SHORTEST_DOUBLED or not stretches[0]:
        return text
    once, at = [], 0
    while at < size:
        once.append(text[at : at + stretches[at]])
        at += 2 * stretches[at]
    return "".join(once)
