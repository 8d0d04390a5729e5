"""A sheet of a workbook, as the readers of the kinds of spreadsheets hand it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Value(NamedTuple):
    """A cell as a person sees it; ``date`` is ``YYYY-MM-DD`` if it is a date."""

    text: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows that are shown. A cell over several rows is in each of them. ``hidden`` counts rows and columns that are
    not shown, ``without_value`` are the addresses of formulas whose result is not in the file."""

    name: str
    rows: Sequence[Sequence[Value]] = field(default=())
    is_hidden: bool = False
    hidden: int = 0
    without_value: Sequence[str] = ()


def address(row: int, column: int) -> str:
    """Return the address of a cell, of which row and column are counted from 0: (2, 27) is AB3."""
    letters = ""
    left = column + 1
    while left:
        left, letter = divmod(left - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


Range = tuple[int, int, int, int]
"""The first and last row and column of merged cells, counted from 0."""


def shown_rows(
    cells: dict[tuple[int, int], Value], merged: Sequence[Range], hidden_rows: set[int], hidden_columns: set[int]
) -> tuple[list[list[Value]], int]:
    """Return the rows that are shown, and how many rows and columns with text are not. ``cells``: (row, column) -> cell."""
    for top, bottom, left, right in merged:
        value = cells.get((top, left), Value())
        for row in range(top, min(bottom, top + 1000) + 1):
            for column in range(left, min(right, left + 1000) + 1):
                cells.pop((row, column), None)
            if value.text:
                cells[row, left] = value
    table: dict[int, dict[int, Value]] = {}
    for (row, column), value in cells.items():
        if value.text.strip():
            table.setdefault(row, {})[column] = value
    columns = {column for row in table.values() for column in row}
    shown = sorted(columns - hidden_columns)
    left_out = len(columns & hidden_columns) + len(table.keys() & hidden_rows)
    rows = [[table[row].get(c, Value()) for c in shown] for row in sorted(table.keys() - hidden_rows)]
    return [row for row in rows if any(value.text for value in row)], left_out
