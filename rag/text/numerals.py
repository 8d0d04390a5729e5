"""Characters of numbers in all their printed forms -> plain ones, and Chinese numerals -> their value."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LARGEST = 28
"""The most digits of a number that is computed with."""

_FORMAL = dict(zip("壹贰叁肆伍陆柒捌玖貳參叄陸弍弐", "一二三四五六七八九二三三六二二", strict=True))
_FORMAL_UNITS = {"拾": "十", "佰": "百", "仟": "千"}
_VARIANTS = {"〇": "零", "兩": "两", "萬": "万", "億": "亿", "點": "点", "個": "个", "倆": "俩", "餘": "余"}
_TWENTIES = {"廿": "二十", "卄": "二十", "卅": "三十", "卌": "四十"}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}
_CIRCLES = "○◯OＯoｏ0０"  # printed for 〇 between Chinese digits
_ZERO = re.compile(rf"(?<=[〇零一二三四五六七八九])[{_CIRCLES}]+(?=[〇零一二三四五六七八九年])")
_FORMAL_RUN = re.compile(
    "[壹贰叁肆伍陆柒捌玖貳參叄陸弍弐][拾佰仟万亿萬億零壹贰叁肆伍陆柒捌玖貳參叄陸弍弐整]*[拾佰仟万亿萬億][零拾佰仟万亿萬億壹贰叁肆伍陆柒捌玖貳參叄陸弍弐]*"
)
_SUPERSCRIPTS = {c: chr(0xE000 + i) for i, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")} | {"⁻": "\ue010"}
_SUBSCRIPTS = frozenset("₀₁₂₃₄₅₆₇₈₉")
_BREAK = "\ue0ff"  # ends a figure
_TEN = re.compile(r"[×x*]\s*10[\ue000-\ue010]*$")
_PLAIN = r"\x00-\x7f\u3000-\u3003\u3008-\u3011\u3400-\u9fff“”‘’—…·×，。：；！？（）"
_ODD = re.compile(
    r"(?P<thin>(?<=\d)[\u2008\u2009\u202f](?=\d{3}(?!\d)))|(?<=\d)，(?=\d{3}(?!\d))"
    rf"|[兩萬億點個倆餘廿卄卅卌]|[^{_PLAIN}]"
)


def flatten(text: str) -> tuple[str, list[int]]:
    """Return the text with plain digits and numerals, and for each of its characters its place in ``text``.

    Characters that print nothing are left out. A number in a circle becomes a break. A superscript is left out too, or
    becomes U+E000 to U+E009 after a ten, where it is an exponent.
    """
    source = _numerals(text)
    flat: list[str] = []
    places: list[int] = []
    end = 0
    for match in _ODD.finditer(source):
        place = match.start()
        flat.append(source[end:place])
        places.extend(range(end, place))
        end = place + 1
        if match.group() in _SUPERSCRIPTS:
            found = _SUPERSCRIPTS[match.group()] if _TEN.search("".join(flat[-12:])) else ""
        else:
            found = "," if match["thin"] else _flat(match.group())
        flat.append(found)
        places.extend([place] * len(found))
    flat.append(source[end:])
    places.extend(range(end, len(source)))
    return "".join(flat), places


def chinese_value(text: str, alone: bool = False) -> int | None:
    """Return the value: 二十三 -> 23, 一亿二千万 -> 120000000, 二零二五 -> 2025, 三万五 -> 35000; None for text that is no number.

    Two digits side by side, such as 七八 or 三五, mean "about" and are none; ``alone``: they are, as after 百分之.
    """
    if all(c in _DIGITS for c in text):
        about = len(text) == 2 and "零" not in text and not alone
        return int("".join(str(_DIGITS[c]) for c in text)) if len(text) <= LARGEST and not about else None
    total = section = 0
    digit: int | None = None
    last, gap = 10**9, False  # the unit before, and whether a 零 stands after it
    for c in text:
        if c == "零":
            gap = True
        elif c in _DIGITS:
            if digit is not None:
                return None
            digit = _DIGITS[c]
        elif c in _UNITS:
            unit = _UNITS[c]
            if unit >= last:
                return None
            section += (1 if digit is None else digit) * unit
            digit, last, gap = None, unit, False
        else:
            value = section + (digit or 0)
            if not value and not (total and c == "亿"):
                return None
            total = (total + value) * _BIG[c] if c == "亿" else total + value * _BIG[c]
            section, digit, last, gap = 0, None, _BIG[c], False
            if len(str(total)) > LARGEST:
                return None
            last = 10**9 if c == "亿" else 10**4
    if digit is not None and not gap and text[-2] in "百千万亿":
        digit *= (_UNITS | _BIG)[text[-2]] // 10  # 三万五 is short for 三万五千
    return total + section + (digit or 0)


def _numerals(text: str) -> str:
    """Return the text with formal numerals and round zeros as plain ones, character for character."""
    text = _ZERO.sub(lambda m: "〇" * len(m.group()), text)
    return _FORMAL_RUN.sub(lambda m: "".join((_FORMAL | _FORMAL_UNITS).get(c, c) for c in m.group()), text)


@lru_cache(maxsize=10_000)
def _flat(character: str) -> str:
    """Return the plain character, "" for one that prints nothing, and a break for a number in a circle or a fraction."""
    if character in _TWENTIES:
        return _TWENTIES[character]
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me"):
        return ""
    if category == "No":
        return "" if character in _SUBSCRIPTS else _BREAK
    normal = unicodedata.normalize("NFKC", character)
    plain = _VARIANTS.get(character, normal)
    return plain if len(plain) == 1 and not 0xE000 <= ord(plain) <= 0xE0FF else character
