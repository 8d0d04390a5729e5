"""Page -> blocks: what each stretch of lines is (headline, byline, prose, ...), line breaks undone.

Text taken from a printed page has its columns cut into lines, blanks between characters and blank
lines where a column ended in mid-sentence. A paragraph is therefore followed to its closing
punctuation, not to its line end; a line that is narrower than its column and closes no sentence is
a headline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.layout.line_ends import SIGNED, TERMINAL, Column, closes, columns_of, head_of, is_torn, tail_of
from rag.text.bylines import DATELINE, PICTURE, ROLE, SIGNATURE, is_bare_names, names
from rag.text.lines import Line, lines_of, squeeze

BlockKind = Literal["head", "prose", "byline", "credit", "notice", "furniture"]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together. ``jump``: a line beside it says that it goes on from, or on, another page."""

    kind: BlockKind
    lines: tuple[Line, ...]
    jump: Literal["", "from", "on"] = ""

    @property
    def text(self) -> str:
        return "".join(squeeze(line.text) for line in self.lines)

    @property
    def level(self) -> int:
        """Of a Markdown heading; 0 for all else."""
        return self.lines[0].level

    @property
    def starts_story(self) -> bool:
        """Whether it opens with a dateline or goes on from another page."""
        opening = squeeze(head_of(self.lines))
        jump = JUMP.match(opening)
        return self.kind == "prose" and (
            self.jump == "from" or bool(DATELINE.match(opening) or (jump and "上接" in jump.group()))
        )

    @property
    def names_writer(self) -> bool:
        """Whether the writer's name stands in brackets near its start."""
        return self.kind == "prose" and bool(SIGNATURE.search(squeeze(head_of(self.lines))[:60]))

    @property
    def signed(self) -> bool:
        """Whether it closes with the writer's name in brackets."""
        return self.kind == "prose" and bool(SIGNED.search(squeeze(tail_of(self.lines))))

    @property
    def ends_story(self) -> bool:
        """Whether it is signed or goes on on another page."""
        return self.kind == "prose" and (self.signed or self.jump == "on" or bool(_GOES_ON.search(tail_of(self.lines))))

    @property
    def closed(self) -> bool:
        """Whether it closes a sentence."""
        return closes(self.lines)


_SENTENCE = re.compile(r"[。！？!?][”’」』》）)\]\"']*$")
_ASKS = re.compile(r"[^。；;！？!?“”]+[！？!?]")
_OPEN_BRACKET = re.compile(r"[（(][^（()）]{0,40}$")
_PAGE = r"\s*第?\s*[A-Z]?\s*[\d０-９一二三四五六七八九十]{1,3}(?:\s*[、,，]\s*\d{1,3})?\s*版"
JUMP = re.compile(rf"[（(【]\s*(?:下转|上接){_PAGE}[^（()）【】\n]{{0,8}}[)）】]|(?:下转|上接){_PAGE}")
_GOES_ON = re.compile(rf"下转{_PAGE}[^（()）【】\n]{{0,8}}[)）】]?$")
CONTACT = re.compile(
    r"(?:地址|电话|热线|手机|邮箱|网址|传真|联系人|咨询|招生|招聘)[^。]{0,8}[:：].{0,60}|\d{3,4}-\d{7,8}"
)
_WEATHER = re.compile(r"最高气温|最低气温|阵雨|雷雨|多云|阴有|转晴|到晴|[东南西北]{1,2}风\s*\d")
DATE = re.compile(r"((?:19|20)\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})")
_FURNITURE = re.compile(
    r"客户端|公众号|视频号|微信号|刊号|邮发代号|(?:责任|责|本版|值班)编辑?\s*[:：]|栏目统筹|统筹\s*[:：]|版式|校对|审读|国内统一|"
    r"^\S{2,8}(?:日报|晚报|早报|晨报|时报|周报|都市报|新闻报)$|^[A-Z]?\d{1,3}$|"
    r"^第?\s*[\dA-Z一二三四五六七八九十]{1,4}\s*版$|^-+\s*\d+\s*-+$|^[A-Z ]{6,}$|^[-*_=]{3,}$|总第\d+期|农历|^星期[一二三四五六日天]$"
)


def blocks_of(text: str) -> list[Block]:
    """The page's blocks in file order; every line that is not blank is in exactly one."""
    blocks: list[Block] = []
    chain = _Chain()
    lines = lines_of(text)
    columns = columns_of(lines)
    torn = is_torn(lines)

    def close() -> None:
        nonlocal chain
        if chain.lines:
            blocks.extend(_settle(chain.lines))
            chain = _Chain()

    for i, line in enumerate(lines):
        kind = "head" if line.level else _special(line, blocks, chain, lines[i + 1] if i + 1 < len(lines) else None)
        if kind:
            close()
            if blocks and blocks[-1].kind == kind and kind in ("byline", "notice") and not line.gap:
                blocks[-1] = Block(kind, (*blocks[-1].lines, line))
            else:
                blocks.append(Block(kind, (line,)))
            continue
        below_head = bool(blocks) and blocks[-1].kind == "head" and not chain.has_comma
        if chain.lines and _breaks(chain, line, columns[i - 1], columns[i], torn and not below_head):
            close()
        chain.add(line, columns[i])
        if _ends_paragraph(chain.lines, lines[i + 1] if i + 1 < len(lines) else None, columns[i].width):
            close()
    close()
    return _with_jumps(blocks)


