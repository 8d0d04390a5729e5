"""A page and its articles -> an HTML document that stands alone.

It shows every line with its number and its article, so that a person can see a mistake, and the YAML to correct it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rag.schema import Article, Page
from rag.text.calendar import shown as shown_date
from rag.text.left_out import LeftOut, LeftOutWhy
from rag.text.outline import Row, as_yaml, outlines_of, rows_of
from rag.web.rendering import render, static_text

_COLOURS = 6  # tints of the style sheet
WHY: dict[LeftOutWhy, str] = {
    "page furniture": "版面信息 / page furniture",
    "jump line": "转版提示 / jump line",
    "headline without text": "没有正文的标题 / headline without text",
    "byline without article": "没有文章的署名 / byline without article",
    "text without article": "不属于任何文章 / text without article",
    "not marked": "改正中未标出 / not marked",
    "front matter": "文件头信息 / front matter",
}
"""Why a line is in no article, as readers see it."""


@dataclass(frozen=True, slots=True)
class Box:
    """Neighbouring lines of one article, or of no article; then the other fields are empty.

    ``number`` counts articles from 1. ``anchor`` is the id that a link to the article leads to; if an article has
    several boxes, the first has it.
    """

    rows: tuple[Row, ...]
    number: int = 0
    caption: str = ""
    colour: int = 0
    anchor: str = ""


def as_html(page: Page, articles: Sequence[Article], remark: str = "", left_out: Sequence[LeftOut] = ()) -> str:
    """Return the page as a document. ``remark`` stands at its top. ``left_out`` are the lines in no article."""
    return render(
        "outlined_page.html",
        page=page,
        articles=len(articles),
        remark=remark,
        correction=as_yaml(page, outlines_of(page, articles)),
        boxes=list(_boxes(rows_of(page, articles, left_out), articles)),
        why=WHY,
        style=Markup(static_text("outlined_page.css")),
    )


def about(article: Article) -> str:
    """Return the headline, byline, date and kind of an article in one line."""
    parts = (
        article.title or "（无标题）",
        "、".join(article.byline),
        shown_date(article.date, article.date_basis),
        "" if article.kind == "article" else article.kind,
    )
    return " · ".join(part for part in parts if part)


def _boxes(rows_of_page: Sequence[Row], articles: Sequence[Article]) -> Iterator[Box]:
    anchored: set[int] = set()
    for key, rows in itertools.groupby(_with_blanks_inside(rows_of_page), lambda row: row.article):
        if key is None:
            yield Box(tuple(rows))
        else:
            anchor = "" if key in anchored else f"a{key + 1}"
            yield Box(tuple(rows), key + 1, about(articles[key]), key % _COLOURS, anchor)
            anchored.add(key)


def _with_blanks_inside(rows: Sequence[Row]) -> Iterator[Row]:
    """Give blank lines between two lines of an article to that article, so that it is one box."""
    owned = [(at, row.article) for at, row in enumerate(rows) if row.article is not None]
    for (a, first), (b, second) in itertools.pairwise([(-1, None), *owned, (len(rows), None)]):
        for row in rows[a + 1 : b]:
            inside = first is not None and first == second and not row.text.strip()
            yield Row(row.number, row.text, first, "") if inside else row
        if b < len(rows):
            yield rows[b]
