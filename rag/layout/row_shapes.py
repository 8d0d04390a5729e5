"""The shape of a line that may be a row of a table or an item of a list."""

from __future__ import annotations

import re
from typing import Literal

from rag.layout.blocks import Block
from rag.layout.credits import credit_of
from rag.layout.line_kinds import CONTACT, is_date, is_furniture
from rag.layout.masthead import masthead_in
from rag.text.bylines import DATELINE, SIGNATURE, byline_names, is_bare_names
from rag.text.lines import CJK, Line
from rag.text.rows import CELL_GAP, STROKES, cells_of
from rag.text.stops import has_full_stop

Shape = (
    Literal["", "plain", "tab", "lone", "stroke", "rule", "blanks", "figures", "words", "score", "price", "label"] | str
)
"""``tab``, ``stroke`` and ``blanks`` are what keeps the cells of a table apart, ``rule`` is a line drawn below its header.
``lone`` is a row whose other cells are empty: ``RowLines`` finds it.
``figures`` are words and figures with single blanks, ``words`` words alone. A list with marks has the mark in its shape:
``mark:•``. ``byline`` is a row that alone would be a byline, ``plain`` a short line without any of these, which
may be a byline or furniture as well (``is_other``), "" a line that can be no row at all."""

TABLE = frozenset({"tab", "lone", "stroke", "rule", "blanks"})
_RULE = re.compile(rf"[{STROKES}+:=\-—─━┄┼├┤┬┴┌┐└┘╋ ]{{3,}}")
_MARKS = (
    ("mark:1", re.compile(r"[（(]?[\d０-９]{1,3}(?:[)）、]|[.．](?![\d０-９]))\s*\S")),
    ("mark:一", re.compile(r"(?:[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}[、.．])\s*\S")),
    ("mark:①", re.compile(r"[①-⑳⑴-⒇]\s*\S")),
    ("mark:第", re.compile(r"第[一二三四五六七八九十\d]{1,3}[名位组场项条届道]?\s*[:：、\s]\s*\S")),
)
_BULLET = re.compile(r"([-*+•·●◆■▲○◇□★☆※►▶◎√✓])\s*\S")
_SCORE = re.compile(r"[\d０-９]\s*[:：比]\s*[\d０-９]")
_PRICE = re.compile(r"[^\d\s，,。]{1,10}[-+]?[\d０-９][\d０-９.．,，:：～~\-—/]*[^\d\s，,。]{0,6}")
_LABEL = re.compile(r"[^：:，,]{1,12}[：:]\s*\S.{0,30}")
_FIGURE = re.compile(r"[\d０-９.．:：/\-—～~年月日]+")
_NOTICE_LABEL = re.compile(
    r"(?:时间|地点|地址|主办|承办|协办|主持|电话|热线|票价|费用|对象|范围|原因|注|附注|备注|说明|链接|资料来源|数据来源|来源|出处)"
    r"(?:单位|方|人)?[：:]|[^：:\s]{1,4}奖[：:]"
)
_SINGLE_ROWS = frozenset({"figures", "score", "price", "tab", "stroke", "mark:•", "mark:·", "mark:-", "mark:*"})
_SPACED_NAME = re.compile(rf"(?<!\S)([{CJK}])\u3000([{CJK}])(?!\S)")
_DIGIT = re.compile(r"[\d０-９]")
_COMMA = r"(?:(?<![\d０-９])[，,]|[，,](?![\d０-９]))"  # not that of 1,270
_OF_A_SENTENCE = re.compile(rf"[“”‘’！？]|——|{_COMMA}")
_OF_PROSE = re.compile(rf"[；;]|{_COMMA}")
_CUT_CELL = re.compile(r"^[，,、；;：:！？]|[，,、；;：:]$")
_CELL_WIDTH = 16  # characters of a cell between blanks; columns of prose beside one another are wider
_WORD_WIDTH = 9
_QUOTED_WIDTH = 12  # of a cell between single blanks
_ITEM_WIDTH = 30
_SHORT_LINE = 14
_MARKED_WIDTH = 60


def shape_of(line: Line) -> Shape:
    """Return the shape that the line alone shows."""
    text = line.text
    if line.level or masthead_in(text) or (line.width > _MARKED_WIDTH and "\t" not in text and text[0] not in STROKES):
        return ""
    if _RULE.fullmatch(text) and any(c in STROKES + "+─━┼" for c in text):
        return "rule"
    joined = _SPACED_NAME.sub(r"\1\2", text)
    if CELL_GAP.search(joined) and (shape := _shape_of_cells(line)):
        return shape
    if line.width > _MARKED_WIDTH or has_full_stop(text) or re.search("[。！？!?…]$", text) or DATELINE.match(text):
        return ""
    if (mark := _mark_of(text)) and byline_names(text) is None and not is_furniture(line):
        return mark
    if line.width > _ITEM_WIDTH or re.search("[；;，,、]$", text):
        return ""
    words = joined.split()
    shape = _shape_of_words(text, words)
    if shape == "plain":
        return shape
    return "" if is_other(line, shape) else shape


