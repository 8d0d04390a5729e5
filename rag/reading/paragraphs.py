"""Blocks of text, as editing systems keep them -> one text, in which the end of each block shows.

A text file has its paragraphs cut into lines, so the layout joins lines that run on. A blank line tells it that a block
ends here, although it ends no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

_SENTENCE_END = re.compile(r"(?:[。｡︒﹒．！？!?…；;：:，,、]|[A-Za-z]\.)[”’」』》）)\]\"']*\s*$")

Kind = Literal["paragraph", "heading", "apart", "row"]
"""``apart`` is an item of a list, a table or another block that no sentence runs through, ``row`` a row of a table."""


class Paragraph(NamedTuple):
    text: str
    kind: Kind = "paragraph"


def text_of_paragraphs(paragraphs: Iterable[Paragraph]) -> str:
    """Return the text, a line or more for each paragraph, with a blank line where two must not run on into each other.

    Where most paragraphs end no sentence, they are the lines of a printed page, and no blank line stands between them.
    """
    listed = list(paragraphs)
    prose = [bool(_SENTENCE_END.search(p.text)) for p in listed if p.kind == "paragraph"]
    are_lines = 2 * sum(prose) <= len(prose)
    text = ""
    for i, (own, kind) in enumerate(listed):
        if kind == "heading":
            text += f"\n{own}\n\n"
            continue
        before, kind_before = listed[i - 1] if i else ("", "heading")
        is_run_on = kind == kind_before == "paragraph" and (are_lines or bool(_SENTENCE_END.search(before)))
        is_next = is_run_on or kind_before == "heading" or kind == kind_before == "row"
        text += f"{own}\n" if is_next else f"\n{own}\n"
    return text
