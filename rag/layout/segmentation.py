"""Lines of a page -> its blocks, line breaks inside paragraphs undone."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from rag.layout.blocks import Block
from rag.layout.jumps import JUMP
from rag.layout.line_ends import columns_of, has_gaps_in_sentences
from rag.layout.line_kinds import kind_by_wording
from rag.layout.paragraph import OpenParagraph
from rag.layout.row_runs import row_runs
from rag.text.lines import Line


def blocks_of(lines: Sequence[Line], row_starts: Set[int] = frozenset()) -> list[Block]:
    """Return the blocks in the order of the lines; every line is in exactly one block.

    A tab stands behind the lines that begin at ``row_starts``: they may be rows whose other cells are empty.
    """
    blocks: list[Block] = []
    paragraph = OpenParagraph()
    columns = columns_of(lines)
    gaps_in_sentences = has_gaps_in_sentences(lines)
    runs = row_runs(lines, row_starts)
    end_of_rows = 0
    for i, line in enumerate(lines):
        if i in runs:
            end_of_rows = runs[i]
            blocks += [*paragraph.blocks(), Block("rows", tuple(lines[i:end_of_rows]))]
            paragraph = OpenParagraph()
        if i < end_of_rows:
            continue
        following = lines[i + 1] if i + 1 < len(lines) else None
        last_kind = blocks[-1].kind if blocks else None
        kind = "head" if line.level else kind_by_wording(line, following, paragraph, last_kind)
        if kind:
            blocks += paragraph.blocks()
            paragraph = OpenParagraph()
            if blocks and blocks[-1].kind == kind and kind in ("byline", "notice") and not line.gap:
                blocks[-1] = Block(kind, (*blocks[-1].lines, line))
            else:
                blocks.append(Block(kind, (line,)))
            continue
        expects_gaps = gaps_in_sentences and not (last_kind == "head" and not paragraph.has_comma)
        if paragraph.lines and paragraph.is_cut_off_by(line, columns[i - 1], columns[i], expects_gaps):
            blocks += paragraph.blocks()
            paragraph = OpenParagraph()
        paragraph.add(line, columns[i])
        if paragraph.is_complete(following, columns[i]):
            blocks += paragraph.blocks()
            paragraph = OpenParagraph()
    return _with_jumps(blocks + paragraph.blocks())


def _with_jumps(blocks: Sequence[Block]) -> list[Block]:
    """Mark the paragraphs beside a jump line: 上接 belongs to the paragraph below it, 下转 to the one above."""
    marked = list(blocks)
    for i, block in enumerate(blocks):
        if block.kind == "furniture" and JUMP.fullmatch(block.text):
            onward = "下转" in block.text
            beside = range(i - 1, max(-1, i - 3), -1) if onward else range(i + 1, min(len(blocks), i + 4))
            at = next((j for j in beside if blocks[j].kind in ("prose", "rows")), None)
            if at is not None:
                marked[at] = replace(marked[at], jump="on" if onward else "from")
    return marked
