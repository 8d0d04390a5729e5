"""Page -> articles: headline, byline, date and body of each story, every character traceable."""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from rag.layout.blocks import JUMP, Block, blocks_of
from rag.layout.candidates import Story
from rag.layout.dates import dates_of
from rag.layout.stories import stories_of
from rag.schema import Article, Page, Run
from rag.text.bylines import SIGNATURE, joined, names
from rag.text.front_matter import front_matter
from rag.text.lines import Line, kept, lines_of, squeeze
from rag.text.outline import stretches

_SUBHEAD_WIDTH = 18  # a wider unclosed line inside a body is a paragraph cut by its column

_NAME = re.compile(
    r"[\u4e00-\u9fff·]{2,8}(?:日报|晚报|早报|晨报|时报|周报|商报|都市报|青年报|新闻报|政协报)(?:·[\u4e00-\u9fff]{1,6})?"
)
_NUMBER = re.compile(r"第?([A-Z]?\d{1,3})版")
_DIGITS = "零一二三四五六七八九"
_PAGE_NUMBER = re.compile(r"([A-Z]?)\s*0*(\d{1,3}|[一二三四五六七八九十]{1,3})(?:\s*[、,]\s*\d{1,3})?\s*版")


def articles_of(page: Page) -> list[Article]:
    """The page's stories in file order, each with exact offsets into ``page.text``."""
    articles = _corrected(page) if page.stated.articles else _whole(page) if page.stated.whole else _stories(page)
    dated = dates_of(page, [article.text for article in articles])
    source, number = page.stated.source or _newspaper(page.text), page.stated.page or _number(page.text)
    return [
        replace(a, source=source, page=number, date=d.date, date_basis=d.basis, date_words=d.words)
        for a, d in zip(articles, dated, strict=True)
    ]


def _newspaper(text: str) -> str:
    """The name that stands by itself at the head or foot of the page."""
    return next((squeeze(line.text) for line in _margins(text) if _NAME.fullmatch(squeeze(line.text))), "")


def _number(text: str) -> str:
    """``03`` of a line 第03版 at the head or foot of the page."""
    return next((m[1] for line in _margins(text) if (m := _NUMBER.fullmatch(squeeze(line.text)))), "")


def _margins(text: str) -> list[Line]:
    lines = lines_of(text)
    return [*lines[:8], *lines[8:][-4:]]


def _corrected(page: Page) -> list[Article]:
    """As a person has marked them. Paragraphs are those of the page, less the lines that are not marked."""
    found: list[Article] = []
    blocks = blocks_of(page.text)
    for outline in sorted(page.stated.articles, key=lambda o: o.lines):
        own = stretches(page, outline)
        inside = [tuple(line for line in block.lines if any(a <= line.start < b for a, b in own)) for block in blocks]
        text, runs = _text(
            page.text, [replace(block, lines=kept) for block, kept in zip(blocks, inside, strict=True) if kept]
        )
        if text:
            found.append(
                Article(
                    f"{page.file}#{len(found) + 1}",
                    page.file,
                    outline.title,
                    outline.byline,
                    "",
                    outline.kind,
                    text,
                    runs,
                )
            )
    return _with_jumps(page.text, found)


def _whole(page: Page) -> list[Article]:
    """The file as one article: its headline and writers are what is stated of it, and lines at the top that repeat
    them are no text. Where nothing is stated those lines are what they say."""
    stated = page.stated
    blocks = blocks_of(_without_front_matter(page))
    top = next(
        (
            i
            for i, b in enumerate(blocks)
            if b.kind not in ("head", "byline")
            or (b.kind == "head" and stated.title and b.text.lstrip("#") not in squeeze(stated.title))
        ),
        0,
    )
    title = " ".join(_undouble(_heading(line)) for b in blocks[:top] if b.kind == "head" for line in b.lines)
    byline = tuple(
        name for b in blocks[:top] if b.kind == "byline" for line in b.lines for name in names(line.text) or ()
    )
    text, runs = _text(page.text, blocks[top:]) if blocks else ("", ())
    return (
        [
            Article(
                f"{page.file}#1", page.file, stated.title or title, stated.byline or byline, "", "article", text, runs
            )
        ]
        if text
        else []
    )


def _without_front_matter(page: Page) -> str:
    """Blanks in its place, so that every offset stays."""
    skipped = front_matter(page.text) if page.file.lower().endswith(".md") else 0
    return "\n" * skipped + page.text[skipped:]


def _stories(page: Page) -> list[Article]:
    blocks = blocks_of(_without_front_matter(page))
    content = [b for b in blocks if b.kind != "furniture"]
    articles: list[Article] = []
    for story in stories_of(content):
        text, runs = _text(page.text, [content[i] for i in story.body])
        if text:
            articles.append(
                Article(
                    article_id=f"{page.file}#{len(articles) + 1}",
                    file=page.file,
                    title=_title(content, story),
                    byline=_byline(content, story),
                    date="",
                    kind=story.kind,
                    text=text,
                    runs=runs,
                )
            )
    return _with_jumps(page.text, articles)


