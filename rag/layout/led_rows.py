"""A lead-in such as 名单如下： -> the end of the list below it."""

from __future__ import annotations

import re

from rag.layout.line_ends import SENTENCE_END
from rag.layout.row_lines import LEAD_LINES, RowLines, are_alike, opens_story

_LEADS = re.compile(
    r"(?:如下|见下|下表|附表|附后|如表|见表|名单|一览|分别[是为]|包括|以下|附)[^，。：:]{0,8}[。｡．：:]?[)）]?$"
)
_SHORT_ITEM = 8.0  # characters: shorter than headlines


def is_led_in(page: RowLines, at: int) -> bool:
    """Return whether the text above line ``at`` says that a list follows."""
    lines = page.lines
    if at == 0 or not page.may_be_item(at):
        return False
    above = lines[at - 1]
    if page.shapes[at - 1] not in ("", "plain", "label", "byline") or above.level:
        return False
    if _LEADS.search(above.text):
        return lines[at].gap or bool(SENTENCE_END.search(above.text) or above.text[-1] in "）)")
    if above.text[-1] not in "：:":
        return False
    return any(re.search("[，。,]", line.text) for line in lines[max(0, at - LEAD_LINES) : at])


def end_of_led(page: RowLines, at: int) -> tuple[int, int]:
    """Return the end of the list below a lead-in, and the end of the lines that were looked at.

    The list is the lines up to the next blank line, and what is alike below it. A last group of lines above a byline
    or a dateline is the headline of the next story.
    """
    lines = page.lines
    starts = [at]
    end = at + 1
    while end < len(lines) and page.may_be_item(end):
        if lines[end].gap:
            starts.append(end)
        end += 1
    following = lines[end] if end < len(lines) else None
    if len(starts) == 1:
        if following is None or (_is_closed(page, at, end) and not opens_story(following)):
            return end, end
        return at + max(_alike_from(page, at, end), _above_headline(page, at, end)), end
    first_end = starts[1]
    for start, stop in zip(starts[1:], [*starts[2:], end], strict=True):
        is_last = stop == end and following is not None
        if following is not None and not all(are_alike(page.shapes[at], s) for s in page.shapes[start:stop]):
            break
        if is_last and page.shapes[at] in ("plain", "words") and (stop - start > 1 or opens_story(following)):
            break
        if following is not None and page.shapes[at] == "plain" and (is_last or not _is_short_item(page, start, stop)):
            break
        first_end = stop
    return first_end, end


def _alike_from(page: RowLines, at: int, end: int) -> int:
    """How many lines from ``at`` are alike beyond doubt; 0 for one line, or for lines without any sign of a row."""
    count = 1
    while at + count < end and are_alike(page.shapes[at], page.shapes[at + count]):
        count += 1
    return count if count > 1 and page.shapes[at] != "plain" else 0


def _above_headline(page: RowLines, at: int, end: int) -> int:
    """How many lines from ``at`` stand above the headline of a story that opens at ``end``."""
    return end - 1 - at if opens_story(page.lines[end]) and page.is_headline(end - 1) else 0


def _is_closed(page: RowLines, at: int, end: int) -> bool:
    """Whether the lines do not run on into the line below: a blank line stands there, or they are much shorter."""
    below = page.lines[end]
    return below.gap or below.indented or all(line.width < 0.7 * below.width for line in page.lines[at:end])


def _is_short_item(page: RowLines, start: int, stop: int) -> bool:
    return stop - start == 1 and page.lines[start].width <= _SHORT_ITEM
