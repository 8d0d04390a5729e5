"""Characters of symbol fonts (Symbol, Wingdings), which have codes of their own -> Unicode."""

from __future__ import annotations

_SYMBOL = dict(
    zip(
        "abgdezhqiklmnxoprstufcyw" "ABGDEZHQIKLMNXOPRSTUFCYW",
        "αβγδεζηθικλμνξοπρστυφχψω" "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
        strict=True,
    )
) | {
    "\x22": "∀", "\x24": "∃", "\x27": "∋", "\x2d": "−", "\x40": "≅", "\x5c": "∴", "\x5e": "⊥", "\x7e": "∼",
    "\xa2": "′", "\xa3": "≤", "\xa5": "∞", "\xab": "↔", "\xac": "←", "\xad": "↑", "\xae": "→", "\xaf": "↓",
    "\xb0": "°", "\xb1": "±", "\xb2": "″", "\xb3": "≥", "\xb4": "×", "\xb5": "∝", "\xb6": "∂", "\xb7": "•",
    "\xb8": "÷", "\xb9": "≠", "\xba": "≡", "\xbb": "≈", "\xbc": "…", "\xc7": "∩", "\xc8": "∪", "\xc9": "⊃",
    "\xcc": "⊂", "\xce": "∈", "\xd1": "∇", "\xd5": "∏", "\xd6": "√", "\xd7": "⋅", "\xde": "⇒", "\xe5": "∑", "\xf2": "∫",
}  # fmt: skip
_WINGDINGS = {
    "\x28": "☎",
    "\x4a": "☺",
    "\x6c": "●",
    "\x6d": "❍",
    "\x6e": "■",
    "\x6f": "□",
    "\x71": "❑",
    "\x72": "❒",
    "\x74": "◆",
    "\x75": "◆",
    "\x76": "❖",
    "\x77": "⬥",
    "\x9e": "·",
    "\x9f": "•",
    "\xa7": "▪",
    "\xa8": "◻",
    "\xab": "★",
    "\xd8": "➢",
    "\xe0": "→",
    "\xe8": "➔",
    "\xfb": "✗",
    "\xfc": "✓",
    "\xfd": "☒",
    "\xfe": "☑",
} | {chr(0x81 + i): chr(ord("①") + i) for i in range(10)}
_UNKNOWN = "□"


def symbol(character: str, font: str) -> str:
    """Return the character of a font in Unicode. A sign of a symbol font that is not known is □: it is no letter."""
    name = font.lower()
    is_private = "\uf000" <= character <= "\uf0ff"
    code = chr(ord(character) - 0xF000) if is_private else character
    if "wingdings" in name:
        return _WINGDINGS.get(code, _UNKNOWN)
    if name.startswith("symbol") or (is_private and not name):
        return _SYMBOL.get(code) or (code if "\x20" <= code < "\x7f" else _UNKNOWN)
    return _UNKNOWN if is_private else character
