"""Filters: the articles to search in, by newspaper, page, dates, byline and kind.

An article dated to a month or a year passes a filter by date if any of its days lies within the dates asked for. An
article without a date passes no filter by date: its date is not known.
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
    """The fields of an article that a filter compares, in the form that a database compares: days as numbers (20250728),
    names ``folded``. An article without a date begins after every day and ends before every day."""

    since: int
    until: int
    source: str
    byline: tuple[str, ...]
    kind: str
    page: str


def facts_of(article: Article) -> Facts:
    """Return the fields of the article that filters compare."""
    try:
        since, until = (number_of(day) for day in first_and_last_day(article.date))
    except BadInput:  # no date, or a day that does not exist: the date is not known
        since, until = _NEVER, 0
    names = tuple(dict.fromkeys(folded(name) for name in article.byline))
    return Facts(since, until, folded(article.source), names, article.kind, page_key(article.page))


def number_of(day: str) -> int:
    """Return a day as a number: ``2025-07-28`` -> 20250728."""
    return int(day.replace("-", ""))


def filter_of(
    since: str = "", until: str = "", source: str = "", byline: str = "", kind: str = "", page: str = ""
) -> Filter:
    """Return the filter that a person wrote. Raise BadInput for a date or a kind that does not exist."""
    first, last = (
        first_and_last_day(_with_dashes(value))[at] if value.strip() else "" for at, value in enumerate((since, until))
    )
    if first and last and first > last:
        raise BadInput(f"Nothing lies between {first} and {last}: exchange the two dates.")
    if kind and kind not in get_args(Kind):
        raise BadInput(f"{kind!r} is not a kind of article: give one of {', '.join(get_args(Kind))}.")
    return Filter(first, last, source.strip(), byline.strip(), cast("Kind", kind) if kind else None, page_key(page))


def passes(only: Filter, article: Article) -> bool:
    """Return whether the article passes. The newspaper's name may contain more than is asked for; a name in the byline
    must be the whole name."""
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
    """Return how many articles a filter by date leaves out only because they have no date."""
    if not only.since and not only.until:
        return 0
    rest = replace(only, since="", until="")
    return sum(not article.date and passes(rest, article) for article in articles)


def first_and_last_day(date: str) -> tuple[str, str]:
    """Return the first and the last day of ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``. Raise BadInput for another form or
    for a day that does not exist."""
    match = _DATE.fullmatch(date)
    year, month, day = (int(group or 0) for group in match.groups()) if match else (0, 0, 0)
    exists = year > 0 and month <= 12 and bool(match and (match[2] is None or month))
    if not exists or (match and match[3] is not None and not 0 < day <= monthrange(year, month)[1]):
        raise BadInput(f"{date!r} is not a date: write it as 2025, 2025-07 or 2025-07-28.")
    last = day or monthrange(year, month or 12)[1]
    return f"{year:04}-{month or 1:02}-{day or 1:02}", f"{year:04}-{month or 12:02}-{last:02}"


def page_key(page: str) -> str:
    """Return a page's number in the form that is compared: ``第03版`` and ``３`` are ``3``, ``a02`` is ``A2``."""
    plain = re.sub(r"^第|[版面]$", "", unicodedata.normalize("NFKC", page).strip()).upper()
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain)


def _with_dashes(date: str) -> str:
    """``2025年7月``, ``2025/7`` and full-width digits -> ``2025-7``."""
    return re.sub(
        r"(?<=\d)[年月日号]$", "", re.sub(r"[年月/.](?=\d)", "-", unicodedata.normalize("NFKC", date).strip())
    )


def folded(text: str) -> str:
    """Return a name without differences of width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
