"""A number and its format in a spreadsheet -> the number as a person sees it: 12.5%, 1,234.50, 2025/7/31, 3.5亿元.

The language of formats: ECMA-376, part 1, 18.8.30 and 18.8.31. Dates without a pattern of their own are written in the
Chinese order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from rag.reading.date_format import date_tokens, shown_date

_DATE, _MONTH, _DAY = 'yyyy"年"m"月"d"日"', 'yyyy"年"m"月"', 'm"月"d"日"'
_TIME, _SECONDS = 'h"时"mm"分"', 'h"时"mm"分"ss"秒"'
_ACCOUNTS = {37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00"}
BUILT_IN: dict[int, str] = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    27: _MONTH,
    28: _DAY,
    29: _DAY,
    30: "m-d-yy",
    31: _DATE,
    32: _TIME,
    33: _SECONDS,
    34: "上午/下午" + _TIME,
    35: "上午/下午" + _SECONDS,
    36: _MONTH,
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    50: _MONTH,
    51: _DAY,
    52: _MONTH,
    53: _DAY,
    54: _DAY,
    55: "上午/下午" + _TIME,
    56: "上午/下午" + _SECONDS,
    57: _MONTH,
    58: _DAY,
    **_ACCOUNTS,
    **{41 + i: _ACCOUNTS[37 + i] for i in range(4)},
}
_TOKEN = re.compile(r'"[^"]*"|[\\!].|_.|\*.|\[[^\]]*\]|General|G/通用格式|[0#?]|[.,%/@]|E[+-]|.', re.I | re.S)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")


def shown_number(number: float, code: str, from_1904: bool = False) -> str:
    """Return the number as a format shows it."""
    if code in ("", "General") or not math.isfinite(number):
        return general(number)
    sections = _sections(code)
    section = _section(number, sections)
    if date_tokens(section):
        return shown_date(number, section, from_1904) if number >= 0 else general(number)
    chosen = len(sections) > 1 and section is not sections[0]
    tokens = _TOKEN.findall(section)
    text = _written(abs(number), tokens)
    return text if number >= 0 or (chosen and number < 0) else f"-{text}" if re.search(r"[1-9]", text) else text


def is_date(code: str) -> bool:
    """Return whether a format shows a number as a date or a time."""
    return bool(date_tokens(_sections(code or "General")[0]))


def general(number: float) -> str:
    """Return a number without a format: 22, not 22.0; at most eleven digits of a fraction."""
    if not math.isfinite(number):
        return str(number)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    text = f"{number:.11g}"
    return str(Decimal(text)) if "e" not in text else text.upper()


@lru_cache(maxsize=1000)
def _sections(code: str) -> tuple[str, ...]:
    return tuple("".join(part) for part in _split(_TOKEN.findall(code)))


def _split(tokens: Sequence[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _section(number: float, sections: Sequence[str]) -> str:
    """The section for a positive, a negative number or zero, or the first whose condition holds."""
    for section in sections:
        if condition := _CONDITION.search(section):
            sign, limit = condition[1], float(condition[2])
            holds = {"<": number < limit, ">": number > limit, "=": number == limit}
            if any(holds[c] for c in sign if c in holds) if sign != "<>" else number != limit:
                return section
    if any(map(_CONDITION.search, sections)):
        return sections[-1]
    place = 1 if number < 0 else 2 if number == 0 else 0
    return sections[place] if place < len(sections) and place < 3 else sections[0]


def _written(number: float, tokens: list[str]) -> str:
    holders = [i for i, token in enumerate(tokens) if token in ("0", "#", "?")]
    if not holders or any(token.lower() in ("general", "g/通用格式") for token in tokens):
        is_general = any(token.lower() in ("general", "g/通用格式", "@") for token in tokens)
        return (
            "".join(general(number) if t.lower() in ("general", "g/通用格式", "@") else _literal(t) for t in tokens)
            if (is_general)
            else "".join(map(_literal, tokens))
        )
    if "/" in tokens:
        return _fraction(number, tokens)
    exponent = next((token for token in tokens if token[0] in "Ee" and len(token) == 2), "")
    point = tokens.index(".") if "." in tokens else len(tokens)
    places = sum(i > point and (not exponent or i < tokens.index(exponent)) for i in holders)
    if exponent:
        mantissa, _, power = f"{number:.{places}E}".partition("E")
        return f"{mantissa}E{'+' if int(power) >= 0 and exponent[1] == '+' else ''}{int(power):0=+3d}".replace(
            "E++", "E+"
        )
    scale = sum(
        token == "," and not any(i > at for i in holders if i < point)
        for at, token in enumerate(tokens)
        if at < point or at > holders[-1]
    )
    try:
        value = Decimal(repr(number)) * 100 ** tokens.count("%") / Decimal(1000) ** scale
        whole, _, rest = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}".partition(".")
    except InvalidOperation:
        return general(number)
    return _placed(whole, rest, tokens, [i for i in holders if i < point], [i for i in holders if i > point], point)


def _placed(whole: str, rest: str, tokens: list[str], before: list[int], after: list[int], point: int) -> str:
    """The digits in their places among the literal text of the format."""
    grouped = any(token == "," and before and before[0] < i < before[-1] for i, token in enumerate(tokens))
    whole = whole.lstrip("0").rjust(sum(tokens[i] == "0" for i in before), "0")
    digits: dict[int, str] = {}
    for i in reversed(before):
        digits[i], whole = whole[-1:], whole[:-1]
    if before:
        digits[before[0]] = whole + digits[before[0]]
    if grouped:
        joined = "".join(digits[i] for i in before)
        digits = dict.fromkeys(before, "") | {before[0]: f"{int(joined or '0'):,}" if joined else ""}
    needed = max((n for n, i in enumerate(after, 1) if tokens[i] == "0"), default=0)
    rest = rest[:needed] + rest[needed:].rstrip("0")
    digits |= {i: rest[n : n + 1] for n, i in enumerate(after)}
    return "".join(
        digits[i] if i in digits else "." if i == point and rest else "" if token in (",", ".") else _literal(token)
        for i, token in enumerate(tokens)
    ).strip()


def _fraction(number: float, tokens: list[str]) -> str:
    below = "".join(tokens[tokens.index("/") + 1 :])
    nearest = Fraction(number).limit_denominator(10 ** max(1, len(re.findall(r"[?#0]", below))) - 1)
    whole, part = divmod(nearest.numerator, nearest.denominator)
    return " ".join(
        filter(None, [str(whole) if whole or not part else "", f"{part}/{nearest.denominator}" if part else ""])
    )


def _literal(token: str) -> str:
    if token[0] == '"':
        return token[1:-1]
    if token[0] in "\\!" and len(token) == 2:
        return token[1]
    if token[0] in "_*" and len(token) == 2:
        return ""
    if token[0] == "[":
        return token[2:-1].partition("-")[0] if token.startswith("[$") else ""
    return token
