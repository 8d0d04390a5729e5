"""Jump lines: 下转2版 (the story goes on on page 2) and 上接1版 (it comes from page 1)."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from rag.schema import Article

_PAGE = r"\s*第?\s*[A-Z]?\s*[\d０-９一二三四五六七八九十]{1,3}(?:\s*[、,，]\s*\d{1,3})?\s*版"
JUMP = re.compile(rf"[（(【]\s*(?:下转|上接){_PAGE}[^（()）【】\n]{{0,8}}[)）】]|(?:下转|上接){_PAGE}")
JUMP_AT_END = re.compile(rf"下转{_PAGE}[^（()）【】\n]{{0,8}}[)）】]?$")
_PAGE_NUMBER = re.compile(r"([A-Z]?)\s*0*(\d{1,3}|[一二三四五六七八九十]{1,3})(?:\s*[、,]\s*\d{1,3})?\s*版")
_DIGITS = "零一二三四五六七八九"


def with_jump_pages(text: str, articles: Sequence[Article]) -> list[Article]:
    """Return the articles of a page with the pages that its jump lines name. ``text`` is the page's text.

    下转 stands inside its article or below it; 上接 stands inside its article or above it.
    """
    found = list(articles)
    starts = [a.runs[0].source_start for a in found]
    ends = [a.runs[-1].source_start + a.runs[-1].length for a in found]
    for jump in JUMP.finditer(text):
        page = jump_page(jump.group())
        if "下转" in jump.group():
            if (i := bisect.bisect(starts, jump.start()) - 1) >= 0:
                found[i] = replace(found[i], goes_on=found[i].goes_on or page)
        elif (i := bisect.bisect(ends, jump.end())) < len(found):
            found[i] = replace(found[i], comes_from=found[i].comes_from or page)
    return found


def jump_page(text: str) -> str:
    """Return the page that a jump line names: ``下转二版`` -> ``2``, ``A03版`` -> ``A3``, "" without a number."""
    found = _PAGE_NUMBER.search(unicodedata.normalize("NFKC", text))
    if not found:
        return ""
    section, number = found.groups()
    if not number.isdigit():
        tens, ten, ones = number.rpartition("十")
        number = str((10 * (_DIGITS.find(tens) if tens else 1) if ten else 0) + (_DIGITS.find(ones) if ones else 0))
    return section + number
