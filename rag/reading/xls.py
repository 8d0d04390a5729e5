"""Workbook in Excel's old format (.xls) -> its sheets, each cell as a person sees it."""

from __future__ import annotations

import io
import struct

import xlrd  # type: ignore[import-untyped]

from rag.errors import CorpusError
from rag.reading.date_format import moment
from rag.reading.number_format import BUILT_IN, is_date, shown_number
from rag.reading.sheet import Sheet, Value, shown_rows

_DAMAGED = "is damaged or not an Excel workbook: save it again as .xlsx."


def read_xls(data: bytes) -> list[Sheet]:
    """Return the sheets in their order. Raise CorpusError if this is no workbook."""
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise CorpusError("is protected by a password: save it without one.") from error
        raise CorpusError(_DAMAGED) from error
    except (xlrd.compdoc.CompDocError, AssertionError, IndexError, KeyError, ValueError, struct.error) as error:
        raise CorpusError(_DAMAGED) from error
    return [Sheet(sheet.name, is_hidden=True) if sheet.visibility else _sheet(book, sheet) for sheet in book.sheets()]


def _sheet(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> Sheet:
    cells = {
        (row, column): _value(book, sheet.cell(row, column))
        for row in range(sheet.nrows)
        for column in range(sheet.row_len(row))
    }
    merged = [(top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells]
    hidden_rows = {row for row, about in sheet.rowinfo_map.items() if about.hidden}
    hidden_columns = {column for column, about in sheet.colinfo_map.items() if about.hidden}
    rows, hidden = shown_rows(cells, merged, hidden_rows, hidden_columns)
    return Sheet(sheet.name, rows, hidden=hidden)


def _value(book: xlrd.Book, cell: xlrd.sheet.Cell) -> Value:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return Value(cell.value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return Value("TRUE" if cell.value else "FALSE")
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return Value(xlrd.error_text_from_code.get(cell.value, ""))
    if cell.ctype not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return Value()
    key = book.xf_list[cell.xf_index].format_key if cell.xf_index is not None else 0
    code = book.format_map[key].format_str if key in book.format_map else ""
    code = BUILT_IN.get(key, code)
    is_1904 = bool(book.datemode)
    at = moment(cell.value, is_1904) if is_date(code) and cell.value >= 1 else None
    return Value(shown_number(cell.value, code, is_1904), at.date().isoformat() if at else "")
