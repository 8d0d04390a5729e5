"""Measure how often a date inferred from an article's text is right: ``python -m eval.quality.dates FOLDER``.

FOLDER holds a corpus (eval/harness/sets.py) whose lines have a ``date``. The rules never read this date; it is only
compared with. They were made on three quarters of the ids. The figures are those of the fourth quarter; with
``--tuning``, those of the three quarters.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from eval.harness.sets import in_tuning_half, load_corpus
from rag.errors import RagError
from rag.layout.dates import dates_of
from rag.schema import Article, Page

_DAY = re.compile(r"((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")
_GRAINS = {"year": 4, "year and month": 7, "day": 10}


@dataclass(frozen=True, slots=True)
class Share:
    """Counts of dates: ``right`` of ``given``, out of ``of`` articles."""

    right: int
    given: int
    of: int

    @property
    def precision(self) -> float:
        """The share of given dates that are right; NaN if none is given."""
        return self.right / self.given if self.given else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the precision (Wilson, JASA 22, 1927). Unlike a bootstrap it has a width at 100% too."""
        if not self.given:
            return float("nan"), float("nan")
        n, p, z = self.given, self.precision, 1.96
        middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
        return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


def shares(given: Sequence[str], true: Sequence[str]) -> dict[str, Share]:
    """Return the counts by grain, and those of days that are wrong by one day at most.

    Dates are ``YYYY[-MM[-DD]]``; a given date may be empty.
    """
    found = {}
    for grain, size in _GRAINS.items():
        pairs = [(g[:size], t[:size]) for g, t in zip(given, true, strict=True) if len(g) >= size]
        found[grain] = Share(sum(g == t for g, t in pairs), len(pairs), len(true))
    days = [(g, t) for g, t in zip(given, true, strict=True) if len(g) == 10]
    near = sum(abs((date.fromisoformat(g) - date.fromisoformat(t)).days) <= 1 for g, t in days)
    return found | {"day, give or take one": Share(near, len(days), len(true))}


def _inferred(article: Article) -> str:
    return dates_of(Page("article.txt", article.text, "utf-8", ""), [article.text])[0].date


def _first_day(article: Article) -> str:
    match = _DAY.search(article.text)
    year, month, day = (int(g) for g in match.groups()) if match else (0, 0, 0)
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 28 else ""


def _latest_year(article: Article) -> str:
    return max(_YEAR.findall(article.text), default="")


def held_out(identifier: str) -> bool:
    """Return whether no rule was made on the article of this id: half of the ids outside ``in_tuning_half``."""
    return not in_tuning_half(identifier) and hashlib.sha256(identifier.encode()).digest()[1] % 2 == 1


def main(arguments: Sequence[str]) -> int:
    """Print the figures of each method. Return the exit code."""
    folders = [a for a in arguments if a != "--tuning"]
    if len(folders) != 1:
        print("usage: python -m eval.quality.dates FOLDER [--tuning]", file=sys.stderr)
        return 2
    try:
        articles = [
            a
            for a in load_corpus(Path(folders[0]))
            if len(a.date) == 10 and held_out(a.file) == ("--tuning" not in arguments)
        ]
    except RagError as error:
        print(f"eval.quality.dates: {error}", file=sys.stderr)
        return error.exit_code
    methods: dict[str, Callable[[Article], str]] = {
        "rag.layout.dates": _inferred,
        "the first day named": _first_day,
        "the latest year named": _latest_year,
    }
    print(f"{len(articles)} dated articles")
    for name, method in methods.items():
        for grain, share in shares([method(a) for a in articles], [a.date for a in articles]).items():
            low, high = share.interval
            if share.given:
                print(
                    f"{name:22s} {grain:22s} given {share.given:5d} ({share.given / share.of:.3f})  "
                    f"right {share.precision:.3f} [{low:.3f}, {high:.3f}]"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
