"""The figures of an answer -> those that its citations do not contain.

A figure is a number in digits or Chinese numerals with its scale (亿, 万, million, ...) and, where it is a percentage or
part of a date, its unit. This reading of figures is independent of ``rag.text.figures``, which it measures.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from rag.schema import Answer

_NUMERAL = "零〇一二两三四五六七八九"
_SCALES = {"": 0, "百": 2, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}  # powers of ten
_SCALES |= {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_UNITS = {"": "", "年": "年", "月": "月", "日": "日", "号": "日", "%": "%", "percent": "%", "成": "%"}
CITATION_MARK = re.compile(r"[\[［]\d{1,3}[\]］]")
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.．、)）](?!\d)|[(（]\d{1,2}[)）])", re.MULTILINE)
_FIGURE = re.compile(
    rf"""(?P<y>\d{{4}})([-/.])(?P<m>\d\d?)\2(?P<d>\d\d?)(?!\d)
    |(?P<of>百分之)?(?:(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)
        |(?P<chinese>(?<=百分之)[{_NUMERAL}十百]+(?:点[{_NUMERAL}]+)?
            |[{_NUMERAL}十](?:[{_NUMERAL}十百千万亿]+(?:点[{_NUMERAL}]+)?|点[{_NUMERAL}]+)
            |(?<=第)[{_NUMERAL}十]|[二两三四五六七八九十](?=[个名家项位人次倍成年月日号元吨米亩座条种届批天岁])))
    \s*(?P<scale>万亿|千万|百万|[万亿]|百(?!分点)|千(?![克米瓦])|thousand|million|billion|trillion)?
    \s*(?P<unit>个?百分点|percentage\s+points?|%|per\s?cent|[年月日号]|成(?![员立功为本果长]))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,  # without ASCII, ı matches i, and mıllion is a scale
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as written, its value, and its unit: "" for a plain number."""

    written: str
    value: Decimal
    unit: str


def unsupported_figures(answer: Answer) -> tuple[str, ...]:
    """Return the figures of an answer, as written and in order, that no cited quote, headline or date contains.

    Figures are compared by value and unit: 5亿, 500 million and 五亿 are equal, 15亿 is different. A number without unit
    (2023) also matches a part of a date (2023年), but never a percentage. These are not figures: ``[n]`` marks, the
    numbers of a list, and single Chinese numerals that count nothing (一些, 三明).
    """
    sources = [text for c in answer.citations for text in (c.quote, c.title, c.date)]
    known = {(figure.value, figure.unit) for text in sources for figure in _figures(text)}
    plain = {value for value, unit in known if not unit.startswith("%")}
    return tuple(
        figure.written
        for figure in _figures(_claims(answer))
        if (figure.value, figure.unit) not in known and (figure.unit or figure.value not in plain)
    )


def figure_faithfulness(answer: Answer | None) -> float | None:
    """Return 1 if every figure of the answer is in a quote that it cites, else 0; None for a refusal and for an answer
    without figures.

    The mean is the share of answers that invent no figure. Definition of this project.
    """
    if answer is None:
        return 0.0
    return float(not unsupported_figures(answer)) if not answer.abstained and _figures(_claims(answer)) else None


def _claims(answer: Answer) -> str:
    """Return the answer without ``[n]`` marks and list numbers."""
    return _LIST_NUMBER.sub(" ", CITATION_MARK.sub(" ", answer.answer))


def _figures(text: str) -> list[Figure]:
    """Return the figures of a text in order; a full date is three."""
    found = []
    text = re.sub("[，①-⑳]", "、", text)  # NFKC would turn 5，000 and 5① into one number
    for match in _FIGURE.finditer(unicodedata.normalize("NFKC", text)):
        if match["y"]:
            parts = zip("ymd", "年月日", strict=True)
            found += [Figure(match[0], Decimal(match[part]), unit) for part, unit in parts]
            continue
        value = Decimal(match["digits"].replace(",", "")) if match["digits"] else _chinese(match["chinese"])
        value = value.scaleb(_SCALES[(match["scale"] or "").lower()])
        unit = "%" if match["of"] else _UNITS.get("".join((match["unit"] or "").split()).lower(), "%p")
        found.append(Figure(match[0].strip(), value * 10 if match["unit"] == "成" else value, unit))
    return found


def _chinese(numeral: str) -> Decimal:
    """Return the value of a numeral: 三千五百万 by place, 二〇二三 digit by digit, 三点五 with its fraction."""
    integer, _, fraction = numeral.replace("两", "二").partition("点")
    total = section = digit = 0
    for n in (int(unicodedata.numeric(c)) for c in integer):
        if n < 10:
            digit = digit * 10 + n
        elif n < 10_000:
            section, digit = section + (digit or 1) * n, 0
        else:  # 一亿二千万 adds, 一万亿 multiplies
            rest, section, digit = section + digit, 0, 0
            total = total + rest * n if total >= n else (total + rest) * n
    return Decimal(f"{total + section + digit}.{''.join(str(int(unicodedata.numeric(c))) for c in fraction)}")
