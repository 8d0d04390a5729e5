"""Stretches of text, with their places on a printed page -> its lines in reading order.

A page is cut into zones, one below the other, at each place where something reaches across the columns above it. A zone is
cut into columns at the gutters that run through all of it; each column is then cut like a smaller page. So a headline over
two columns comes before both, and the lines of a column stay together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

_WORD_GAP = 0.9  # times the height of the type: boxes of a line that are nearer are one stretch
_GUTTER = 0.7  # times the body's type: the least width of a gutter
_HEADLINE = 1.1  # times the body's type: the least size of a headline
_ROOM = 0.9  # times the body's type: more than the space between two lines
_SPACED_WORDS = 3.0  # times the height of the type: words of a spaced-out headline are nearer
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of one line, in any unit. The upper left corner of the page is (0, 0), and y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float
    text: str

    @property
    def size(self) -> float:
        return self.bottom - self.top


def text_in_order(boxes: Sequence[Box]) -> str:
    """Return the text of the page: a line for each line of a column, the columns one after the other, a blank line where
    the page leaves room or the type changes, paragraphs indented."""
    boxes = _stretches([box for box in boxes if box.text.strip()])
    if not boxes:
        return ""
    body = _body_size(boxes)
    written: list[str] = []
    last: Box | None = None
    for column in _columns(boxes, body):
        lines = [line for row in _rows(column) for line in _lines_of(row)]
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
    """The size of the body's type: the median over the characters."""
    sizes = sorted((box.size, len(box.text)) for box in boxes)
    seen = list(accumulate(length for _, length in sizes))
    return sizes[bisect_left(seen, seen[-1] / 2)][0]


def _same_line(a: Box, b: Box) -> bool:
    return min(a.bottom, b.bottom) - max(a.top, b.top) > 0.5 * min(a.size, b.size)


def _stretches(boxes: Sequence[Box]) -> list[Box]:
    """The boxes, with those that stand side by side on a line joined to one."""
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
                open_[i] = _side_by_side(other, box)
                break
        else:
            open_.append(box)
        if len(open_) > 400:  # boxes that ended far to the left join nothing any more
            done += [other for other in open_ if other.right < box.left - 5 * other.size]
            open_ = [other for other in open_ if other.right >= box.left - 5 * other.size]
    return done + open_


def _side_by_side(a: Box, b: Box) -> Box:
    """Two boxes of a line as one, with a blank between them if there is room."""
    touching = b.left - a.right < 0.15 * min(a.size, b.size)
    return Box(a.left, min(a.top, b.top), b.right, max(a.bottom, b.bottom), a.text + ("" if touching else " ") + b.text)


def _rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """The rows of boxes from top to bottom, each from left to right."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box.top + box.bottom, box.left)):
        if rows and _same_line(rows[-1][-1], box):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _lines_of(row: Sequence[Box]) -> Iterator[Box]:
    """The lines of a row: boxes that are near each other make one line."""
    line = row[0]
    for box in row[1:]:
        if box.left - line.right > _SPACED_WORDS * min(line.size, box.size):
            yield line
            line = box
        else:
            line = _side_by_side(line, box)
    yield line


def _columns(boxes: Sequence[Box], body: float) -> Iterator[Sequence[Box]]:
    """The columns of the page in reading order, cut until no column can be cut further."""
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
    """Groups of boxes from top to bottom; inside a group no horizontal line can be drawn between boxes."""
    bands: list[list[Box]] = []
    bottom = 0.0
    for box in sorted(boxes, key=lambda box: box.top):
        slack = 0.15 * box.size  # boxes of close lines overlap
        if bands and box.top + slack < bottom:
            bands[-1].append(box)
            bottom = max(bottom, box.bottom - slack)
        else:
            bands.append([box])
            bottom = box.bottom - slack
    return bands


def _gutters(boxes: Sequence[Box], body: float) -> list[Interval]:
    """Empty vertical strips with boxes on both sides."""
    found: list[Interval] = []
    right = float("inf")
    for box in sorted(boxes, key=lambda box: box.left):
        if box.left - right > _GUTTER * body:
            found.append((right, box.left))
        right = box.right if right == float("inf") else max(right, box.right)
    return found


def _zones(boxes: Sequence[Box], body: float) -> Iterator[list[Box]]:
    """The zones of the page, one below the other."""
    bands = _bands(boxes)
    middle = (min(box.left for box in boxes) + max(box.right for box in boxes)) / 2
    zone: list[Box] = []
    for i, band in enumerate(bands):
        if zone and (
            _crosses(zone, band, body)
            or _is_running_head(zone, bands[0], body)
            or _is_headline_below(zone, band, bands[i + 1 :], body)
            or _is_headline_above(zone, band, middle, body)
        ):
            yield zone
            zone = []
        zone = zone + band
    yield zone


def _crosses(zone: Sequence[Box], band: Sequence[Box], body: float) -> bool:
    """Whether the zone or the band has columns, but the two together have none."""
    if _gutters([*zone, *band], body):
        return False
    return bool((_gutters(zone, body) and len(_rows(zone)) > 1) or _gutters(band, body))


def _is_headline_below(zone: Sequence[Box], band: Sequence[Box], below: Sequence[Sequence[Box]], body: float) -> bool:
    """Whether the band holds only headlines, stands below columns of text, and columns follow it. After some room, the
    headlines may also stand right below the band."""
    gutters = _gutters(zone, body)
    if not gutters or all(box.size >= _HEADLINE * body for box in zone):
        return False
    opening = [band]
    if min(box.top for box in band) - max(box.bottom for box in zone) > _ROOM * body:
        opening += below[:2]
    for below_columns in opening:
        if all(box.size >= _HEADLINE * body for box in below_columns):
            break
        if len(_rows(below_columns)) > 1:
            return False
    else:
        return False
    for other in (band, *below):
        if any(box.left >= gutters[0][0] for box in other):
            return True
        if len(other) > 2:
            return False
    return False


def _is_headline_above(zone: Sequence[Box], band: Sequence[Box], middle: float, body: float) -> bool:
    """Whether the zone consists of single lines (a headline and its byline) and columns begin below them."""
    gutters = _gutters(band, body)
    if not gutters or any(len(row) > 1 for row in _rows(zone)):
        return False
    centred = all(abs((box.left + box.right) / 2 - middle) < 2 * body for box in zone)
    return centred or min(box.left for box in zone) < gutters[0][0]


def _is_running_head(zone: Sequence[Box], first: Sequence[Box], body: float) -> bool:
    """Whether the zone is the newspaper's name, date and page number: far apart on the first line, in type no larger than
    the body's."""
    if zone != first or len(zone) == 1 or len(_rows(zone)) > 1 or any(box.size > _HEADLINE * body for box in zone):
        return False
    return (
        sum(len(box.text) for box in zone) <= 50
        and min((b - a for a, b in _gutters(zone, body)), default=0.0) > 5 * body
    )
