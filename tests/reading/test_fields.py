"""Names of fields, and dates, names and page numbers as people write them."""

from __future__ import annotations

import pytest

from rag.reading.fields import field_of, iso_date, page_number, people


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025-07-31", "2025-07-31"),
        ("2025/7/1 08:00", "2025-07-01"),
        ("2025年7月31日", "2025-07-31"),
        ("２０２５年７月", "2025-07"),
        ("20250731", "2025-07-31"),
        ("2025.7.31", "2025-07-31"),
        ("2025", "2025"),
        ("2025-07-31T08:00:00+08:00", "2025-07-31"),
        ("31/07/2025", ""),
        ("2025-02-40", ""),
        ("2025-13", ""),
        ("", ""),
        ("昨天", ""),
        ("1690000000", ""),
        ("20251", ""),
    ],
)
def test_dates(text: str, date: str) -> None:
    assert iso_date(text) == date


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("记者 王强 通讯员 李明", ("王强", "李明")),
        ("王强、李明", ("王强", "李明")),
        ("王强 李明", ("王强", "李明")),
        ("John Smith, Ann Lee", ("John Smith", "Ann Lee")),
        ("John Smith and Ann Lee", ("John Smith", "Ann Lee")),
        ("", ()),
        ("王强,王强", ("王强",)),
    ],
)
def test_people(text: str, names: tuple[str, ...]) -> None:
    assert people(text) == names


def test_numbers_of_pages() -> None:
    assert [page_number(p) for p in ("第03版", "A03", "3", "０３版", "")] == ["03", "A03", "3", "03", ""]


def test_names_of_columns() -> None:
    assert [
        field_of(n) for n in ("标题", "Title", "publish_time", "正文 内容", "\ufeff标题", "id", "发布时间", "版次")
    ] == ["title", "title", "date", "text", "title", None, "date", "page"]


@pytest.mark.parametrize(
    ("text", "date"),
    [("2025-06-31", ""), ("2024-02-29", "2024-02-29"), ("2025-02-29", ""), ("2025-00", ""), ("2025-12", "2025-12")],
)
def test_a_day_that_does_not_exist_is_not_a_date(text: str, date: str) -> None:
    assert iso_date(text) == date
