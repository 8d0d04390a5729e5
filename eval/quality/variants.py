"""Stories and a style -> the text of a page and its gold stories, which are exact by construction."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from eval.quality.gold import Gold, Score, score
from eval.quality.printer import Printer, Story, Style
from rag.layout.articles import articles_of
from rag.schema import Page
from rag.text.lines import squeeze

_HEADER = ("海湾日报", "2025年9月12日 星期五", "责任编辑：陈一 版式：李二", "第02版")
_ADVERTS = (
    ("旺铺招租", "海湾路临街商铺对外出租", "联系电话：0573-85001234"),
    ("海湾驾校秋季班开班了", "地址：海湾市人民路88号（体育馆北）", "招生热线：85007171、85007980"),
)


def styles() -> Iterator[tuple[str, Style]]:
    """Yield named styles with one change each, from a page of narrow indented columns and from one of long lines."""
    column, long = Style(), Style(width=400, indent=False, gap=True)
    for width in (14, 18, 24, 400):
        yield f"width {width}", replace(column, width=width)
        yield f"width {width}, blank lines between paragraphs", replace(column, width=width, indent=False, gap=True)
        yield f"width {width}, no indents", replace(column, width=width, indent=False)
    for base in (column, long):
        name = "columns" if base is column else "long lines"
        for shift in (1, 2):
            yield f"{name}, other order", replace(base, shift=shift)
        yield f"{name}, headline after body", replace(base, head="after")
        for place in ("before head", "end", "brackets", "dateline", "none"):
            yield f"{name}, byline {place}", replace(base, byline=place)
        yield f"{name}, byline before body, headline after", replace(base, head="after", byline="before head")
        yield f"{name}, half-width marks", replace(base, marks="half")
        yield f"{name}, full-width marks", replace(base, marks="full")
        yield f"{name}, letters set wide", replace(base, spaced=True)
        yield f"{name}, header and page number", replace(base, furniture=True)
        yield f"{name}, advertisements", replace(base, adverts=True)
        yield f"{name}, no blank lines in a story", replace(base, tight=True)
    yield "columns, headline wrapped", replace(column, narrow=True)
    yield "columns, headline wrapped, after body", replace(column, narrow=True, head="after", byline="before head")
    yield "columns, paragraphs torn", replace(column, torn=True)


def mixtures(count: int, seed: int = 1) -> Iterator[tuple[str, Style]]:
    """Yield ``count`` styles drawn at random, the same for the same seed."""
    draw = random.Random(seed)
    for _ in range(count):
        indent = draw.random() < 0.6
        yield (
            "mixtures",
            Style(
                width=draw.choice((14, 18, 24, 400)),
                indent=indent,
                gap=not indent and draw.random() < 0.6,
                tight=draw.random() < 0.25,
                head=draw.choice(("before", "before", "after")),
                byline=draw.choice(("before head", "after head", "after head", "end", "brackets", "dateline", "none")),
                marks=draw.choice(("as is", "half", "full")),
                spaced=draw.random() < 0.2,
                furniture=draw.random() < 0.3,
                adverts=draw.random() < 0.2,
                narrow=draw.random() < 0.3,
                torn=draw.random() < 0.2,
                shift=draw.randrange(3),
            ),
        )


def stories_of(text: str, gold: Sequence[Gold]) -> list[Story]:
    """Return the stories of a page, to print them in other styles.

    Notices are left out, and so are stories with neither headline nor byline: only their place on the page shows where
    they start.
    """
    return [
        Story(g.kind, g.headline, g.byline, tuple(squeeze(text[a:b]) for a, b in g.body))
        for g in gold
        if g.kind != "notice" and (g.headline or g.byline)
    ]


def read_stories(path: Path) -> list[list[Story]]:
    """Return the stories of a JSON Lines file by page, in the order of their ``page``."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        [
            Story("article", tuple(row["headline"]), tuple(row["byline"]), tuple(row["body"]))
            for row in rows
            if row["page"] == page
        ]
        for page in sorted({row["page"] for row in rows})
    ]


def render(stories: Sequence[Story], style: Style) -> tuple[str, list[Gold]]:
    """Return the text of the page and its gold stories."""
    shift = style.shift % len(stories)
    page = Printer(style)
    if style.furniture:
        page.lines(_HEADER)
        page.blank()
    gold = []
    for number, story in enumerate([*stories[shift:], *stories[:shift]]):
        gold.append(_photo(page, story) if story.kind == "photo" else _article(page, story))
        if style.adverts and number < len(_ADVERTS):
            page.lines(_ADVERTS[number])
            page.blank()
    if style.furniture:
        page.lines(("02",))
    return page.text(), gold


def score_styles(pages: Sequence[Sequence[Story]], styles: Sequence[tuple[str, Style]]) -> Score:
    """Return the score of how the pages are cut, over all these styles together."""
    total = Score()
    for _, style in styles:
        for stories in pages:
            text, gold = render(stories, style)
            total += score(text, gold, articles_of(Page("page.txt", text, "utf-8", "")))
    return total


def _article(page: Printer, story: Story) -> Gold:
    style = page.style
    place = style.byline
    if style.byline == "none":
        story = replace(story, byline=())
    by = page.with_marks(_credit(story.byline))
    if not story.byline or (by.endswith("评论员") and place in ("brackets", "dateline")):
        place = "after head"
    first, last = "", ""
    if place == "dateline":
        first = "本报讯" + page.with_marks(f"（{by}）")
    elif place == "brackets":
        last = page.with_marks(f"（{by}）")
    own_line = by if story.byline and not first and not last else ""
    if style.head == "after":
        if own_line and place != "end":
            page.block((f"■{own_line}",))
        body, aside = page.body(story.body, first, last)
        page.headline(story.headline)
        if own_line and place == "end":
            page.block((f"■{own_line}",))
    else:
        if own_line and place == "before head":
            page.block((f"■{own_line}",))
        page.headline(story.headline)
        if own_line and place == "after head":
            page.block((f"■{own_line}",))
        body, aside = page.body(story.body, first, last)
        if own_line and place == "end":
            page.block((f"■{own_line}",))
    page.blank()
    return Gold(story.kind, tuple(page.with_marks(h) for h in story.headline), story.byline, body, aside)


def _photo(page: Printer, story: Story) -> Gold:
    """Print a photo story: the title above the caption, the photographers below it."""
    page.headline(story.headline)
    body, aside = page.body(story.body, "", "")
    page.block(("■摄影 " + " ".join(story.byline),))
    page.blank()
    return Gold(story.kind, tuple(page.with_marks(h) for h in story.headline), story.byline, body, aside)


def _credit(byline: Sequence[str]) -> str:
    if not byline or byline[0].endswith("评论员"):
        return " ".join(byline)
    return f"记者 {byline[0]}" + (" 通讯员 " + " ".join(byline[1:]) if byline[1:] else "")
