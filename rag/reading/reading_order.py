"""Stretches of text, with their places on a printed page -> its lines in reading order.

A page is cut into zones, one below the other, at each place where something reaches across the columns above it. A zone is
cut into columns at the gutters that run through all of it; each column is then cut like a smaller page. So a headline over
two columns comes before both, and the lines of a column stay together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from statistics import median

from rag.reading.aligned_tables import table_rows, with_labels, with_tables_as_rows
from rag.reading.boxes import Box, bands_of, gutters_of, lines_of, parts_of, rows_of, stretches_of

_GUTTER = 0.7  # times the body's type: the least width of a gutter
_HEADLINE = 1.1  # times the body's type: the least size of a headline
_ROOM = 0.9  # times the body's type: more than the space between two lines


def text_in_order(boxes: Sequence[Box]) -> str:
    """Return the text of the page: a line for each line of a column, the columns one after the other, a blank line where
    the page leaves room or the type changes, paragraphs indented."""
    boxes = stretches_of([box for box in boxes if box.text.strip()])
    if not boxes:
        return ""
    body = _body_size(boxes)
    written: list[str] = []
    last: Box | None = None
    for column in _columns(boxes, body):
        lines = [line for row in rows_of(column) for line in lines_of(row)]
        left = min((line.left for line in lines if not line.is_row), default=0.0)
        gaps = [b.top - a.bottom for a, b in pairwise(lines)]
        usual = median(gaps) if gaps else 0.0
        for i, line in enumerate(lines):
            is_in_table = last is not None and line.is_row and last.is_row
            has_room = i and gaps[i - 1] > usual + 0.5 * body
            if last and not is_in_table and (has_room or not 0.85 < line.size / last.size < 1.18):
                written.append("")
            indent = not line.is_row and 1.2 * body < line.left - left < 3.0 * body and line.size < _HEADLINE * body
            written.append(("\u3000\u3000" if indent else "") + line.text)
            last = line
    return "\n".join(written) + "\n"


def _body_size(boxes: Sequence[Box]) -> float:
    """The size of the body's type: the median over the characters."""
    sizes = sorted((box.size, len(box.text)) for box in boxes)
    seen = list(accumulate(length for _, length in sizes))
    return sizes[bisect_left(seen, seen[-1] / 2)][0]


def _columns(boxes: Sequence[Box], body: float) -> Iterator[Sequence[Box]]:
    """The columns of the page in reading order, cut until no column can be cut further."""
    gutters = gutters_of(boxes, _GUTTER * body)
    if gutters and (rows := table_rows(parts_of(boxes, gutters), body)):
        yield rows
        return
    zones = list(_zones(boxes, body))
    for zone in zones:
        gutters = gutters_of(zone, _GUTTER * body) if len(rows_of(zone)) > 1 else []
        if not gutters:
            if len(zones) > 1 and len(zone) < len(boxes):
                yield from _columns(zone, body)
            else:
                yield with_tables_as_rows(zone, body)
            continue
        yield from _columns_side_by_side(parts_of(zone, gutters), body)


def _columns_side_by_side(parts: Sequence[Sequence[Box]], body: float) -> Iterator[Sequence[Box]]:
    """The columns of each part, from left to right; neighbours that are a table together are one column of rows."""
    parts = with_labels(parts, body)
    first = 0
    while first < len(parts):
        for end in range(len(parts), first + 1, -1):
            if rows := table_rows(parts[first:end], body):
                yield rows
                break
        else:
            end = first + 1
            yield from _columns(with_tables_as_rows(parts[first], body), body)
        first = end


def _zones(boxes: Sequence[Box], body: float) -> Iterator[list[Box]]:
    """The zones of the page, one below the other."""
    bands = bands_of(boxes)
    middle = (min(box.left for box in boxes) + max(box.right for box in boxes)) / 2
    zone: list[Box] = []
    for i, band in enumerate(bands):
        if zone and (
            _crosses(zone, band, body)
            or _is_running_head(zone, bands[: i + 1], body)
            or _is_headline_below(zone, band, bands[i + 1 :], body)
            or _is_headline_above(zone, band, middle, body)
        ):
            opening = _first_lines(zone, bands[i : i + 4], body)
            if above := [box for box in zone if box not in opening]:
                yield above
            zone = opening
        zone = zone + band
    yield zone


