"""YAML beside a file and front matter: what they state, and what is wrong in them."""

from __future__ import annotations

import pytest

from rag.errors import CorpusError
from rag.reading.sidecar import Statement, merged, read_front_matter, read_sidecar, statement_of
from rag.schema import Stated
from rag.text.front_matter import front_matter_length

FULL = "title: 东片再生水厂投用\nbyline: [居丹荔, 邱冬白]\ndate: 2025-07-31\nsource: 平湖日报\npage: 03\n"


def test_every_field() -> None:
    assert read_sidecar(FULL, "a.txt.yaml").stated == Stated(
        "东片再生水厂投用", ("居丹荔", "邱冬白"), "2025-07-31", "sidecar", "平湖日报", "03", True
    )


def test_chinese_names_of_fields() -> None:
    assert read_sidecar(
        "标题: 甲\n记者: 王强、李明\n日期: 2025年7月\n来源: 平湖日报\n版次: 第03版\n", "a.yaml"
    ).stated == Stated("甲", ("王强", "李明"), "2025-07", "sidecar", "平湖日报", "03", True)


def test_only_the_given_fields_are_stated() -> None:
    statement = read_sidecar("source: 平湖日报\nwhole: no\n", "a.yaml")
    assert statement.fields == {"source", "whole"}
    assert statement.stated == Stated(source="平湖日报")


def test_empty_sidecar_states_nothing() -> None:
    assert read_sidecar("# nothing yet\n", "a.yaml") == Statement()


def test_columns_of_an_export() -> None:
    assert read_sidecar("columns:\n  text: 稿件\n  title: 题\n", "e.csv.yaml").columns == (
        ("text", "稿件"),
        ("title", "题"),
    )


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("source: 平湖日报\ntitel: x\n", 2, "unknown field 'titel'"),
        ("source: a\ntitle: b: c\n", 2, "not valid YAML"),
        ("source: a\n\ndate: 昨天\n", 3, "'昨天' is not a date"),
        ("date: 2025-13-01\n", 1, "is not a date"),
        ("whole: perhaps\n", 1, "`whole` must be true or false"),
        ("- a\n- b\n", 1, "not of the form `field: value`"),
        ("title: [a, {b: c}]\n", 1, "'title' is not what was expected"),
        ("columns: {body: x}\n", 1, "`columns` has 'body'"),
        ("source: a\n\tpage: 3\n", 2, "not valid YAML"),
        ("a: &x [*x]\n", 1, ""),
        ("[" * 3000, 1, ""),
    ],
)
def test_an_error_is_one_line_that_names_the_line(text: str, line: int, why: str) -> None:
    with pytest.raises(CorpusError) as raised:
        read_sidecar(text, "a.txt.yaml")
    message = str(raised.value)
    assert message.startswith(f"a.txt.yaml, line {line}: ")
    assert why in message
    assert "\n" not in message


def test_no_code_in_the_yaml_is_run() -> None:
    with pytest.raises(CorpusError, match="'title' is not what was expected"):
        read_sidecar("title: !!python/object/apply:os.system {a: b}\n", "a.yaml")
    assert read_sidecar("title: !!python/name:os.system ''\n", "a.yaml").stated == Stated()


MARKDOWN = "---\ntitle: 甲\ndate: 2025-07-31\ntags: [水]\n---\n正文。\n"


def test_front_matter() -> None:
    assert MARKDOWN[front_matter_length(MARKDOWN) :] == "正文。\n"
    assert read_front_matter(MARKDOWN, "a.md").stated == Stated("甲", (), "2025-07-31", "sidecar", whole=True)


@pytest.mark.parametrize("text", ["正文。\n---\n", "---\n\n正文，不是字段。\n\n---\n", "# 题\n", "", "---\ntitle: a\n"])
def test_text_without_front_matter(text: str) -> None:
    assert front_matter_length(text) == 0
    assert read_front_matter(text, "a.md") == Statement()


def test_line_of_wrong_front_matter_counts_from_the_top_of_the_file() -> None:
    with pytest.raises(CorpusError, match=r"^a\.md, line 4: not valid YAML"):
        read_front_matter("---\ntitle: 甲\ndate: [a\n---\n正文。\n", "a.md")


def test_the_first_statement_that_gives_a_field_counts() -> None:
    sidecar, folder = read_sidecar("page: 3\n", "a"), read_sidecar("source: 平湖日报\npage: 1\ndate: 2025\n", "b")
    own = statement_of(Stated(date="2025-07-31", date_basis="stated"))
    assert merged([sidecar, own, folder]) == Stated(date="2025-07-31", date_basis="stated", source="平湖日报", page="3")
    assert merged([]) == Stated()
