"""Text -> the time expressions in it, each with the days that it names.

An expression that depends on the article's date is resolved against that date, but never to finer days than the date
allows. An expression that cannot be resolved has no days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.text.calendar import PartialDate, parse_date
from rag.text.time_patterns import EXPRESSION, TO, YEAR
from rag.text.time_resolvers import RESOLVERS, Context

_VAGUE_PARTS = ("初", "底", "末")
_RANGE_SIGN = re.compile(TO)
_SENTENCE_END = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A time expression: ``text[start:end] == words``. ``since <= until`` are ISO days, both included, or both empty.

    ``vague``: the words name no exact days (近日, 年初); the days are the widest that they may mean.
    """

    start: int
    end: int
    words: str
    since: str
    until: str
    vague: bool = False


def resolve(text: str, day: str) -> list[Mention]:
    """Return the time expressions of ``text`` in order, without overlap. ``day`` is the article's date
    (``YYYY[-MM[-DD]]`` or empty)."""
    flat = "".join(chr(ord(c) - 0xFEE0) if "０" <= c <= "９" else c for c in text)  # one for one, so offsets stay
    today = last_date = parse_date(day)
    last_day, found = PartialDate(), list[tuple[Mention, PartialDate]]()
    for match in EXPRESSION.finditer(flat):
        kind = match.lastgroup or ""
        if kind == "lunar" or (kind == "calendar" and not _names_a_date(match)):
            continue
        start = match.end() - len(match.group().lstrip())
        end = match.start() + len(match.group().rstrip("的,， \u3000"))
        before, named_before = found[-1] if found else (None, PartialDate())
        in_sentence = named_before if before and not _SENTENCE_END.search(flat, before.end, start) else PartialDate()
        named, days = RESOLVERS[kind](match, Context(today, last_date, last_day, in_sentence))
        last_date, last_day = named if named.year else last_date, named if named.day else last_day
        since, until = (days[0].isoformat(), days[1].isoformat()) if days else ("", "")
        mention = Mention(start, end, text[start:end], since, until, _is_vague(kind, match))
        if before and _RANGE_SIGN.fullmatch(flat, before.end, start):
            found[-1] = (_as_range(text, before, mention), named)
        else:
            found.append((mention, named))
    return [mention for mention, _ in found]


def asked_interval(question: str, today: str) -> tuple[str, str] | None:
    """Return the first and the last day of the years that a question names (2025年4月, 2025年上半年, 2024年), or None.

    今年 and the like do not count: in a question they are mostly quoted from an article.
    """
    named = [m for m in resolve(question, today) if m.since and re.search(YEAR, m.words)]
    return (min(m.since for m in named), max(m.until for m in named)) if named else None


def _names_a_date(match: re.Match[str]) -> bool:
    return any(match[part] for part in ("y", "ry", "same", "half", "q", "edge", "m"))


def _is_vague(kind: str, match: re.Match[str]) -> bool:
    has_vague_part = bool(match["edge"]) or match["mp"] in _VAGUE_PARTS or match["rmp"] in _VAGUE_PARTS
    return kind in ("recent", "period") or has_vague_part


def _as_range(text: str, first: Mention, last: Mention) -> Mention:
    """Two expressions with 至 between them as one: 7月28日至8月8日, 12月30日至1月2日."""
    since, until = first.since, last.until
    if since and until and until < since and until[5:] < since[5:]:
        until = f"{int(since[:4]) + 1}{until[4:]}"
    if not since or until < since:
        since = until = ""
    words = text[first.start : last.end]
    return replace(first, end=last.end, words=words, since=since, until=until, vague=first.vague or last.vague)
