"""Page + its articles -> which lines belong to which article, so that a person can see and correct it; and back.

A correction is the field ``articles`` of the YAML beside a file. For each article it gives the lines of the body, counted
from 1 as in an editor. It holds the file's hash, because another version of the file has other lines.
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
_FARTHEST = 12  # lines between a headline or byline and its body
Span = tuple[int, int]
"""Half-open offsets into the text of a page."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page. ``article`` is the position in the page's list of articles, None if it belongs to no article."""

    number: int
    text: str
    article: int | None
    role: Role


def line_spans(text: str) -> list[Span]:
    """Return the offsets of each line, its line end included. Lines are counted as editors count them."""
    return [m.span() for m in _LINE.finditer(text) if m.end() > m.start()]


def rows_of(page: Page, articles: Sequence[Article]) -> list[Row]:
    """Return every line and its role. A headline or byline is found by its words, near the article that has them."""
    spans = line_spans(page.text)
    bodies = [_body_lines(spans, article, page) for article in articles]
    owner = {number: i for i, numbers in enumerate(bodies) for number in numbers}
    rows = []
    for number, (start, end) in enumerate(spans, 1):
        text = page.text[start:end].rstrip("\r\n")
        if number in owner:
            rows.append(Row(number, text, owner[number], "body"))
            continue
        rows.append(Row(number, text, *_article_and_role(text, number, articles, bodies)))
    return rows


def outlines_of(page: Page, articles: Sequence[Article]) -> list[Outline]:
    """Return the articles in the form of a correction."""
    spans = line_spans(page.text)
    empty = {n for n, (start, end) in enumerate(spans, 1) if not page.text[start:end].strip()}
    return [Outline(a.title, a.byline, a.kind, tuple(_ranges(_body_lines(spans, a, page), empty))) for a in articles]


def as_yaml(page: Page, outlines: Sequence[Outline]) -> str:
    """Return the YAML that, saved beside the file, makes the page be cut in this way."""
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


def check_correction(page: Page) -> None:
    """Raise CorpusError if the page's correction is for another version of the file, or names lines that the file does
    not have or that are blank."""
    stated = page.stated
    if not stated.articles:
        return
    yaml_file = f"{page.file}.yaml"
    if stated.sha256 and not page.sha256.startswith(stated.sha256):
        raise CorpusError(
            f"{page.file} has changed since {yaml_file} was written: correct its lines with "
            f"`rag show {page.file} --yaml`, or remove `articles` there."
        )
    spans = line_spans(page.text)
    if beyond := [last for outline in stated.articles for _, last in outline.lines if last > len(spans)]:
        raise CorpusError(f"{yaml_file} names line {beyond[0]}, but {page.file} has {len(spans)} lines: correct it.")
    for outline in stated.articles:
        if not "".join(page.text[start:end] for start, end in body_spans(spans, outline)).strip():
            lines = lines_text(outline.lines)
            raise CorpusError(f"{yaml_file}: lines {lines} of {page.file} hold no text: correct it.")


def body_spans(spans: Sequence[Span], outline: Outline) -> list[Span]:
    """Return the offsets of the lines of an article's body. ``spans`` are the ``line_spans`` of its page."""
    return [(spans[first - 1][0], spans[last - 1][1]) for first, last in outline.lines]


def lines_text(lines: Sequence[tuple[int, int]]) -> str:
    """Return line numbers as people write them: ``3-18, 22``."""
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in lines)


def read_lines(text: str) -> tuple[tuple[int, int], ...]:
    """Return the line numbers in a text: ``3-18, 22`` -> ((3, 18), (22, 22)). Raise ValueError for any other text."""
    found = []
    for part in re.split(r"[,，、]", text):
        match = re.fullmatch(r"\s*([1-9]\d{0,8})\s*(?:[-–—~]\s*([1-9]\d{0,8}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise ValueError(f"{text!r} is not a list of lines like 3-18, 22")
        found.append((first, last))
    return tuple(found)


def _body_lines(spans: Sequence[Span], article: Article, page: Page) -> list[int]:
    """The numbers of the lines that hold text of the article."""
    runs = [(r.source_start, r.source_start + r.length) for r in article.runs if r.file in ("", page.file)]
    return [number for number, (start, end) in enumerate(spans, 1) if any(a < end and start < b for a, b in runs)]


def _article_and_role(
    text: str, number: int, articles: Sequence[Article], bodies: Sequence[Sequence[int]]
) -> tuple[int | None, Role]:
    """The nearest article that has a headline or byline with these words, for a line outside all bodies."""
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
    distance, i, role = min(candidates, default=(_FARTHEST + 1, 0, ""))
    return (i, role) if distance <= _FARTHEST else (None, "")


def _role(clean: str, article: Article) -> Role:
    if len(clean) > 1 and clean.replace(" ", "") in squeeze(article.title).replace(" ", ""):
        return "head"
    return "byline" if any(name in clean.replace(" ", "") for name in article.byline) else ""


def _ranges(numbers: Sequence[int], empty: set[int]) -> Iterator[tuple[int, int]]:
    """Ranges of lines; blank lines between two numbers do not split a range."""
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
