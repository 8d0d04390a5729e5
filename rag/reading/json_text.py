"""A value of JSON -> its text. Editing systems keep the body of an article as a list of blocks, or as a tree of them.

A block is a line. Pieces of a line, such as those in bold type, stay one line; the rows of a table keep their cells
apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rag.reading import grid
from rag.reading.fields import FIELDS, plain_name
from rag.reading.markup import plain_text
from rag.reading.paragraphs import Kind, Paragraph, text_of_paragraphs
from rag.text.lines import CJK

_TEXT = {
    *FIELDS["text"],
    *"rendered insert value html plaintext richtext raw paragraph paragraphs para children blocks block ops data".split(),
    *"root doc document spans runs inlines items list listitems rows cells section sections title heading subtitle".split(),
    *"subheading header caption quote label name lead summary delta p".split(),
    *"段落 小标题 副标题 图注 图片说明 说明 导语 摘要 标题".split(),
}
_SILENT = {  # say how a text looks or where it comes from
    *"type kind nodetype id uid uuid key url src href link class classname style styles attrs attributes marks mark".split(),
    *"format version mode width height align textalign level lang language mime mimetype direction indent detail file".split(),
    *"filename alt protected entitymap entityranges inlinestyleranges depth tag markdefs listitem metadata meta time".split(),
    *"color align annotations tunes slug role target rel order index".split(),
}
_TYPE = ("type", "nodetype", "kind", "tag")
_PIECES = {"children", "spans", "runs", "inlines", "ops", "richtext"}  # keys of the pieces of a line
_INLINE = {"text", "span", "link", "a", "mention", "strong", "em", "bold", "italic", "hyperlink", "autolink", "inline"}
_BREAKS = {"linebreak", "hardbreak", "br"}
_ROWS = {"tablerow", "tr", "row"}
_APART = re.compile("head|title|list|item|table|code|quote|caption|image|figure|^(?:h[1-6]|li)$")
_STRUCK = {"strike", "strikethrough", "linethrough", "s", "del", "deletion"}
_WORDS = re.compile(rf"[{CJK}]|[a-z]+\s+[a-z]+\s+[a-z]+")


class JsonText:
    """``text`` is what a person reads of a value, ``unread`` the keys whose text is left out, as they are not known."""

    def __init__(self, value: object) -> None:
        self._unread: dict[str, None] = {}
        text = self._of(value, "", is_nested=False)
        self.text = text.strip("\n") if isinstance(value, dict | list) else text
        self.unread = tuple(self._unread)

    def _of(self, value: object, key: str, is_nested: bool) -> str:
        if isinstance(value, dict):
            return self._of_object(value)
        if not isinstance(value, list):
            return scalar_text(value)
        if len(value) > 1 and all(isinstance(row, list) for row in value):
            return grid.lines([[self._of(cell, "", is_nested) for cell in row] for row in value])
        found: list[Paragraph] = []
        is_open = False
        for item in value:
            text = self._of(item, key, is_nested)
            is_piece = _is_piece(item, key, is_nested)
            if text and is_piece and is_open:
                found[-1] = Paragraph(found[-1].text + text)
            elif text:
                found.append(Paragraph(text, "paragraph" if is_piece else _kind_of_block(item, key)))
            is_open = is_piece and bool(found)
        return text_of_paragraphs(Paragraph(text.strip("\n"), kind) for text, kind in found)

    def _of_object(self, row: dict[str, Any]) -> str:
        kind = _kind(row)
        if kind in _BREAKS:
            return "\n"
        if _is_struck(row):
            return ""
        found: list[str] = []
        for name, value in row.items():
            key = plain_name(name).lstrip("$")
            if key in _TEXT or (key == kind and isinstance(value, dict | list)):
                if (kind in _ROWS or key == "cells") and isinstance(value, list):
                    text = grid.line(self._of(cell, "", is_nested=True) for cell in value)
                else:
                    text = self._of(value, key, is_nested=True)
                if text.strip() and not any(_holds(other, text) for other in found):
                    found = [other for other in found if not _holds(text, other)] + [text]
            elif key not in _SILENT and _has_words(value):
                self._unread.setdefault(name)
        return found[0] if len(found) == 1 else "".join(text.rstrip("\n") + "\n" for text in found)


def name_in_json(value: object) -> str:
    """Return what a value names: several names are parted by 、. An object has a name, or a date, as its text."""
    if isinstance(value, list):
        return "、".join(filter(None, map(name_in_json, value)))
    if isinstance(value, dict):
        named = {plain_name(key).lstrip("$"): inner for key, inner in value.items()}
        keys = ("name", "姓名", "rendered", "value", "text", "title", "label", "date", "numberlong", "iso")
        return next((text for key in keys if (text := name_in_json(named.get(key)))), "")
    return scalar_text(value)


def scalar_text(value: object) -> str:
    """Return the text of a value that is no list and no object."""
    return "" if value is None or isinstance(value, dict | list | bool) else plain_text(str(value))


def _kind(row: dict[str, Any]) -> str:
    named = {plain_name(key): value for key, value in row.items()}
    return next((plain_name(kind) for name in _TYPE if isinstance(kind := named.get(name), str)), "")


def _is_piece(item: object, key: str, is_nested: bool) -> bool:
    """Return whether an item of a list is a piece of a line, and no block."""
    if not isinstance(item, dict):
        return key in _PIECES
    kind = _kind(item)
    if kind in _BREAKS or (is_nested and kind in _INLINE):
        return True
    return key in _PIECES and not kind and not any(isinstance(value, list) and value for value in item.values())


def _kind_of_block(item: object, key: str) -> Kind:
    kind = _kind(item) if isinstance(item, dict) else ""
    kind = kind or ("item" if key in ("items", "listitems", "list") else "")
    return "row" if kind in _ROWS else "apart" if _APART.search(kind) else "paragraph"


def _is_struck(row: dict[str, Any]) -> bool:
    marks = row.get("marks")
    listed = marks if isinstance(marks, list) else []
    kinds = {plain_name(_kind(mark) if isinstance(mark, dict) else str(mark)) for mark in listed}
    attributes = row.get("attributes")
    flags = {**row, **(attributes if isinstance(attributes, dict) else {})}
    return bool(kinds & _STRUCK) or any(flags.get(name) is True for name in _STRUCK)


def _has_words(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(_WORDS.search(scalar_text(value))) or any(map(_has_words, inner))


def _holds(text: str, other: str) -> bool:
    return "".join(other.split()) in "".join(text.split())


def differing(texts: Sequence[str]) -> list[str]:
    """Return the texts that are not in another one. A system may export a text twice, with its tags and without."""
    plain = ["".join(text.split()) for text in texts]
    return [
        text
        for i, text in enumerate(texts)
        if plain[i]
        and not any(plain[i] in other and (plain[i] != other or j < i) for j, other in enumerate(plain) if j != i)
    ]
