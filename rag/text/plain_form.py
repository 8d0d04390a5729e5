"""Text -> the form that a model reads best, with every character at its place.

Models have seen simplified characters and Arabic digits most. Each character becomes one character, so a place in the plain form is
the same place in the text.
"""

from __future__ import annotations

import re
import unicodedata

from rag.text.scripts import simplified

_COMPATIBLE = re.compile("[０-９Ａ-Ｚａ-ｚ\u2e80-\u2fdf\uf900-\ufaff]")
_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_YEAR = re.compile(r"[一二][〇○零一二三四五六七八九]{3}(?=年)")
_MONTH = re.compile(r"(?<=\d年)[一二三四五六七八九](?=月)")
_DAY = re.compile(r"(?<=\d月)[一二三四五六七八九](?=日)")


def plain_form(text: str) -> str:
    """Return ``text`` with simplified characters, plain letters and digits, and dates in Arabic digits, of the same length."""
    plain = _COMPATIBLE.sub(_compatible, text)
    simple = simplified(plain)
    if len(simple) == len(plain):  # a phrase may become longer
        plain = simple
    for pattern in (_YEAR, _MONTH, _DAY):
        plain = pattern.sub(lambda match: match.group().translate(_DIGITS), plain)
    return plain


def _compatible(match: re.Match[str]) -> str:
    form = unicodedata.normalize("NFKC", match.group())
    return form if len(form) == 1 else match.group()
