"""The text of an article -> the words in it that give the present year, and the years that they show to be past."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.calendar import parse_number


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that give the present year. ``article`` is the position in the page's list of articles."""

    year: int
    article: int
    words: str


_IN = r"[^。！？；\n]"
_YEAR = r"(?<![\d.—–~～至到-])(?P<y>(?:19|20)\d\d)(?![\d.,—–~～-])"
_TO = r"[—–~～至到-]{1,2}"
_NO_COUNT = r"[余多元名个万人只米吨家套件份届级款]"
# what is held in the year after or before the one in its name
_OTHER_YEAR = "总结|年会|回顾|考核|述职|表彰|颁奖|盛典|新年|跨年|元旦|春运|春节|迎新"
_CUES = tuple(
    re.compile(pattern)
    for pattern in (
        # 昨天，2025中日机器人产业合作对接会举行 is of 2025, but 近日，2025年度优秀名单公布 is of 2026
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
_SESSION = re.compile(  # 十四届全国人大三次会议, 全国政协十四届三次会议: the national congress meets once a year
    r"(?:十(?P<term>[一二三四五六七八九])届全国(?:人大|政协)|全国(?:人大|政协)十(?P<term2>[一二三四五六七八九])届)"
    r"(?P<nth>[一二三四五])次会议"
)
_NAMED = re.compile(rf"(?<![\d.])(?P<y>(?:19|20)\d\d)(?=年|[\u4e00-\u9fffA-Za-z”》])(?!{_NO_COUNT})")
_AHEAD_BEFORE = re.compile(r"(?:[—–~～至到-]|预计|将于|将在|计划|明年|力争|目标|[未将]来|拟|参选)[^，。]{0,3}$")
_AHEAD_AFTER = re.compile(r"年(?:[底末前起]|之前|以[前后]|后|及以后)|年?[^，。]{0,12}(?:将|目标|预计|力争)|年?起")


def cues_in(at: int, text: str, past: int) -> Iterator[Cue]:
    """Yield the cues of article ``at``; ``past`` is the latest year that the page shows to be past."""
    for pattern in _CUES:
        for match in pattern.finditer(text):
            yield Cue(_present_year(match), at, match.group())
    for match in _COMING.finditer(text):  # is printed in the plan's first year or before; ``past`` excludes before
        if int(match["y"]) == past and int(match["last"]) - past + 1 == parse_number(match["n"]):
            yield Cue(past, at, match.group())


def _present_year(match: re.Match[str]) -> int:
    groups = match.groupdict()
    if groups.get("plan"):
        return 2001 + 5 * parse_number(groups["plan"] or "") + (4 if groups["which"] == "收官" else 0)
    if groups.get("last"):  # 去年举行的2023年 ...
        return int(groups["last"] or 0) + 1
    return int(groups["y"] or 0)


def latest_past_year(text: str) -> int:
    """Return the latest year that the text names and does not call a coming one; 0 without such a year."""
    return max(_past_years(text), default=0)


def _past_years(text: str) -> Iterator[int]:
    for match in _NAMED.finditer(text):
        before = text[max(0, match.start() - 10) : match.start()]
        if not _AHEAD_BEFORE.search(before) and not _AHEAD_AFTER.match(text, match.end()):
            yield int(match["y"])
    for match in _SESSION.finditer(text):
        term = parse_number(match["term"] or match["term2"])
        yield 2002 + 5 * term + parse_number(match["nth"])  # the tenth congress sat from 2003
