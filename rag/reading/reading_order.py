"""Stretches of text and where they stand on a printed page -> its lines in reading order.

A page is cut into zones, one below the other, wherever something reaches across what were columns
above it; a zone is cut into columns at the gutters that run through all of it; each column is a
smaller page. A headline over two columns so comes before both, and a column's lines stay together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

_WORD_GAP = 0.9  # of the type's height: what stands nearer on one line is one stretch
_GUTTER = 0.7  # as wide is a gutter, if nothing of the zone stands in it
_HEADLINE = 1.1  # times the body's type
_ROOM = 0.9  # times the body's type: more than stands between two lines
_JOINED = 3.0  # spaced-out words of one headline stand nearer than that
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of one line. The page's left upper corner is (0, 0), y grows downwards; any unit."""

    left: float
    top: float
    right: float
    bottom: float
    text: str

    @property
    def size(self) -> float:
        return self.bottom - self.top


def in_order(boxes: Sequence[Box]) -> str:
    """The page's text as a text file holds it: a line for each line of a column, columns one after
    the other, a blank line where the page leaves room or the type changes, paragraphs indented."""
    boxes = _stretches([box for box in boxes if box.text.strip()])
    if not boxes:
        return ""
    body = _body_size(boxes)
    written: list[str] = []
    last: Box | None = None
    for column in _columns(boxes, body):
        lines = [line for row in _rows(column) for line in _joined(row)]
        left = min(line.left for line in lines)
        gaps = [b.top - a.bottom for a, b in pairwise(lines)]
        usual = median(gaps) if gaps else 0.0
        for i, line in enumerate(lines):
            if last and (not 0.85 < line.size / last.size < 1.18 or (i and gaps[i - 1] > usual + 0.5 * body)):
                written.append("")
            indent = 1.2 * body < line.left - left < 3.0 * body and line.size < _HEADLINE * body
            written.append(("\u3000\u3000" if indent else "") + line.text)
            last = line
    return "\n".join(written) + "\n"


def _body_size(boxes: Sequence[Box]) -> float:
    sizes = sorted((box.size, len(box.text)) for box in boxes)
    seen = list(accumulate(length for _, length in sizes))
    return sizes[bisect_left(seen, seen[-1] / 2)][0]


def _same_line(a: Box, b: Box) -> bool:
    return min(a.bottom, b.bottom) - max(a.top, b.top) > 0.5 * min(a.size, b.size)


