"""Dates as newsroom systems and people write them."""

from __future__ import annotations

from datetime import date, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.written_dates import iso_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-07-31", "2025-07-31"),
        ("2025/7/1 08:00", "2025-07-01"),
        ("2025年7月31日", "2025-07-31"),
        ("２０２５年７月", "2025-07"),
        ("20250731", "2025-07-31"),
        ("2025.7.31", "2025-07-31"),
        ("2025", "2025"),
        ("2025-07-31T08:00:00+08:00", "2025-07-31"),
        ("2025年7月31日 第03版", "2025-07-31"),
        ("2025 7 31", "2025-07-31"),
        ("2025 08:30", "2025"),
        ("20250731083000", "2025-07-31"),
        ("202507310830", "2025-07-31"),
        ("2025073108", "2025-07-31"),
        ("45868", "2025-07-30"),
        ("45868.354", "2025-07-30"),
        ("1753920000", "2025-07-31"),
        ("1753920000000", "2025-07-31"),
        ("1690000000", "2023-07-22"),
        ("1753977600", "2025-08-01"),  # midnight in Beijing
        ("二〇二五年七月三十一日", "2025-07-31"),
        ("二○二五年七月", "2025-07"),
        ("二O二五年十二月廿五日", "2025-12-25"),
        ("二零二五年", "2025"),
        ("民国三十六年七月三十一日", "1947-07-31"),
        ("民国36年7月", "1947-07"),
        ("中华民国元年", "1912"),
        ("July 31, 2025", "2025-07-31"),
        ("Jul 31, 2025", "2025-07-31"),
        ("31 Jul 2025", "2025-07-31"),
        ("31-Jul-2025", "2025-07-31"),
        ("Sept. 3rd, 2025", "2025-09-03"),
        ("Thursday, July 31, 2025 8:00 AM", "2025-07-31"),
        ("Thu, 31 Jul 2025 08:00:00 +0800", "2025-07-31"),
        ("Thu Jul 31 08:30:00 CST 2025", "2025-07-31"),
        ("July 2025", "2025-07"),
        ("31/07/2025", "2025-07-31"),
        ("31.07.2025", "2025-07-31"),
        ("07/31/2025 08:30", "2025-07-31"),
        ("07/07/2025", "2025-07-07"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_dates_that_are_read(text: str, expected: str) -> None:
    assert iso_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "昨天",
        "3月5日",
        "2025-02-29",
        "2025-06-31",
        "2025-13",
        "2025-00",
        "2025-02-40",
        "20251",
        "20251331",
        "25-07-31",  # no century
        "03/04/2025",  # March or April
        "12345",
        "99999",
        "二〇二五年十三月",
        "Marble 3, 2025",
        "July 32, 2025",
        "Feb 29, 2025",
        "123456789012345678",
    ],
)
def test_dates_that_are_not_guessed(text: str) -> None:
    assert iso_date(text) == ""


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_is_the_same_day_in_every_unambiguous_form(day: date) -> None:
    moment = datetime(day.year, day.month, day.day, 9, 30)
    forms = [
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day:%Y%m%d}093000",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b} {day.year}",
        f"{day.year}年{day.month}月{day.day}日",
        format_datetime(moment),
    ]
    assert {iso_date(form) for form in forms} == {day.isoformat()}


@given(st.text(max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    assert iso_date(text) == "" or text.strip()