def _with_jumps(text: str, articles: list[Article]) -> list[Article]:
    """The articles with the pages that 下转 and 上接 name. 下转 stands in its article or behind it, 上接 in
    its article or ahead of it."""
    starts = [a.runs[0].source_start for a in articles]
    ends = [a.runs[-1].source_start + a.runs[-1].length for a in articles]
    for mark in JUMP.finditer(text):
        page = jump_page(mark.group())
        if "下转" in mark.group():
            if (i := bisect.bisect(starts, mark.start()) - 1) >= 0:
                articles[i] = replace(articles[i], goes_on=articles[i].goes_on or page)
        elif (i := bisect.bisect(ends, mark.end())) < len(articles):
            articles[i] = replace(articles[i], comes_from=articles[i].comes_from or page)
    return articles


def jump_page(text: str) -> str:
    """``第02版``, ``下转二版`` -> ``2``; ``A03版`` -> ``A3``; empty when there is no number."""
    found = _PAGE_NUMBER.search(unicodedata.normalize("NFKC", text))
    if not found:
        return ""
    section, number = found.groups()
    if not number.isdigit():
        tens, ten, ones = number.rpartition("十")
        number = str((10 * (_DIGITS.find(tens) if tens else 1) if ten else 0) + (_DIGITS.find(ones) if ones else 0))
    return section + number


def _title(blocks: Sequence[Block], story: Story) -> str:
    lines = [line for i in story.heads for line in blocks[i].lines]
    return " ".join(_undouble(_heading(line)) for line in lines)


def _heading(line: Line) -> str:
    """A headline keeps the blanks between its phrases, but not those between spaced-out letters."""
    words = line.text.split()
    return "".join(words) if all(len(w) == 1 for w in words) else " ".join(words)


def _undouble(text: str) -> str:
    """Bold type set by printing twice comes out with every stretch twice."""
    size = len(text)
    step = [0] * size + [-1]  # how long a stretch to take at each place so that the rest comes out even too
    for at in range(size - 2, -1, -1):
        for length in range(1, min(20, (size - at) // 2) + 1):
            if step[at + 2 * length] and text.startswith(text[at : at + length], at + length):
                step[at] = length
                break
    if size < 8 or not step[0]:  # 红红火火 is a word
        return text
    halves, at = [], 0
    while at < size:
        halves.append(text[at : at + step[at]])
        at += 2 * step[at]
    return "".join(halves)


def _byline(blocks: Sequence[Block], story: Story) -> tuple[str, ...]:
    lines = [line for i in story.bylines for line in _credits(blocks[i])]
    found = [name for line in lines for name in (names(line) or tuple(line.split()))]
    for edge in (blocks[story.body[0]].lines[:4], blocks[story.body[-1]].lines[-4:]):
        for match in SIGNATURE.finditer(joined(edge)):
            found += names(match.group()[1:-1]) or ()
    return tuple(dict.fromkeys(found))


def _credits(block: Block) -> list[str]:
    """The lines of a byline, as one where a bracket runs over their ends."""
    whole = joined(block.lines)
    return [whole] if SIGNATURE.fullmatch(whole) else [line.text for line in block.lines]


def _text(source: str, body: Sequence[Block]) -> tuple[str, tuple[Run, ...]]:
    """The paragraphs, joined by newlines, and where each stretch of them stands in the file."""
    pieces: list[str] = []
    runs: list[Run] = []
    length = 0
    continued = True
    for block in body:
        if not continued:
            pieces.append("\n")
            length += 1
        first, last = block.lines[0].start, block.lines[-1].end
        raw = (
            "".join(  # what stands between its lines is none of it: their ends, or lines taken out by a correction
                source[line.start : line.end] + " " * (following.start - line.end)
                for line, following in itertools.pairwise(block.lines)
            )
            + source[block.lines[-1].start : last]
        )
        raw = JUMP.sub(lambda m: "\0" * len(m.group()), raw)  # a reference is no part of the text
        for i, blank in kept(raw):
            if raw[i] == "\0":  # and no sentence may run across it
                if pieces and pieces[-1] != "\n":
                    pieces.append("\n")
                    length += 1
                continue
            pieces.append(" " if blank else raw[i])
            if not blank:
                if (
                    runs
                    and runs[-1].source_start + runs[-1].length == first + i
                    and (runs[-1].start + runs[-1].length == length)
                ):
                    runs[-1] = Run(runs[-1].start, runs[-1].source_start, runs[-1].length + 1)
                else:
                    runs.append(Run(length, first + i, 1))
            length += 1
        continued = block.kind == "head" and len(block.text) > _SUBHEAD_WIDTH and not block.closed
    return "".join(pieces).rstrip(), tuple(runs)