def cell_count(line: Line) -> int:
    """Return how many cells a line has whose cells are kept apart by wide blanks, or else by single ones; 0 if it can be
    no row. Signs of a sentence may stand inside a cell, but end none."""
    text = _SPACED_NAME.sub(r"\1\2", line.text)
    has_gaps = bool(CELL_GAP.search(text))
    cells = cells_of(text) if has_gaps else text.split()
    if len(cells) < 2 or line.level or line.width > _MARKED_WIDTH or has_full_stop(text) or DATELINE.match(text):
        return 0
    if is_other(line, "cells"):
        return 0
    if sum(len(cell) == 1 for cell in cells) * 2 > len(cells) and not _DIGIT.search(text):
        return 0
    longest = _CELL_WIDTH if has_gaps else _QUOTED_WIDTH
    is_short = len(cells[0]) <= _WORD_WIDTH and all(len(cell) <= longest for cell in cells)
    return len(cells) if is_short and not any(_CUT_CELL.search(cell) for cell in cells) else 0


def is_other(line: Line, shape: Shape) -> bool:
    """Return whether the wording shows something else than an item of a list: a byline, a contact, furniture. Items may
    begin with a date."""
    text = line.text
    dated_item = is_date(line) and len(text.split()) > 1 and not re.search("星期|周|农历|版|期", text)
    return bool(
        (is_furniture(line) and not dated_item)
        or (shape not in ("figures", "plain") and CONTACT.search(text))
        or byline_names(text) is not None
        or (
            (credit := credit_of(text)) and not re.match("(?:资料|数据)?来源", text) and (credit.source or credit.names)
        )
        or SIGNATURE.search(text)
    )


def _shape_of_cells(line: Line) -> Shape:
    """The shape of a line with tabs, strokes or wide blanks; "" if these keep no cells apart."""
    cells = cells_of(line.text)
    if len(cells) < 2 and not (cells and line.text[0] in STROKES):
        return ""
    if DATELINE.match(line.text):
        return ""
    if byline_names(line.text) is not None:
        return "byline"
    if any(stroke in line.text for stroke in STROKES):
        return "stroke" if line.text[0] in STROKES or not has_full_stop(line.text) else ""
    if "\t" in line.text:
        return "tab"
    is_short = all(len(cell) <= _CELL_WIDTH and not has_full_stop(cell) for cell in cells)
    are_names = all(map(is_bare_names, cells_of(_SPACED_NAME.sub(r"\1\2", line.text))))
    is_letters = all(len(cell) == 1 for cell in cells) and not _DIGIT.search(line.text) and not are_names
    is_no_row = is_furniture(line) or is_letters or _OF_PROSE.search(line.text)
    return "blanks" if is_short and not is_no_row else ""


def _mark_of(text: str) -> Shape:
    if bullet := _BULLET.match(text):
        return f"mark:{bullet[1]}"
    return next((name for name, pattern in _MARKS if pattern.match(text)), "")


def _shape_of_words(text: str, words: list[str]) -> Shape:
    if _SCORE.search(text) and not re.search("[，,]", text) and len(text) <= 24 and not re.search(r"\d:\d\d", text):
        return "score"
    if len(words) >= 2 and all(len(word) <= _WORD_WIDTH or _DIGIT.search(word) for word in words):
        if sum(len(word) == 1 and bool(re.match(f"[{CJK}]", word)) for word in words) >= max(3, 0.8 * len(words)):
            return "plain"
        if _OF_A_SENTENCE.search(text):
            return "plain"
        return "figures" if _DIGIT.search("".join(words[1:])) or _FIGURE.fullmatch(words[0]) else "words"
    if len(text) <= 14 and _PRICE.fullmatch(text):
        return "price"
    return "label" if _LABEL.fullmatch(text) else "plain"


def is_list(block: Block) -> bool:
    """Return whether a block that looks like a headline may as well be a list: all its lines have the shape of a row, or
    they are three short lines or two of several words each."""
    lines = block.lines
    if block.kind != "head" or block.level:
        return False
    if all(map(is_row, lines)):
        return True
    if len(lines) == 1 or any(line.width > _SHORT_LINE or re.search("[，,“”—！？]", line.text) for line in lines):
        return False
    return len(lines) > 2 or all(shape_of(line) == "words" for line in lines)


def is_row(line: Line) -> bool:
    """Return whether the line alone has the shape of a row that no headline has. Two words have it if the first is a
    name: 陆海生 青岩钢厂."""
    shape = shape_of(line)
    if shape in ("words", "blanks") or (shape == "plain" and cell_count(line)):
        words = line.text.split()
        return is_bare_names(words[0]) or len(words) > 3 or bool(_DIGIT.match(words[-1]))
    return shape in _SINGLE_ROWS or bool(_NOTICE_LABEL.match(line.text))
