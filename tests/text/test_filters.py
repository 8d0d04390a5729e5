from __future__ import annotations

from calendar import isleap
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import BadInput
from rag.schema import Article, Filter, Run
from rag.text.filters import filter_of, first_and_last_day, passes, undated

ARTICLE = Article(
    "a#1",
    "a.txt",
    "题",
    ("胡佳英", "谢 建伟"),
    "2025-07",
    "article",
    "文",
    (Run(0, 0, 1),),
    source="嘉兴日报·平湖版",
    page="03",
)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2025", "2025-01-01", "2025-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025-2", "2025-02-01", "2025-02-28"),
        ("2025-07-28", "2025-07-28", "2025-07-28"),
        ("2025-4-1", "2025-04-01", "2025-04-01"),
    ],
)
def test_days(written: str, first: str, last: str) -> None:
    assert first_and_last_day(written) == (first, last)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "25",
        "2025-13",
        "2025-00",
        "2025-02-29",
        "2025-04-31",
        "2025-04-00",
        "2025/04/01",
        "昨天",
        "0000",
        "2025-04-01 ",
        "2025-",
        "20250401",
        "2025-04-01-01",
    ],
)
def test_texts_that_are_not_a_date(written: str) -> None:
    with pytest.raises(BadInput, match="is not a date: write it as"):
        first_and_last_day(written)


@given(st.dates(min_value=date(1, 1, 1)))
def test_every_day_is_its_own_first_and_last(day: date) -> None:
    assert first_and_last_day(day.isoformat()) == (day.isoformat(), day.isoformat())
    first, last = first_and_last_day(f"{day.year:04}")
    assert (date.fromisoformat(last) - date.fromisoformat(first)).days == 364 + isleap(day.year)


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (Filter(), True),
        (filter_of(since="2025-07-31"), True),  # the article may be of that day
        (filter_of(since="2025-08"), False),
        (filter_of(until="2025-07-01"), True),
        (filter_of(until="2025-06"), False),
        (filter_of(since="2025", until="2025"), True),
        (filter_of(since="2024", until="2024"), False),
        (filter_of(source="嘉兴日报"), True),
        (filter_of(source="平湖 版"), True),
        (filter_of(source="人民日报"), False),
        (filter_of(byline="谢建伟"), True),
        (filter_of(byline="谢"), False),  # a name, not a part of one
        (filter_of(kind="article"), True),
        (filter_of(kind="photo"), False),
        (filter_of(page="3"), True),
        (filter_of(page="第０３版"), True),
        (filter_of(page="13"), False),
        (filter_of(since="2025", source="嘉兴", byline="胡佳英", kind="article"), True),
        (filter_of(since="2025", source="嘉兴", byline="居丹荔", kind="article"), False),
    ],
)
def test_passes_by_hand(only: Filter, expected: bool) -> None:
    assert passes(only, ARTICLE) is expected


def test_without_a_date_no_filter_by_date_is_passed() -> None:
    bare = replace(ARTICLE, date="")
    assert not passes(filter_of(since="1900"), bare)
    assert passes(filter_of(source="嘉兴"), bare)
    assert not passes(filter_of(since="1900"), replace(ARTICLE, date="2025-06-31"))  # a day that does not exist
    assert undated(filter_of(until="2030", source="嘉兴"), [bare, ARTICLE, replace(bare, source="别处")]) == 1
    assert undated(filter_of(source="嘉兴"), [bare]) == 0


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 400), st.integers(0, 400))
def test_a_dated_article_passes_exactly_the_days_around_it(day: date, before: int, after: int) -> None:
    only = filter_of(since=str(day - timedelta(before)), until=str(day + timedelta(after)))
    assert passes(only, replace(ARTICLE, date=str(day)))
    assert not passes(only, replace(ARTICLE, date=str(day - timedelta(before + 1))))
    assert not passes(only, replace(ARTICLE, date=str(day + timedelta(after + 1))))


@pytest.mark.parametrize("written", ["2025年7月", "2025/7", "２０２５－０７", "2025.07", "2025年07月"])
def test_dates_as_people_write_them(written: str) -> None:
    assert filter_of(since=written, until=written) == Filter("2025-07-01", "2025-07-31")


def test_filters_that_cannot_be_used() -> None:
    with pytest.raises(BadInput, match="Nothing lies between 2025-01-01 and 2024-12-31"):
        filter_of(since="2025", until="2024")
    with pytest.raises(BadInput, match="'essay' is not a kind of article: give one of article, photo, notice"):
        filter_of(kind="essay")
    assert filter_of(since=" ", byline="") == Filter()
