"""Lines of a page -> the runs of lines that are a table or a list.

Their rows end no sentence, so wording and line ends alone would take them for headlines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from rag.layout.led_rows import end_of_led, is_led_in
from rag.layout.row_lines import NUMBER, RowLines, are_alike, opens_story
from rag.layout.row_sections import end_of_sections
from rag.text.lines import Line
from rag.text.rows import cells_of

_NOTE = re.compile(r"[（(]?(?:注|附注|备注|说明|数据来源|资料来源|来源|单位)\s*[：:]")
_WITHOUT_DIGITS = 3  # lines of words alone: two of them may be a headline
_NAME = 4  # characters
_CELL = 16.0  # characters
_SHORT_CELL = 8.0  # characters: shorter than headlines


def row_runs(lines: Sequence[Line], row_starts: Set[int] = frozenset()) -> dict[int, int]:
    """Return first line -> end of each run, counted in positions of ``lines``. A tab stands behind the lines that begin
    at ``row_starts``."""
    return _Runs(RowLines(lines, row_starts)).found()


class _Runs:
    def __init__(self, page: RowLines) -> None:
        self._page = page
        self._lines = page.lines
        self._shapes = page.shapes
        self._running = 0  # lines before this one are running text
        self._tried = 0  # lines before this one follow a lead-in that has been looked at

    def found(self) -> dict[int, int]:
        runs: dict[int, int] = {}
        at = 0
        while at < len(self._lines):
            end = at
            if at >= self._tried and is_led_in(self._page, at):
                end, self._tried = end_of_led(self._page, at)
            end = max(
                end,
                self._end_of_alike(at),
                self._end_of_even(at),
                self._end_of_column(at),
                end_of_sections(self._page, at),
            )
            if end == at:
                at += 1
                continue
            while end < len(self._lines) and _NOTE.match(self._lines[end].text) and self._shapes[end]:
                end += 1
            runs[at] = end
            at = end
        return runs

    def _end_of_alike(self, at: int) -> int:
        """The end of the run of lines from ``at`` that have the same shape; ``at`` if they are too few for rows."""
        shape = self._shapes[at]
        if shape in ("", "plain", "rule", "byline") or at < self._running:
            return at
        lines, shapes = self._lines, self._shapes
        end, pieces, least = at + 1, shape, 2
        needs_text = shape in ("words", "label", "price", "lone") or shape.startswith("mark:")
        if shape == "words" and self._is_header(at):
            pieces, end = "figures", end + 1
        elif needs_text and not self._page.follows_text(at):
            least = self._least_below_headline(at)
            if not least:
                return at
        if pieces == "tab":
            end = self._past_row_of_one_cell(end)
        step = lines[end].blanks if end < len(lines) else 0
        while end < len(lines) and are_alike(pieces, shapes[end]) and lines[end].blanks in (0, min(step, 1)):
            if lines[end].gap and (pieces in ("label", "price") or (pieces == "words" and not self._begins_short(end))):
                break
            end += 1
            if pieces == "tab":
                end = self._past_row_of_one_cell(end)
        count = end - at
        if pieces == "lone" and "tab" not in shapes[at:end]:
            return at
        if pieces not in ("tab", "stroke", "lone") and self._page.is_running_text(at, end):
            self._running = end
            return at
        if count == 1 and pieces in ("tab", "stroke"):
            has_cells = len(cells_of(lines[at].text)) > 2
            return end if has_cells and self._page.follows_text(at) else at
        return end if count >= (_WITHOUT_DIGITS if pieces == "words" else least) else at

    def _least_below_headline(self, at: int) -> int:
        """How many lines from ``at`` at least make a list that has no text above it; 0 if none may stand there. On a page
        without prose there is nothing else that they can be."""
        if at and not self._page.has_prose:
            return 2
        is_list = self._shapes[at] in ("label", "price") and self._page.follows_headline(at)
        return _WITHOUT_DIGITS if is_list else 0

    def _past_row_of_one_cell(self, at: int) -> int:
        """The line after a row whose other cells are empty: a short line between two rows, or above a blank line but not
        above a story."""
        lines = self._lines
        if (
            at >= len(lines)
            or lines[at].gap
            or lines[at].width > _CELL
            or not self._shapes[at]
            or self._shapes[at] == "tab"
        ):
            return at
        following = lines[at + 1] if at + 1 < len(lines) else None
        is_last = following is None or (following.gap and not opens_story(following))
        return at + 1 if is_last or self._shapes[at + 1] == "tab" else at

    def _end_of_even(self, at: int) -> int:
        """The end of the run of lines from ``at`` that have as many cells each, below text; signs of a sentence may stand
        in the cells. ``at`` if they are too few for rows."""
        page, lines = self._page, self._lines
        if not page.cells[at] or at < self._running or not page.follows_text(at):
            return at
        end = at + 1
        while end < len(lines) and page.cells[end] == page.cells[at] and not lines[end].gap:
            end += 1
        return end if end - at >= _WITHOUT_DIGITS and not page.is_running_text(at, end) else at

    def _is_header(self, at: int) -> bool:
        """Whether three or more words stand right above figures."""
        lines = self._lines
        is_above_figures = at + 1 < len(lines) and self._shapes[at + 1] == "figures" and not lines[at + 1].gap
        return is_above_figures and len(lines[at].text.split()) > 2

    def _begins_short(self, at: int) -> bool:
        return len(self._lines[at].text.split()[0]) <= _NAME

    def _end_of_column(self, at: int) -> int:
        """The end of a table that has one cell a line: at least four lines between blank lines, below text, all short and
        two of them numbers alone."""
        if self._shapes[at] != "plain" or not self._page.follows_text(at):
            return at
        end, numbers = at, 0
        while end < len(self._lines) and (end == at or not self._lines[end].gap):
            is_number = bool(NUMBER.fullmatch(self._lines[end].text))
            if not is_number and (
                self._shapes[end] != "plain" or not self._page.may_be_item(end) or self._lines[end].width > _SHORT_CELL
            ):
                break
            numbers += is_number
            end += 1
        return end if numbers > 1 and end - at > 3 else at
