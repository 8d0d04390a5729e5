"""Rules and stretches of text -> the rows of ruled tables, each as one stretch with its cells parted by tabs.

A grid is a set of rules that touch each other, with at least two rows and two columns. A grid around long texts is no
table but a page with rules between its columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

from rag.reading.boxes import Box, joined_lines, rows_of
from rag.reading.rules import Rule

_SAME = 3.0  # points: rules that are nearer are one, such as the two edges of a frame
_TOUCH = 4.0  # points between the end of a rule and the one that it meets
_LONG_CELL = 120  # characters
_LEAST_LINES = 3  # of cells whose lines are level: rows that have no rule between them


def with_tables_as_rows(boxes: Sequence[Box], rules: Iterable[Rule]) -> list[Box]:
    """Return the boxes, with those of a ruled table replaced by its rows."""
    left = list(boxes)
    rows: list[Box] = []
    for grid in _grids(_joined(rules)):
        inside = [box for box in left if grid.holds(box)]
        found = grid.rows(inside)
        if found:
            rows += found
            left = [box for box in left if not grid.holds(box)]
    return left + rows


class _Grid:
    def __init__(self, level: Sequence[Rule], upright: Sequence[Rule]) -> None:
        self._level, self._upright = level, upright
        self.xs, self.ys = _places(upright), _places(level)
        ends = [min(rule.start for rule in level), max(rule.end for rule in level)]
        if self.xs and ends[0] < self.xs[0] - 10:  # open at the sides
            self.xs.insert(0, ends[0])
        if self.xs and ends[1] > self.xs[-1] + 10:
            self.xs.append(ends[1])

    def holds(self, box: Box) -> bool:
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return self.xs[0] < x < self.xs[-1] and self.ys[0] < y < self.ys[-1]

    def rows(self, boxes: Sequence[Box]) -> list[Box]:
        """The rows from top to bottom, none if this is no table."""
        cells: dict[tuple[int, int], list[Box]] = defaultdict(list)
        corner = self._corners()
        for box in boxes:
            x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            cells[corner[bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1]].append(box)
        lengths = [sum(len(box.text) for box in cell) for cell in cells.values()]
        if len({row for row, _ in cells}) < 2 or len({column for _, column in cells}) < 2:
            return []
        if max(lengths) > 4 * _LONG_CELL or sum(n > _LONG_CELL for n in lengths) > 0.2 * len(lengths):
            return []
        size = median(box.size for box in boxes)
        found = []
        for row in range(len(self.ys) - 1):
            places = [corner[row, column] for column in range(len(self.xs) - 1)]
            own = [place for place in dict.fromkeys(places) if cells[place]]
            # a cell over several rows stands in each of them, a cell over several columns once
            texts = [
                cells[place] if column == 0 or places[column - 1] != place else []
                for column, place in enumerate(places)
            ]
            if not any(place[0] == row for place in own):
                continue
            middle = (self.ys[row] + self.ys[row + 1]) / 2
            found += self._lines(texts, middle, size)
        return found

    def _lines(self, cells: Sequence[Sequence[Box]], middle: float, size: float) -> list[Box]:
        """A row as one line, or as several if its cells hold lines that are level with each other."""
        lines = [rows_of(cell) for cell in cells]
        counts = {len(cell) for cell in lines if cell}
        several = counts.pop() if len(counts) == 1 else 1
        if several >= _LEAST_LINES and sum(bool(cell) for cell in lines) > 1:
            tops = [[row[0].top for row in cell] for cell in lines if cell]
            if all(max(line) - min(line) < 0.3 * size for line in zip(*tops, strict=True)):
                return [
                    self._row([cell[i] if cell else [] for cell in lines], tops[0][i] + size / 2, size)
                    for i in range(several)
                ]
        return [self._row(cells, middle, size)]

    def _row(self, cells: Sequence[Sequence[Box]], middle: float, size: float) -> Box:
        text = "\t".join(joined_lines(cell) for cell in cells).rstrip("\t")
        return Box(self.xs[0], middle - size / 2, self.xs[-1], middle + size / 2, text, is_row=True)

    def _corners(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Square of the grid -> the uppermost and leftmost square of its cell: squares without a rule between them are
        one cell."""
        corner: dict[tuple[int, int], tuple[int, int]] = {}
        for row in range(len(self.ys) - 1):
            for column in range(len(self.xs) - 1):
                x = (self.xs[column] + self.xs[column + 1]) / 2
                y = (self.ys[row] + self.ys[row + 1]) / 2
                place = (row, column)
                if row and not _has(self._level, self.ys[row], x):
                    place = corner[row - 1, column]
                if column and not _has(self._upright, self.xs[column], y):
                    place = min(place, corner[row, column - 1])
                corner[row, column] = place
        return corner


def _has(rules: Iterable[Rule], at: float, where: float) -> bool:
    """Whether one of the rules runs at this place and through this point."""
    return any(abs(rule.at - at) <= _SAME and rule.start <= where <= rule.end for rule in rules)


def _places(rules: Iterable[Rule]) -> list[float]:
    """The places of the rules; those that are near each other are one."""
    places: list[float] = []
    last = float("-inf")
    for at in sorted(rule.at for rule in rules):
        if at - last > _SAME:
            places.append(at)
        last = at
    return places


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """The rules; pieces that go on in each other are one."""
    found: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.level, round(rule.at), rule.start)):
        last = found[-1] if found else rule
        is_level_with = last.level == rule.level and abs(last.at - rule.at) < 1
        if found and is_level_with and last.start <= rule.start < last.end + _TOUCH:
            found[-1] = replace(last, end=max(last.end, rule.end))
        else:
            found.append(rule)
    return found


def _grids(rules: Sequence[Rule]) -> list[_Grid]:
    """The sets of rules that touch each other and have at least two rows and two columns."""
    group = list(range(len(rules)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    by_place: dict[int, list[int]] = defaultdict(list)  # strips of the page -> the level rules in it
    for i, rule in enumerate(rules):
        if rule.level:
            by_place[int(rule.at // 50)].append(i)
    for i, rule in enumerate(rules):
        if rule.level:
            continue
        for strip in range(int((rule.start - _TOUCH) // 50), int((rule.end + _TOUCH) // 50) + 1):
            for j in by_place.get(strip, ()):
                other = rules[j]
                crosses = other.start - _TOUCH <= rule.at <= other.end + _TOUCH
                if crosses and rule.start - _TOUCH <= other.at <= rule.end + _TOUCH:
                    group[root(i)] = root(j)
    sets: dict[int, list[Rule]] = defaultdict(list)
    for i, rule in enumerate(rules):
        sets[root(i)].append(rule)
    grids = []
    for members in sets.values():
        level = [rule for rule in members if rule.level]
        upright = [rule for rule in members if not rule.level]
        if len(level) > 2 and upright:
            grid = _Grid(level, upright)
            if len(grid.xs) > 2 and len(grid.ys) > 2:
                grids.append(grid)
    return grids
