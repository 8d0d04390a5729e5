"""Page + its articles -> which lines belong to which, to be seen and corrected, and the correction read back.

A correction is the ``articles`` of the YAML beside a file: for each the lines of its body, counted from 1 as
editors do. It names the file by its hash, for in another version the lines are others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from rag.errors import CorpusError
from rag.schema import Article, Outline, Page
from rag.text.lines import squeeze

Role = Literal["head", "byline", "body", ""]
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_NEAR = 12  # lines between a headline or byline and its body


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page: ``article`` counts the page's articles from 0, None for a line of none."""

    number: int
    text: str
    article: int | None
    role: Role


def line_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each line, its line end included."""
    return [m.span() for m in _LINE.finditer(text) if m.end() > m.start()]


def rows_of(page: Page, articles: Sequence[Article]) -> list[Row]:
    """Every line and what it is. A headline or byline is told by its words, near the article that has them."""
    spans = line_spans(page.text)
    bodies = [_body_lines(spans, article, page) for article in articles]
    owner = {number: i for i, numbers in enumerate(bodies) for number in numbers}
    rows = []
    for number, (start, end) in enumerate(spans, 1):
        text = page.text[start:end].rstrip("\r\n")
        if number in owner:
            rows.append(Row(number, text, owner[number], "body"))
            continue
        found = _outside(text, number, articles, bodies)
        rows.append(Row(number, text, *found))
    return rows


def outlines_of(page: Page, articles: Sequence[Article]) -> list[Outline]:
    """What was found, in the form of a correction."""
    spans = line_spans(page.text)
    empty = {n for n, (start, end) in enumerate(spans, 1) if not page.text[start:end].strip()}
    return [Outline(a.title, a.byline, a.kind, tuple(_ranges(_body_lines(spans, a, page), empty))) for a in articles]


def as_yaml(page: Page, outlines: Sequence[Outline]) -> str:
    """The YAML that, beside the file, has the page cut just so."""
    rows = [
        {"title": o.title, "byline": list(o.byline), "kind": o.kind, "lines": lines_text(o.lines)} for o in outlines
    ]
    text: str = yaml.safe_dump(
        {"sha256": page.sha256[:12], "articles": rows},
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=120,
    )
    return text


def checked(page: Page) -> Page:
    """The page itself. Raises CorpusError when its correction is of another version of the file or names lines that
    it has not."""
    stated = page.stated
    if not stated.articles:
        return page
    where = f"{page.file}.yaml"
    if stated.sha256 and not page.sha256.startswith(stated.sha256):
        raise CorpusError(
            f"{page.file} has changed since {where} was written: correct its lines with "
            f"`rag show {page.file} --yaml`, or remove `articles` there."
        )
    last = len(line_spans(page.text))
    if beyond := [b for o in stated.articles for _, b in o.lines if b > last]:
        raise CorpusError(f"{where} names line {beyond[0]}, and {page.file} has {last}: correct it.")
    if blank := [o for o in stated.articles if not "".join(page.text[a:b] for a, b in stretches(page, o)).strip()]:
        raise CorpusError(f"{where}: lines {lines_text(blank[0].lines)} of {page.file} hold no text: correct it.")
    return page


def stretches(page: Page, outline: Outline) -> list[tuple[int, int]]:
    """(start, end) in the page's text of the lines that an article has."""
    spans = line_spans(page.text)
    return [(spans[first - 1][0], spans[last - 1][1]) for first, last in outline.lines]


def lines_text(lines: Sequence[tuple[int, int]]) -> str:
    """``3-18, 22``."""
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in lines)


def read_lines(text: str) -> tuple[tuple[int, int], ...]:
    """``3-18, 22`` -> ((3, 18), (22, 22)). Raises ValueError for anything else."""
    found = []
    for part in re.split(r"[,，、]", text):
        match = re.fullmatch(r"\s*([1-9]\d{0,8})\s*(?:[-–—~]\s*([1-9]\d{0,8}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise ValueError(f"{text!r} is no list of lines like 3-18, 22")
        found.append((first, last))
    return tuple(found)


def _body_lines(spans: Sequence[tuple[int, int]], article: Article, page: Page) -> list[int]:
    own = [(r.source_start, r.source_start + r.length) for r in article.runs if r.file in ("", page.file)]
    return [number for number, (start, end) in enumerate(spans, 1) if any(a < end and start < b for a, b in own)]


def _outside(
    text: str, number: int, articles: Sequence[Article], bodies: Sequence[Sequence[int]]
) -> tuple[int | None, Role]:
    clean = squeeze(text).strip("# ")
    if not clean:
        return None, ""
    candidates: Iterator[tuple[int, int, Role]] = (
        (min(abs(number - line) for line in (bodies[i][0], bodies[i][-1])), i, role)
        for i, article in enumerate(articles)
        if bodies[i]
        for role in (_role(clean, article),)
        if role
    )
    distance, i, role = min(candidates, default=(_NEAR + 1, 0, ""))
    return (i, role) if distance <= _NEAR else (None, "")


def _role(clean: str, article: Article) -> Role:
    if len(clean) > 1 and clean.replace(" ", "") in squeeze(article.title).replace(" ", ""):
        return "head"
    return "byline" if any(name in clean.replace(" ", "") for name in article.byline) else ""


def _ranges(numbers: Sequence[int], empty: set[int]) -> Iterator[tuple[int, int]]:
    """Stretches of lines, those over blank lines as one."""
    first = last = 0
    for number in numbers:
        if first and all(between in empty for between in range(last + 1, number)):
            last = number
            continue
        if first:
            yield first, last
        first = last = number
    if first:
        yield first, last
