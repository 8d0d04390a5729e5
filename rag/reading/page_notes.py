"""Pages of a file -> the same without half characters, and notes on characters that mean nothing to a reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from rag.reading.charset import described, strange_characters, without_halves
from rag.schema import Page, Refused, Stated

_NAMED = 3  # characters that a note names
_PARSED = (
    "pdf",
    "docx",
    "scan",
    "spreadsheet",
    "odt",
    "rtf",
)  # their symbol fonts hold private-use characters for bullets and lines


class StrangeCharacters:
    """Counts the characters of the pages of one file that have no meaning outside their font or program."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counts: Counter[str] = Counter()
        self._places: dict[str, str] = {}

    def count(self, page: Page) -> None:
        """Count those of a page, and remember the first place of each."""
        if page.encoding in _PARSED:
            return
        found = strange_characters(page.text)
        self._counts += found
        part = page.file.removeprefix(self._name)
        for char in found:
            line = page.text.count("\n", 0, page.text.index(char)) + 1
            self._places.setdefault(char, f"in {part}" if part else f"in line {line:,}")

    def notes(self) -> list[Refused]:
        """Return one note that names the commonest, or none."""
        if not self._counts:
            return []
        named = ", ".join(f"{described(char)} {self._places[char]}" for char, _ in self._counts.most_common(_NAMED))
        others = len(self._counts) - _NAMED
        more = f" and {others:,} others" if others > 0 else ""
        total = sum(self._counts.values())
        what = "a character" if total == 1 else f"{total:,} characters"
        why = f"{self._name} is read, but holds {what} without a meaning: {named}{more}; correct the file if you know better."
        return [Refused(self._name, why, is_note=True)]


def cleaned(page: Page | Refused) -> Page | Refused:
    """Return the page with U+FFFD for each half of a surrogate pair, which no index and no terminal can hold."""
    if isinstance(page, Refused):
        return replace(page, file=without_halves(page.file), why=without_halves(page.why))
    return replace(page, file=without_halves(page.file), text=without_halves(page.text), stated=_cleaned(page.stated))


def _cleaned(stated: Stated) -> Stated:
    outlines = tuple(
        replace(o, title=without_halves(o.title), byline=tuple(map(without_halves, o.byline))) for o in stated.articles
    )
    return replace(
        stated,
        title=without_halves(stated.title),
        byline=tuple(map(without_halves, stated.byline)),
        source=without_halves(stated.source),
        page=without_halves(stated.page),
        sha256=without_halves(stated.sha256),
        articles=outlines,
    )
