"""Full stops: 。 and the other signs that Chinese texts set in its place."""

from __future__ import annotations

import re

from rag.text.lines import CJK

FULL_STOPS = "。｡︒﹒"
"""The signs that are full stops wherever they stand."""
STOP = rf"(?:[{FULL_STOPS}]|(?<![\d０-９A-Za-zＡ-Ｚａ-ｚ])．|(?<=[\d０-９]{{2}})．(?![\d０-９])|(?<=[{CJK}])\.(?=\s|$))"
"""A full stop inside a line. ．between two figures is a decimal point, and after one figure or letter the end of a number
such as １．or Ａ．; a Latin full stop after a Chinese character counts before a blank: 乔治.华盛顿 is a name."""
_STOP = re.compile(STOP)
_OTHER = re.compile(r"[｡︒﹒．.]")


def has_full_stop(text: str) -> bool:
    """Return whether the text has a full stop."""
    return "。" in text or bool(_OTHER.search(text) and _STOP.search(text))
