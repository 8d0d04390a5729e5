"""A list in sections (一、工业类, 二、文化类; 一等奖, 二等奖), each with its items -> the end of the list."""

from __future__ import annotations

import re
from typing import NamedTuple

from rag.layout.row_lines import RowLines, opens_story
from rag.text.calendar import parse_number

_NUMERAL = r"[一二三四五六七八九十]{1,3}"
_NUMBERED = (
    re.compile(rf"({_NUMERAL})[、.．]\s*\S"),
    re.compile(rf"[（(]({_NUMERAL})[)）]\s*\S"),
    re.compile(rf"第({_NUMERAL})[部章类组批组片]\S*"),
    re.compile(r"([1-9]\d?)(?:[、)）]|[.．](?!\d))\s*\S"),
)
_GRADE = re.compile(
    r"(?:特等|[一二三四五六]等|优秀|优胜|鼓励|组织|入围|提名|最佳|金|银|铜)[^\s，。：:]{0,6}奖[^\s，。：:]{0,2}(?:[（(][^（）()]{1,8}[)）])?[：:]?"
    r"|(?:冠|亚|季)军[：:]?|[甲乙丙丁][组类级][：:]?"
    r"|[^\s，。：:（）()]{1,12}[（(]\d{1,4}[人名个件项家户][)）][：:]?"
)
_LONGEST_SECTION = 200  # lines


class _Heading(NamedTuple):
    """The form of a section's heading, and its number; grades are not numbered."""

    form: int
    number: int


def end_of_sections(page: RowLines, at: int) -> int:
    """Return the end of the list whose first section has its heading at ``at``; ``at`` if there are not two sections
    with items."""
    first = _heading(page, at)
    if first is None or first.number > 1 or page.is_inside_sentence(at):
        return at
    sections, shapes = 1, set()
    start, end = at, at + 1
    number = first.number
    while True:
        end = _end_of_items(page, start, first.form)
        following = _heading(page, end) if end < len(page.lines) else None
        if following is None or following.form != first.form or end - start < 2:
            break
        if following.number != (number + 1 if number else 0) or page.lines[end].text == page.lines[start].text:
            break
        shapes |= set(page.shapes[start + 1 : end])
        sections, number, start = sections + 1, following.number, end
    end = _without_headline(page, start, end, shapes)
    return end if sections > 1 and end - start > 1 else at


def _heading(page: RowLines, at: int) -> _Heading | None:
    line = page.lines[at]
    if not page.shapes[at] and line.text[-1] not in "：:":
        return None
    if _GRADE.fullmatch(line.text):
        return _Heading(len(_NUMBERED), 0)
    for form, pattern in enumerate(_NUMBERED):
        if match := pattern.match(line.text):
            return _Heading(form, parse_number(match[1]))
    return None


def _end_of_items(page: RowLines, start: int, form: int) -> int:
    """The end of the items below the heading at ``start``: no blank line stands between them."""
    end = start + 1
    while end < min(len(page.lines), start + _LONGEST_SECTION):
        heading = _heading(page, end)
        if not page.may_be_item(end) or (heading and heading.form == form) or (page.lines[end].gap and end > start + 1):
            break
        end += 1
    return end


def _without_headline(page: RowLines, start: int, end: int, shapes: set[str]) -> int:
    """The end of the last section without the headline of the story below it. ``shapes`` are those of the items of the
    other sections."""
    while end > start + 1 and shapes and page.shapes[end - 1] not in shapes:
        end -= 1
    is_plain = end > start + 1 and page.shapes[end - 1] == "plain" and end < len(page.lines)
    return end - 1 if is_plain and opens_story(page.lines[end]) else end
