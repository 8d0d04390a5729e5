"""Write the workbooks of ``tests/data/cases/workbooks`` with openpyxl, xlwt and odfpy: ``python tests/data/make_sheets.py``."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import xlwt
from odf import opendocument, table, text

FOLDER = Path(__file__).parent / "cases" / "workbooks"
DATED = date(2025, 7, 31)
HEADER = ("单位", "岗位", "名额", "占比", "经费", "报名截止")
ROWS = (
    ("青岩中学", "教师", 15.0, 0.125, 1234567.5, DATED),
    ("青岩医院", "护士", 22.0, 0.5, 35000000, DATED),
    (None, "医生", 8, 0.0625, 980, DATED),
)
FORMATS = ("General", "General", "General", "0.0%", "#,##0.00", "yyyy/m/d")
EXPORT = (
    ("标题", "正文", "作者", "日期"),
    ("白杨道改名", "白杨道昨日改名，投资六千万元。", "王强", DATED),
    ("冷库扩产", "沙湾渔业公司扩产，冷库总容量四万七千吨。", "李明", "2025-08-01"),
    ("空稿", None, "李明", DATED),
)


def xlsx() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "招考名额"
    sheet.append(["青岩县招考名额表"])
    sheet.merge_cells("A1:F1")
    sheet.append(HEADER)
    for row in ROWS:
        sheet.append(row)
        for cell, code in zip(sheet[sheet.max_row], FORMATS, strict=True):
            cell.number_format = code
    sheet.merge_cells("A4:A5")
    secret = book.create_sheet("底稿")
    secret.append(["内部", 99])
    secret.sheet_state = "hidden"
    book.create_sheet("空表")
    book.save(FOLDER / "table.xlsx")
    book = openpyxl.Workbook()
    for row in EXPORT:
        book.active.append(row)
    book.save(FOLDER / "export.xlsx")


def xls() -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("招考名额")
    sheet.write_merge(0, 0, 0, 5, "青岩县招考名额表")
    for column, name in enumerate(HEADER):
        sheet.write(1, column, name)
    for number, row in enumerate(ROWS, 2):
        for column, (value, code) in enumerate(zip(row, FORMATS, strict=True)):
            if value is not None and not (column == 0 and number == 3):
                sheet.write(number, column, value, xlwt.easyxf(num_format_str=code))
    sheet.write_merge(3, 4, 0, 0, "青岩医院")
    book.add_sheet("底稿").write(0, 0, "内部")
    book.get_sheet(1).visibility = 1
    book.save(str(FOLDER / "table.xls"))


def ods() -> None:
    book = opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name="招考名额")
    for values in (HEADER, *ROWS):
        row = table.TableRow()
        for value, code in zip(values, FORMATS, strict=True):
            shown = (
                f"{value:.1%}" if code == "0.0%" and isinstance(value, float) else "" if value is None else str(value)
            )
            typed = (
                {"valuetype": "date", "datevalue": str(value)} if isinstance(value, date) else {"valuetype": "string"}
            )
            cell = table.TableCell(**typed)
            cell.addElement(text.P(text=shown.replace("-", "/").removesuffix(".0")))
            row.addElement(cell)
        sheet.addElement(row)
    sheet.addElement(table.TableRow(numberrowsrepeated=1_000_000))
    book.spreadsheet.addElement(sheet)
    book.save(str(FOLDER / "table.ods"))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    xlsx()
    xls()
    ods()
