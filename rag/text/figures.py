"""Text -> the figures in it, in a form that can be compared.

A figure is a run of Arabic digits or Chinese numerals with its scale (亿, 万, %, million ...). Two figures are the same if
they have the same value and the same kind (plain or percent): ``5亿`` is ``500 million``, but ``三成`` is not ``3``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SCALES = {
    "万亿": 1e12,
    "亿": 1e8,
    "千万": 1e7,
    "百万": 1e6,
    "万": 1e4,
    "千": 1e3,
    "百": 1e2,
    "trillion": 1e12,
    "billion": 1e9,
    "million": 1e6,
    "thousand": 1e3,
    "hundred": 1e2,
}
_LARGEST = 10**18
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = r"[零〇一二两三四五六七八九十百千万亿]"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_FIGURE = re.compile(
    rf"(?P<cnpercent>百分之(?P<share>{_CHINESE}+(?:点{_CHINESE}+)?))"
    rf"|(?P<digits>{_NUMBER})\s*(?P<scale>万亿|千万|百万|[亿万千百](?!年)|trillion|billion|million|thousand|hundred)?"
    rf"\s*(?P<percent>%|个百分点|percent|per cent)?"
    rf"|(?P<chinese>{_CHINESE}{{2,}}|[二两三四五六七八九十](?=[个家项人年月日天次名位件条座倍]))",
    re.IGNORECASE,
)


def figures(text: str) -> list[tuple[str, int, int]]:
    """Return (canonical form, start, end) of each figure, in order. The form is the value; a percentage has ``%`` after it."""
    normal = (unicodedata.normalize("NFKC", c) for c in text)
    flat = "".join(n if len(n) == 1 else c for c, n in zip(text, normal, strict=True))  # one for one, so offsets stay
    found = []
    for match in _FIGURE.finditer(flat):
        value, percent = _value(match)
        if value is not None:
            found.append((f"{value:.15g}{'%' if percent else ''}", match.start(), match.end()))
    return found


def unsupported(text: str, sources: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return the figures of ``text`` that occur in no source."""
    supported = {form for source in sources for form, _, _ in figures(source)}
    return [figure for figure in figures(text) if figure[0] not in supported]


def _value(match: re.Match[str]) -> tuple[float | None, bool]:
    """The value, None if it is not a number or too large, and whether it is a percentage."""
    if match["share"]:
        whole, _, fraction = match["share"].partition("点")
        value = _chinese(whole)
        if value is None:
            return None, True
        return value + float("0." + "".join(str(_DIGITS.get(c, 0)) for c in fraction) if fraction else 0), True
    if match["digits"]:
        value = float(match["digits"].replace(",", ""))
        if value > _LARGEST:
            return None, False
        return value * _SCALES.get((match["scale"] or "").lower(), 1.0), bool(match["percent"])
    return _chinese(match["chinese"]), False


def _chinese(text: str) -> float | None:
    """二十三 -> 23, 一亿二千万 -> 120000000, 二〇二五 -> 2025; None for text that is not a number."""
    if all(c in _DIGITS for c in text):
        return float("".join(str(_DIGITS[c]) for c in text)) if len(text) <= 18 else None
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _UNITS:
            section += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            scale = 10_000 if c == "万" else 100_000_000
            if not total and not section and not digit:
                return None
            total = (total + section + digit) * scale if c == "亿" else total + (section + digit) * scale
            section = digit = 0
            if total > _LARGEST:
                return None
    return float(total + section + digit)
