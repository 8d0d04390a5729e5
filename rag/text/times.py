"""Time expressions in Chinese text: found, and resolved to days.

An interval is a pair of ISO days, both within it. What hangs on the article's date is resolved
against that date, never finer than it allows; what cannot be resolved has an empty interval.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rag.text.calendar import Point, Span, days_of, month_after, moved, number, one_day, part_of, point

_NEAR_DAYS = 31  # the farthest back that 日前, 近日 are taken to reach


@dataclass(frozen=True, slots=True)
class Mention:
    """``text[start:end] == words``; ``since <= until`` are ISO days, or both empty. ``vague``: the words
    name no exact days (近日, 年初) and the interval is the widest that they are taken for."""

    start: int
    end: int
    words: str
    since: str
    until: str
    vague: bool = False


@dataclass(frozen=True, slots=True)
class _Around:
    """What an expression is read against: the article's date, the last date and the last day named
    before it, and the last date if it stands in the same sentence."""

    today: Point
    past: Point
    day: Point
    near: Point


_Reading = tuple[Point, Span | None]

_YEARS = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1, "后年": 2}
_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2}
_N = r"(?:(?<!\d)\d{1,2}|[一二三四五六七八九十]{1,3})"
_Y = r"(?:(?<![\d.])(?:1[89]|20)\d\d(?!\d)|[一二][九八〇零○][〇零○一二三四五六七八九]{2})"
_B = r"[ \u3000]{0,2}"
_TO = rf"{_B}(?:至|到|—{{1,2}}|–|-|~|～){_B}"
_EDGES = ("初", "底", "末")
_PART = r"(?:上午|下午|中午|傍晚|晚上|晚间|早上|早晨|清晨|凌晨|深夜|夜间|夜里|午后|晚(?!些)|早)?"
_MONTH_PART = r"[上中下]旬|初(?![步中级期始次一二三四五六七八九十])|[底末](?![部线层气端])"
_UNIT = r"年|个月|个?星期|周|天"

_KINDS: dict[str, str] = {
    "lunar": rf"(?:农历|阴历|旧历)(?:[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年|{_Y}年)?{_B}"
    r"(?:闰?[正冬腊\d一二三四五六七八九十]{1,3}月)?(?:[初十廿卅二三][一二三四五六七八九十]|十|\d{1,2}日)?",
    "iso": r"(?<![\d./-])(?P<iy>(?:19|20)\d\d)(?P<sep>[-/.])(?P<im>0?[1-9]|1[0-2])(?P=sep)(?P<id>3[01]|[12]\d|0?[1-9])(?![\d/-]|\.\d)",
    "near": r"(?<![\d一二三四五六七八九十今昨明节假当次生])日前|近日(?!点)|近期|连日来|不久前|前不久|最近(?![一二两三四五六七八九十\d几距])"
    r"|[这前近]几天|[近前]段时间",
    "plan": r"十(?P<plan_n>[一二三四五六])五(?=[”\"'’」]|期|规|时|末|开|收|以)",
    "decade": rf"(?:上|20|二十){_B}世纪{_B}(?P<tens>[一二三四五六七八九]十|[1-9]0){_B}年代",
    "reach": rf"(?P<way>近|过去|最近|未来|今后)的?{_B}(?P<rn>{_N}|两|半){_B}(?P<ru>{_UNIT})来?",
    "ago": rf"(?<![\d年第几一二三四五六七八九十两])(?P<an>{_N}|两|半){_B}(?P<au>{_UNIT})(?:(?P<ago_at>前)|来(?![自到]))",
    "day": r"(?:(?P<rd>大前|前|昨|今|明|后)(?:天(?!性)|日(?!头条|之|起))|(?P<rd2>昨|今|明)(?=[晚夜晨早](?!报|稻)))"
    rf"(?:夜[里间]|[夜晨]|{_PART})",
    "anchor": rf"(?P<which>当天|当日|同日|次日|翌日){_PART}",
    "months": rf"(?P<rm>本月|这个月|上个?月|下个?月)(?:(?P<rmd>{_N}){_B}[日号]{_PART}|(?P<rmp>{_MONTH_PART}))?",
    "week": r"(?P<rw>上上|上|本|这|下)(?:周|个?星期)(?:(?P<wd>[二三四五六日天]|一(?![共直个位]))|(?P<we>末))?",
    "point": rf"(?:(?:(?P<y>{_Y}){_B}(?:年(?![代龄])度?|(?=[上下]半年|第?[一二三四]季度|前三季度)|(?={_TO}{_Y}{_B}年))"
    rf"|(?P<ry>今年|去年|前年|明年|后年|本年|上年(?![级纪]))度?|(?P<same>同年|当年)(?={_N}月))(?:的|[,，](?={_N}{_B}月))?)?{_B}"
    rf"(?:(?P<half>[上下]半年)|(?P<q>前三|第?(?:[一二三四]|(?<!\d)[1-4])){_B}季度"
    rf"|(?P<edge>年[初底末]|(?<=年)[初底末](?![步中级期始次衷心审部线层气端]))"
    rf"|(?P<m>{_N}){_B}(?:月(?![龄嫂饼球亮光])份?|(?={_TO}{_N}{_B}月))"
    rf"(?:{_B}(?P<d>{_N}){_B}(?:[日号](?![线楼]){_PART}|(?={_TO}{_N}{_B}[日号]))|{_B}(?P<mp>{_MONTH_PART}))?"
    rf")?(?P<on>以来|至今|迄今)?",
    "bare": rf"(?:(?<=[至到—–~～-])|(?<![\d.年月近前后第每约内个周天]))(?P<bd>[12]\d|3[01]|0?[1-9])(?!\d)"
    rf"(?:日(?:(?=[上下中晚凌早晨傍夜起至到电讯从在的向对公发召举，,、宣说表介报—-])|(?<=[至到—–~～-]..)|(?<=[至到—–~～-]...)){_PART}"
    rf"|(?={_TO}\d{{1,2}}日[上下中晚，,在举]))",
}
_FIRST = r"(?=[\d〇一二三四五六七八九十两半今去前明后本同当年第上下昨大次翌近过最未这不连日农阴旧])"  # spares most characters the rest
_WORDS = re.compile(f"{_FIRST}(?:" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()) + ")")
_JOINED = re.compile(_TO)
_STOP = re.compile(r"[。！？!?；;\n]")


def resolve(text: str, day: str) -> list[Mention]:
    """The time expressions of ``text`` in order, none overlapping, resolved against ``day``, the
    article's date (``YYYY[-MM[-DD]]`` or empty)."""
    flat = "".join(chr(ord(c) - 0xFEE0) if "０" <= c <= "９" else c for c in text)  # one for one: offsets stay
    today = past = point(day)
    last_day, found = Point(), list[tuple[Mention, Point]]()
    for match in _WORDS.finditer(flat):
        kind = match.lastgroup or ""
        if kind == "lunar" or (
            kind == "point" and not any(match[part] for part in ("y", "ry", "same", "half", "q", "edge", "m"))
        ):
            continue
        start, end = (
            match.end() - len(match.group().lstrip()),
            match.start() + len(match.group().rstrip("的,， \u3000")),
        )
        before, named_before = found[-1] if found else (None, Point())
        near = named_before if before and not _STOP.search(flat, before.end, start) else Point()
        named, days = _READERS[kind](match, _Around(today, past, last_day, near))
        past, last_day = named if named.year else past, named if named.day else last_day
        since, until = (days[0].isoformat(), days[1].isoformat()) if days else ("", "")
        vague = kind in ("near", "reach") or bool(match["edge"]) or match["mp"] in _EDGES or match["rmp"] in _EDGES
        mention = Mention(start, end, text[start:end], since, until, vague)
        if before and _JOINED.fullmatch(flat, before.end, start):
            found[-1] = (_joined(text, before, mention), named)
        else:
            found.append((mention, named))
    return [mention for mention, _ in found]


