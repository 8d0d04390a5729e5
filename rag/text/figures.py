"""Text -> the figures in it, in a form that can be compared.

A figure is a run of Arabic digits or Chinese numerals with its scale (亿, 万, %, million ...). Two figures are the same if
they have the same value and the same kind (plain or percent): ``5亿`` is ``500 million``, but ``三成`` is not ``3``. Numbers
that mark something are no figures: the ① of a list, the ² of a footnote or of square metres.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from rag.text.numerals import LARGEST, chinese_value, flatten

_SCALES = {
    "万亿": 12,
    "亿": 8,
    "千万": 7,
    "百万": 6,
    "万": 4,
    "千": 3,
    "百": 2,
    "trillion": 12,
    "billion": 9,
    "bn": 9,
    "million": 6,
    "thousand": 3,
    "hundred": 2,
}
_CHINESE = "零一二两三四五六七八九十百千万亿"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|(?<!\d\.)\d+\.\d+(?!\d|\.\d)|\d+"
_SCALE = r"万亿|千万|百万|[亿万千百](?!年)|(?:trillion|billion|bn|million|thousand|hundred)\b"
_PERCENT = r"%|‰|个百分点|percent|per cent"
_COUNTED = "个家项人年月日天次名位件条座倍米吨亩只所处台辆架艘栋幢间份批种支头期岁届级周层号平元公立毫小分时点"
_FIGURE = re.compile(
    rf"(?P<share>[百千万])分之(?P<percentage>[{_CHINESE}]+(?:点[{_CHINESE}]+)?|{_NUMBER})"
    rf"|(?P<digits>{_NUMBER})(?P<power>\s*[×x*]\s*10\^?(?P<exponent>[\ue000-\ue010]+|(?<=\^)-?\d{{1,2}}))?"
    rf"(?:[多余](?=[亿万千百]))?(?:\s*(?P<scale>{_SCALE}))?(?:\s*(?P<percent>{_PERCENT}))?"
    rf"|(?<![几数零一二两三四五六七八九])(?P<whole>[零一二两三四五六七八九十百千]+)点(?P<fraction>[零一二三四五六七八九]+)"
    rf"(?![十百]|分|刻|钟)(?P<spoken>万亿|[亿万千百])?(?P<points>%|个百分点)?"
    rf"|(?<![几数])(?!千万[别不莫勿要记])(?P<chinese>[{_CHINESE}]{{2,}}|[二两三四五六七八九十](?=[{_COUNTED}])|一(?=月))"
    rf"(?:[多余](?P<vague>万亿|[亿万]))?(?P<points2>%|个百分点)?",
    re.IGNORECASE,
)
_TENS = {"百": 100, "千": 1000, "万": 10000}
_EXPONENT = {0xE000 + i: str(i) for i in range(10)} | {0xE010: "-"}
_RANGE = re.compile(r"\s*(?:[-–—―‐‑−~～〜至到]|——)\s*")


def figures(text: str) -> list[tuple[str, int, int]]:
    """Return (canonical form, start, end) of each figure, in order. The form is the value; a percentage has ``%`` after it."""
    flat, places = flatten(text)
    matches = list(_FIGURE.finditer(flat))
    found = []
    for at, match in enumerate(matches):
        follower = matches[at + 1] if at + 1 < len(matches) else None
        form = _form(match, _shared_unit(flat, match, follower))
        if form:
            found.append((form, places[match.start()], places[match.end() - 1] + 1))
    return found


def unsupported(text: str, sources: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return the figures of ``text`` that occur in no source."""
    supported = {form for source in sources for form, _, _ in figures(source)}
    return [figure for figure in figures(text) if figure[0] not in supported]


def _shared_unit(flat: str, match: re.Match[str], follower: re.Match[str] | None) -> tuple[str, str]:
    """Return the scale and the percent sign that a bare number shares with the end of its range: 3-5亿, 3至5%."""
    if not follower or not match["digits"] or match["scale"] or match["percent"] or not follower["digits"]:
        return "", ""
    if not _RANGE.fullmatch(flat, match.end(), follower.start()):
        return "", ""
    return follower["scale"] or "", follower["percent"] or ""


def _form(match: re.Match[str], shared: tuple[str, str]) -> str:
    """Return the canonical form, or "" for what is not a number."""
    if match["share"]:
        value = _spoken(match["percentage"])
        return _written(value and value * Decimal(100) / _TENS[match["share"]], True)
    if match["digits"]:
        digits = match["digits"].replace(",", "")
        if len(digits) > LARGEST:
            return digits.lstrip("0") if "." not in digits else ""
        percent = match["percent"] or shared[1]
        value = Decimal(digits).scaleb(_SCALES.get((match["scale"] or shared[0]).lower(), 0))
        if match["power"]:
            exponent = match["exponent"].translate(_EXPONENT)
            if not re.fullmatch(r"-?\d{1,2}", exponent):
                return ""
            value = value.scaleb(int(exponent))
        return _written(value / 10 if percent == "‰" else value, bool(percent))
    if match["whole"]:
        value = _spoken(f"{match['whole']}点{match['fraction']}")
        return _written(value and value.scaleb(_SCALES.get(match["spoken"] or "", 0)), bool(match["points"]))
    whole = chinese_value(match["chinese"])
    if whole is None:
        return ""
    return _written(Decimal(whole).scaleb(_SCALES.get(match["vague"] or "", 0)), bool(match["points2"]))


def _spoken(text: str) -> Decimal | None:
    """Return the value of a number such as 六十二点三, or of digits."""
    if text[0].isdecimal():
        return Decimal(text.replace(",", "")) if len(text) <= LARGEST else None
    whole, _, fraction = text.partition("点")
    value = chinese_value(whole, alone=True)
    if value is None or len(fraction) > LARGEST or not set(fraction) <= set("零一二两三四五六七八九"):
        return None
    places = "".join(str("零一二三四五六七八九".index(c.replace("两", "二"))) for c in fraction)
    return Decimal(f"{value}.{places or 0}")


def _written(value: Decimal | None, percent: bool) -> str:
    if value is None:
        return ""
    plain = f"{value:f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) + "%" * percent
