"""Calendar arithmetic over dates that are known in part: a year, a month or a day."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from rag.schema import DateBasis, Language

Span = tuple[date, date]
"""A first and a last day, both within."""

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A calendar date as far as it is known: 0 is unknown; a known day has a month, a month a year."""

    year: int = 0
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        """``YYYY[-MM[-DD]]``, empty where nothing is known."""
        return "-".join([f"{self.year:04d}"] * bool(self.year) + [f"{n:02d}" for n in (self.month, self.day) if n])


def point(day: str) -> Point:
    """``YYYY[-MM[-DD]]`` as numbers; nothing is known of any other text nor of days that do not exist."""
    match = re.fullmatch(r"([12]\d{3})(?:-(\d\d)(?:-(\d\d))?)?", day, re.ASCII)
    if not match or "00" in match.groups():
        return Point()
    known = Point(*(int(g or 0) for g in match.groups()))
    return known if days_of(known) else Point()


def number(text: str) -> int:
    """12, 十二, 二〇二五, 二十三 -> int; 0 for what is no number."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return int("".join(str(_DIGITS[c]) for c in text)) if text and set(text) <= set(_DIGITS) else 0
    tens, _, ones = text.partition("十")
    tens, ones = tens or "一", ones or "〇"
    return _DIGITS[tens] * 10 + _DIGITS[ones] if tens in _DIGITS and ones in _DIGITS else 0


def days_of(known: Point) -> Span | None:
    """The days of a year, a month or a day; None when there is no such thing."""
    if not 1000 <= known.year <= 2999 or not 0 <= known.month <= 12:
        return None
    if not known.month:
        return date(known.year, 1, 1), date(known.year, 12, 31)
    last = monthrange(known.year, known.month)[1]
    if not 0 <= known.day <= last:
        return None
    return date(known.year, known.month, known.day or 1), date(known.year, known.month, known.day or last)


def month_after(known: Point, step: int) -> Point:
    """The month so many months later; ``known`` has a month."""
    count = known.year * 12 + known.month - 1 + step
    return Point(count // 12, count % 12 + 1)


def part_of(whole: Span | None, name: str | None) -> Span | None:
    """上旬, 中旬, 下旬, 初, 底, 末 of a month; 初, 底, 末 of a year: its first and last quarter."""
    if not whole or not name:
        return whole
    first, last = whole
    if last - first > timedelta(31):
        return (first, date(first.year, 3, 31)) if name == "初" else (date(first.year, 10, 1), last)
    low, high = {"上": (1, 10), "初": (1, 10), "中": (11, 20)}.get(name[0], (21, last.day))
    return first.replace(day=low), first.replace(day=high)


def moved(today: Point, count: float, unit: str) -> tuple[Point, Span | None]:
    """``today`` moved by so many units (年, 个月, 周, 星期, 天), and the days that this names: a unit of years
    names a year, of months a month, of weeks and days a day; none finer than ``today`` is known."""
    if unit == "年" and abs(count) >= 1:
        there = Point(today.year + int(count)) if today.year else Point()
        return there, days_of(there)
    if unit in ("年", "个月"):
        there = month_after(today, int(count * 12 if unit == "年" else count)) if today.month else Point(today.year)
        return there, days_of(there)
    days = days_of(today)
    if not today.day or not days:
        return Point(), days
    return one_day(days[0] + timedelta(int(count * (1 if unit == "天" else 7))))


def one_day(that: date) -> tuple[Point, Span]:
    return Point(that.year, that.month, that.day), (that, that)


def shown(date: str, basis: DateBasis, language: Language = "zh") -> str:
    """A date for readers; one that was inferred says so."""
    return date + {"zh": "，推断", "en": ", inferred"}[language] * (basis == "inferred")
