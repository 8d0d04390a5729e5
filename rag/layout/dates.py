"""The date of an article: stated of it, stated on the page, in the file's name, or inferred.

A page is one edition, so its articles have one date. Precision goes before coverage: a cue is used
only if what it gave for news of known date was right nearly always (DECISIONS.md has the figures).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.schema import DateBasis, Page
from rag.text.calendar import Point, days_of, number


@dataclass(frozen=True, slots=True)
class Dated:
    """``date`` is ``YYYY[-MM[-DD]]`` or empty. ``words``: what of the article, else of another article or
    a line of the page, the date rests on, verbatim; empty where it rests on no text of the page."""

    date: str
    basis: DateBasis
    words: str


@dataclass(frozen=True, slots=True)
class _Cue:
    """Words of an article (counted from 0) that tell the present year."""

    year: int
    article: int
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

_IN = r"[^。！？；\n]"
_YEAR = r"(?<![\d.—–~～至到-])(?P<y>(?:19|20)\d\d)(?![\d.,—–~～-])"
_TO = r"[—–~～至到-]{1,2}"
_NO_COUNT = r"[余多元名个万人只米吨家套件份届级款]"
_OTHER_YEAR = "总结|年会|回顾|考核|述职|表彰|颁奖|盛典|新年|跨年|元旦|春运|春节|迎新"  # held in the year after, or in the one before
_CUES = tuple(
    re.compile(pattern)
    for pattern in (
        # 昨天，2025中日机器人产业合作对接会举行; but 近日，2025年度优秀名单公布 is of the year after
        rf"(?:日前|近日|昨[天日晚]|今[天日]|前天|(?<!年)(?<!\d)\d{{1,2}}月\d{{1,2}}日)(?:(?!\d{{4}}){_IN}){{0,40}}?{_YEAR}"
        rf"(?!年[度至到以之]|年\d|年末|年底|年前|{_NO_COUNT})(?!{_IN}{{0,30}}(?:{_OTHER_YEAR})){_IN}{{1,50}}?"
        r"(?:举行|召开|举办|开幕|闭幕|落幕|开赛|开跑|启动|揭幕|启幕|打响|收官|亮相|开展|拉开)",
        rf"{_YEAR}年?上半年(?!{_IN}{{0,6}}(?:同期|水平|纪录|的纪录))",
        rf"{_YEAR}年0?1月?{_TO}(?:[2-9]|1[01])月",
        rf"今年[（(]{_YEAR}年",
        r"截[至止]到?(?P<y>20\d\d)年(?:[1-9]|1[01])月\d{1,2}日",
        rf"\A[^。！？；\n\d]{{0,25}}(?<!截至)(?<![于自在间]){_YEAR}年\d{{1,2}}月\d{{1,2}}日(?![起前])",
        r"去年[^。，,；《\n]{0,6}(?:举行|召开|举办)的(?P<last>(?:19|20)\d\d)(?:年|(?=[\u4e00-\u9fff]))",
        r"今年是?[“\"]?十(?P<plan>[一二三四五六])五[”\"]?(?:规划|时期)?的?(?P<which>开局|起步|收官)之年",
    )
)
_COMING = re.compile(rf"(?P<y>20\d\d){_TO}(?P<last>20\d\d)年{_IN}{{0,40}}未来(?P<n>[两三四五])年")
_SESSION = re.compile(  # 十四届全国人大三次会议, 全国政协十四届三次会议
    r"(?:十(?P<term>[一二三四五六七八九])届全国(?:人大|政协)|全国(?:人大|政协)十(?P<term2>[一二三四五六七八九])届)"
    r"(?P<nth>[一二三四五])次会议"
)
_NAMED = re.compile(rf"(?<![\d.])(?P<y>(?:19|20)\d\d)(?=年|[\u4e00-\u9fffA-Za-z”》])(?!{_NO_COUNT})")
_AHEAD_BEFORE = re.compile(r"(?:[—–~～至到-]|预计|将于|将在|计划|明年|力争|目标|[未将]来|拟|参选)[^，。]{0,3}$")
_AHEAD_AFTER = re.compile(r"年(?:[底末前起]|之前|以[前后]|后|及以后)|年?[^，。]{0,12}(?:将|目标|预计|力争)|年?起")
_LEAD = re.compile(rf"\A[^。！？]{{0,25}}?(?<![至于自前]){_SHORT}(?=[，,上下中晚凌]|记者|在)")
_READ = 20_000  # characters of an article that are read for its date
_TOP = 200  # a clock time after a date is that of publishing only near the top
_LAST_DAY = 25  # what a lead tells of the 31st is often printed in the month after


def dates_of(page: Page, texts: Sequence[str]) -> list[Dated]:
    """For each of the page's articles, whose texts are given, its date."""
    if page.stated.date:
        return [Dated(page.stated.date, page.stated.date_basis or "stated", "")] * len(texts)
    header = _header(page.text, alone=len(texts) < 2)
    if header:
        return [Dated(str(header[0]), "stated", header[1])] * len(texts)
    texts = [text[:_READ] for text in texts]
    own = [_stamp(text) for text in texts]
    named = file_date(page.file)
    rest = [Dated(named, "file name", "")] * len(texts) if named else _inferred(texts, own)
    return [
        Dated(str(stamp[0]), "stated", stamp[1]) if stamp else other for stamp, other in zip(own, rest, strict=True)
    ]


