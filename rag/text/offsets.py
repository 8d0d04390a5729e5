"""Where a stretch of an article's text stands in its file."""

from __future__ import annotations

from rag.schema import Article


def source_of(article: Article, start: int, end: int) -> tuple[str, int, int]:
    """Where ``article.text[start:end]`` stands: a file and half open character offsets in it. Of a stretch
    that runs over two files, the part in the first."""
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
    """The offsets of ``source_of``."""
    return source_of(article, start, end)[1:]
