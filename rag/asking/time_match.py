"""Times of a question against those of evidence, each resolved by the article's date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

from rag.asking.asked import Asked
from rag.text.calendar import parse_date
from rag.text.filters import first_and_last_day
from rag.text.times import Mention, resolve

if TYPE_CHECKING:
    from rag.asking.constraints import Candidate

Days = tuple[str, str]
_SHORTEST_PART, _LONGEST_PART = 80, 300  # days
_PAST_FACT = re.compile(r"(?:成立|创立|创办|始建|建|出生|生|毕业|诞生|起源|落户|注册|成|开业|建成|投产)(?:于|在)$")
_BASE_BEFORE = re.compile(r"(?:与|比|较|同|于|至|到|和|跟|过)$")
_BASE_AFTER = re.compile(
    r"(?:的)?(?:同期|同时期|相比|水平|全年|[末底]|增|减|上升|下降|提高|降|多|少|高|低|[，。]|[\u3400-\u9fff]{0,3}(?:增长|相比))"
)
_PAST_AFTER = re.compile(
    r"(?:[\u3400-\u9fff]{0,4})?(?:消息|报道|[讯电]|出生|成立|创立|创办|毕业|建成|诞生|以来|至今|起[，,就])"
)


def time_state(asked: Asked, evidence: Candidate) -> tuple[Literal["kept", "broken", "open"], str]:
    """Return whether the evidence speaks of the days asked for, and the words that say so.

    A time inside the days asked for keeps, one that contains them leaves open (but not 前三季度 for 上半年), any other
    breaks. 去年 in a question means what it means in the article. Asides do not count: since when a company exists, with
    what a figure is compared. An article without any time is about its own date; one from before the days asked for
    breaks, unless its date is inferred.
    """
    wanted = _days(asked, evidence.date)
    if not wanted:
        return "open", ""
    for text in (evidence.sentence, evidence.headline):
        named = [time for time in resolve(text, evidence.date) if time.since and not _is_aside(text, time)]
        if named:
            return _compared(wanted, named)
    earlier = [time for time in resolve(evidence.passage, evidence.date) if time.since]
    inside = next(
        (time.words for time in earlier if any(_within((time.since, time.until), days) for days in wanted)), ""
    )
    if inside:
        return "kept", inside
    if not parse_date(evidence.date).year:
        return "open", ""
    own = first_and_last_day(evidence.date)
    if any(_within(own, days) for days in wanted):
        return "kept", evidence.date
    is_before = all(own[1] < since for since, _ in wanted)
    return ("broken" if is_before and evidence.date_basis != "inferred" else "open"), evidence.date


def _days(asked: Asked, day: str) -> list[Days]:
    """Return the days that the question asks for, given the article's date."""
    times = asked.times if asked.language == "en" else resolve(asked.text, day)
    return [(time.since, time.until) for time in times if time.since and not time.vague]


def _compared(wanted: Sequence[Days], named: Sequence[Mention]) -> tuple[Literal["kept", "broken", "open"], str]:
    for time in named:
        if any(_within((time.since, time.until), days) for days in wanted):
            return "kept", time.words
    for time in named:
        around = [days for days in wanted if _within(days, (time.since, time.until))]
        if any(not (_is_part_of_year(days) and _is_part_of_year((time.since, time.until))) for days in around):
            return "open", time.words
    return "broken", named[0].words


def _is_part_of_year(days: Days) -> bool:
    """Return whether the days are those of a report: a quarter, a half year, the first three quarters. Their figures differ."""
    return _SHORTEST_PART < (date.fromisoformat(days[1]) - date.fromisoformat(days[0])).days < _LONGEST_PART


def _within(inner: Days, outer: Days) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _is_aside(text: str, time: Mention) -> bool:
    """Return whether the time is only that of a foundation or a birth, the date of a report
    (据7月25日消息), or the base of a comparison (高于上年同期)."""
    is_base = _BASE_BEFORE.search(text[: time.start]) and _BASE_AFTER.match(text, time.end)
    return bool(is_base or _PAST_FACT.search(text[: time.start]) or _PAST_AFTER.match(text, time.end))