def asked_interval(question: str, today: str) -> tuple[str, str] | None:
    """The days that a question names by year (2025年4月, 2025年上半年, 2024年); None when it names none.
    今年 and the like are left alone: in a question they are mostly an article's own words."""
    named = [m for m in resolve(question, today) if m.since and re.search(_Y, m.words)]
    return (min(m.since for m in named), max(m.until for m in named)) if named else None


def _joined(text: str, old: Mention, new: Mention) -> Mention:
    """Two with 至 between them: 7月28日至8月8日, 12月30日至1月2日."""
    since, until = old.since, new.until
    if since and until and until < since and until[5:] < since[5:]:
        until = f"{int(since[:4]) + 1}{until[4:]}"
    if not since or until < since:
        since = until = ""
    return replace(
        old, end=new.end, words=text[old.start : new.end], since=since, until=until, vague=old.vague or new.vague
    )


def _iso(match: re.Match[str], around: _Around) -> _Reading:
    named = Point(int(match["iy"]), int(match["im"]), int(match["id"]))
    return named, days_of(named)


def _near(match: re.Match[str], around: _Around) -> _Reading:
    days = days_of(around.today)
    return Point(), (days[0] - timedelta(_NEAR_DAYS), days[1]) if days and around.today.day else days


def _plan(match: re.Match[str], around: _Around) -> _Reading:
    first = 2001 + 5 * number(match["plan_n"])  # the tenth began in 2001
    return Point(), (date(first, 1, 1), date(first + 4, 12, 31))


