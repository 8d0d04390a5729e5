"""Page of a PDF -> its text in reading order.

Characters of each angle are read by themselves, as text that stands upright. Vertical lines are turned to level ones,
read like them, and stand in the page's text as one piece; so do level lines on a page of vertical ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median

import pypdfium2

from rag.reading.boxes import Box
from rag.reading.glyphs import Drawn, Glyph, drawn_on
from rag.reading.reading_order import text_in_order
from rag.reading.ruled_tables import with_tables_as_rows
from rag.reading.rules import Rule, rules_of
from rag.reading.scripts import with_scripts_marked, written_out
from rag.reading.stretches import level_stretches, split_vertical, vertical_stretches

_CUT_WORD = re.compile(
    r"(?<![^\W_]-)\b(?P<first>[A-Za-z]{2,})[-\xad]\n(?P<second>[a-z]{2,})(?P<rest>[^\s\w]*)(?:[ \n]|$)"
)


def text_of(page: pypdfium2.PdfPage, drawn: Sequence[Drawn] | None = None) -> str:
    """Return the text of a page; what stands beyond its edge comes last. ``drawn`` are its characters, if known."""
    drawn = drawn_on(page) if drawn is None else drawn
    x0, y0, x1, y1 = page.get_cropbox()
    within: list[Drawn] = []
    beyond: list[Drawn] = []
    for one in drawn:
        x, y = one.centre
        (within if x0 <= x <= x1 and y0 <= y <= y1 else beyond).append(one)
    return whole_words(written_out("\n".join(text for part in (within, beyond) for text in _texts(page, part))))


def whole_words(text: str) -> str:
    """Return the text with each English word that is cut at a line end whole on its first line. A hyphen stays if the
    text has the word with its hyphen elsewhere."""

    def joined(cut: re.Match[str]) -> str:
        first, second = cut["first"], cut["second"]
        is_compound = re.search(rf"\b{first}-{second}\b", text, re.IGNORECASE)
        return first + ("-" if is_compound else "") + second + cut["rest"] + "\n"

    return _CUT_WORD.sub(joined, text)


def _texts(page: pypdfium2.PdfPage, left: Sequence[Drawn]) -> Iterator[str]:
    """The texts of each angle, that of most characters first."""
    while left:
        angle = Counter(one.angle for one in left).most_common(1)[0][0]
        own = [(one.at(angle), one) for one in left if one.angle in (angle, (angle - 90) % 360)]
        level, vertical = split_vertical([glyph for glyph, _ in own])
        used = {id(glyph) for line in vertical for glyph in line} | {id(g) for g in level if not g.turned}
        yield _text(level, vertical, rules_of(page, angle))
        read = {id(one) for glyph, one in own if id(glyph) in used}
        left = [one for one in left if id(one) not in read]


def boxes_of(page: pypdfium2.PdfPage) -> list[Box]:
    """Return the stretches of the page's upright text; the left edge and the top of the page are 0."""
    left, _, _, top = page.get_mediabox()
    upright = [one.at(0) for one in drawn_on(page) if not one.angle]
    return [_moved(box, -left, top) for box in level_stretches(upright)]


def _moved(box: Box, right: float, down: float) -> Box:
    return replace(box, left=box.left + right, right=box.right + right, top=box.top + down, bottom=box.bottom + down)


def _text(glyphs: Iterable[Glyph], lines: Sequence[Sequence[Glyph]], rules: Sequence[Rule]) -> str:
    """The text of characters that stand upright, some of them in vertical lines."""
    level = with_scripts_marked(level_stretches([glyph for glyph in glyphs if not glyph.turned], rules))
    vertical = vertical_stretches(lines)
    if sum(len(box.text) for box in vertical) > sum(len(box.text) for box in level):
        first = min(box.top for box in vertical)
        islands = [_island(block, _lying(_frame(block))) for block in _blocks(level)]
        return text_in_order([*vertical, *(_moved_up(island, first, vertical) for island in islands)])
    level = with_tables_as_rows(level, rules)
    return text_in_order([*level, *(_island(block, _standing(_frame(block))) for block in _blocks(vertical))])


def _island(block: Sequence[Box], frame: Box) -> Box:
    """A block of lines of the other direction as one piece, at the upper edge of its frame."""
    size = median(box.size for box in block)
    return replace(frame, bottom=frame.top + size, text="\n" + text_in_order(block), is_row=True)


def _moved_up(island: Box, first: float, others: Iterable[Box]) -> Box:
    """The island beside the first lines, if it stands between tiers of lines and not among them."""
    if any(island.left < other.right and other.left < island.right for other in others):
        return island
    return replace(island, top=first, bottom=first + island.size)


def _frame(block: Sequence[Box]) -> Box:
    left, top = min(box.left for box in block), min(box.top for box in block)
    return Box(left, top, max(box.right for box in block), max(box.bottom for box in block), "")


def _lying(frame: Box) -> Box:
    """A frame of the page where vertical lines are level."""
    return Box(frame.top, -frame.right, frame.bottom, -frame.left, frame.text)


def _standing(frame: Box) -> Box:
    """The frame of vertical lines on the page."""
    return Box(-frame.bottom, frame.left, -frame.top, frame.right, frame.text)


def _blocks(boxes: Sequence[Box]) -> list[list[Box]]:
    """Groups of boxes that stand near each other."""
    blocks: list[list[Box]] = []
    for box in boxes:
        near = [block for block in blocks if any(_are_near(box, other) for other in block)]
        blocks = [block for block in blocks if block not in near]
        blocks.append([box, *(other for block in near for other in block)])
    return blocks


def _are_near(a: Box, b: Box) -> bool:
    room = max(a.size, b.size)
    aside = max(a.left, b.left) - min(a.right, b.right)
    return aside < room and max(a.top, b.top) - min(a.bottom, b.bottom) < room
