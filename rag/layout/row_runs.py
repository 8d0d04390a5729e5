"""Lines of a page -> the runs of lines that are a table or a list.

Their rows end no sentence, so wording and line ends alone would take them for headlines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from rag.layout.line_ends import SENTENCE_END
from rag.layout.row_shapes import TABLE, Shape, is_other, shape_of
from rag.text.bylines import DATELINE, SIGNATURE, byline_names
from rag.text.lines import Line
from rag.text.rows import cells_of

_LEADS = re.compile(
    r"(?:如下|见下|下表|附表|附后|如表|见表|名单|一览|分别[是为]|包括|以下|附)[^，。：:]{0,8}[。｡．：:]?[)）]?$"
)
_NOTE = re.compile(r"[（(]?(?:注|附注|备注|说明|数据来源|资料来源|来源|单位)\s*[：:]")
_NUMBER = re.compile(r"[\d０-９.．,，%％]{1,9}")
_WITHOUT_DIGITS = 3  # lines of words alone: two of them may be a headline
_LEAD_LINES = 4
_MARK_INSIDE = re.compile("[，,。]")
_NAME = 4  # characters
_CELL = 16.0  # characters
_SHORT_ITEM = 8.0  # characters: shorter than headlines


def row_runs(lines: Sequence[Line], row_starts: Set[int] = frozenset()) -> dict[int, int]:
    """Return first line -> end of each run, counted in positions of ``lines``. A tab stands behind the lines that begin
    at ``row_starts``."""
    return _Runs(lines, row_starts).found()


class _Runs:
    def __init__(self, lines: Sequence[Line], row_starts: Set[int]) -> None:
        self._lines = lines
        self._shapes: list[Shape] = [
            "lone" if line.start in row_starts and not line.level and "\t" not in line.text else shape_of(line)
            for line in lines
        ]
        self._running = 0  # lines before this one are running text
        self._tried = 0  # lines before this one follow a lead-in that has been looked at

    def found(self) -> dict[int, int]:
        runs: dict[int, int] = {}
        at = 0
        while at < len(self._lines):
            end = at
            if at >= self._tried and self._is_led_in(at):
                end = self._end_of_led(at)
            end = max(end, self._end_of_alike(at), self._end_of_column(at))
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
        end, pieces = at + 1, shape
        if shape == "words" and self._is_header(at):
            pieces, end = "figures", end + 1
        elif (shape in ("words", "label", "price", "lone") or shape.startswith("mark:")) and not self._follows_text(at):
            return at
        if pieces == "tab":
            end = self._past_row_of_one_cell(end)
        step = lines[end].blanks if end < len(lines) else 0
        while end < len(lines) and _are_alike(pieces, shapes[end]) and lines[end].blanks in (0, min(step, 1)):
            if lines[end].gap and (pieces in ("label", "price") or (pieces == "words" and not self._begins_short(end))):
                break
            end += 1
            if pieces == "tab":
                end = self._past_row_of_one_cell(end)
        count = end - at
        if pieces == "lone" and "tab" not in shapes[at:end]:
            return at
        if pieces not in ("tab", "stroke", "lone") and self._is_running_text(at, end):
            self._running = end
            return at
        if count == 1 and pieces in ("tab", "stroke"):
            has_cells = len(cells_of(lines[at].text)) > 2
            return end if has_cells and self._follows_text(at) else at
        return end if count >= (_WITHOUT_DIGITS if pieces == "words" else 2) else at

    def _past_row_of_one_cell(self, at: int) -> int:
        """The line after a row whose other cells are empty: a short line between two rows, or above a blank line."""
        lines = self._lines
        if (
            at >= len(lines)
            or lines[at].gap
            or lines[at].width > _CELL
            or not self._shapes[at]
            or self._shapes[at] == "tab"
        ):
            return at
        is_last = at + 1 == len(lines) or lines[at + 1].gap
        return at + 1 if is_last or self._shapes[at + 1] == "tab" else at

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
        if self._shapes[at] != "plain" or not self._follows_text(at):
            return at
        end, numbers = at, 0
        while end < len(self._lines) and (end == at or not self._lines[end].gap):
            is_number = bool(_NUMBER.fullmatch(self._lines[end].text))
            if not is_number and (
                self._shapes[end] != "plain" or not self._may_be_item(end) or self._lines[end].width > _SHORT_ITEM
            ):
                break
            numbers += is_number
            end += 1
        return end if numbers > 1 and end - at > 3 else at

    def _is_running_text(self, at: int, end: int) -> bool:
        """Whether the lines are rather lines of a paragraph that their column has cut: they stand inside a sentence, or
        the last of them is as wide as the line below it."""
        lines = self._lines
        above = lines[max(0, at - _LEAD_LINES) : at]
        if above and not SENTENCE_END.search(above[-1].text) and any(_MARK_INSIDE.search(line.text) for line in above):
            return True
        if end == len(lines) or lines[end].gap or lines[end].indented or self._shapes[end] not in ("", "plain"):
            return False
        return lines[end - 1].width > lines[end].width - 3.5 and not _opens_story(lines[end])

    def _follows_text(self, at: int) -> bool:
        """Whether the line above ends a sentence or is a row: what stands below it may belong to it."""
        return at > 0 and bool(SENTENCE_END.search(self._lines[at - 1].text) or self._shapes[at - 1] in TABLE)

    def _is_led_in(self, at: int) -> bool:
        """Whether the text above says that a list follows."""
        if at == 0 or not self._may_be_item(at):
            return False
        above = self._lines[at - 1]
        if self._shapes[at - 1] not in ("", "plain", "label", "byline") or above.level:
            return False
        if _LEADS.search(above.text):
            return self._lines[at].gap or bool(SENTENCE_END.search(above.text) or above.text[-1] in "）)")
        if above.text[-1] not in "：:":
            return False
        return any(re.search("[，。,]", line.text) for line in self._lines[max(0, at - _LEAD_LINES) : at])

    def _end_of_led(self, at: int) -> int:
        """The end of the list below a lead-in.

        The list is the lines up to the next blank line, and what is alike below it. A last group of lines above a byline
        or a dateline is the headline of the next story.
        """
        lines = self._lines
        starts = [at]
        end = at + 1
        while end < len(lines) and self._may_be_item(end):
            if lines[end].gap:
                starts.append(end)
            end += 1
        self._tried = end
        following = lines[end] if end < len(lines) else None
        if len(starts) == 1:
            if following is None or (self._is_closed(at, end) and not _opens_story(following)):
                return end
            return at + self._alike_from(at, end)
        first_end = starts[1]
        for start, stop in zip(starts[1:], [*starts[2:], end], strict=True):
            is_last = stop == end and following is not None
            if following is not None and not all(_are_alike(self._shapes[at], s) for s in self._shapes[start:stop]):
                break
            if is_last and self._shapes[at] in ("plain", "words") and (stop - start > 1 or _opens_story(following)):
                break
            if (
                following is not None
                and self._shapes[at] == "plain"
                and (is_last or not self._is_short_item(start, stop))
            ):
                break
            first_end = stop
        return first_end

    def _alike_from(self, at: int, end: int) -> int:
        """How many lines from ``at`` are alike beyond doubt; 0 for one line, or for lines without any sign of a row."""
        count = 1
        while at + count < end and _are_alike(self._shapes[at], self._shapes[at + count]):
            count += 1
        return count if count > 1 and self._shapes[at] != "plain" else 0

    def _is_closed(self, at: int, end: int) -> bool:
        """Whether the lines do not run on into the line below: a blank line stands there, or they are much shorter."""
        below = self._lines[end]
        return below.gap or below.indented or all(line.width < 0.7 * below.width for line in self._lines[at:end])

    def _is_short_item(self, start: int, stop: int) -> bool:
        return stop - start == 1 and self._lines[start].width <= _SHORT_ITEM

    def _may_be_item(self, at: int) -> bool:
        line = self._lines[at]
        shape = self._shapes[at]
        return bool(shape and not (shape == "plain" and is_other(line, shape))) or (
            not line.gap and bool(_NUMBER.fullmatch(line.text))
        )


def _are_alike(shape: Shape, other: Shape) -> bool:
    return (
        shape == other
        or (shape in TABLE and (other in TABLE or other == "byline"))
        or {shape, other} == {"figures", "score"}
    )


def _opens_story(line: Line | None) -> bool:
    return line is not None and bool(
        DATELINE.match(line.text) or SIGNATURE.match(line.text) or byline_names(line.text) is not None
    )
