"""A field of an export as its system keeps it -> plain text: without tags, entities, and line ends written as ``\\n``."""

from __future__ import annotations

import html
import re

from rag.reading.charset import without_halves
from rag.reading.html_article import text_of_markup

_TAG = re.compile(r"</?(?:p|br|div|span|b|i|em|strong|a|img|font|table|h[1-6]|ul|li|section)\b[^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LINE_END = re.compile(r"(?<![A-Za-z0-9_:\\])(?:(?:\\r)?\\n)+")  # a backslash and n; not in C:\new


def plain_text(cell: str) -> str:
    """Return the text of a cell or a value. Some systems escape a text twice, some escape its tags too."""
    text = without_halves(cell)
    if "&" in text or "<" in text:
        is_markup = bool(_TAG.search(text))
        text = _decoded(lines_of_markup(text) if is_markup else _decoded(text))
        if not is_markup and _TAG.search(text):
            text = lines_of_markup(text)
    return _LINE_END.sub(lambda found: "\n" * found[0].count("n"), text)


def lines_of_markup(markup: str) -> str:
    """Return the text of a piece of HTML, a line for each paragraph; with characters that XML forbids, tags just go."""
    try:
        return text_of_markup(markup)
    except ValueError:
        return re.sub(r"<[^<>]*>", "\n", markup)


def _decoded(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)
