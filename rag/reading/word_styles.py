"""The styles and the automatic numbers of a Word document."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"(?:title|heading|标题|副标题)", re.I)
_ON_OFF = {"0", "false", "off"}
_CHINESE = "〇一二三四五六七八九"
_LEVELS = 9


def value(element: Any, name: str) -> str | None:
    """Return ``w:val`` of the child of this name, "" if it has none, None without the child."""
    child = None if element is None else element.find(W + name)
    return None if child is None else str(child.get(W + "val", ""))


def is_on(element: Any, name: str) -> bool | None:
    """Return whether a property such as ``vanish`` is set, None if the element does not say."""
    found = value(element, name)
    return None if found is None else found.lower() not in _ON_OFF


class _Style(NamedTuple):
    name: str
    based_on: str
    run: Any
    paragraph: Any


class Styles:
    """What the styles of a document say of headings, hidden text and raised text."""

    def __init__(self, root: Any) -> None:
        self._styles: dict[str, _Style] = {}
        self._default = ""
        for style in () if root is None else root.iter(W + "style"):
            key = style.get(W + "styleId", "")
            self._styles[key] = _Style(
                value(style, "name") or "", value(style, "basedOn") or "", style.find(W + "rPr"), style.find(W + "pPr")
            )
            if style.get(W + "type") == "paragraph" and style.get(W + "default", "0") not in _ON_OFF:
                self._default = key

    def _chain(self, key: str | None) -> list[_Style]:
        """The style and those that it is based on."""
        found: list[_Style] = []
        while key in self._styles and len(found) < len(self._styles):
            found.append(self._styles[key])
            key = found[-1].based_on
        return found

    def is_heading(self, key: str | None) -> bool:
        """Return whether a paragraph in this style is a headline."""
        return any(_HEADING.search(style.name) for style in self._chain(key)) or (
            key is not None and key not in self._styles and bool(_HEADING.search(key))
        )

    def is_hidden(self, run: Any, paragraph_style: str | None) -> bool:
        """Return whether the text of a run is hidden. ``run`` holds its own properties, None without any."""
        own = is_on(run, "vanish")
        if own is not None:
            return own
        styles = (value(run, "rStyle"), paragraph_style or self._default)
        said = [
            next((v for s in self._chain(key) if (v := is_on(s.run, "vanish")) is not None), False) for key in styles
        ]
        return said[0] != said[1]

    def height(self, run: Any, paragraph_style: str | None) -> str:
        """Return ``superscript``, ``subscript`` or something else for text that stands on its line."""
        own = value(run, "vertAlign")
        if own is not None:
            return own
        styles = [*self._chain(value(run, "rStyle")), *self._chain(paragraph_style or self._default)]
        return next((found for style in styles if (found := value(style.run, "vertAlign"))), "")

    def numbering(self, paragraph: Any, key: str | None) -> tuple[str, int] | None:
        """Return (list, level) of a paragraph, None if it is not in a list. ``paragraph`` holds its own properties."""
        chain = [paragraph, *(style.paragraph for style in self._chain(key or self._default))]
        found = [
            element for holder in chain if holder is not None and (element := holder.find(W + "numPr")) is not None
        ]
        number = next((v for element in found if (v := value(element, "numId")) is not None), "0")
        level = next((v for element in found if (v := value(element, "ilvl")) is not None), "0")
        return (number, int(level)) if number != "0" and level.isdecimal() and int(level) < _LEVELS else None


class Numbering:
    """Counts the items of a document's lists."""

    def __init__(self, root: Any) -> None:
        self._levels: dict[tuple[str, int], Any] = {}
        self._lists: dict[str, str] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[str] = set()
        for element in () if root is None else root:
            if element.tag == W + "abstractNum":
                for level in element.iter(W + "lvl"):
                    self._levels[element.get(W + "abstractNumId", ""), int(level.get(W + "ilvl", "0"))] = level
            elif element.tag == W + "num":
                number = element.get(W + "numId", "")
                self._lists[number] = value(element, "abstractNumId") or ""
                for override in element.iter(W + "lvlOverride"):
                    if (start := value(override, "startOverride")) is not None and start.isdecimal():
                        self._starts[number, int(override.get(W + "ilvl", "0"))] = int(start)

    def label(self, number: str, level: int) -> str:
        """Return the number of the next item at this level, such as ``1.`` or ``一、``; "" for a bullet."""
        kind = self._lists.get(number, "")
        own = self._levels.get((kind, level))
        if own is None or value(own, "numFmt") in ("bullet", "none"):
            return ""
        counts = self._counts.setdefault(kind, [None] * _LEVELS)
        if number not in self._begun:
            self._begun.add(number)
            for i in range(_LEVELS):
                if (number, i) in self._starts:
                    counts[i] = None
        counts[level] = self._start(number, kind, level) if (before := counts[level]) is None else before + 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)

        def written(match: re.Match[str]) -> str:
            i = int(match[1]) - 1
            count = counts[i] if counts[i] is not None else self._start(number, kind, i)
            return _written(count or 0, value(self._levels.get((kind, i)), "numFmt") or "decimal")

        text = re.sub(r"%([1-9])", written, value(own, "lvlText") or "")
        return text + (" " if text and text[-1] < "\u0250" else "")

    def _start(self, number: str, kind: str, level: int) -> int:
        text = value(self._levels.get((kind, level)), "start") or "1"
        return self._starts.get((number, level), int(text) if text.isdecimal() else 1)


def _written(count: int, form: str) -> str:
    if form in ("upperLetter", "lowerLetter") and count > 0:
        letter = chr(ord("A") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter if form == "upperLetter" else letter.lower()
    if form in ("upperRoman", "lowerRoman") and 0 < count < 4000:
        return _roman(count) if form == "upperRoman" else _roman(count).lower()
    if form.startswith("decimalEnclosedCircle") and 0 < count <= 20:
        return chr(ord("①") + count - 1)
    if form == "ideographTraditional" and 0 < count <= 10:
        return "甲乙丙丁戊己庚辛壬癸"[count - 1]
    if form == "ideographDigital":
        return "".join(_CHINESE[int(digit)] for digit in str(count))
    if ("Counting" in form or form == "ideographEnclosedCircle") and 0 < count < 100:
        tens, ones = divmod(count, 10)
        return ("" if tens < 2 else _CHINESE[tens]) + ("十" if tens else "") + (_CHINESE[ones] if ones else "")
    return f"{count:02d}" if form == "decimalZero" else str(count)


def _roman(count: int) -> str:
    signs = zip(
        "M CM D CD C XC L XL X IX V IV I".split(), (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), strict=True
    )
    text = ""
    for sign, worth in signs:
        times, count = divmod(count, worth)
        text += sign * times
    return text
