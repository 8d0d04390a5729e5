"""Calendar arithmetic with dates that may be known only in part: a year, a month or a day."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from rag.schema import DateBasis, Language

DayRange = tuple[date, date]
"""The first and the last day, both included."""

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date as far as it is known; 0 is unknown. If the day is known, so is the month; if the month is, so is the year."""

    year: int = 0
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        """Return ``YYYY[-MM[-DD]]``, or "" if nothing is known."""
        return "-".join([f"{self.year:04d}"] * bool(self.year) + [f"{n:02d}" for n in (self.month, self.day) if n])


def parse_date(text: str) -> PartialDate:
    """Return the date written as ``YYYY[-MM[-DD]]``. For another text, or a day that does not exist, nothing is known."""
    match = re.fullmatch(r"([12]\d{3})(?:-(\d\d)(?:-(\d\d))?)?", text, re.ASCII)
    if not match or "00" in match.groups():
        return PartialDate()
    known = PartialDate(*(int(group or 0) for group in match.groups()))
    return known if days_of(known) else PartialDate()


def parse_number(text: str) -> int:
    """Return the number: 12, 十二, 二〇二五, 二十三; 0 if the text is not a number."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return int("".join(str(_DIGITS[c]) for c in text)) if text and set(text) <= set(_DIGITS) else 0
    tens, _, ones = text.partition("十")
    tens, ones = tens or "一", ones or "〇"
    return _DIGITS[tens] * 10 + _DIGITS[ones] if tens in _DIGITS and ones in _DIGITS else 0


def days_of(known: PartialDate) -> DayRange | None:
    """Return the days of a year, a month or a day; None if it does not exist or lies outside the years 1000 to 2999."""
    if not 1000 <= known.year <= 2999 or not 0 <= known.month <= 12:
        return None
    if not known.month:
        return date(known.year, 1, 1), date(known.year, 12, 31)
    last = monthrange(known.year, known.month)[1]
    if not 0 <= known.day <= last:
        return None
    return date(known.year, known.month, known.day or 1), date(known.year, known.month, known.day or last)


def month_after(known: PartialDate, step: int) -> PartialDate:
    """Return the month that is ``step`` months later. The month of ``known`` must be known."""
    count = known.year * 12 + known.month - 1 + step
    return PartialDate(count // 12, count % 12 + 1)


def part_of_range(days: DayRange | None, name: str | None) -> DayRange | None:
    """Return the part of a month or a year that the name stands for; all of it without a name.

    Of a month: 上旬, 中旬, 下旬, 初, 底, 末. Of a year: 初, 底, 末, which are its first and last quarter.
    """
    if not days or not name:
        return days
    first, last = days
    if last - first > timedelta(31):
        return (first, date(first.year, 3, 31)) if name == "初" else (date(first.year, 10, 1), last)
    low, high = {"上": (1, 10), "初": (1, 10), "中": (11, 20)}.get(name[0], (21, last.day))
    return first.replace(day=low), first.replace(day=high)


def shifted(today: PartialDate, count: float, unit: str) -> tuple[PartialDate, DayRange | None]:
    """Return ``today`` shifted by ``count`` units (年, 个月, 周, 星期, 天), and the days that this names.

    A shift by years names a year, by months a month, by weeks or days a day, but never something finer than is known
    of ``today``.
    """
    if unit == "年" and abs(count) >= 1:
        there = PartialDate(today.year + int(count)) if today.year else PartialDate()
        return there, days_of(there)
    if unit in ("年", "个月"):
        months = int(count * 12 if unit == "年" else count)
        there = month_after(today, months) if today.month else PartialDate(today.year)
        return there, days_of(there)
    days = days_of(today)
    if not today.day or not days:
        return PartialDate(), days
    return one_day(days[0] + timedelta(int(count * (1 if unit == "天" else 7))))


def one_day(day: date) -> tuple[PartialDate, DayRange]:
    """Return a day as a date and as a range of one day."""
    return PartialDate(day.year, day.month, day.day), (day, day)


def shown(date: str, basis: DateBasis, language: Language = "zh") -> str:
    """Return a date as people read it; a date that was inferred says so."""
    return date + {"zh": "，推断", "en": ", inferred"}[language] * (basis == "inferred")
