"""Page -> articles: headline, byline, date and text of each story, every character traceable."""

from __future__ import annotations

from dataclasses import replace

from rag.layout.article_text import text_of
from rag.layout.dates import dates_of
from rag.layout.jumps import with_jump_pages
from rag.layout.laid_out_page import LaidOutPage, lay_out
from rag.layout.masthead import masthead_of
from rag.layout.story_parts import StoryParts, marked_stories, printed_stories, whole_file
from rag.schema import Article, Page


def articles_of(page: Page) -> list[Article]:
    """Return the page's articles in file order, each with exact offsets into ``page.text``."""
    laid_out = lay_out(page)
    articles = [_article(page, parts) for parts in _stories(laid_out)]
    articles = _numbered([article for article in articles if article.text])
    if page.stated.articles or not page.stated.whole:
        articles = with_jump_pages(page.text, articles)
    masthead = masthead_of(laid_out.lines)
    source, number = page.stated.source or masthead.newspaper, page.stated.page or masthead.page
    dates = dates_of(page, [article.text for article in articles])
    return [
        replace(article, source=source, page=number, date=dated.date, date_basis=dated.basis, date_words=dated.words)
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
        text=body.text,
        runs=body.runs,
    )


def _numbered(articles: list[Article]) -> list[Article]:
    return [replace(article, article_id=f"{article.file}#{n}") for n, article in enumerate(articles, 1)]
