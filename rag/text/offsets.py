"""A stretch of an article's text -> its place in the file."""

from __future__ import annotations

from rag.schema import Article


def source_of(article: Article, start: int, end: int) -> tuple[str, int, int]:
    """Return the place of ``article.text[start:end]``: a file and half-open character offsets in it. If the stretch runs
    over two files, return the part in the first; (article's file, 0, 0) if no character of it stands in a file."""
    inside = [run for run in article.runs if run.start < end and start < run.start + run.length]
    if not inside:
        return article.file, 0, 0
    first = inside[0]
    last = [run for run in inside if run.file == first.file][-1]
    return (
        first.file or article.file,
        first.source_start + max(0, start - first.start),
        last.source_start + min(last.length, end - last.start),
    )


def source_span(article: Article, start: int, end: int) -> tuple[int, int]:
    """Return the offsets of ``source_of`` without the file."""
    return source_of(article, start, end)[1:]
