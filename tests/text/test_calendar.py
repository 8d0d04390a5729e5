"""Dates that are known in part, and their days."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.calendar import PartialDate, days_of, parse_date, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("十二", 12),
        ("二十", 20),
        ("二十三", 23),
        ("十", 10),
        ("二〇二五", 2025),
        ("一九四九", 1949),
        ("五", 5),
        ("", 0),
        ("十十", 0),
        ("二十十", 0),
        ("百", 0),
    ],
)
def test_numbers(text: str, value: int) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-10", PartialDate(2025, 6, 10)),
        ("2025-06", PartialDate(2025, 6)),
        ("2025", PartialDate(2025)),
        ("", PartialDate()),
        ("2025-02-30", PartialDate()),
        ("2025-13", PartialDate()),
        ("2025-00-01", PartialDate()),
        ("0000", PartialDate()),
        ("2025年", PartialDate()),
        ("٢٠٢٥", PartialDate()),
    ],
)
def test_dates_known_in_part(text: str, expected: PartialDate) -> None:
    assert parse_date(text) == expected
    assert str(expected) == (text if expected.year else "")


@given(st.integers(1000, 2999), st.integers(0, 14), st.integers(0, 33))
def test_days_of_a_date(year: int, month: int, day: int) -> None:
    days = days_of(PartialDate(year, month, day))
    if days and month and day:
        assert days[0] == days[1] == date(year, month, day)
    elif days:
        assert (days[0].day, days[1] > days[0]) == (1, True)
