"""A row of a table in a file keeps its place although its other cells are empty."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest

from rag.config import DEFAULT_LIMITS
from rag.layout.articles import CutPage, cut
from rag.reading import grid
from rag.reading.reader import FileReader
from rag.schema import Page

TOP = ("青岩县公布项目", "本报讯（记者 高远）青岩县昨日公布今年重点项目，各镇投资见下表。")
MORE = "县总工会表示，今后还将继续开展评选，鼓励职工立足岗位。"
NEXT = ("青岩海关缉获走私", "本报讯（记者 林峰）青岩海关昨日缉获走私香烟三百箱，案值二百万元。")
TABLES = {
    "last cells": (("镇", "投资", "备注"), ("新埭", "120", "在建"), ("钟埭", "987", ""), ("广陈", "", "")),
    "header": (("类别", "", ""), ("工业", "产值", "120"), ("农业", "", ""), ("渔业", "", "")),
    "two columns": (("单位", "名额"), ("青岩医院", "22"), ("青岩中学", ""), ("青岩小学", "")),
    "sections": (("镇", "投资", "备注"), ("一、工业", "", ""), ("新埭", "120", "在建"), ("二、农业", "", "")),
    "first cells": (("镇", "投资", "备注"), ("新埭", "120", "在建"), ("", "987", ""), ("", "", "缓建")),
    "wide cell": (("项目", "投资"), ("青岩县城东新区地下综合管廊及道路改造二期工程", ""), ("大桥", "三亿元")),
    "note": (("镇", "投资"), ("新埭", "120"), ("注：以上为预计数。", "")),
    "people": (("姓名", "单位"), ("记者 王强", ""), ("陆海生", "青岩"), ("李娜", "")),
    "page numbers": (("日期", "比赛"), ("2025年6月3日", "青岩队"), ("2025年6月4日", ""), ("第3版", "")),
}


def _word_file(table: Sequence[Sequence[str]], below: Sequence[str]) -> bytes:
    document = docx.Document()
    for text in TOP:
        document.add_paragraph(text)
    made = document.add_table(len(table), len(table[0]))
    for row, cells in zip(made.rows, table, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for text in below:
        document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _web_page(table: Sequence[Sequence[str]], below: Sequence[str]) -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in table)
    prose = "".join(f"<p>{text}</p>" for text in below)
    return f"<body><h1>{TOP[0]}</h1><p>{TOP[1]}</p><table>{rows}</table>{prose}</body>".encode()


def _cut(path: Path, data: bytes) -> CutPage:
    path.write_bytes(data)
    with FileReader(path.parent, DEFAULT_LIMITS) as reader:
        (page,) = reader.pages_of(path)
    assert isinstance(page, Page)
    return cut(page)


def _rows(table: Sequence[Sequence[str]]) -> list[str]:
    return ["\t".join(row).strip("\t") for row in table]


@pytest.mark.slow
@pytest.mark.parametrize("below", [(), (MORE,), NEXT, (MORE, *NEXT)], ids=["end", "prose", "story", "prose and story"])
@pytest.mark.parametrize("name", TABLES)
def test_word_table(tmp_path: Path, name: str, below: Sequence[str]) -> None:
    found = _cut(tmp_path / "a.docx", _word_file(TABLES[name], below))
    first, *others = found.articles
    prose = [MORE] if MORE in below else []
    assert first.text.split("\n")[1:] == _rows(TABLES[name]) + prose
    assert [(a.title, a.byline) for a in others] == ([("青岩海关缉获走私", ("林峰",))] if NEXT[0] in below else [])
    assert found.left_out == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_web_table(tmp_path: Path, name: str) -> None:
    (article,) = _cut(tmp_path / "a.html", _web_page(TABLES[name], (MORE,))).articles
    assert article.text.split("\n")[-len(TABLES[name]) - 1 :] == [*_rows(TABLES[name]), MORE]


def test_tab_behind_the_only_cell() -> None:
    assert grid.line(["广陈", "", ""]) == "广陈\t"
    assert grid.line(["", "987", ""]) == "\t987\t"
    assert grid.line(["钟埭", "987", ""]) == "钟埭\t987"
    assert grid.line(["一段话"]) == "一段话"
    assert grid.lines([["镇", "投资"], ["", ""], ["新埭"]]) == "镇\t投资\n新埭\t\n"
    assert grid.lines([["各镇投资", ""], ["镇", "投资"]]) == "各镇投资\n镇\t投资\n"


def test_headline_with_a_tab_behind_it_is_no_row() -> None:
    text = f"{TOP[0]}\t\n\n{TOP[1]}\n\n{NEXT[0]}\t\n\n{NEXT[1]}\n"
    assert [a.title for a in cut(Page("p.txt", text, "utf-8", "0" * 64)).articles] == [TOP[0], NEXT[0]]
