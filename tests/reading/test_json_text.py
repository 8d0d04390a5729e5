from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.reading.json_text import JsonText, name_in_json
from tests.support.read_articles import read_articles


def _leaf(text: str, **more: object) -> dict[str, object]:
    return {"type": "text", "text": text, **more}


TIPTAP = {
    "type": "doc",
    "content": [
        {"type": "heading", "attrs": {"level": 2}, "content": [_leaf("一期工程")]},
        {
            "type": "paragraph",
            "content": [
                _leaf("总投资"),
                _leaf("5亿元", marks=[{"type": "bold"}]),
                {"type": "hardBreak"},
                _leaf("已开工。"),
            ],
        },
        {
            "type": "table",
            "content": [
                {"type": "tableRow", "content": [{"type": "tableCell", "content": [_leaf(cell)]} for cell in row]}
                for row in (("村", "吨"), ("上屿", "700"))
            ],
        },
    ],
}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            [{"type": "paragraph", "text": "第一段总投资5亿元。"}, {"type": "paragraph", "text": "第二段共26天。"}],
            "第一段总投资5亿元。第二段共26天。",
        ),
        ({"rendered": "<p>甲段12人。</p><p>乙段。</p>", "protected": False}, "甲段12人。乙段。"),
        (TIPTAP, "一期工程\n总投资5亿元已开工。\n村\t吨\n上屿\t700"),
        (
            {
                "ops": [
                    {"insert": "总投资"},
                    {"insert": "5亿元", "attributes": {"bold": True}},
                    {"insert": "6亿元", "attributes": {"strike": True}},
                    {"insert": "。\n第二段。\n"},
                    {"insert": {"image": "x.png"}},
                ]
            },
            "总投资5亿元。第二段。",
        ),
        (
            {
                "time": 1,
                "blocks": [
                    {"id": "a", "type": "header", "data": {"text": "一期工程", "level": 2}},
                    {"type": "paragraph", "data": {"text": "共<b>12</b>人。"}},
                    {"type": "list", "data": {"style": "ordered", "items": ["甲项5万元", "30人参加"]}},
                    {"type": "table", "data": {"content": [["村", "吨"], ["上屿", "700"]]}},
                    {"type": "image", "data": {"file": {"url": "u"}, "caption": "图为现场"}},
                ],
            },
            "一期工程\n共12人。\n甲项5万元\n30人参加\n村\t吨\n上屿\t700\n图为现场",
        ),
        (
            [
                {"type": "paragraph", "children": [{"text": "用地"}, {"text": "30亩", "bold": True}, {"text": "。"}]},
                {"children": [{"text": "另有"}, {"type": "link", "url": "x", "children": [{"text": "二期"}]}]},
            ],
            "用地30亩。\n另有二期",
        ),
        (["第一段。", "第二段。"], "第一段。第二段。"),
        ([{"type": "text", "text": "甲村5户"}, {"type": "text", "text": "30人搬迁。"}], "甲村5户30人搬迁。"),
    ],
    ids=["blocks", "rendered", "tree", "operations", "editor", "children", "strings", "texts"],
)
def test_body_that_is_no_string(content: object, text: str, tmp_path: Path) -> None:
    row = json.dumps({"title": "甲", "content": content}, ensure_ascii=False)
    assert read_articles(tmp_path / "in", **{"a.jsonl": row}) == ({"a.jsonl#1": text}, [])


def test_pieces_of_one_text_are_read_once() -> None:
    rich = [{"type": "text", "text": {"content": "5亿"}, "plain_text": "5亿"}, {"type": "text", "plain_text": "元。"}]
    assert JsonText([{"type": "paragraph", "paragraph": {"rich_text": rich}}]).text == "5亿元。"


def test_keys_that_are_not_known_are_named(tmp_path: Path) -> None:
    content = [{"正文": "读到的5万元。", "旁注": "旁注的话", "url": "http://x", "id": 7}, {"甲": {"乙": "深处的话"}}]
    row = json.dumps({"title": "甲", "content": content}, ensure_ascii=False)
    assert read_articles(tmp_path / "in", **{"a.jsonl": row}) == (
        {"a.jsonl#1": "读到的5万元。"},
        ["a.jsonl has text under '旁注', '甲', which is in no article: move it to the text."],
    )


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"text": "正文说投资5亿元。", "content": "另一段说用地30亩。"}, "正文说投资5亿元。另一段说用地30亩。"),
        ({"content": "<p>投资5亿元。</p><p>完。</p>", "text": "投资5亿元。"}, "投资5亿元。完。"),
        ({"正文": "投资5亿元。", "全文": "投资5亿元。"}, "投资5亿元。"),
        ({"正文": "", "内容": "只有内容。"}, "只有内容。"),
    ],
    ids=["two", "one holds the other", "equal", "one empty"],
)
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_two_columns_of_text(row: dict[str, str], text: str, suffix: str, tmp_path: Path) -> None:
    row = {"title": "甲", **row}
    data = json.dumps(row) if suffix == "jsonl" else ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    assert read_articles(tmp_path / "in", **{f"a.{suffix}": data}) == ({f"a.{suffix}#1": text}, [])


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ([{"name": "王强"}, {"name": "李明", "id": 3}], "王强、李明"),
        ({"rendered": "题目&#038;"}, "题目&"),
        ({"$date": {"$numberLong": "1753920000000"}}, "1753920000000"),
        (["王强", None, {"url": "x"}], "王强"),
        (True, ""),
    ],
)
def test_name_in_an_object(value: object, name: str) -> None:
    assert name_in_json(value) == name


def test_deeply_nested_body_ends_no_run(tmp_path: Path) -> None:
    deep = '{"title": "甲", "content": ' + '{"content": [' * 450 + '"深"' + "]}" * 450 + "}\n"
    row = '{"title": "乙", "content": "总投资5亿元。"}\n'
    texts, said = read_articles(tmp_path / "in", **{"a.jsonl": deep + row})
    assert texts.get("a.jsonl#2") == "总投资5亿元。"
    assert "a.jsonl#1" in texts or said == ["a.jsonl#1 is nested too deeply: export it as a list of paragraphs."]
