"""English text -> the years, months and days that it names with their year: 2024, March 2025, 28 July 2025."""

from __future__ import annotations

import re

from rag.text.calendar import PartialDate, days_of
from rag.text.times import Mention

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)}|{'|'.join(month[:3] for month in _MONTHS)})\.?"
_TIME = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?)?{_MONTH} (?:(?P<late>\d{{1,2}})(?:st|nd|rd|th)?,? )?(?P<year>(?:19|"
    rf"20)\d\d)\b|\b(?P<only>(?:19|20)\d\d)\b(?!-| (?:people|yuan|enterprises|companies|households))",
    re.IGNORECASE,
)


def english_times(text: str) -> tuple[Mention, ...]:
    """Return the times in order. A half year or a quarter counts as its whole year."""
    found = []
    for match in _TIME.finditer(text):
        month = next(
            (n for n, name in enumerate(_MONTHS, 1) if match["month"] and name[:3] == match["month"][:3].lower()), 0
        )
        named = PartialDate(int(match["year"] or match["only"]), month, int(match["day"] or match["late"] or 0))
        days = days_of(named)
        since, until = (days[0].isoformat(), days[1].isoformat()) if days else ("", "")
        found.append(Mention(match.start(), match.end(), match.group(), since, until))
    return tuple(found)
