"""The lines at the edges of a page -> the newspaper's name and the page's number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.calendar import parse_number
from rag.text.lines import CJK, Line, squeeze

_NAME = re.compile(
    r"[\u4e00-\u9fff·]{2,8}(?:日报|晚报|早报|晨报|时报|周报|商报|都市报|青年报|新闻报|政协报)(?:·[\u4e00-\u9fff]{1,6})?"
)
_CHINESE = "一二三四五六七八九十"
_NUMBER = re.compile(rf"第?\s*([A-Z]?\d{{1,3}})\s*版|第\s*([{_CHINESE}]{{1,3}})\s*版")
_BARE_NUMBER = re.compile(r"(?<!\w)([A-Z]\d{1,2})(?!\w)")
_DATE = re.compile(
    rf"(?:(?:19|20)\d\d|[一二][九〇零○][〇零○{_CHINESE}]{{2}})\s*[年./-]\s*(?:\d{{1,2}}|[{_CHINESE}]{{1,3}})\s*[月./-]\s*"
    rf"(?:\d{{1,2}}|[{_CHINESE}]{{1,3}})(?:\s*日)?"
)
_OTHER = re.compile(
    rf"(?:责任编辑|责编|编辑|版式|校对|审读|美编)[:：\s]*[{CJK}]{{2,4}}(?=\W|$)|(?:星期|周)[一二三四五六日天]|总?第\s*\d+\s*期|"
    r"(?:农历|阴历)?[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年|农历|"
    r"(?:农历)?闰?[正冬腊一二三四五六七八九十]{1,3}月(?:初|十|廿|卅|二十|三十)[一二三四五六七八九十]?|今日\s*\d+\s*版"
)
_SECTION = re.compile(rf"(?<![^\s|｜·\1])[{CJK}]{{2,6}}(?![^\s|｜·\1])")  # \1 is the page number
_SPACED = re.compile(rf"(?<!\S)(?:[{CJK}][ \u3000]){{2,}}[{CJK}](?!\S)")
_TOP_LINES, _BOTTOM_LINES = 8, 4
_LONGEST = 60  # characters of a masthead in one line


@dataclass(frozen=True, slots=True)
class Masthead:
    """``page`` is ``03`` of a line 第03版. Both are empty where the page does not print them."""

    newspaper: str
    page: str


def masthead_of(lines: Sequence[Line]) -> Masthead:
    """Return the first newspaper name and the first page number that stand on a line alone, or in a masthead of one line."""
    edges = [line.text for line in (*lines[:_TOP_LINES], *lines[_TOP_LINES:][-_BOTTOM_LINES:])]
    found = [found for text in edges if (found := _on_line_alone(text) or masthead_in(text))]
    newspaper = next((masthead.newspaper for masthead in found if masthead.newspaper), "")
    return Masthead(newspaper, next((masthead.page for masthead in found if masthead.page), ""))


def masthead_in(text: str) -> Masthead | None:
    """Return what the line names if it is a masthead: 青岩日报 2024年3月5日 星期二 第03版. It has two of newspaper, date
    and page number, and besides them a weekday, an issue, editors or the name of a section at most; else None."""
    if len(text) > _LONGEST or not re.search(r"[版报]|[A-Z]\d", text):
        return None
    left = _SPACED.sub(lambda spaced: "".join(spaced.group().split()), text)
    left, dates = _DATE.subn("\0", left)
    left = _OTHER.sub("\0", left)
    number = _NUMBER.search(left) or _BARE_NUMBER.search(left)
    left = left.replace(number.group(), "\1", 1) if number else left
    name = _NAME.search(left)
    left = left.replace(name.group(), "\0", 1) if name else left
    if sum(map(bool, (dates, number, name))) < 2 or "《" in left:
        return None
    left = _SECTION.sub("", left, count=1)
    return None if re.search(r"\w", left) else Masthead(name.group() if name else "", _page(number))


def _on_line_alone(text: str) -> Masthead | None:
    joined = squeeze(text)
    number = _NUMBER.fullmatch(joined)
    newspaper = joined if _NAME.fullmatch(joined) else ""
    return Masthead(newspaper, _page(number)) if newspaper or number else None


def _page(number: re.Match[str] | None) -> str:
    """The page number as it is printed; Chinese numerals become digits."""
    written = next(filter(None, number.groups())) if number else ""
    return str(parse_number(written)) if written and written[0] in _CHINESE else written