class _Chain:
    """Lines that go on in one another, as far as they are known. ``tells``: they are sentences.
    ``is_short``: none fills its column."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.tells = self.has_comma = self.has_stop = False
        self.is_short = True
        self.widest = 0.0

    def add(self, line: Line, column: Column) -> None:
        self.lines.append(line)
        self.has_comma |= "，" in line.text or "," in line.text
        self.has_stop |= "。" in line.text
        self.tells |= bool(re.search(r"[。！？；]", line.text))
        if len(self.lines) < 5:
            self.tells |= bool(DATELINE.match(squeeze(head_of(self.lines))))
        self.is_short &= not column.is_full(line, len(self.lines) == 1)
        self.widest = max(self.widest, line.width)


def _with_jumps(blocks: list[Block]) -> list[Block]:
    """上接 on a line of its own belongs to the paragraph below it, 下转 to the one above."""
    for i, block in enumerate(blocks):
        if block.kind == "furniture" and JUMP.fullmatch(block.text):
            onward = "下转" in block.text
            beside = range(i - 1, max(-1, i - 3), -1) if onward else range(i + 1, min(len(blocks), i + 4))
            at = next((j for j in beside if blocks[j].kind == "prose"), None)
            if at is not None:
                blocks[at] = replace(blocks[at], jump="on" if onward else "from")
    return blocks


def _special(line: Line, blocks: list[Block], chain: _Chain, following: Line | None) -> BlockKind | None:
    text = line.text
    if (not line.gap and _OPEN_BRACKET.search(tail_of(chain.lines))) or (
        _OPEN_BRACKET.search(text) and following and not following.gap
    ):
        return None
    found = names(text)
    if found is not None:
        only_picture = all(PICTURE.search(r) for r in ROLE.findall(squeeze(text)))
        continues = bool(blocks) and not chain.lines and blocks[-1].kind == "byline" and not line.gap
        return "credit" if only_picture and not continues else "byline"
    after_head = bool(chain.lines) and not chain.has_stop and not TERMINAL.search(chain.lines[-1].text)
    if after_head and is_bare_names(text) and following and following.width > line.width + 4:
        return "byline"
    if line.width <= 30:
        date = DATE.search(text)
        stamp = date and line.width - len(date.group()) / 2 < 8 and not re.search("[，,。；;！？!?]", text)
        if JUMP.fullmatch(text) or _FURNITURE.search(text) or stamp:
            return "furniture"
    if line.width <= 60 and CONTACT.search(squeeze(text)):
        return "notice"
    return None


def _breaks(chain: _Chain, line: Line, column_before: Column, column: Column, torn: bool) -> bool:
    """Whether ``line`` begins something new although the chain before it closed no sentence. ``torn``: blank
    lines within a sentence are to be expected here."""
    last = chain.lines[-1]
    if DATELINE.match(squeeze(line.text)) or (line.indented and not last.indented):
        return True
    if _OPEN_BRACKET.search(tail_of(chain.lines)):
        return False
    if chain.tells or last.width > 40:
        return line.gap and not column_before.is_full(last, False) and bool(_headline_below(chain.lines))
    if line.gap:
        full = column_before.is_full(last, len(chain.lines) == 1)
        return not torn or not full or last.width > column_before.width + 3.5
    if re.search("[，,、]$", last.text) or line.width <= 12:
        return False
    wider = line.width > chain.widest * 1.6 and (len(chain.lines) == 1 or line.width > 40)
    return chain.is_short and (wider or (column.is_full(line, True) and line.width > last.width + 3.5))


def _headline_below(chain: Sequence[Line]) -> int:
    """How many lines at the end of a chain stand below its last sentence and read as a headline."""
    count = next((n for n, line in enumerate(reversed(chain[-6:])) if _SENTENCE.search(line.text)), 0)
    below = "".join(line.text for line in chain[len(chain) - count :])
    return count if len(below) <= 80 and not re.search("[。；！]|[，,、：:]$", below) else 0


def _ends_paragraph(chain: list[Line], following: Line | None, column: float) -> bool:
    line = chain[-1]
    if not closes(chain) and not JUMP.search(line.text[-16:]):
        return False
    return following is None or following.gap or line.width > 40 or line.width < column - 1.5 or following.indented


def _settle(chain: list[Line]) -> list[Block]:
    """A finished chain is prose when it closes a sentence or runs long; else headlines, one block
    for each group of lines between blank lines."""
    whole = "".join(line.text for line in chain)
    if SIGNATURE.fullmatch(whole):
        return [Block("byline", tuple(chain))]
    if _ASKS.fullmatch(squeeze(whole)) and len(whole) <= 30:  # a headline may close with these, and so may a paragraph
        return [Block("head", tuple(chain))]
    if (below := _headline_below(chain)) and not closes(chain):
        return [*_settle(chain[:-below]), Block("head", tuple(chain[-below:]))]
    if closes(chain) or "。" in whole or len(whole) > 120:
        weather = len(_WEATHER.findall(squeeze(whole))) >= 3 and len(whole) < 240
        return [Block("notice" if weather else "prose", tuple(chain))]
    groups: list[list[Line]] = []
    for line in chain:
        if groups and not line.gap:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Block("head", tuple(group)) for group in groups]