def _stretches(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that stand side by side on one line, made one."""
    open_: list[Box] = []
    done: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box.left, box.top)):
        for i, other in enumerate(open_):
            if other.right < box.left - _WORD_GAP * max(other.size, box.size):
                continue
            if (
                _same_line(other, box)
                and box.left > other.left
                and box.right > other.right
                and (-0.3 * box.size < box.left - other.right < _WORD_GAP * min(other.size, box.size))
            ):
                open_[i] = _one(other, box)
                break
        else:
            open_.append(box)
        if len(open_) > 400:  # what ended far to the left meets nothing any more
            done += [other for other in open_ if other.right < box.left - 5 * other.size]
            open_ = [other for other in open_ if other.right >= box.left - 5 * other.size]
    return done + open_


def _one(a: Box, b: Box) -> Box:
    near = b.left - a.right < 0.15 * min(a.size, b.size)
    return Box(a.left, min(a.top, b.top), b.right, max(a.bottom, b.bottom), a.text + ("" if near else " ") + b.text)


def _rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Lines from top to bottom, each from left to right."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box.top + box.bottom, box.left)):
        if rows and _same_line(rows[-1][-1], box):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _joined(row: Sequence[Box]) -> Iterator[Box]:
    line = row[0]
    for box in row[1:]:
        if box.left - line.right > _JOINED * min(line.size, box.size):
            yield line
            line = box
        else:
            line = _one(line, box)
    yield line


def _columns(boxes: Sequence[Box], body: float) -> Iterator[Sequence[Box]]:
    """The page's columns in reading order, none of which can be cut further."""
    zones = list(_zones(boxes, body))
    for zone in zones:
        gutters = _gutters(zone, body) if len(_rows(zone)) > 1 else []
        if not gutters:
            if len(zones) > 1 and len(zone) < len(boxes):
                yield from _columns(zone, body)
            else:
                yield zone
            continue
        edges = [(a + b) / 2 for a, b in gutters]
        parts: list[list[Box]] = [[] for _ in range(len(edges) + 1)]
        for box in zone:
            parts[sum(box.left > edge for edge in edges)].append(box)
        for part in parts:
            yield from _columns(part, body)


def _bands(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes between which no horizontal line can be drawn, top to bottom."""
    bands: list[list[Box]] = []
    bottom = 0.0
    for box in sorted(boxes, key=lambda box: box.top):
        slack = 0.15 * box.size  # the boxes of close lines touch
        if bands and box.top + slack < bottom:
            bands[-1].append(box)
            bottom = max(bottom, box.bottom - slack)
        else:
            bands.append([box])
            bottom = box.bottom - slack
    return bands


def _gutters(boxes: Sequence[Box], body: float) -> list[Interval]:
    """Upright strips in which nothing stands, between boxes on either side."""
    found: list[Interval] = []
    right = float("inf")
    for box in sorted(boxes, key=lambda box: box.left):
        if box.left - right > _GUTTER * body:
            found.append((right, box.left))
        right = box.right if right == float("inf") else max(right, box.right)
    return found


def _zones(boxes: Sequence[Box], body: float) -> Iterator[list[Box]]:
    bands = _bands(boxes)
    middle = (min(box.left for box in boxes) + max(box.right for box in boxes)) / 2
    zone: list[Box] = []
    for i, band in enumerate(bands):
        if zone and (
            _crosses(zone, band, body)
            or _is_running_head(zone, bands[0], body)
            or _heads_all(zone, band, bands[i + 1 :], body)
            or _stands_over(zone, band, middle, body)
        ):
            yield zone
            zone = []
        zone = zone + band
    yield zone


def _crosses(zone: Sequence[Box], band: Sequence[Box], body: float) -> bool:
    """Whether the zone or the band has columns and both together have none."""
    if _gutters([*zone, *band], body):
        return False
    return bool((_gutters(zone, body) and len(_rows(zone)) > 1) or _gutters(band, body))


def _heads_all(zone: Sequence[Box], band: Sequence[Box], below: Sequence[Sequence[Box]], body: float) -> bool:
    """Whether headlines and nothing else stand in the band, or after some room right under it, below
    columns of text, and columns follow."""
    gutters = _gutters(zone, body)
    if not gutters or all(box.size >= _HEADLINE * body for box in zone):
        return False
    opening = [band]
    if min(box.top for box in band) - max(box.bottom for box in zone) > _ROOM * body:
        opening += below[:2]
    for tried in opening:
        if all(box.size >= _HEADLINE * body for box in tried):
            break
        if len(_rows(tried)) > 1:
            return False
    else:
        return False
    for other in (band, *below):
        if any(box.left >= gutters[0][0] for box in other):
            return True
        if len(other) > 2:
            return False
    return False


def _stands_over(zone: Sequence[Box], band: Sequence[Box], middle: float, body: float) -> bool:
    """Whether the zone is single lines, a headline and its byline, and columns begin under them."""
    gutters = _gutters(band, body)
    if not gutters or any(len(row) > 1 for row in _rows(zone)):
        return False
    centred = all(abs((box.left + box.right) / 2 - middle) < 2 * body for box in zone)
    return centred or min(box.left for box in zone) < gutters[0][0]


def _is_running_head(zone: Sequence[Box], first: Sequence[Box], body: float) -> bool:
    """Name, date and number of the page, far apart on its first line and in no type larger than the body's."""
    if zone != first or len(zone) == 1 or len(_rows(zone)) > 1 or any(box.size > _HEADLINE * body for box in zone):
        return False
    return (
        sum(len(box.text) for box in zone) <= 50
        and min((b - a for a, b in _gutters(zone, body)), default=0.0) > 5 * body
    )
