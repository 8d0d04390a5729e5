"""A time expression and its context -> the date it names and its days, with one function for each kind of expression."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rag.text.calendar import (
    DayRange,
    PartialDate,
    days_of,
    month_after,
    one_day,
    parse_number,
    part_of_range,
    shifted,
)


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression is resolved against. ``today`` is the article's date; ``last_date`` and ``last_day`` are the
    last date and the last full date named before; ``in_sentence`` is the last one named in the same sentence."""

    today: PartialDate
    last_date: PartialDate
    last_day: PartialDate
    in_sentence: PartialDate


Resolved = tuple[PartialDate, DayRange | None]
"""The date that the expression names, for the expressions after it, and its days; None if they cannot be known."""

_YEARS = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1, "后年": 2}
_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2}
_RECENT_DAYS = 31  # how far back 日前 and 近日 reach at most


def _iso(match: re.Match[str], context: Context) -> Resolved:
    named = PartialDate(int(match["iy"]), int(match["im"]), int(match["id"]))
    return named, days_of(named)


def _recent(match: re.Match[str], context: Context) -> Resolved:
    days = days_of(context.today)
    if not days or not context.today.day:
        return PartialDate(), days
    return PartialDate(), (days[0] - timedelta(_RECENT_DAYS), days[1])


def _plan(match: re.Match[str], context: Context) -> Resolved:
    first = 2001 + 5 * parse_number(match["plan_n"])  # the tenth plan began in 2001
    return PartialDate(), (date(first, 1, 1), date(first + 4, 12, 31))


def _decade(match: re.Match[str], context: Context) -> Resolved:
    first = 1900 + parse_number(match["tens"])
    return PartialDate(), (date(first, 1, 1), date(first + 9, 12, 31))


def _period(match: re.Match[str], context: Context) -> Resolved:
    """近三年, 三年来, 未来三年 are all days between then and the article's date; 三年前 is that year alone."""
    count, unit, way = (match["rn"], match["ru"], match["way"]) if match["way"] else (match["an"], match["au"], "")
    sign = 1 if way in ("未来", "今后") else -1
    named, there = shifted(context.today, sign * (0.5 if count == "半" else parse_number(count)), unit)
    here = days_of(context.today)
    if match["ago_at"] or not here or not there:
        return named if match["ago_at"] else PartialDate(), there
    return PartialDate(), (min(here[0], there[0]), max(here[1], there[1]))


def _relative_day(match: re.Match[str], context: Context) -> Resolved:
    days = days_of(context.today)
    if not days or not context.today.day:
        return PartialDate(), days
    return one_day(days[0] + timedelta(_DAYS[match["rd"] or match["rd2"]]))


def _same_day(match: re.Match[str], context: Context) -> Resolved:
    days = days_of(context.last_day) if context.last_day.day else None
    return one_day(days[0] + timedelta(match["which"] in ("次日", "翌日"))) if days else (PartialDate(), None)


def _relative_month(match: re.Match[str], context: Context) -> Resolved:
    if not context.today.month:
        return PartialDate(), days_of(context.today)
    named = month_after(context.today, {"上": -1, "下": 1}.get(match["rm"][0], 0))
    if match["rmd"]:
        named = replace(named, day=parse_number(match["rmd"]) or 99)
    return named, part_of_range(days_of(named), match["rmp"])


def _week(match: re.Match[str], context: Context) -> Resolved:
    days = days_of(context.today)
    if not days or not context.today.day:
        return PartialDate(), days
    monday = days[0] + timedelta(7 * {"上上": -2, "上": -1, "下": 1}.get(match["rw"], 0) - days[0].weekday())
    if match["wd"]:
        return one_day(monday + timedelta("一二三四五六日".index(match["wd"].replace("天", "日"))))
    return PartialDate(), (monday + timedelta(5 if match["we"] else 0), monday + timedelta(6))


def _calendar(match: re.Match[str], context: Context) -> Resolved:
    month, day = parse_number(match["m"] or ""), parse_number(match["d"] or "")
    if (match["m"] and not 1 <= month <= 12) or (match["d"] and not day):
        return PartialDate(), None
    named = PartialDate(_year(match, context, month, day), month, day)
    first, last = _months(match, month)
    low, high = days_of(replace(named, month=first)), days_of(replace(named, month=last))
    if not low or not high:
        return (named if named.year and days_of(named) else PartialDate()), None
    since, until = part_of_range((low[0], high[1]), match["mp"] or (match["edge"] or "")[-1:]) or low
    here = days_of(context.today)
    if match["on"]:
        return named, (since, here[1]) if here and here[1] >= since else None
    return named, (since, until)


def _months(match: re.Match[str], month: int) -> tuple[int, int]:
    """The first and the last month of a half year or a quarter; else ``month`` twice."""
    if match["half"]:
        return (1, 6) if match["half"][0] == "上" else (7, 12)
    if match["q"] == "前三":
        return 1, 9
    if match["q"]:
        last = 3 * parse_number(match["q"].lstrip("第"))
        return last - 2, last
    return month, month


def _year(match: re.Match[str], context: Context, month: int, day: int) -> int:
    """The year that is named, or the likeliest for a month or a day without a year; 0 if it cannot be known."""
    today = context.today
    if match["y"]:
        return parse_number(match["y"])
    if match["ry"]:
        return today.year + _YEARS[match["ry"]] if today.year else 0
    if match["same"]:
        return context.last_date.year
    if month and context.in_sentence.month:
        return context.in_sentence.year
    if month and today.month and month - today.month > 6:
        return today.year - 1  # 12月 in an article of January is the last December
    if day and today.month - month == 11:
        return today.year + 1  # 1月1日 in an article of December is the next January
    return today.year


def _day_only(match: re.Match[str], context: Context) -> Resolved:
    """8日 is of the month named before in the sentence, else of the month that brings it nearest to the article's date."""
    day, today = int(match["bd"]) or 99, days_of(context.today)
    if context.in_sentence.month or not context.today.day or not today:
        named = replace(context.in_sentence if context.in_sentence.month else context.today, day=day)
        return (named, days_of(named)) if named.month else (PartialDate(), today)
    months = [replace(month_after(context.today, step), day=day) for step in (0, -1, 1)]
    known = [(abs(days[0] - today[0]), named, days) for named in months if (days := days_of(named))]
    return min(known, key=lambda found: found[0])[1:] if known else (PartialDate(), None)


RESOLVERS: dict[str, Callable[[re.Match[str], Context], Resolved]] = {
    "iso": _iso,
    "recent": _recent,
    "plan": _plan,
    "decade": _decade,
    "period": _period,
    "ago": _period,
    "relative_day": _relative_day,
    "same_day": _same_day,
    "relative_month": _relative_month,
    "week": _week,
    "calendar": _calendar,
    "day_only": _day_only,
}
