from __future__ import annotations

import csv
import io
import json

import pytest

from rag.errors import CorpusError
from rag.reading.tables import read_table
from rag.schema import Part, Refused, Stated

HEADER = ["标题", "正文", "发布时间", "作者", "版次", "来源"]
ROW = [
    "平湖签约",
    "昨天，平湖签约了5个人工智能项目。",
    "2025-07-31 08:00",
    "记者 王强 通讯员 李明",
    "第03版",
    "平湖日报",
]
PART = Part(ROW[1], Stated("平湖签约", ("王强", "李明"), "2025-07-31", "stated", "平湖日报", "03", True), "#1")


def _csv(*rows: list[str], delimiter: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


def _read(data: str | bytes, name: str = "e.csv", /, **columns: str) -> list[Part | Refused]:
    return list(read_table(data.encode() if isinstance(data, str) else data, name, tuple(columns.items())))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv(codec: str, delimiter: str) -> None:
    assert _read(_csv(HEADER, ROW, delimiter=delimiter).encode(codec)) == [PART]


def test_big5_csv() -> None:
    data = _csv(["標題", "內容"], ["市政府開會", "昨天，市政府開會討論經濟發展，市長說這是今年的重要工作。"]).encode(
        "big5"
    )
    assert _read(data) == [
        Part("昨天，市政府開會討論經濟發展，市長說這是今年的重要工作。", Stated("市政府開會", whole=True), "#1")
    ]


def test_quoted_cells_keep_commas_quotes_and_line_ends() -> None:
    text = '第一段，“引号”"和"逗号,。\n第二段。'
    assert [p.text for p in _read(_csv(["title", "content"], ["t", text])) if isinstance(p, Part)] == [text]


def test_long_cell() -> None:
    text = "平湖签约。" * 60_000
    assert [p.text for p in _read(_csv(["body"], [text])) if isinstance(p, Part)] == [text]


def test_json_lines() -> None:
    lines = [
        {
            "title": "平湖签约",
            "content": ROW[1],
            "publish_time": "2025-07-31",
            "authors": ["王强", "李明"],
            "paper": "平湖日报",
            "page": "03",
            "id": 7,
        },
        {"headline": "乙", "body": "第二篇。"},
        {"headline": "丙", "body": None},
        {"headline": "丁"},
        [1],
        None,
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n{bad\n"
    none = "holds no text: fill it in or remove it."
    no_object = "is not a JSON object: correct the line or remove it."
    assert _read(text, "e.jsonl") == [
        PART,
        Part("第二篇。", Stated("乙", whole=True), "#2"),
        Refused("#3", none),
        Refused("#4", none),
        Refused("#5", no_object),
        Refused("#6", no_object),
        Refused("#7", no_object),
    ]


def test_empty_row_does_not_lose_the_next() -> None:
    assert _read(_csv(HEADER, ["空"] + [""] * 5, ROW)) == [
        Refused("#1", "holds no text: fill it in or remove it."),
        Part(PART.text, PART.stated, "#2"),
    ]


def test_html_in_a_cell_becomes_text() -> None:
    parts = _read(_csv(["body"], ["<p>第一段&amp;。</p><p>第二段<b>粗</b>。<br>第三行。</p><script>x()</script>"]))
    assert parts == [Part("第一段&。\n第二段粗。\n第三行。\n", Stated(whole=True), "#1")]


def test_a_less_than_sign_is_not_html() -> None:
    assert _read(_csv(["body"], ["当a<b且c>d时成立。"])) == [Part("当a<b且c>d时成立。", Stated(whole=True), "#1")]


def test_columns_that_are_named() -> None:
    assert _read(_csv(["题", "稿"], ["甲", "昨天。"]), text="稿", title="题") == [
        Part("昨天。", Stated("甲", whole=True), "#1")
    ]


@pytest.mark.parametrize(
    ("text", "columns", "why"),
    [
        (
            _csv(["题", "稿"], ["甲", "乙"]),
            {},
            r"^e\.csv has no column for the text \(columns: 题, 稿\): name it in e\.csv\.yaml",
        ),
        (
            _csv(["题", "稿"], ["甲", "乙"]),
            {"text": "文"},
            r"^e\.csv has no column '文', which e\.csv\.yaml names \(columns: 题, 稿\)",
        ),
        (b"\x00\x01\x02" * 50, {}, r"^e\.csv is not text in UTF-8"),
        (b"body\n" + "平湖签约。\n".encode() * 9000 + b"\xff\xff\n", {}, r"^e\.csv is not utf-8 throughout"),
    ],
    ids=["no text", "no such column", "binary", "two encodings"],
)
def test_file_that_is_refused(text: str | bytes, columns: dict[str, str], why: str) -> None:
    with pytest.raises(CorpusError, match=why):
        _read(text, **columns)
