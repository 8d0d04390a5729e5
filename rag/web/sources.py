"""An answer -> its sources: the articles with the passages that hold the quoted words.

A turn of the chat stores them, so a stored chat shows its sources without the index.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.extractive import label
from rag.schema import Answer, Article, Citation
from rag.web.chat_turn import Excerpt, Source

_NEAREST = 3  # articles shown with a refusal


def sources_of(answer: Answer) -> tuple[Source, ...]:
    """Return the articles that the answer quotes or, if the question was refused, the nearest articles."""
    return _nearest(answer) if answer.abstained else _cited(answer)


def _nearest(answer: Answer) -> tuple[Source, ...]:
    first = {h.article.article_id: h for h in reversed(answer.hits)}
    nearest = sorted(first.values(), key=answer.hits.index)[:_NEAREST]
    return tuple(_source(h.article, h.article.file, [Excerpt(text=h.passage.text, quotes=())]) for h in nearest)


def _cited(answer: Answer) -> tuple[Source, ...]:
    """Return one source for each file that an article is quoted from, in the order of the first marks.

    An article may go on in another file; its quotes from there have a source of their own.
    """
    articles = {h.article.article_id: h.article for h in answer.hits}
    sources = []
    for article_id, file in dict.fromkeys((c.article_id, c.file) for c in answer.citations):
        article = articles[article_id]
        cited = [c for c in answer.citations if (c.article_id, c.file) == (article_id, file)]
        quotes = sorted((c.start, c.end, c.n) for c in cited)
        spans = _joined(sorted(_passage_around(c, answer) for c in cited))
        excerpts = [excerpt for span in spans for excerpt in _excerpts(article, span, quotes)]
        sources.append(_source(article, file, excerpts))
    return tuple(sources)


def _passage_around(citation: Citation, answer: Answer) -> tuple[int, int]:
    """Return the offsets of the best passage found that holds the quote; those of the quote if no passage does."""
    for hit in answer.hits:
        passage = hit.passage
        same_article = hit.article.article_id == citation.article_id
        if same_article and passage.start <= citation.start and citation.end <= passage.end:
            return passage.start, passage.end
    return citation.start, citation.end


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join sorted spans that overlap or touch."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _excerpts(article: Article, span: tuple[int, int], quotes: Sequence[tuple[int, int, int]]) -> list[Excerpt]:
    """Return the text of ``span`` with its quotes. A quote that overlaps an earlier one gets an excerpt of its own."""
    first, last = span
    marked: list[tuple[int, int, int]] = []
    overlapping: list[Excerpt] = []
    for start, end, n in quotes:
        if not first <= start < last:
            continue
        if marked and start - first < marked[-1][2]:
            overlapping.append(Excerpt(text=article.text[start:end], quotes=((n, 0, end - start),)))
        else:
            marked.append((n, start - first, end - first))
    return [Excerpt(text=article.text[first:last], quotes=tuple(marked)), *overlapping]


def _source(article: Article, file: str, excerpts: Sequence[Excerpt]) -> Source:
    """Return the source. The page of another file than the article's own has no place for it."""
    return Source(
        title=article.title or label(article),
        byline=article.byline,
        date=article.date,
        date_words=article.date_words if article.date_basis == "inferred" else "",
        file=file,
        place=f"a{article.article_id.rpartition('#')[2]}" if file == article.file else "",
        copies=article.copies,
        excerpts=tuple(excerpts),
    )
