"""Stretches of text with their places on a page, and how they make lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_WORD_GAP = 0.9  # times the height of the type: boxes of a line that are nearer are one stretch
_CELL_GAP = 0.4  # times the height of the type: cells of a table that are nearer cannot be told apart
_SPACED_WORDS = 3.0  # times the height of the type: words of a spaced-out headline are nearer


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of one line, in any unit. y grows downwards. ``is_row`` is true for a whole row of a table; its cells are
    parted by tabs."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    is_row: bool = False
    joined: tuple[Box, ...] = ()

    @property
    def pieces(self) -> tuple[Box, ...]:
        """Return the boxes that were joined to this one because they are near each other; else the box itself."""
        return self.joined or (self,)

    @property
    def size(self) -> float:
        return self.bottom - self.top


def _same_line(a: Box, b: Box) -> bool:
    large, small = a.bottom - a.top, b.bottom - b.top
    if large < small:
        large, small = small, large
    if large > 1.5 * small:  # a headline that reaches into the line below
        return abs(a.top + a.bottom - b.top - b.bottom) < 0.5 * large
    bottom = a.bottom if a.bottom < b.bottom else b.bottom
    return bottom - (a.top if a.top > b.top else b.top) > 0.5 * small


def stretches_of(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes, with those that stand side by side on a line joined to one."""
    open_: list[Box] = []
    done = [box for box in boxes if box.is_row]
    for box in sorted((box for box in boxes if not box.is_row), key=lambda box: (box.left, box.top)):
        left, size = box.left, box.bottom - box.top
        reach, overlap = left - _WORD_GAP * size, left + 0.3 * size
        for i, other in enumerate(open_):
            if not reach < other.right < overlap or other.right >= box.right or other.left >= left:
                continue
            if left - other.right < _WORD_GAP * (other.bottom - other.top) and _same_line(other, box):
                open_[i] = side_by_side(other, box)
                break
        else:
            open_.append(box)
        if len(open_) > 400:  # boxes that ended far to the left join nothing any more
            done += [other for other in open_ if other.right < box.left - 5 * other.size]
            open_ = [other for other in open_ if other.right >= box.left - 5 * other.size]
    return done + open_


def side_by_side(a: Box, b: Box) -> Box:
    """Return two boxes of a line as one, with a blank between them if there is room."""
    touching = b.left - a.right < 0.15 * min(a.size, b.size)
    text = a.text + ("" if touching else " ") + b.text
    *before, last = a.pieces
    both: tuple[Box, ...]
    if b.left - a.right < _CELL_GAP * min(a.size, b.size):
        first, *after = b.pieces
        both = (side_by_side(replace(last, joined=()), replace(first, joined=())),) if before or after else ()
    else:
        both, after = (last, b.pieces[0]), list(b.pieces[1:])
    joined = (*before, *both, *after)
    return Box(a.left, min(a.top, b.top), b.right, max(a.bottom, b.bottom), text, joined=joined)


def rows_of(boxes: Sequence[Box]) -> list[list[Box]]:
    """Return the rows of boxes from top to bottom, each from left to right."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box.top + box.bottom, box.left)):
        if rows and _same_line(rows[-1][-1], box):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def lines_of(row: Sequence[Box]) -> Iterator[Box]:
    """Yield the lines of a row: boxes that are near each other make one line."""
    line = row[0]
    for box in row[1:]:
        is_apart = box.left - line.right > _SPACED_WORDS * min(line.size, box.size)
        if is_apart or box.is_row or line.is_row:
            yield line
            line = box
        else:
            line = side_by_side(line, box)
    yield line


def joined_lines(cell: Sequence[Box]) -> str:
    """Return the lines of a cell as one line. Between Latin letters or figures a blank replaces the line end."""
    text = ""
    for row in rows_of(stretches_of(cell)):
        for line in lines_of(row):
            are_latin = text[-1:].isascii() and line.text[:1].isascii()
            text += (" " if text and are_latin else "") + line.text
    return text


def bands_of(boxes: Sequence[Box], overlap: float = 0.15) -> list[list[Box]]:
    """Return groups of boxes from top to bottom; inside a group no horizontal line can be drawn between boxes. Boxes of
    close lines may overlap by twice ``overlap`` times their height."""
    bands: list[list[Box]] = []
    bottom = 0.0
    for box in sorted(boxes, key=lambda box: box.top):
        slack = overlap * box.size
        if bands and box.top + slack < bottom:
            bands[-1].append(box)
            bottom = max(bottom, box.bottom - slack)
        else:
            bands.append([box])
            bottom = box.bottom - slack
    return bands


def gutters_of(boxes: Sequence[Box], width: float) -> list[tuple[float, float]]:
    """Return the empty vertical strips, wider than ``width``, with boxes on both sides."""
    found: list[tuple[float, float]] = []
    right = float("inf")
    for box in sorted(boxes, key=lambda box: box.left):
        if box.left - right > width:
            found.append((right, box.left))
        right = box.right if right == float("inf") else max(right, box.right)
    return found


def parts_of(boxes: Sequence[Box], gutters: Sequence[tuple[float, float]]) -> list[list[Box]]:
    """Return the boxes of each column between the gutters."""
    edges = [(a + b) / 2 for a, b in gutters]
    parts: list[list[Box]] = [[] for _ in range(len(edges) + 1)]
    for box in boxes:
        parts[sum(box.left > edge for edge in edges)].append(box)
    return parts
