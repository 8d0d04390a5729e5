"""A formula of Word (OMML) or of the web and OpenDocument (MathML) -> one line of text: (a+b)/2, x², √(2), ∑_(i=1)^n."""

from __future__ import annotations

import re
from typing import Any

from rag.reading.raised import lowered, raised

_SKIPPED = {
    "rPr",
    "ctrlPr",
    "fPr",
    "sSupPr",
    "sSubPr",
    "sSubSupPr",
    "sPrePr",
    "radPr",
    "dPr",
    "naryPr",
    "funcPr",
    "accPr",
}
_SKIPPED |= {
    "barPr",
    "boxPr",
    "borderBoxPr",
    "groupChrPr",
    "limLowPr",
    "limUppPr",
    "mPr",
    "eqArrPr",
    "argPr",
    "oMathParaPr",
}
_SKIPPED |= {"annotation", "annotation-xml", "phantPr", "del", "moveFrom"}


def formula_text(element: Any) -> str:
    """Return the formula under the element as text."""
    name = _name(element)
    if name in _SKIPPED or name == "mphantom":
        return ""
    if name in _OMML:
        return _OMML[name](element)
    if name in _MATHML:
        parts = [formula_text(child) for child in element if isinstance(child.tag, str)]
        if len(parts) == _MATHML[name][0]:
            return str(_MATHML[name][1](*parts))
        return "".join(parts)
    if name in ("t", "mi", "mn", "mo", "mtext", "ms"):
        return "".join(element.itertext()).strip("\u2061\u2062\u2063\u2064 \n") if name != "t" else element.text or ""
    if name in ("mtr", "mr"):
        return ", ".join(formula_text(child) for child in element if isinstance(child.tag, str))
    if name in ("mtable", "m", "eqArr"):
        return "; ".join(filter(None, (formula_text(child) for child in element if isinstance(child.tag, str))))
    if name == "msqrt":
        return f"√{_grouped(''.join(formula_text(child) for child in element if isinstance(child.tag, str)))}"
    if name == "mfenced":
        inner = ", ".join(formula_text(child) for child in element if isinstance(child.tag, str))
        return f"{element.get('open', '(')}{inner}{element.get('close', ')')}"
    return "".join(formula_text(child) for child in element if isinstance(child.tag, str))


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _grouped(text: str) -> str:
    """The text in brackets, unless it is one number, name or bracket already."""
    return text if re.fullmatch(r"[\d.]+|\w|[^\W\d]+|\([^()]*\)", text) else f"({text})"


def _power(base: str, exponent: str) -> str:
    up = raised(exponent)
    return base + (up if up != exponent and "^" not in up else f"^{_grouped(exponent)}")


def _index(base: str, index: str) -> str:
    down = lowered(index)
    return base + (down if down != index else f"_{_grouped(index)}")


def _both(base: str, index: str, exponent: str) -> str:
    return _power(_index(base, index) if index else base, exponent) if exponent else _index(base, index)


def _fraction(above: str, below: str) -> str:
    return f"{_grouped(above)}/{_grouped(below)}"


def _root(inside: str, degree: str) -> str:
    return f"{raised(degree) if degree else ''}√{_grouped(inside)}"


def _part(element: Any, name: str) -> str:
    """The text of the child of this name, "" without one."""
    return "".join(formula_text(child) for child in element if _name(child) == name)


def _property(element: Any, name: str, default: str) -> str:
    for child in element.iter():
        if _name(child) == name:
            return next((value for key, value in child.attrib.items() if key.rpartition("}")[2] == "val"), "")
        if _name(child) == "e":
            break
    return default


def _bracketed(element: Any) -> str:
    inner = _property(element, "sepChr", "|").join(formula_text(child) for child in element if _name(child) == "e")
    return _property(element, "begChr", "(") + inner + _property(element, "endChr", ")")


def _sum(element: Any) -> str:
    sign = _property(element, "chr", "∫")
    below, above = _part(element, "sub"), _part(element, "sup")
    limits = (f"_{_grouped(below)}" if below else "") + (f"^{_grouped(above)}" if above else "")
    return f"{sign}{limits} {_part(element, 'e')}"


_OMML = {
    "f": lambda e: _fraction(_part(e, "num"), _part(e, "den")),
    "sSup": lambda e: _power(_part(e, "e"), _part(e, "sup")),
    "sSub": lambda e: _index(_part(e, "e"), _part(e, "sub")),
    "sSubSup": lambda e: _both(_part(e, "e"), _part(e, "sub"), _part(e, "sup")),
    "rad": lambda e: _root(_part(e, "e"), _part(e, "deg")),
    "limLow": lambda e: _index(_part(e, "e"), _part(e, "lim")),
    "limUpp": lambda e: _power(_part(e, "e"), _part(e, "lim")),
    "d": _bracketed,
    "nary": _sum,
}
_MATHML: dict[str, tuple[int, Any]] = {  # name -> how many parts it has, and what they become
    "mfrac": (2, _fraction),
    "msup": (2, _power),
    "msub": (2, _index),
    "msubsup": (3, _both),
    "munder": (2, _index),
    "mover": (2, _power),
    "munderover": (3, _both),
    "mroot": (2, _root),
}
