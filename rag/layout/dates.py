"""Page + the texts of its articles -> the date of each: stated, in the file's name, or inferred.

A page is one edition, so its articles have one date. Precision goes before coverage: a cue is used only if it was nearly
always right for news of known date (DECISIONS.md has the figures).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.layout.credits import credit_of
from rag.layout.date_cues import Cue, cues_in, latest_past_year
from rag.layout.masthead import masthead_in
from rag.schema import DateBasis, Page
from rag.text.calendar import PartialDate, days_of, parse_number


@dataclass(frozen=True, slots=True)
class Dated:
    """``date`` is ``YYYY[-MM[-DD]]`` or empty. ``words`` are those that give the date, verbatim: words of the article, else
    of another article or of a line of the page; empty if no text of the page gives it."""

    date: str
    basis: DateBasis
    words: str


_CHINESE_YEAR = r"[一二][九〇零○][〇零○一二三四五六七八九]{2}"
_CHINESE_NUMBER = r"[一二三四五六七八九十]{1,3}"
_B = r"[ \t\u3000]*"
_FULL = (
    rf"(?P<y>(?<!\d)(?:19|20)\d\d|{_CHINESE_YEAR}){_B}[年./-]{_B}(?P<m>\d{{1,2}}|{_CHINESE_NUMBER}){_B}[月./-]{_B}"
    rf"(?P<d>\d{{1,2}}(?!\d)|{_CHINESE_NUMBER})(?:{_B}日)?"
)
_SHORT = r"(?<![\d年])(?P<m>\d{1,2})月(?P<d>\d{1,2})日"

_DATE = re.compile(_FULL)
_BESIDE = re.compile(  # what stands beside the date in a masthead
    r"(?:星期|周)[一二三四五六日天]|(?:农历|阴历|夏历)?[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年|"
    r"(?:农历)?(?:闰?[正冬腊一二三四五六七八九十]{1,3}月)[初十廿卅二三][一二三四五六七八九十]?|农历|"
    r"第?\s*[A-Z]?\d{1,3}\s*版?|[A-Z]\d{1,2}|第?[一二三四五六七八九十]{1,3}版|\S{2,8}(?:报|新闻网|客户端)|\d\d?:\d\d(?::\d\d)?|"
    r"(?:责任编辑|责编|编辑|版式|校对|审读)[:：\s]*[\u4e00-\u9fff]{2,4}(?=\W|$)|(?:总第|第)\d{1,6}期|"
    r"发布|发表|更新|出版|时间|日期|来源|今日|[\s\W_]"
)
_LABEL = re.compile(r"(?:发布|更新|发表|发稿)(?:时间|日期|于)?[ \t]*[:：]?[ \t]*$")
_CLOCK = re.compile(r"[ \t\u3000]+\d\d?:\d\d")
_PAPER = re.compile(r"报\s*》\s*[（(]\s*$")  # 《海湾日报》（2025年4月21日 03版）
_EDITION = re.compile(r"\s*第?\s*[A-Z]?\d{1,3}\s*版")
_DISPATCH = re.compile(r"(?:电|讯|消息)")
_DATELINE = re.compile(_SHORT + _DISPATCH.pattern)

_FILE = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<![0-9A-Za-z])(?![a-f]+\d)[A-Za-z]{2,12})"
    r"(?P<y>19\d\d|20\d\d)(?:(?P<m>\d\d)(?P<d>\d\d)(?:\d{2})?|[-_./年](?P<m2>\d{1,2})[-_./月](?P<d2>\d{1,2})日?)(?![0-9]|[A-Za-z][0-9A-Za-z]{3})"
)

_LEAD = re.compile(rf"\A[^。！？]{{0,25}}?(?<![至于自前]){_SHORT}(?=[，,上下中晚凌]|记者|在)")
_READ = 20_000  # characters of an article that are searched for its date
_TOP = 200  # a clock time after a date is the time of publishing only among the first characters
_LATEST_DAY = 25  # a lead about a later day, such as the 31st, is often printed in the month after


def dates_of(page: Page, texts: Sequence[str]) -> list[Dated]:
    """Return the date of each article of the page. ``texts`` are the texts of the articles."""
    if page.stated.date:
        return [Dated(page.stated.date, page.stated.date_basis or "stated", "")] * len(texts)
    if in_masthead := _date_in_masthead(page.text, has_one_article=len(texts) < 2):
        return [_stated(in_masthead)] * len(texts)
    texts = [text[:_READ] for text in texts]
    own = [_own_date(text) for text in texts]
    named = file_date(page.file)
    rest = [Dated(named, "file name", "")] * len(texts) if named else _inferred(texts, own)
    return [_stated(found) if found else other for found, other in zip(own, rest, strict=True)]


def file_date(name: str) -> str:
    """Return the date in a file's name: 20250421_A03.txt, 2025-04-21-x.md, rmrb2025042103.txt, 2025-04/21/01.txt ->
    2025-04-21. A hash or a clock time is not a date; return "" without a date."""
    for match in _FILE.finditer(name):
        day = PartialDate(int(match["y"]), int(match["m"] or match["m2"]), int(match["d"] or match["d2"]))
        if _is_full(day):
            return str(day)
    return ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A date that the text gives in full, and its words."""

    day: PartialDate
    words: str


