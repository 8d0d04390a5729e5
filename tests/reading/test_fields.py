"""Names of fields, and names and page numbers as people write them."""

from __future__ import annotations

import pytest

from rag.reading.fields import field_of, page_number, people


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
