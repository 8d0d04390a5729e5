"""A date of a spreadsheet, a number of days, and its format -> the date as a person sees it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

_TOKEN = re.compile(
    r'"[^"]*"|[\\!].|_.|\*.|\[[hms]+\]|\[[^\]]*\]|AM/PM|A/P|上午/下午|y+|m+|d+|h+|s+(?:\.0+)?|a{3,4}|e+|.', re.I | re.S
)
_DATE = re.compile(r"\[[hms]+\]|AM/PM|A/P|上午/下午|[ymdhs]+(?:\.0+)?|a{3,4}|e+", re.I)
_CHINESE = "〇一二三四五六七八九"
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


@lru_cache(maxsize=1000)
def date_tokens(section: str) -> tuple[str, ...]:
    """Return the parts of a format that stand for parts of a date; empty if it is a format of numbers."""
    if re.search(r"General|G/通用格式", section, re.I):
        return ()
    tokens = _TOKEN.findall(section)
    has_digits = any(token in ("0", "#", "?") for token in tokens)
    return () if has_digits else tuple(token for token in tokens if _DATE.fullmatch(token))


def moment(number: float, from_1904: bool) -> datetime | None:
    """Return the time that a number of days stands for, None if there is none. 1900 counts as a leap year there."""
    try:
        first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30 if number >= 60 else 31)
        return first + timedelta(seconds=round(number * 86400 * 1000) / 1000)
    except (OverflowError, ValueError):
        return None


def shown_date(number: float, section: str, from_1904: bool) -> str:
    """Return the date or time as the format shows it."""
    at = moment(number, from_1904)
    if at is None:
        return f"{number:.15g}"
    tokens = _TOKEN.findall(section)
    dated = [(i, token.lower()) for i, token in enumerate(tokens) if _DATE.fullmatch(token)]
    half = any("/" in token for _, token in dated)
    in_chinese = "[dbnum1]" in section.lower()
    written: dict[int, str] = {}
    for n, (i, token) in enumerate(dated):
        before = dated[n - 1][1].strip("[]")[0] if n else ""
        after = dated[n + 1][1].strip("[]")[0] if n + 1 < len(dated) else ""
        is_minute = token.strip("[]")[0] == "m" and len(token.strip("[]")) < 3 and (before == "h" or after == "s")
        text = _part(token, at, number, half, is_minute)
        written[i] = _chinese(text, token) if in_chinese and text.isdecimal() else text
    return "".join(written[i] if i in written else _literal(token) for i, token in enumerate(tokens)).strip()


def _part(token: str, at: datetime, number: float, half: bool, is_minute: bool) -> str:
    letter, count = token.strip("[]")[0], len(token.strip("[]"))
    if token[0] == "[":
        return str(int(round(number * 86400) // {"h": 3600, "m": 60, "s": 1}[letter]))
    if "/" in token:
        return ("上午" if at.hour < 12 else "下午") if "午" in token else at.strftime("%p")[: 2 if "m" in token else 1]
    if letter in "ye":
        return f"{at.year % 100:02d}" if letter == "y" and count < 3 else str(at.year)
    if is_minute:
        return f"{at.minute:0{min(count, 2)}d}"
    if letter == "m":
        name = _MONTHS[at.month - 1]
        return f"{at.month:0{count}d}" if count < 3 else name[:3] if count == 3 else name if count == 4 else name[0]
    if letter == "d":
        name = _DAYS[at.weekday()]
        return f"{at.day:0{count}d}" if count < 3 else name[:3] if count == 3 else name
    if letter == "a":
        return ("星期" if count == 4 else "") + "一二三四五六日"[at.weekday()]
    if letter == "h":
        return f"{at.hour % 12 or 12 if half else at.hour:0{min(count, 2)}d}"
    places = len(token.partition(".")[2])
    return f"{at.second:0{min(len(token.partition('.')[0]), 2)}d}" + (
        f".{at.microsecond:06d}"[: places + 1] if places else ""
    )


def _chinese(text: str, token: str) -> str:
    if token[0] in "ye":
        return "".join(_CHINESE[int(digit)] for digit in text)
    tens, ones = divmod(int(text), 10)
    if not tens:
        return _CHINESE[ones]
    return ("" if tens == 1 else _CHINESE[tens]) + "十" + (_CHINESE[ones] if ones else "")


def _literal(token: str) -> str:
    if token[0] in '"':
        return token[1:-1]
    if token[0] == "[" or (token[0] in "_*" and len(token) == 2) or token in ("@", ";"):
        return ""
    return token[1] if token[0] in "\\!" and len(token) == 2 else token
