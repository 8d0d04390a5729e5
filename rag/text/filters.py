"""Which articles a question is about: newspaper, page, dates, byline, kind.

An article dated to a month or a year passes when any day of it lies within the dates asked for. One without
a date passes no filter by date: nobody knows that it belongs there.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast, get_args

from rag.errors import BadInput
from rag.schema import Article, Filter, Kind

_NEVER = 99999999
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a filter asks of an article, in the form that a database compares: days as numbers, 20250728, names ``folded``.
    One without a date begins after every day and ends before it."""

    since: int
    until: int
    source: str
    byline: tuple[str, ...]
    kind: str
    page: str


def facts_of(article: Article) -> Facts:
    try:
        since, until = (number_of(day) for day in days(article.date))
    except BadInput:  # none, or one that no calendar has: nobody knows it
        since, until = _NEVER, 0
    names = tuple(dict.fromkeys(folded(name) for name in article.byline))
    return Facts(since, until, folded(article.source), names, article.kind, page_key(article.page))


def number_of(day: str) -> int:
    """``2025-07-28`` -> 20250728."""
    return int(day.replace("-", ""))


def filter_of(
    since: str = "", until: str = "", source: str = "", byline: str = "", kind: str = "", page: str = ""
) -> Filter:
    """From what a reader wrote. Raises BadInput for a date or a kind that is none."""
    first, last = (days(_plain(value))[at] if value.strip() else "" for at, value in enumerate((since, until)))
    if first and last and first > last:
        raise BadInput(f"Nothing lies between {first} and {last}: exchange the two dates.")
    if kind and kind not in get_args(Kind):
        raise BadInput(f"{kind!r} is no kind of article: give one of {', '.join(get_args(Kind))}.")
    return Filter(first, last, source.strip(), byline.strip(), cast("Kind", kind) if kind else None, page_key(page))


def passes(only: Filter, article: Article) -> bool:
    """The newspaper's name need only contain what is asked for; a byline must have the whole name."""
    facts = facts_of(article)
    return (
        (not only.since or facts.until >= number_of(only.since))
        and (not only.until or facts.since <= number_of(only.until))
        and folded(only.source) in facts.source
        and (not only.byline or folded(only.byline) in facts.byline)
        and only.kind in (None, facts.kind)
        and only.page in ("", facts.page)
    )


def undated(only: Filter, articles: Iterable[Article]) -> int:
    """How many articles a filter by date leaves out only because nobody knows their date."""
    if not only.since and not only.until:
        return 0
    rest = replace(only, since="", until="")
    return sum(not article.date and passes(rest, article) for article in articles)


def days(date: str) -> tuple[str, str]:
    """The first and the last day of ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``. Raises BadInput for another form or
    a day that no calendar has."""
    match = _DATE.fullmatch(date)
    year, month, day = (int(group or 0) for group in match.groups()) if match else (0, 0, 0)
    known = year > 0 and month <= 12 and bool(match and (match[2] is None or month))
    if not known or (match and match[3] is not None and not 0 < day <= monthrange(year, month)[1]):
        raise BadInput(f"{date!r} is no date: write it as 2025, 2025-07 or 2025-07-28.")
    last = day or monthrange(year, month or 12)[1]
    return f"{year:04}-{month or 1:02}-{day or 1:02}", f"{year:04}-{month or 12:02}-{last:02}"


def page_key(page: str) -> str:
    """``第03版`` and ``３`` are page ``3``, ``a02`` is ``A2``."""
    plain = re.sub(r"^第|[版面]$", "", unicodedata.normalize("NFKC", page).strip()).upper()
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain)


def _plain(date: str) -> str:
    """``2025年7月``, ``2025/7`` and full-width digits as ``2025-7``."""
    return re.sub(
        r"(?<=\d)[年月日号]$", "", re.sub(r"[年月/.](?=\d)", "-", unicodedata.normalize("NFKC", date).strip())
    )


def folded(text: str) -> str:
    """What two spellings of a name have in common: width, case and blanks aside."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
