"""Page -> articles: headline, byline, date and text of each story, every character traceable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.layout.article_text import text_of
from rag.layout.dates import dates_of
from rag.layout.jumps import with_jump_pages
from rag.layout.laid_out_page import LaidOutPage, lay_out
from rag.layout.left_out import lines_left_out
from rag.layout.masthead import masthead_of
from rag.layout.story_parts import StoryParts, marked_stories, printed_stories, whole_file
from rag.schema import Article, Page
from rag.text.left_out import LeftOut


@dataclass(frozen=True, slots=True)
class CutPage:
    """The articles of a page in file order, and its lines that are in none."""

    page: Page
    articles: tuple[Article, ...]
    left_out: tuple[LeftOut, ...]


def articles_of(page: Page) -> list[Article]:
    """Return the page's articles in file order, each with exact offsets into ``page.text``."""
    return list(cut(page).articles)


def cut(page: Page) -> CutPage:
    """Return the page's articles and the lines that are left out."""
    laid_out = lay_out(page)
    stories = _stories(laid_out)
    found = [(_article(page, parts), parts) for parts in stories]
    found = [(article, parts) for article, parts in found if article.text]
    left_out = lines_left_out(laid_out, [parts for _, parts in found])
    return CutPage(page, tuple(_with_page_facts(laid_out, [article for article, _ in found])), tuple(left_out))


def _with_page_facts(laid_out: LaidOutPage, articles: list[Article]) -> list[Article]:
    """Return the articles with ids, jump pages, newspaper, page number and dates."""
    page = laid_out.page
    articles = _numbered(articles)
    if page.stated.articles or not page.stated.whole:
        articles = with_jump_pages(page.text, articles)
    masthead = masthead_of(laid_out.lines)
    number = page.stated.page or masthead.page
    dates = dates_of(page, [article.text for article in articles])
    return [
        replace(
            article,
            source=page.stated.source or article.source or masthead.newspaper,
            page=number,
            date=dated.date,
            date_basis=dated.basis,
            date_words=dated.words,
        )
        for article, dated in zip(articles, dates, strict=True)
    ]


def _stories(laid_out: LaidOutPage) -> list[StoryParts]:
    if laid_out.page.stated.articles:
        return marked_stories(laid_out)
    return whole_file(laid_out) if laid_out.page.stated.whole else printed_stories(laid_out)


def _article(page: Page, parts: StoryParts) -> Article:
    body = text_of(page.text, parts.body)
    return Article(
        article_id="",
        file=page.file,
        title=parts.title,
        byline=parts.byline,
        date="",
        kind=parts.kind,
        source=parts.source,
        text=body.text,
        runs=body.runs,
    )


def _numbered(articles: Sequence[Article]) -> list[Article]:
    return [replace(article, article_id=f"{article.file}#{n}") for n, article in enumerate(articles, 1)]
