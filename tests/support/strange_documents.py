"""Word files, workbooks and PDFs drawn at random: each line in them holds a number of its own, so that a lost one shows."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from docx import Document
from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText
from odf.table import Table, TableCell, TableRow
from odf.text import H, P
from openpyxl import Workbook

from tests.support.small_pdf import small_pdf

_ODD = ["", "", " ", "\t", "\u3000", "\u200b", "⼼", "𬀩", "&amp;", "<b>", "\ue5e5", "=1+1", "'"]


class DocumentDrawer:
    """Draws one file after the other. ``lines`` are those in the file drawn last; what a damaged file holds is not
    known."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._number = 0
        self.lines: list[str] = []

    def draw(self) -> tuple[str, bytes]:
        """Return the suffix and the bytes of a file."""
        self.lines = []
        kinds: list[tuple[str, Callable[[], bytes]]] = [
            (".docx", self._word),
            (".odt", self._open_text),
            (".xlsx", self._workbook),
            (".ods", self._open_sheet),
            (".pdf", self._pdf),
        ]
        suffix, make = self._random.choice(kinds)
        data = make()
        if self._random.random() < 0.15:
            at = self._random.randrange(len(data))
            data = self._random.choice([data[:at], data[:at] + b"\xff" + data[at + 1 :], data[:at] + data[at + 9 :]])
            self.lines = []
        return suffix, data

    def _line(self, form: str = "平湖市第{:06}号工程昨天开工，总投资{:06}万元。") -> str:
        self._number += 1
        line = form.format(self._number, self._number)
        self.lines.append(line)
        return line + self._random.choice(_ODD)

    def _rows(self, header: bool) -> list[list[str]]:
        """A table; with ``header``, an export."""
        columns = self._random.randint(1, 4)
        if header:
            names = ["标题", "正文", "日期", "备注"]
            cells = [[f"题{i}", self._line(), self._random.choice(["2025-07-31", "", "改天"])] for i in range(3)]
            return [names[:3], *cells]
        rows = [[self._line("村{:06}") for _ in range(columns)] for _ in range(self._random.randint(1, 6))]
        return [[cell if self._random.random() < 0.9 or not j else "" for j, cell in enumerate(row)] for row in rows]

    def _seen(self, rows: list[list[str]]) -> list[list[str]]:
        """The rows; lines of cells that were emptied are forgotten."""
        whole = "".join(cell for row in rows for cell in row)
        self.lines = [line for line in self.lines if not line.startswith("村") or line in whole]
        return rows

    def _word(self) -> bytes:
        document = Document()
        held: list[str] = []
        for _ in range(self._random.randint(1, 8)):
            self.lines = []
            kind = self._random.randrange(5)
            if kind == 0:
                document.add_heading(self._line("第{:06}章"), self._random.randint(1, 4))
            elif kind == 1:
                document.add_paragraph(
                    self._line("第{:06}项"), style=self._random.choice(["List Bullet", "List Number"])
                )
            elif kind == 2:
                rows = self._seen(self._rows(header=False))
                table = document.add_table(len(rows), len(rows[0]))
                for row, cells in zip(table.rows, rows, strict=True):
                    for cell, text in zip(row.cells, cells, strict=True):
                        cell.text = text
            else:
                paragraph = document.add_paragraph()
                text = self._line()
                cut = self._random.randrange(len(text))
                paragraph.add_run(text[:cut]).bold = True
                paragraph.add_run(text[cut:])
            held += self.lines
        self.lines = held
        return _saved(document)

    def _open_text(self) -> bytes:
        document = OpenDocumentText()
        for _ in range(self._random.randint(1, 6)):
            element = (
                H(outlinelevel=1, text=self._line("第{:06}章")) if self._random.random() < 0.3 else P(text=self._line())
            )
            document.text.addElement(element)
        return _saved(document)

    def _workbook(self) -> bytes:
        book = Workbook()
        held: list[str] = []
        for number in range(self._random.randint(1, 3)):
            self.lines = []
            sheet = book.active if not number else book.create_sheet(f"表{number}")
            for row in self._seen(self._rows(header=self._random.random() < 0.4)):
                sheet.append([text if text[-4:] != "=1+1" or len(text) > 4 else "" for text in row])
            held += self.lines
        self.lines = held
        return _saved(book)

    def _open_sheet(self) -> bytes:
        book = OpenDocumentSpreadsheet()
        table = Table(name="表")
        for cells in self._seen(self._rows(header=self._random.random() < 0.4)):
            row = TableRow()
            for text in cells:
                cell = TableCell(valuetype="string")
                cell.addElement(P(text=text))
                row.addElement(cell)
            table.addElement(row)
        book.spreadsheet.addElement(table)
        return _saved(book)

    def _pdf(self) -> bytes:
        """Lines of one to three columns. The font of the writer has Latin letters only."""
        size = self._random.choice([6, 7, 8])
        columns = self._random.randint(1, 3)
        drawing = [f"BT /F1 {size} Tf"]
        for column in range(columns):
            for row in range(self._random.randint(1, 9)):
                self._number += 1
                line = f"No{self._number:06} km"
                self.lines.append(line)
                drawing.append(f"1 0 0 1 {20 + 95 * column} {180 - 18 * row} Tm ({line}) Tj")
        return small_pdf("\n".join([*drawing, "ET"]).encode(), self._random.choice([0, 0, 0, 90, 180]))


def _saved(document: object) -> bytes:
    file = io.BytesIO()
    document.save(file)  # type: ignore[attr-defined]
    return file.getvalue()
