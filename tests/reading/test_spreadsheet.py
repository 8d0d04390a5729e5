from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.assistant import Assistant
from rag.config import Limits, Settings
from rag.embedding.embedder import Embedder
from rag.errors import CorpusError
from rag.indexing.build import build
from rag.reading.number_format import shown_number
from rag.reading.reader import FileReader
from rag.reading.spreadsheet import Spreadsheet
from rag.schema import Page, Part, Refused
from tests.support.read_articles import read_articles

CASES = Path(__file__).parents[1] / "data" / "cases" / "workbooks"
_OFFICE = "http://schemas.openxmlformats.org"


def workbook(rows: str, *, after: str = "", formats: tuple[str, ...] = (), strings: str = "", **sheet: str) -> bytes:
    """A workbook of one sheet, from the XML of its rows. Style ``n`` of a cell has format ``formats[n]``."""
    main, relation = f"{_OFFICE}/spreadsheetml/2006/main", f"{_OFFICE}/officeDocument/2006/relationships"
    state = "".join(f' {key}="{value}"' for key, value in sheet.items())
    codes = "".join(f'<numFmt numFmtId="{200 + i}" formatCode="{code}"/>' for i, code in enumerate(formats))
    styles = "".join(f'<xf numFmtId="{200 + i}"/>' for i in range(len(formats)))
    relations = f'<Relationships xmlns="{_OFFICE}/package/2006/relationships">{{}}</Relationships>'
    item = f'<Relationship Id="{{0}}" Type="{relation}/{{0}}" Target="{{1}}"/>'
    files = {
        "_rels/.rels": relations.format(item.format("officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": relations.format(
            "".join(item.format(k, f"{k}.xml") for k in ("worksheet", "styles", "sharedStrings"))
        ),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets><sheet name="收成" r:id="worksheet"{state}/>'
        "</sheets></workbook>",
        "xl/worksheet.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData>{after}</worksheet>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def row(*cells: str, **about: str) -> str:
    return "<row" + "".join(f' {k}="{v}"' for k, v in about.items()) + f">{''.join(cells)}</row>"


def words(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def number(value: object, style: int | None = None) -> str:
    return f"<c{'' if style is None else f' s={chr(34)}{style}{chr(34)}'}><v>{value}</v></c>"


def parts(data: bytes) -> list[Part | Refused]:
    document = Spreadsheet(data)
    return [document.part(i) for i in range(len(document))]


def texts(data: bytes) -> list[str]:
    return [part.text if isinstance(part, Part) else part.why for part in parts(data)]


@pytest.mark.parametrize("name", ["table.xlsx", "table.xls"])
def test_table_as_a_person_sees_it(name: str) -> None:
    table, hidden = parts((CASES / name).read_bytes())
    assert isinstance(table, Part)
    assert isinstance(hidden, Refused)
    assert table.text == (
        "青岩县招考名额表\n单位\t岗位\t名额\t占比\t经费\t报名截止\n"
        "青岩中学\t教师\t15\t12.5%\t1,234,567.50\t2025/7/31\n"
        "青岩医院\t护士\t22\t50.0%\t35,000,000.00\t2025/7/31\n"
        "青岩医院\t医生\t8\t6.3%\t980.00\t2025/7/31\n"
    )
    assert (table.stated.title, table.stated.whole, table.mark) == ("青岩县招考名额表", True, "")
    assert (hidden.file, hidden.why.split(":")[0]) == ("#2", "is the hidden sheet '底稿' and is left out")


def test_opendocument_table() -> None:
    (table,) = parts((CASES / "table.ods").read_bytes())
    assert isinstance(table, Part)
    assert table.stated.title == "招考名额"
    assert table.text.split("\n")[1:3] == [
        "青岩中学\t教师\t15\t12.5%\t1234567.5\t2025/07/31",
        "青岩医院\t护士\t22\t50.0%\t35000000\t2025/07/31",
    ]


def test_export_is_an_article_a_row() -> None:
    first, second, empty = parts((CASES / "export.xlsx").read_bytes())
    assert isinstance(first, Part)
    assert isinstance(second, Part)
    assert (first.text, first.mark) == ("白杨道昨日改名，投资六千万元。", "#1")
    assert (first.stated.title, first.stated.byline, first.stated.date) == ("白杨道改名", ("王强",), "2025-07-31")
    assert (second.stated.title, second.stated.date) == ("冷库扩产", "2025-08-01")
    assert empty == Refused("#3", "holds no text: fill it in or remove it.")


def test_agenda_is_a_table_and_no_export() -> None:
    data = workbook(row(words("时间"), words("内容"), words("地点")) + row(words("9:00"), words("开幕"), words("礼堂")))
    assert texts(data) == ["时间\t内容\t地点\n9:00\t开幕\t礼堂\n"]


def test_cells_over_rows_and_columns_hidden_rows_and_empty_cells() -> None:
    rows = (
        row(
            '<c r="A1" t="inlineStr"><is><t>村名</t></is></c>',
            '<c r="C1" t="inlineStr"><is><t>产量</t></is></c>',
            r="1",
        )
        + row('<c r="A3" t="inlineStr"><is><t>上屿村</t></is></c>', '<c r="C3"><v>700</v></c>', r="3")
        + row('<c r="C4"><v>300</v></c>', r="4")
        + row('<c r="A5" t="inlineStr"><is><t>密</t></is></c>', r="5", hidden="1")
    )
    data = workbook(rows, after='<mergeCells><mergeCell ref="A3:B4"/></mergeCells>')
    shown, left_out = texts(data)
    assert shown == "村名\t产量\n上屿村\t700\n上屿村\t300\n"
    assert left_out.startswith("is sheet '收成', whose 1 hidden rows or columns are left out")


def test_hidden_columns_are_left_out() -> None:
    rows = row(words("甲"), words("密"), words("乙")) + row(number(1), number(2), number(3))
    data = workbook(rows, after='<cols><col min="2" max="2" hidden="1"/></cols>')
    assert texts(workbook(rows)) == ["甲\t密\t乙\n1\t2\t3\n"]
    assert texts(data)[0] == "甲\t乙\n1\t3\n"


def test_strings_with_raised_figures_and_readings() -> None:
    up = '<r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>'
    strings = f"<si><r><t>346</t></r>{up}<r><t>亿元</t></r></si><si><t>平湖</t><rPh><t>ピンフ</t></rPh></si>"
    struck = '<c t="inlineStr"><is><r><rPr><strike/></rPr><t>八</t></r><r><t>六</t></r></is></c>'
    data = workbook(
        row('<c t="s"><v>0</v></c>', '<c t="s"><v>1</v></c>', struck, '<c t="s"><v>9</v></c>'), strings=strings
    )
    assert texts(data) == ["346亿元¹\t平湖\t六\n"]


def test_formulas_errors_and_truth_values() -> None:
    cells = (
        "<c><f>A1*2</f><v>44</v></c>",
        "<c><f>A1</f></c>",
        "<c><f>A1</f><v></v></c>",
        "<c t='str'><f>A1</f><v/></c>",
        '<c t="e"><v>#N/A</v></c>',
        '<c t="b"><v>1</v></c>',
    )
    shown, without = texts(workbook(row(*cells, '<c t="str"><f>A1</f><v>文</v></c>')))
    assert shown == "44\t#N/A\tTRUE\t文\n"
    assert without == (
        "has 2 formulas without a result in sheet '收成' (B1, C1): open it, calculate it and save it again."
    )


def test_strict_workbook() -> None:
    rows = row(words("报名"), '<c t="d" s="0"><v>2025-07-31</v></c>')
    transitional = workbook(rows, formats=("yyyy/m/d",))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(transitional)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            text = (
                old.read(name)
                .decode()
                .replace(f"{_OFFICE}/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
            )
            text = text.replace(
                f"{_OFFICE}/officeDocument/2006/relationships",
                "http://purl.oclc.org/ooxml/officeDocument/relationships",
            )
            new.writestr(name, text)
    assert texts(file.getvalue()) == ["报名\t2025/7/31\n"]


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (22.0, "General", "22"), (0.1 + 0.2, "", "0.3"), (22, "G/通用格式", "22"), (2.5, "0", "3"), (2.5, "0.##", "2.5"),
        (0.125, "0.0%", "12.5%"), (1.15, "0%", "115%"), (-0.031, "0.0%", "-3.1%"), (1234567.5, "#,##0.00", "1,234,567.50"),
        (-1234, "#,##0;[Red](#,##0)", "(1,234)"), (-1234.5, "0.0_ ", "-1234.5"), (0, "#,##0", "0"), (5, ";;;", ""),
        (12345, '0!.0,"万"', "1.2万"), (123456, '[>=10000]0.0,"千";0', "123.5千"),
        (3.5, '0.00"亿元"', "3.50亿元"), (1234.5, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ', "¥1,234.50"), (7, "000", "007"),
        (57385012345, "0000-0000000", "5738-5012345"), (0.5, "# ?/?", "1/2"), (12345, "0.00E+00", "1.23E+04"),
        (45869, "yyyy/m/d", "2025/7/31"), (45869, '[$-804]yyyy"年"m"月"d"日";@', "2025年7月31日"),
        (45869, '[DBNum1][$-804]yyyy"年"m"月"d"日";@', "二〇二五年七月三十一日"), (45869, "m/d/yy", "7/31/25"),
        (45869, "aaaa", "星期四"), (0.5, "h:mm", "12:00"), (45869.7547222, "yyyy/m/d h:mm", "2025/7/31 18:06"),
        (0.75, "h:mm AM/PM", "6:00 PM"), (1.5, "[h]:mm", "36:00"), (1, "yyyy-mm-dd", "1900-01-01"), (12, '"第"0"届"', "第12届"),
        (float("inf"), "0.0", "inf"), (1e20, "#,##0", "100,000,000,000,000,000,000"),
    ],
)  # fmt: skip
def test_number_in_its_format(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_thousands_and_places_change_no_figure(units: int, places: int) -> None:
    value = units / 10**places
    shown = shown_number(value, "#,##0" + ("." + "0" * places if places else ""))
    assert shown == f"{value:,.{places}f}" or abs(value) >= 2**53 / 10**places


@given(st.integers(61, 70_000))
def test_dates(days: int) -> None:
    assert shown_number(days, "yyyy-mm-dd") == (date(1899, 12, 30) + timedelta(days)).isoformat()


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=2, max_size=4), min_size=1, max_size=6))
def test_every_figure_of_a_sheet_is_read(rows: list[list[int]]) -> None:
    (text,) = texts(workbook("".join(row(*map(number, values)) for values in rows)))
    assert re.findall(r"\d+", text) == [str(value) for values in rows for value in values]


def test_files_that_are_no_workbooks() -> None:
    for data, why in (
        (b"", "is damaged or not an? Excel workbook"),
        (b"no workbook", "is damaged or not an? Excel workbook"),
        (b"<html><table><tr><td>1</table>", "is a web page or XML, and no workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "is damaged or not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "is protected by a password"),
    ):
        with pytest.raises(CorpusError, match=f"^{why}"):
            Spreadsheet(data)


def test_workbooks_in_a_folder(tmp_path: Path, embedder: Embedder) -> None:
    with FileReader(CASES, Limits()) as reader:
        pages = [page for path in sorted(CASES.iterdir()) for page in reader.pages_of(path)]
    assert [page.file for page in pages if isinstance(page, Page)] == [
        *("export.xlsx#1", "export.xlsx#2", "table.ods", "table.xls", "table.xlsx")
    ]
    assert [page.file for page in pages if isinstance(page, Refused)] == [
        "export.xlsx#3",
        "table.xls#2",
        "table.xlsx#2",
    ]
    build(CASES, tmp_path, embedder)
    answer = Assistant(Settings(index_dir=tmp_path), embedder).ask("沙湾渔业公司冷库总容量多少吨")
    assert any("四万七千吨" in citation.quote for citation in answer.citations)


def _export(*rows: tuple[str, str, str]) -> bytes:
    return workbook("".join(row(*map(words, cells)) for cells in (("标题", "正文", "日期"), *rows)))


@pytest.mark.parametrize("is_dated", [False, True])
def test_rows_of_a_workbook_without_a_date_are_named(is_dated: bool, tmp_path: Path) -> None:
    data = _export(("甲", "一。", "2025-07-31"), ("乙", "二。", "改天"), ("丙", "三。", ""), ("丁", "", "改天"))
    files = {"a.xlsx": data, **({"a.xlsx.yaml": b"date: 2025-07-30"} if is_dated else {})}
    texts, said = read_articles(tmp_path / "in", **files)
    assert texts == {"a.xlsx#1": "一。", "a.xlsx#2": "二。", "a.xlsx#3": "三。"}
    rows = "1 row has no date that can be read (#2 '改天')"
    if not is_dated:
        rows = "2 rows have no date that can be read (#2 '改天', #3)"
    assert said == [
        "a.xlsx#4 holds no text: fill it in or remove it.",
        f"a.xlsx is read, but {rows}: write it as 2025-07-31.",
    ]


def test_formulas_that_a_program_did_not_calculate(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "预算"
    for cells in (["项目", "万元"], ["甲", 12], ["乙", 30], ["合计", "=SUM(B2:B3)"]):
        book.active.append(cells)
    file = io.BytesIO()
    book.save(file)
    texts, said = read_articles(tmp_path / "in", **{"a.xlsx": file.getvalue()})
    assert texts == {"a.xlsx": "项目\t万元\n甲\t12\n乙\t30\n合计"}
    assert said == [
        "a.xlsx has a formula without a result in sheet '预算' (B4): open it, calculate it and save it again."
    ]


def test_values_and_formulas_of_opendocument_without_their_text(tmp_path: Path) -> None:
    office = "urn:oasis:names:tc:opendocument:xmlns:%s:1.0"
    spaces = " ".join(f'xmlns:{name}="{office % name}"' for name in ("office", "table", "text"))
    cells = (
        "<table:table-cell><text:p>合计</text:p></table:table-cell>",
        '<table:table-cell office:value-type="float" office:value="22"/>',
        '<table:table-cell office:value-type="string" office:string-value="万元"/>',
        '<table:table-cell table:formula="of:=SUM([.A1])"/>',
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='表'><table:table-row>"
        f"{''.join(cells)}</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr("content.xml", content)
    shown, without = texts(file.getvalue())
    assert shown == "合计\t22\t万元\n"
    assert without.startswith("has a formula without a result in sheet '表' (D1): ")


def test_columns_of_text_and_rows_above_the_header_of_a_workbook(tmp_path: Path) -> None:
    rows = [("海川日报导出",), ("标题", "正文", "内容"), ("甲", "总投资5亿元。", "用地30亩。")]
    data = workbook("".join(row(*map(words, cells)) for cells in rows))
    assert read_articles(tmp_path / "in", **{"a.xlsx": data}) == (
        {"a.xlsx#1": "总投资5亿元。用地30亩。"},
        ["a.xlsx begins with rows above its header, which are in no article: 海川日报导出"],
    )