def _stated(found: _Found) -> Dated:
    return Dated(str(found.day), "stated", found.words)


def _date_in_masthead(text: str, has_one_article: bool) -> _Found | None:
    """The date on a line that holds nothing else but what stands beside a date in a masthead.

    A date alone on its line counts only among the first six lines, or among the last two of a page with one article.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        match = _DATE.search(line) if len(line) <= 48 else None
        if not match or not _full_date(match).year:
            continue
        beside = line[: match.start()] + " " + line[match.end() :]
        at_edge = at < 6 or (has_one_article and at >= len(lines) - 2)
        is_beside = not _BESIDE.sub("", beside) or masthead_in(line) or credit_of(line)
        if is_beside and (at_edge or len(re.sub(r"[\s\W]", "", beside)) > 2):
            return _Found(_full_date(match), match.group().strip())
    return None


def _own_date(text: str) -> _Found | None:
    """发布时间：2025-04-21, 2025-04-21 10:30, 《海湾日报》（2025年4月21日 03版）, 新华社北京2025年4月20日电."""
    for match in _DATE.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        if _full_date(match).year and (
            _LABEL.search(before)
            or _DISPATCH.match(text, match.end())
            or (match.start() < _TOP and _CLOCK.match(text, match.end()))
            or (_PAPER.search(before) and _EDITION.match(text, match.end()))
        ):
            return _Found(_full_date(match), match.group().strip())
    return None


def _inferred(texts: Sequence[str], own: Sequence[_Found | None]) -> list[Dated]:
    """The latest year that a cue gives, unless the page shows a later year to be past; and the month of a lead or a
    dateline.

    The day of a dateline dates its own article only: the page is printed a day or two later. An article's own words go
    before those of another.
    """
    past = max(map(latest_past_year, texts), default=0)
    cues = [cue for at, text in enumerate(texts) for cue in cues_in(at, text, past)]
    cues += [Cue(found.day.year, at, found.words) for at, found in enumerate(own) if found]
    year = max((cue.year for cue in cues), default=0)
    if not year or year < past:
        return [Dated("", "", "")] * len(texts)
    datelines = [_day_in(year, _DATELINE.search(text)) for text in texts]
    leads = [_day_in(year, _LEAD.match(text)) for text in texts]
    days = [*datelines, *leads, *(found.day for found in own if found)]
    edition = max((replace(day, day=0) for day in days if 0 < day.day <= _LATEST_DAY), default=PartialDate(year))
    words = {cue.article: cue.words for cue in reversed(cues) if cue.year == year}
    return [
        Dated(str(day if day.day else edition), "inferred", words.get(at) or words[min(words)])
        for at, day in enumerate(datelines)
    ]


def _full_date(match: re.Match[str]) -> PartialDate:
    """The date of a match of ``_DATE``; nothing is known of a day that does not exist."""
    day = PartialDate(parse_number(match["y"]), parse_number(match["m"]), parse_number(match["d"]))
    return day if _is_full(day) else PartialDate()


def _day_in(year: int, match: re.Match[str] | None) -> PartialDate:
    """The month and day of a match in this year; nothing is known without a match or of a day that does not exist."""
    day = PartialDate(year, int(match["m"]), int(match["d"])) if match else PartialDate()
    return day if _is_full(day) else PartialDate()


def _is_full(day: PartialDate) -> bool:
    return bool(day.month and day.day and days_of(day))
