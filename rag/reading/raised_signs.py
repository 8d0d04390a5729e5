"""What raised and lowered characters beside a figure mean, and Unicode's own signs for them."""

from __future__ import annotations

import re

_PLAIN = "0123456789+-−–=()ni"
RAISED = str.maketrans(_PLAIN + "abcdefghjklmoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ" + "ᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
LOWERED = str.maketrans(_PLAIN + "aehjklmoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎ₙᵢ" + "ₐₑₕⱼₖₗₘₒₚᵣₛₜᵤᵥₓ")
_FIGURE_BEFORE = re.compile(r"[0-9０-９零〇一二两三四五六七八九十百千万亿%％‰][ \u00a0]?$")
FIGURE_AFTER = re.compile(r"\s?[0-9０-９]")
_BASE = re.compile(r"(?:(?<![\d.,，])10|[×xX*·]\s*\d+)$")
_EXPONENT = re.compile(r"[-+−–]?\d+|[-+−–]?[a-zA-Z]")
_SUFFIX = re.compile(r"st|nd|rd|th|[o0°]?[CcFf]?")


def refers_to_note(before: str, mark: str, after: str, *, opens_line: bool) -> bool:
    """Return whether a raised text refers to a note and would change the figure beside it.

    It does not if it is an exponent (10⁵, m⁻¹) or the end of a word (1st, 5℃). ``opens_line``: whether a mark with nothing
    before it, or a blank, refers to a note too.
    """
    if _EXPONENT.fullmatch(mark) and (_BASE.search(before) or mark[:1] in "-−–"):
        return False
    if _FIGURE_BEFORE.search(before):
        return not _SUFFIX.fullmatch(mark)
    if not opens_line and not before[-1:].strip():
        return False
    return bool(FIGURE_AFTER.match(after)) and not re.search(r"[A-Za-z)）]$", before)
