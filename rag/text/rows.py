"""Rows of tables: lines whose cells are kept apart by a tab, by two or more blanks, or by an upright stroke.

Layout leaves such blanks in the text of an article only between cells, so they show which lines are rows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from rag.text.bylines import SURNAMES
from rag.text.lines import CJK

STROKES = "|｜│┃"
CELL_GAP = re.compile(rf"\s*[{STROKES}]\s*|[^\S\n]*\t\s*|[^\S\n]{{2,}}|\u3000")
_STOP = re.compile(r"[。！？｡]")
_FIGURE = re.compile(r"[\d０-９](?![\d０-９]*\s*[年月日号季期届级])")
_LONGEST_HEADER = 80
_LETTER = re.compile(f"[{CJK}]")
_WORD = re.compile(rf"[^\s{STROKES}]+")


def cells_of(line: str) -> list[str]:
    """Return the cells of a line that are not empty; one cell if it is no row."""
    return [cell for cell in CELL_GAP.split(line.strip()) if cell]


def is_row(line: str) -> bool:
    """Return whether the line has two or more cells. A stroke inside a sentence makes no cells."""
    line = line.strip()
    if "\t" in line:
        return True
    if not CELL_GAP.search(line) or len(cells_of(line)) < 2:
        return False
    return line[0] in STROKES or not _STOP.search(line) or not any(stroke in line for stroke in STROKES)


def row_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the half-open offsets of the lines that are rows."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if is_row(text[start:end]):
            yield start, end
        start = end + 1


def header_above(text: str, start: int) -> str:
    """Return the header of the table that offset ``start`` stands in: its first row, at most 80 characters. Return "" if
    no row stands above ``start``, or if the first row has figures and so is a row like the others."""
    header = ""
    begin = text.rfind("\n", 0, start) + 1
    end = text.find("\n", begin)
    if not is_row(text[begin : len(text) if end < 0 else end]):
        return ""
    while begin > 0:
        above = text.rfind("\n", 0, begin - 1) + 1
        if not is_row(text[above : begin - 1]):
            break
        begin, header = above, text[above : begin - 1]
    return "" if _FIGURE.search(header) else header.strip()[:_LONGEST_HEADER]


def heading_of(title: str, text: str, start: int) -> str:
    """Return what tells a reader where offset ``start`` stands: the headline, at most 80 characters, and below it the
    header of the table."""
    header = header_above(text, start)
    return "\n".join(part for part in (title[:80], header) if part)


def row_characters(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets of the characters of the row ``text[start:end]`` that are no layout.

    Blanks between the letters of a cell are layout: 单 位, and those inside a name of two letters in a list whose cells
    have single blanks between them: 王 强 青岩钢厂.
    """
    row = text[start:end]
    words = [match.span() for match in _WORD.finditer(row)]
    letters = [end - start == 1 and bool(_LETTER.match(row, start)) for start, end in words]
    dropped: set[int] = set()
    if sum(letters) > 1:
        has_cells = bool(CELL_GAP.search(row.replace("\u3000", " ")))
        for i, ((_, left), (right, _)) in enumerate(itertools.pairwise(words)):
            is_pair = letters[i] and letters[i + 1]
            is_cell = has_cells and row[left:right] == " "
            is_name = row[left - 1] in SURNAMES and not any(letters[i + 2 : i + 3]) and not (i and letters[i - 1])
            if is_pair and (is_cell or (not has_cells and row[left:right] in (" ", "\u3000") and is_name)):
                dropped.update(range(left, right))
    yield from (start + i for i in range(len(row)) if i not in dropped)
