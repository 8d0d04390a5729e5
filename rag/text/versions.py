"""Two texts that share their words -> whether they give other figures in the same place.

Every figure has its surroundings: the characters before and after it, in which other figures count as one sign each. Where
the surroundings are equal and the figures are not, the texts are two versions and not copies.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from rag.text.figures import figures
from rag.text.terms import normalise

_SIGN = "#"
_NEAR, _BEYOND = 6, 6
"""Characters before and after a figure that tell its place, when both are equal and the place is the only one like it."""
_FAR = 8
"""Characters on one side that tell its place, when neither text has the other's figure anywhere."""
_REMEMBERED = 1024
_DATELINE = re.compile(r"\s*日\s*(?:电|讯|消息)")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A figure between its surroundings."""

    form: str
    before: str
    after: str

    @property
    def place(self) -> tuple[str, str]:
        return self.before[-_NEAR:], self.after[:_BEYOND]


def forms_of(text: str) -> frozenset[str]:
    """Return the canonical forms of the text's figures."""
    return frozenset(figure.form for figure in _placed(text))


def differ_in_a_figure(a: str, b: str) -> bool:
    """Return whether a figure of one text is another one in the other, with the same words around it."""
    of_a, of_b = forms_of(a), forms_of(b)
    own_a, own_b = (
        [figure for figure in _placed(x) if figure.form not in other] for x, other in ((a, of_b), (b, of_a))
    )
    if any(
        {side for side in map(attrgetter(name), own_a) if len(side) == _FAR} & set(map(attrgetter(name), own_b))
        for name in ("before", "after")
    ):
        return True
    only_a, only_b = _only_places(a), _only_places(b)
    return any(only_b.get(place, form) != form for place, form in only_a.items())


def masked(text: str) -> str:
    """Return the letters of the text, with one sign for each figure: equal for sentences that differ in figures alone."""
    return _masked(text)[0]


@lru_cache(_REMEMBERED)
def _placed(text: str) -> tuple[_Placed, ...]:
    """Return the figures of a text in order, without the day of a dateline (新华社北京8月3日电)."""
    whole, at = _masked(text)
    found = figures(text)
    return tuple(
        _Placed(form, whole[max(place - _FAR, 0) : place], whole[place + 1 : place + 1 + _FAR])
        for (form, _, end), place in zip(found, at, strict=True)
        if not _DATELINE.match(text, end)
    )


@lru_cache(_REMEMBERED)
def _masked(text: str) -> tuple[str, list[int]]:
    """Return what ``masked`` returns, and the place of each figure in it."""
    pieces: list[str] = []
    places: list[int] = []
    size = end = 0
    for _, start, stop in figures(text):
        piece = re.sub(r"\W+", "", normalise(text[end:start]))
        places.append(size + len(piece))
        size += len(piece) + 1
        pieces += [piece, _SIGN]
        end = stop
    return "".join(pieces) + re.sub(r"\W+", "", normalise(text[end:])), places


def _only_places(text: str) -> dict[tuple[str, str], str]:
    """Return the figure of each place of the text that is like no other of its places."""
    by_place: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for figure in _placed(text):
        by_place[figure.place].append(figure.form)
    return {place: forms[0] for place, forms in by_place.items() if len(forms) == 1 and "".join(place).strip(_SIGN)}