def _crosses(zone: Sequence[Box], band: Sequence[Box], body: float) -> bool:
    """Whether the zone or the band has columns, but the two together have none."""
    if gutters_of([*zone, *band], _GUTTER * body):
        return False
    return bool((gutters_of(zone, _GUTTER * body) and len(rows_of(zone)) > 1) or gutters_of(band, _GUTTER * body))


def _is_headline_below(zone: Sequence[Box], band: Sequence[Box], below: Sequence[Sequence[Box]], body: float) -> bool:
    """Whether the band holds only headlines, stands below columns of text, and columns follow it. After some room, the
    headlines may also stand right below the band."""
    gutters = gutters_of(zone, _GUTTER * body)
    if not gutters or all(box.size >= _HEADLINE * body for box in zone):
        return False
    opening = [band]
    if min(box.top for box in band) - max(box.bottom for box in zone) > _ROOM * body:
        opening += below[:2]
    for below_columns in opening:
        if all(box.size >= _HEADLINE * body for box in below_columns):
            break
        if len(rows_of(below_columns)) > 1:
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
    gutters = gutters_of(band, _GUTTER * body)
    if not gutters or any(len(row) > 1 for row in rows_of(zone)):
        return False
    centred = all(abs((box.left + box.right) / 2 - middle) < 2 * body for box in zone)
    has_type = [box.size >= _HEADLINE * body for box in (*zone, *band)]
    if not all(has_type[: len(zone)]) and gutters_of(zone, _GUTTER * body):  # lines of columns that are not level
        return False
    if all(has_type[: len(zone)]) and not any(has_type[len(zone) :]):  # no column has a headline of its own
        return True
    return centred or min(box.left for box in zone) < gutters[0][0]


def _first_lines(zone: Sequence[Box], below: Sequence[Sequence[Box]], body: float) -> list[Box]:
    """The lines of the zone that open a column of the bands below. A column may begin higher than the one to its left, if
    that has a headline of its own or raised figures in its first line."""
    coming = list(below[0])
    for band in below[1:]:
        if not gutters_of([*coming, *band], _GUTTER * body):
            break
        coming += band
    gutters = gutters_of(coming, _GUTTER * body)
    found: list[Box] = []
    for number, (_, left) in enumerate(gutters):
        right = gutters[number + 1][0] if number + 1 < len(gutters) else max(box.right for box in coming)
        column = [box for box in coming if left <= box.left <= right]
        top = min(box.top for box in column)
        for box in sorted(zone, key=lambda box: -box.top):
            is_inside = left - 0.5 * body < box.left < left + 2.6 * body and box.right < right + 0.5 * body
            if not is_inside or box.size >= _HEADLINE * body or not -0.5 * body < top - box.bottom < 1.2 * body:
                break
            found.append(box)
            top = box.top
    return found


def _is_running_head(zone: Sequence[Box], bands: Sequence[Sequence[Box]], body: float) -> bool:
    """Whether the zone is the newspaper's name, date and page number: far apart on the first line, in type no larger than
    the body's. First lines of columns and the header of a table look alike, but stand right above the next line."""
    if zone != bands[0] or len(zone) == 1 or len(rows_of(zone)) > 1 or any(box.size > _HEADLINE * body for box in zone):
        return False
    room = min(box.top for box in bands[1]) - max(box.bottom for box in zone)
    is_above = [any(a.left < b.right and b.left < a.right for b in bands[1]) for a in zone]
    if room < _ROOM * body and all(is_above) and len(bands[1]) == len(zone):
        return False
    return (
        sum(len(box.text) for box in zone) <= 50
        and min((b - a for a, b in gutters_of(zone, _GUTTER * body)), default=0.0) > 5 * body
    )
