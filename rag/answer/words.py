"""A span that the reader chose -> the words to show: figures with their unit and modifier, brackets in pairs, whole words."""

from __future__ import annotations

import re

from rag.text.figures import figures

_MODIFIER = re.compile(
    r"(?:超过|不超过|不低于|不少于|不到|不足|大约|接近|将近|至少|最高|最低|累计达|(?<![附最临靠亲])近|超|(?<![签合预邀特节制公契])约|逾|(?<![发到抵表转])达|仅|第|人均)$"
)
_UNIT = re.compile(
    r"(?:余|多)?(?:个百分点|平方米|平方公里|立方米|公里|公顷|千瓦时|千瓦|万元|亿元|美元|欧元|日元|港元|元|吨|千克|公斤|克|米|厘米|毫米|亩|个月|小时|分钟|"
    r"人次|名|人|个|家|项|件|条|次|届|年|月|日|天|岁|倍|台|套|辆|座|所|位|户|场|张|份|只|头|艘|架|部|篇|期|级|层|号|度|点|分|时|秒|%|％|‰|℃)"
)
_OPEN, _CLOSE = "“‘《〈（([【『「", "”’》〉）)]】』」"
_EDGES = " \t\n　，,。．｡；;：:、！!？?"
LONGEST = 120
"""The most characters of a direct answer from one place."""


def completed(text: str, start: int, end: int, floor: int = 0, ceiling: int | None = None) -> tuple[int, int]:
    """Return the ``text[start:end]`` to show for a span, inside ``text[floor:ceiling]``.

    A figure is shown whole, with its unit and a modifier before it (近, 超, 约); a Latin word or number is not cut; a quotation mark
    or bracket that opens is closed; punctuation at the edges is dropped.
    """
    ceiling = len(text) if ceiling is None else ceiling
    start, end = _whole_figures(text, start, end, floor, ceiling)
    start, end = _whole_words(text, start, end, floor, ceiling)
    start, end = _paired(text, start, end, floor, ceiling)
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    return start, end


def _whole_figures(text: str, start: int, end: int, floor: int, ceiling: int) -> tuple[int, int]:
    ends_in_figure = False
    for _, a, b in figures(text[floor:ceiling]):
        a, b = a + floor, b + floor
        if a < start < b:
            start = a
        if a < end <= b:
            end, ends_in_figure = b, True
        ends_in_figure = ends_in_figure or (b == end - 1 and text[b] in "余多")
        if a == start and (modifier := _MODIFIER.search(text, floor, start)):
            start = modifier.start()
    if ends_in_figure and (unit := _UNIT.match(text, end, ceiling)):
        end = unit.end()
    return start, end


def _whole_words(text: str, start: int, end: int, floor: int, ceiling: int) -> tuple[int, int]:
    while floor < start < end and _joined(text[start - 1], text[start]):
        start -= 1
    while start < end < ceiling and _joined(text[end - 1], text[end]):
        end += 1
    return start, end


def _joined(left: str, right: str) -> bool:
    """Return whether two characters are of one Latin word or number."""
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()


def _paired(text: str, start: int, end: int, floor: int, ceiling: int) -> tuple[int, int]:
    for opening, closing in zip(_OPEN, _CLOSE, strict=True):
        inside = text[start:end]
        missing = inside.count(opening) - inside.count(closing)
        if missing > 0:
            at = text.find(closing, end, min(ceiling, end + 40))
            end = at + 1 if at >= 0 else end
        elif missing < 0:
            at = text.rfind(opening, max(floor, start - 40), start)
            start = at if at >= 0 else start
    return start, end
