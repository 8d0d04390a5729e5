"""Lines of a CSV file -> its records. A quotation mark that is not closed, or not doubled, costs its own record at most.

The reader of the standard library takes all that follows such a mark for one cell. Here its complaint is heeded: the
record is read again from its first line, with the marks that cannot open or close a cell as characters of the text.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

_MOST_LINES = 60  # of a cell with marks that are not doubled


class Record(NamedTuple):
    """``is_valid`` is false if the quotation marks are not as CSV has them."""

    cells: list[str]
    is_valid: bool = True


class Records(Iterator[Record]):
    """Yields the records that are not blank. ``width``, once it is known, is the number of cells in the header: it decides
    between two ways to read a record that is not valid."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self.width = 0
        self._lines = iter(lines)
        self._delimiter = delimiter
        self._waiting: deque[str] = deque()  # lines that were read and belong to later records
        self._used: list[str] = []
        self._rows = self._reader()
        d = re.escape(delimiter)
        blanks = " *" if delimiter == "\t" else r"[ \t]*"
        self._close = re.compile(rf'"{blanks}(?={d}|\r|\n|\Z)')
        self._open = re.compile(rf'[\r\n{d}]"')
        self._end = re.compile(rf"{d}|\r\n?|\n|\Z")

    def __next__(self) -> Record:
        while True:
            self._used.clear()
            try:
                record = Record(next(self._rows))
            except csv.Error:
                record = self._repaired()
            if any(cell.strip("\ufeff") for cell in record.cells):
                return record

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._next_lines(), delimiter=self._delimiter, strict=True)

    def _next_lines(self) -> Iterator[str]:
        while True:
            line = self._waiting.popleft() if self._waiting else next(self._lines, None)
            if line is None:
                return
            self._used.append(line)
            yield line

    def _repaired(self) -> Record:
        """The record at the first of the lines that were used; the lines behind it are read again."""
        used = list(self._used)
        ways = [self._cells(used[0], used[:1], is_cut)[0] for is_cut in (False, True)]
        found, count = next((cells for cells in ways if len(cells) == self.width), None), 1
        if found is None:
            used += islice(self._next_lines(), max(0, _MOST_LINES - len(used)))
            whole, count, is_closed = self._cells("".join(used), used)
            found, count = (whole, count) if is_closed and len(whole) == self.width else (ways[0], 1)
        self._waiting.extendleft(reversed(used[count:]))
        self._rows = self._reader()
        return Record(found, is_valid=False)

    def _cells(self, text: str, lines: list[str], is_cut: bool = False) -> tuple[list[str], int, bool]:
        """The cells of the first record in a text, how many of the lines it takes, and whether each cell is closed without
        another one that opens in a later line of it. ``is_cut``: a cell in which another one opens was not closed."""
        cells: list[str] = []
        at, is_closed = 0, True
        while True:
            close = self._closing(text, at) if text.startswith('"', at) else None
            inner = text[at + 1 : close.start()] if close else ""
            opens = bool(close and self._open.search(inner))
            if text.startswith('"', at) and (not close or (opens and (is_cut or "\n" in inner or "\r" in inner))):
                is_closed, close = False, None
            begin = close.end() if close else at
            end = self._end.search(text, begin)
            assert end is not None
            cells.append(inner.replace('""', '"') if close else text[at : end.start()])
            at = end.end()
            if end.group() != self._delimiter:
                break
        length, count = 0, 0
        while length < at and count < len(lines):
            length += len(lines[count])
            count += 1
        return cells, max(count, 1), is_closed

    def _closing(self, text: str, at: int) -> re.Match[str] | None:
        """The mark that closes the cell that opens here, None without one. Doubled marks stand for one."""
        place = at + 1
        while match := self._close.search(text, place):
            before = text[place : match.start()]
            marks = len(before) - len(before.rstrip('"'))
            if marks % 2 == 0:
                return match
            place = match.end()
        return None