def file_date(name: str) -> str:
    """20250421_A03.txt, 2025-04-21-x.md, rmrb2025042103.txt, 2025-04/21/01.txt -> 2025-04-21; empty for
    names that hold none, hashes and clock times among them."""
    for match in _FILE.finditer(name):
        when = Point(int(match["y"]), int(match["m"] or match["m2"]), int(match["d"] or match["d2"]))
        if when.month and when.day and days_of(when):
            return str(when)
    return ""


def _when(match: re.Match[str]) -> Point:
    when = Point(number(match["y"]), number(match["m"]), number(match["d"]))
    return when if when.month and when.day and days_of(when) else Point()


def _header(text: str, alone: bool) -> tuple[Point, str] | None:
    """A line that holds a date and what stands beside one in a masthead. With nothing beside it, it
    counts only at the top, or at the foot of a page of one article."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        match = _DATE.search(line) if len(line) <= 48 else None
        if not match or not _when(match).year:
            continue
        beside = line[: match.start()] + " " + line[match.end() :]
        edge = at < 6 or (alone and at >= len(lines) - 2)
        if not _BESIDE.sub("", beside) and (edge or len(re.sub(r"[\s\W]", "", beside)) > 2):
            return _when(match), match.group().strip()
    return None


def _stamp(text: str) -> tuple[Point, str] | None:
    """发布时间：2025-04-21, 2025-04-21 10:30, 《海湾日报》（2025年4月21日 03版）, 新华社北京2025年4月20日电."""
    for match in _DATE.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        if _when(match).year and (
            _LABEL.search(before)
            or _DISPATCH.match(text, match.end())
            or (match.start() < _TOP and _CLOCK.match(text, match.end()))
            or (_PAPER.search(before) and _EDITION.match(text, match.end()))
        ):
            return _when(match), match.group().strip()
    return None


def _inferred(texts: Sequence[str], stamps: Sequence[tuple[Point, str] | None]) -> list[Dated]:
    """The latest year that a cue takes for the present, unless a later one is named as past; with it
    the month of a lead or a dateline. A dateline's day is the article's own: the page is printed a day
    or two later. Words of the article itself go before another's."""
    past = max((year for text in texts for year in _past(text)), default=0)
    cues = [cue for at, text in enumerate(texts) for cue in _years(at, text, past)]
    cues += [_Cue(stamp[0].year, at, stamp[1]) for at, stamp in enumerate(stamps) if stamp]
    year = max((cue.year for cue in cues), default=0)
    if not year or year < past:
        return [Dated("", "", "")] * len(texts)
    datelines = [_within(year, _DATELINE.search(text)) for text in texts]
    days = [*datelines, *(_within(year, _LEAD.match(text)) for text in texts), *(stamp[0] for stamp in stamps if stamp)]
    page = max((replace(day, day=0) for day in days if 0 < day.day <= _LAST_DAY), default=Point(year))
    words = {cue.article: cue.words for cue in reversed(cues) if cue.year == year}
    return [
        Dated(str(own if own.day else page), "inferred", words.get(at) or words[min(words)])
        for at, own in enumerate(datelines)
    ]


def _within(year: int, match: re.Match[str] | None) -> Point:
    if not match:
        return Point()
    day = Point(year, int(match["m"]), int(match["d"]))
    return day if day.month and day.day and days_of(day) else Point()


def _years(at: int, text: str, past: int) -> Iterator[_Cue]:
    """Words of one article that tell the present year; ``past`` is the latest that is named as past."""
    for pattern in _CUES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            if groups.get("plan"):
                year = 2001 + 5 * number(groups["plan"] or "") + (4 if groups["which"] == "收官" else 0)
            else:
                year = int(groups["last"] or 0) + 1 if groups.get("last") else int(groups["y"] or 0)
            yield _Cue(year, at, match.group())
    for match in _COMING.finditer(text):  # not before the plan's first year, and not after
        if int(match["y"]) == past and int(match["last"]) - past + 1 == number(match["n"]):
            yield _Cue(past, at, match.group())


def _past(text: str) -> Iterator[int]:
    """Years named other than as yet to come, and those of the national congress's sessions."""
    for match in _NAMED.finditer(text):
        if not _AHEAD_BEFORE.search(text[max(0, match.start() - 10) : match.start()]) and not _AHEAD_AFTER.match(
            text, match.end()
        ):
            yield int(match["y"])
    for match in _SESSION.finditer(text):
        yield 2002 + 5 * number(match["term"] or match["term2"]) + number(match["nth"])  # the tenth sat from 2003
