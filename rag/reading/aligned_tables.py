"""Columns of a zone of the page -> the rows of a table, if they are columns of a table without rules.

Columns of prose have long lines that fill them. The cells of a table are short, and level with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from rag.reading.boxes import Box, bands_of, gutters_of, joined_lines, parts_of, rows_of, side_by_side

_LEAST_ROWS = 3
_NARROW = 0.35  # times the body's type: the least room between cells
_PROSE_WIDTH = 7.0  # times the body's type: the least width of a column of prose
_FULL = 0.85  # of the width of the column: a line of prose
_OVERLAP = 0.02  # times the size of the type: lines of cells overlap less than those of prose
_LEVEL = 0.3  # times the size of the type: cells of a row differ less


def with_tables_as_rows(column: Sequence[Box], body: float) -> list[Box]:
    """Return the boxes of a column of the page; bands whose cells stand close to each other, figures among them, as
    rows."""
    if all(len(box.pieces) == 1 for box in column):
        return list(column)
    bands = [[piece for box in band for piece in box.pieces] for band in bands_of(column, _OVERLAP)]
    found: list[Box] = []
    first = 0
    while first < len(bands):
        cells = bands[first]
        end = first + 1
        while end < len(bands) and len(cells) > 1 and gutters_of([*cells, *bands[end]], _NARROW * body):
            cells = [*cells, *bands[end]]
            end += 1
        while end - first > 1 and len(bands[end - 1]) == 1:
            end -= 1
        cells = [cell for band in bands[first:end] for cell in band]
        gutters = gutters_of(cells, _NARROW * body)
        rows = table_rows(parts_of(cells, gutters), body) if gutters else []
        if rows and sum(any(c.isdigit() for c in row.text.partition("\t")[2]) for row in rows) >= 0.6 * (len(rows) - 1):
            found += rows
        else:
            end = first + 1
            found += [box for box in column if box.pieces[0] in bands[first]]
        first = end
    return found


def with_labels(parts: Sequence[Sequence[Box]], body: float) -> list[list[Box]]:
    """Return the columns; one of numbers or other short labels, each level with a line to its right, is joined to those
    lines, as in a list."""
    found: list[list[Box]] = []
    for part in reversed(parts):
        lines = found[-1] if found else []
        labelled = {id(line): label for label in part for line in lines if _is_label(label, line, body)}
        if lines and len(labelled) == len(part) < len(lines) + 1:
            found[-1] = [side_by_side(labelled[id(line)], line) if id(line) in labelled else line for line in lines]
        else:
            found.append(list(part))
    return found[::-1]


def _is_label(label: Box, line: Box, body: float) -> bool:
    is_short = len(label.text) <= 5 and label.right - label.left < 3 * body and not label.text[-1:].isalpha()
    is_next = line.left - label.left < 5 * body and len(line.text) > len(label.text)
    return is_short and is_next and abs(label.top + label.bottom - line.top - line.bottom) < 2 * _LEVEL * body


def table_rows(columns: Sequence[Sequence[Box]], body: float) -> list[Box]:
    """Return the rows of the table that these columns are, cells parted by tabs; none if they are no table."""
    if sum(_is_prose(column, body) for column in columns) > (len(columns) > 2):
        return []
    boxes = [piece for column in columns for box in column for piece in box.pieces]
    columns = parts_of(boxes, gutters_of(boxes, _NARROW * body))
    column_of = {id(box): i for i, column in enumerate(columns) for box in column}
    if any(box.is_row or box.size > 1.3 * body for box in boxes):
        return []
    rows: list[list[list[Box]]] = []
    for band in bands_of(boxes, _OVERLAP):
        row: list[list[Box]] = [[] for _ in columns]
        for box in band:
            row[column_of[id(box)]].append(box)
        rows.append(row)
    rows = _with_header(rows)
    whole = [row for row in rows if sum(map(bool, row)) > 1]
    level = [row for row in whole if _is_level(row)]
    if len(level) < _LEAST_ROWS or len(level) < 0.7 * len(whole) or len(whole) < 0.5 * len(rows):
        return []
    return [_as_box(row) for row in _continued(rows)]


def _with_header(rows: list[list[list[Box]]]) -> list[list[list[Box]]]:
    """The rows; a heading of a column that stands beside its cells and not above them, as it is centred, is part of it."""
    column = 0
    while column + 1 < len(rows[0]):
        filled = [{i for i, row in enumerate(rows) if row[c]} for c in (column, column + 1)]
        if {0} in filled and not filled[0] & filled[1]:
            rows = [[*row[:column], row[column] + row[column + 1], *row[column + 2 :]] for row in rows]
        else:
            column += 1
    return rows


def _is_prose(column: Sequence[Box], body: float) -> bool:
    lines = rows_of(column)
    left, right = min(box.left for box in column), max(box.right for box in column)
    if right - left < _PROSE_WIDTH * body:
        return False
    full = sum(max(box.right for box in line) - left >= _FULL * (right - left) for line in lines)
    letters = "".join(box.text for box in column)
    return full >= 0.6 * len(lines) and sum(c.isdigit() for c in letters) < 0.4 * len(letters)


def _is_level(row: Sequence[Sequence[Box]]) -> bool:
    """Whether the cells stand level: their middles if they have several lines, else their only lines."""
    middles = []
    for cell in row:
        if cell:
            middles.append((min(box.top for box in cell) + max(box.bottom for box in cell)) / 2)
    tops = [min(box.top for box in cell) for cell in row if cell]
    size = median(box.size for cell in row for box in cell)
    return min(max(middles) - min(middles), max(tops) - min(tops)) < _LEVEL * size


def _continued(rows: Sequence[list[list[Box]]]) -> list[list[list[Box]]]:
    """The rows; a line that continues cells of the row above, and stands nearer to it than rows do, is part of it."""
    tops = [min(box.top for cell in row for box in cell) for row in rows]
    full = [top for top, row in zip(tops, rows, strict=True) if all(row)]
    usual = median([b - a for a, b in pairwise(full)] or [0.0])
    found: list[list[list[Box]]] = []
    for i, row in enumerate(rows):
        if found and sum(map(bool, row)) < len(row) and tops[i] - tops[i - 1] < 0.8 * usual:
            found[-1] = [[*above, *cell] for above, cell in zip(found[-1], row, strict=True)]
        else:
            found.append(row)
    return found


def _as_box(row: Sequence[Sequence[Box]]) -> Box:
    boxes = [box for cell in row for box in cell]
    size = median(box.size for box in boxes)
    middle = (min(box.top for box in boxes) + max(box.bottom for box in boxes)) / 2
    text = "\t".join(joined_lines(cell) for cell in row).rstrip("\t")
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    return Box(left, middle - size / 2, right, middle + size / 2, text, is_row=True)
