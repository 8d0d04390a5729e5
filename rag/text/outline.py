"""Page + its articles -> which lines belong to which article, so that a person can see and correct it; and back.

A correction is the field ``articles`` of the YAML beside a file. For each article it gives the lines of the body, counted
from 1 as in an editor. It holds the file's hash, because another version of the file has other lines.
"""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from rag.errors import CorpusError
from rag.schema import Article, Outline, Page
from rag.text.left_out import LeftOut, LeftOutWhy
from rag.text.lines import squeeze

Role = Literal["head", "byline", "body", ""]
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_FARTHEST = 12  # lines between a headline or byline and its body
Span = tuple[int, int]
"""Half-open offsets into the text of a page."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page. ``article`` is the position in the page's list of articles, None if it belongs to no article;
    then ``why`` is the reason, "" for a blank line."""

    number: int
    text: str
    article: int | None
    role: Role
    why: LeftOutWhy | Literal[""] = ""


def line_spans(text: str) -> list[Span]:
    """Return the offsets of each line, its line end included. Lines are counted as editors count them."""
    return [m.span() for m in _LINE.finditer(text) if m.end() > m.start()]


def rows_of(page: Page, articles: Sequence[Article], left_out: Sequence[LeftOut] = ()) -> list[Row]:
    """Return every line and its role. A headline or byline is found by its words, near the article that has them.

    ``left_out`` are the lines that layout has found to be in no article."""
    spans = line_spans(page.text)
    bodies = [_body_lines(spans, article, page) for article in articles]
    owner = {number: i for i, numbers in enumerate(bodies) for number in numbers}
    starts = [start for start, _ in spans]
    why = {bisect.bisect(starts, line.start): line.why for line in left_out}
    near = _articles_near(bodies)
    rows = []
    for number, (start, end) in enumerate(spans, 1):
        text = page.text[start:end].rstrip("\r\n")
        if number in owner:
            rows.append(Row(number, text, owner[number], "body"))
        elif number in why:
            rows.append(Row(number, text, None, "", why[number]))
        else:
            rows.append(Row(number, text, *_article_and_role(text, articles, near.get(number, ()))))
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


def role_of(text: str, title: str, byline: Sequence[str]) -> Role:
    """Return whether a line repeats the headline, names a writer, or neither."""
    clean = squeeze(text).strip("# ").replace(" ", "")
    if len(clean) > 1 and clean in squeeze(title).replace(" ", ""):
        return "head"
    return "byline" if clean and any(name in clean for name in byline) else ""


def _body_lines(spans: Sequence[Span], article: Article, page: Page) -> list[int]:
    """The numbers of the lines that hold text of the article."""
    starts = [start for start, _ in spans]
    numbers: dict[int, None] = {}
    for run in article.runs:
        if run.file in ("", page.file):
            first = bisect.bisect(starts, run.source_start)
            last = bisect.bisect_left(starts, run.source_start + run.length)
            numbers |= dict.fromkeys(range(first, last + 1))
    return list(numbers)


def _articles_near(bodies: Sequence[Sequence[int]]) -> dict[int, list[tuple[int, int]]]:
    """Line -> (distance, position) of the articles whose body begins or ends near it."""
    near: dict[int, dict[int, int]] = defaultdict(dict)
    for i, body in enumerate(bodies):
        for edge in {body[0], body[-1]} if body else ():
            for number in range(edge - _FARTHEST, edge + _FARTHEST + 1):
                near[number][i] = min(abs(number - edge), near[number].get(i, _FARTHEST))
    return {number: [(distance, i) for i, distance in found.items()] for number, found in near.items()}


def _article_and_role(
    text: str, articles: Sequence[Article], near: Sequence[tuple[int, int]]
) -> tuple[int | None, Role]:
    """The nearest article that has a headline or byline with these words, for a line outside all bodies."""
    for _, i in sorted(near):
        if role := role_of(text, articles[i].title, articles[i].byline):
            return i, role
    return None, ""


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