def _decade(match: re.Match[str], around: _Around) -> _Reading:
    first = 1900 + number(match["tens"])
    return Point(), (date(first, 1, 1), date(first + 9, 12, 31))


def _reach(match: re.Match[str], around: _Around) -> _Reading:
    """近三年, 三年来, 未来三年: all from there to the article's date, or from that to there."""
    count, unit, way = (match["rn"], match["ru"], match["way"]) if match["way"] else (match["an"], match["au"], "")
    sign = 1 if way in ("未来", "今后") else -1
    named, there = moved(around.today, sign * (0.5 if count == "半" else number(count)), unit)
    here = days_of(around.today)
    if match["ago_at"] or not here or not there:
        return named if match["ago_at"] else Point(), there
    return Point(), (min(here[0], there[0]), max(here[1], there[1]))


def _day(match: re.Match[str], around: _Around) -> _Reading:
    days = days_of(around.today)
    if not days or not around.today.day:
        return Point(), days
    return one_day(days[0] + timedelta(_DAYS[match["rd"] or match["rd2"]]))


def _anchor(match: re.Match[str], around: _Around) -> _Reading:
    """当天, 次日: of the last day named before."""
    days = days_of(around.day) if around.day.day else None
    return one_day(days[0] + timedelta(match["which"] in ("次日", "翌日"))) if days else (Point(), None)


def _relative_month(match: re.Match[str], around: _Around) -> _Reading:
    if not around.today.month:
        return Point(), days_of(around.today)
    named = month_after(around.today, {"上": -1, "下": 1}.get(match["rm"][0], 0))
    if match["rmd"]:
        named = replace(named, day=number(match["rmd"]) or 99)
    return named, part_of(days_of(named), match["rmp"])


def _week(match: re.Match[str], around: _Around) -> _Reading:
    days = days_of(around.today)
    if not days or not around.today.day:
        return Point(), days
    monday = days[0] + timedelta(7 * {"上上": -2, "上": -1, "下": 1}.get(match["rw"], 0) - days[0].weekday())
    if match["wd"]:
        return one_day(monday + timedelta("一二三四五六日".index(match["wd"].replace("天", "日"))))
    return Point(), (monday + timedelta(5 if match["we"] else 0), monday + timedelta(6))


def _point(match: re.Match[str], around: _Around) -> _Reading:
    month, day = number(match["m"] or ""), number(match["d"] or "")
    if (match["m"] and not 1 <= month <= 12) or (match["d"] and not day):
        return Point(), None
    named = Point(_year(match, around, month, day), month, day)
    if match["half"]:
        first, last = (1, 6) if match["half"][0] == "上" else (7, 12)
    elif match["q"]:
        last = 9 if match["q"] == "前三" else 3 * number(match["q"].lstrip("第"))
        first = 1 if match["q"] == "前三" else last - 2
    else:
        first = last = month
    low, high = days_of(replace(named, month=first)), days_of(replace(named, month=last))
    if not low or not high:
        return (named if named.year and days_of(named) else Point()), None
    since, until = part_of((low[0], high[1]), match["mp"] or (match["edge"] or "")[-1:]) or low
    here = days_of(around.today)
    if match["on"]:
        return named, (since, here[1]) if here and here[1] >= since else None
    return named, (since, until)


def _year(match: re.Match[str], around: _Around, month: int, day: int) -> int:
    today = around.today
    if match["y"]:
        return number(match["y"])
    if match["ry"]:
        return today.year + _YEARS[match["ry"]] if today.year else 0
    if match["same"]:
        return around.past.year
    if month and around.near.month:
        return around.near.year
    if month and today.month and month - today.month > 6:
        return today.year - 1  # 12月 in a January article is the last one
    if day and today.month - month == 11:
        return today.year + 1  # 1月1日 in a December article the next
    return today.year


def _bare(match: re.Match[str], around: _Around) -> _Reading:
    """8日: of the month just named in the sentence, else the one nearest to the article's date."""
    day, whole = int(match["bd"]) or 99, days_of(around.today)
    if around.near.month or not around.today.day or not whole:
        named = replace(around.near if around.near.month else around.today, day=day)
        return (named, days_of(named)) if named.month else (Point(), whole)
    near = [replace(month_after(around.today, step), day=day) for step in (0, -1, 1)]
    known = [(abs(days[0] - whole[0]), named, days) for named in near if (days := days_of(named))]
    return min(known, key=lambda found: found[0])[1:] if known else (Point(), None)


_READERS: dict[str, Callable[[re.Match[str], _Around], _Reading]] = {
    "iso": _iso,
    "near": _near,
    "plan": _plan,
    "decade": _decade,
    "reach": _reach,
    "ago": _reach,
    "day": _day,
    "anchor": _anchor,
    "months": _relative_month,
    "week": _week,
    "point": _point,
    "bare": _bare,
}
