"""A table's cells, some over several rows or columns -> its rows as lines, cells parted by tabs.

A cell over several rows is written in each of them, so that a row reads by itself: a quoted row must say whose figure it
gives. A cell over several columns is written once, at the first; the others stay empty, so that columns keep their
place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_MAX_SPAN = 1000  # columns or rows of one cell


class Cell(NamedTuple):
    text: str
    columns: int = 1
    rows: int = 1


def filled(rows: Iterable[Sequence[Cell]]) -> list[list[str]]:
    """Return the texts of each row, column by column. ``rows`` name each cell once, in its first row, as HTML does."""
    table: list[list[str]] = []
    above: dict[int, tuple[str, int]] = {}  # column -> the cell that reaches down to it, and for how many rows more
    for cells in rows:
        row: list[str] = []
        waiting = list(cells)
        below: dict[int, tuple[str, int]] = {}
        while waiting or any(column >= len(row) for column in above):
            column = len(row)
            if column in above:
                text, left = above.pop(column)
                row.append(text)
                if left > 1:
                    below[column] = (text, left - 1)
            elif waiting:
                cell = waiting.pop(0)
                for i in range(max(1, min(cell.columns, _MAX_SPAN))):
                    text = "" if i else cell.text
                    if i:
                        above.pop(column + i, None)
                    row.append(text)
                    if cell.rows > 1:
                        below[column + i] = (text, min(cell.rows, _MAX_SPAN) - 1)
            else:
                row.append("")
        above = below
        table.append(row)
    return table


def line(cells: Iterable[str]) -> str:
    """Return a row as a line without a line end: white space inside a cell becomes single blanks.

    Empty last cells are left out. If only one cell of several has text, a tab ends the line and shows that it is a row.
    """
    texts = [" ".join(cell.split()) for cell in cells]
    is_lone = len(texts) > 1 and sum(map(bool, texts)) == 1
    return "\t".join(texts).rstrip("\t") + ("\t" if is_lone else "")


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Return the rows as lines; rows without text are left out. If several rows begin with one of a single cell, that is
    the title of the table and no row."""
    table = list(rows)
    width = max(map(len, table), default=0)
    found = [text for row in table if (text := line([*row, *[""] * (width - len(row))])).strip()]
    if len(found) > 1 and "\t" not in found[0].rstrip("\t"):
        found[0] = found[0].rstrip("\t")
    return "".join(f"{text}\n" for text in found)
