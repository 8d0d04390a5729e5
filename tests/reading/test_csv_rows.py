from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.csv_records import Records
from tests.support.read_articles import read_articles

HEAD = "标题,正文,日期\n"
GOOD = "乙,冷库总容量四万七千吨。,2025-07-31\n丙,青岩医院招考护士22名。,2025-08-01\n"
TWO = {"e.csv#2": "冷库总容量四万七千吨。", "e.csv#3": "青岩医院招考护士22名。"}
MARKS = "e.csv has quotation marks that are not closed or not doubled (#1), read as they stand: export it again."


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ('甲,"总投资5亿元。,2025-07-30\n', '"总投资5亿元。'),
        ('"甲","总投资5亿元。,"2025-07-30"\n', '"总投资5亿元。'),
        ('甲,"智慧城市"项目总投资5亿元。,2025-07-30\n', '"智慧城市"项目总投资5亿元。'),
        ('甲,"他说"你好"，总投资5亿元。",2025-07-30\n', '他说"你好"，总投资5亿元。'),
        ('甲,"他说"你好"。\n总投资5亿元。",2025-07-30\n', '他说"你好"。总投资5亿元。'),
        ('甲,"总投资""5亿元""。" ,2025-07-30\n', '总投资"5亿元"。'),
    ],
    ids=["unclosed", "all quoted", "at the start", "not doubled", "not doubled in two lines", "blank behind"],
)
@pytest.mark.parametrize(
    "rest", [GOOD, '乙,"冷库总容量四万七千吨。",2025-07-31\n"丙","青岩医院招考护士22名。","2025-08-01"\n']
)
def test_a_quotation_mark_costs_its_own_row_at_most(row: str, text: str, rest: str, tmp_path: Path) -> None:
    texts, said = read_articles(tmp_path / "in", **{"e.csv": HEAD + row + rest})
    assert texts == {"e.csv#1": text, **TWO}
    assert said == [MARKS]


def test_unclosed_cell_of_several_lines_is_named(tmp_path: Path) -> None:
    texts, said = read_articles(tmp_path / "in", **{"e.csv": HEAD + '甲,"第一段。\n第二段5人。\n' + GOOD})
    assert texts == {"e.csv#1": '"第一段。', "e.csv#3": TWO["e.csv#2"], "e.csv#4": TWO["e.csv#3"]}
    assert said == [
        "e.csv#2 holds no text: fill it in or remove it.",
        MARKS,
        "e.csv is read, but 1 row has no date that can be read (#1): write it as 2025-07-31.",
    ]


def test_last_row_unclosed_and_a_tab_separated_file(tmp_path: Path) -> None:
    files = {
        "e.csv": HEAD + GOOD + '丁,"没关5人。,2025-08-02',
        "f.tsv": '标题\t正文\n甲\t"开头"的引号5个。\n乙\t二。\n',
    }
    texts, said = read_articles(tmp_path / "in", **files)
    assert texts["e.csv#3"] == '"没关5人。'
    assert (texts["f.tsv#1"], texts["f.tsv#2"]) == ('"开头"的引号5个。', "二。")
    assert said == [MARKS.replace("#1", "#3"), MARKS.replace("e.csv", "f.tsv")]


@pytest.mark.parametrize(
    ("head", "row", "text"),
    [
        ("标题,正文\n", "甲,单价1,234元\n", "单价1,234元"),
        ("标题,正文\n", "甲,产值1,234,567元\n", "产值1,234,567元"),
        (HEAD, "甲,单价1,234元,2025-07-30\n", "单价1,234元"),
        ("正文,标题\n", "总投资12,500万元,甲\n", "总投资12,500万元"),
        ("标题,正文\n", "甲,单价1,234元,\n", "单价1,234元"),
    ],
)
@pytest.mark.parametrize("times", [1, 3])
def test_figure_with_a_comma_that_is_not_quoted(head: str, row: str, text: str, times: int, tmp_path: Path) -> None:
    texts, said = read_articles(tmp_path / "in", **{"e.csv": head + row * times})
    assert list(texts.values()) == [text] * times
    assert said == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("标题,正文,备注\n甲,单价1,234元\n", "may have a figure cut at its comma (单价1,234元): put"),
        ("标题,正文,备注\n甲,单价1,234元,\n乙,二。,\n", "may have a figure cut at its comma (单价1,234元): put"),
        ("正文,数量\n总计5,100,200\n", "has 3 cells, more than the header: put text that holds a delimiter in quotes."),
        (
            "标题,正文\n甲,一百,二百元\n",
            "has 3 cells, more than the header: put text that holds a delimiter in quotes.",
        ),
    ],
)
def test_row_that_may_be_cut_in_a_figure_is_named(data: str, why: str, tmp_path: Path) -> None:
    texts, said = read_articles(tmp_path / "in", **{"e.csv": data})
    assert "e.csv#1" not in texts
    assert said[0].startswith(f"e.csv#1 {why}")


@pytest.mark.parametrize("row", ["甲,第3,100\n", "甲,共5人,100元\n", "甲,第3,2025元\n", "甲,3,100元\n"])
def test_cells_that_are_no_cut_figure(row: str, tmp_path: Path) -> None:
    texts, _ = read_articles(tmp_path / "in", **{"e.csv": f"标题,正文,数量\n{row}"})
    assert texts == {"e.csv#1": row.split(",")[1]}


@pytest.mark.parametrize("head", [",标题,正文", "标题,,正文", "正文"])
def test_text_in_the_last_column_beside_one_without_a_name(head: str, tmp_path: Path) -> None:
    row = ",".join(["总投资5"] * len(head.split(",")))
    texts, _ = read_articles(tmp_path / "in", **{"e.csv": f"{head}\n{row}\n"})
    assert texts == {"e.csv#1": "总投资5"}


_CELL = st.text(st.sampled_from('甲1," \n\r;\t'), max_size=6)


@given(st.lists(st.lists(_CELL, min_size=2, max_size=4), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_valid_files_are_read_as_the_library_reads_them(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    found = list(Records(io.StringIO(out.getvalue(), newline=""), delimiter))
    assert [record.cells for record in found] == [row for row in rows if any(row)]
    assert all(record.is_valid for record in found)


@given(st.text(st.sampled_from('甲1,"\n'), max_size=40))
def test_no_character_of_a_damaged_file_is_lost(text: str) -> None:
    found = [cell for record in Records(io.StringIO(text, newline=""), ",") for cell in record.cells]
    assert "".join(found).count("甲") == text.count("甲")
    assert "".join(found).count("1") == text.count("1")
