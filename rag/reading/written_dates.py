"""The date of an article as a file or an export writes it -> ``YYYY[-MM[-DD]]``. What can be read in two ways is not read."""

from __future__ import annotations

import re
import unicodedata
from calendar import month_name
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from rag.text.calendar import PartialDate, days_of, parse_number

_NUMBERS = re.compile(r"((?:1[89]|20)\d\d)(?:\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2}))?)?(?!\d)")
_SPACES = re.compile(r"((?:1[89]|20)\d\d)\s+(\d{1,2})\s+(\d{1,2})(?![\d:])")
_COMPACT = re.compile(  # 20250731, also with hour, minute, second and millisecond
    r"((?:1[89]|20)\d\d)(\d\d)(\d\d)(?:(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d(?:\d{3})?)?)?)?(?!\d)"
)
_CHARACTERS = re.compile(
    r"([〇○零OoＯ0一二三四五六七八九]{4})年(?:([一二三四五六七八九十]{1,2})月(?:([一二三四五六七八九十廿卅]{1,3})[日号])?)?"
)
_REPUBLIC = re.compile(
    r"(?:中华民国|中華民國|民国|民國)\s*([元\d一二三四五六七八九十〇零]{1,3})\s*年"
    r"(?:\s*([\d一二三四五六七八九十]{1,2})\s*月(?:\s*([\d一二三四五六七八九十廿卅]{1,3})\s*[日号號])?)?"
)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.I)
_DAY, _MONTH, _YEAR = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?", r"(?P<m>[a-z]{3,9})\.?", r"(?P<y>(?:1[89]|20)\d\d)(?!\d)"
_ENGLISH = [
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",  # July 31, 2025
        rf"{_DAY}[\s-]+{_MONTH},?[\s-]+{_YEAR}",  # 31 Jul 2025, 31-Jul-2025
        rf"{_YEAR}[\s-]+{_MONTH}[\s-]+{_DAY}(?!\d)",
        rf"{_MONTH}\s+{_DAY}\s+[\d:.]+\s+(?:[a-z]{{2,5}}\s+|[+-]\d{{4}}\s+)?{_YEAR}",  # Jul 31 08:30:00 CST 2025
        rf"{_MONTH},?\s+{_YEAR}",
    )
]
_DAY_AND_MONTH = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2((?:1[89]|20)\d\d)(?!\d)")
_SERIAL = re.compile(r"([3-6]\d{4})(?:\.\d+)?")  # Excel's days since 1899-12-30: 1982 to 2091
_SECONDS = re.compile(r"(1\d{9})(?:\d{3})?(?:\.\d+)?")  # since 1970, or milliseconds: 2001 to 2033
_BEIJING = timedelta(hours=8)
_MONTHS = {name.lower(): number for number, name in enumerate(month_name) if number}


def iso_date(text: str) -> str:
    """Return the date at the start of the text as ``YYYY[-MM[-DD]]``, or "" if the text does not begin with a date.

    ``03/04/2025`` is March or April, and ``25-07-31`` has no century: neither is read. Seconds since 1970 and Excel's
    days are read if they are all there is; seconds give the day in Beijing.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    return next((str(found) for found in _readings(plain) if found is not None), "")


def _readings(text: str) -> Iterator[PartialDate | None]:
    """The date by each way of writing that fits, None where the day does not exist."""
    for pattern in (_SPACES, _NUMBERS, _COMPACT):
        if match := pattern.match(text):
            yield _date(*match.groups())
    if match := _CHARACTERS.match(text):
        year = re.sub("[OoＯ○0]", "〇", match[1])
        yield _date(str(parse_number(year)), *(_count(part) for part in match.groups()[1:]))
    if match := _REPUBLIC.match(text):
        year = "1" if match[1] == "元" else _count(match[1]) or "0"
        yield _date(str(1911 + int(year)), *(_count(part) for part in match.groups()[1:]))
    for pattern in _ENGLISH:
        if match := pattern.match(_WEEKDAY.sub("", text, count=1)):
            named = match.groupdict()
            if month := _month(named["m"]):
                yield _date(named["y"], str(month), named.get("d"))
    if match := _DAY_AND_MONTH.match(text):
        first, second = int(match[1]), int(match[3])
        if first == second or first > 12:
            yield _date(match[4], match[3], match[1])
        elif second > 12:
            yield _date(match[4], match[1], match[3])
    if match := _SERIAL.fullmatch(text):
        yield _of_day(date(1899, 12, 30) + timedelta(int(match[1])))
    if match := _SECONDS.fullmatch(text):
        yield _of_day((datetime.fromtimestamp(int(match[1]), UTC) + _BEIJING).date())


def _date(year: str, month: str | None = None, day: str | None = None) -> PartialDate | None:
    if (month and not int(month)) or (day and not int(day)):
        return None
    found = PartialDate(int(year), int(month or 0), int(day or 0))
    return found if days_of(found) else None


def _of_day(day: date) -> PartialDate:
    return PartialDate(day.year, day.month, day.day)


def _count(text: str | None) -> str | None:
    """A number in digits or characters, as digits; "0" for characters that are no number."""
    return str(parse_number(text.replace("廿", "二十").replace("卅", "三十"))) if text else None


def _month(name: str) -> int:
    """The number of an English month, full or cut to three letters or more; 0 for another word."""
    return next((number for full, number in _MONTHS.items() if full.startswith(name.lower())), 0)
