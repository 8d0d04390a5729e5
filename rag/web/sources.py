"""An answer -> the panel that shows its sources: each article with the quoted words marked in their passage.

A turn of the chat keeps ``sources`` as plain JSON, so that a stored chat shows them again without the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from rag.answer.extractive import label
from rag.schema import Answer, Article
from rag.web.labels import both

Turn = dict[str, Any]


def sources(turns: Sequence[Turn]) -> str:
    """The sources of every answer, those of the latest in view."""
    with_any = [i for i, turn in enumerate(turns) if turn["sources"]]
    if not with_any:
        return f'<aside class="panel none"><h2>{both("sources")}</h2><p class="hint">{both("no_sources")}</p></aside>'
    return "".join(_panel(i, turns[i], hidden=i != with_any[-1]) for i in with_any)


def sources_of(answer: Answer) -> list[dict[str, Any]]:
    """What the chat keeps: the articles quoted or, of a refusal, the nearest."""
    return _nearest(answer) if answer.abstained else _cited(answer)


def _panel(i: int, turn: Turn, hidden: bool) -> str:
    cards = "".join(_card(i, k, source) for k, source in enumerate(turn["sources"]))
    hint = f'<p class="hint">{both("not_used")}</p>' if turn["abstained"] else ""
    return (
        f'<aside class="panel" data-turn="{i}"{" hidden" if hidden else ""}>'
        f'<div class="head"><h2>{both("nearest" if turn["abstained"] else "sources")}</h2>'
        f'<button type="button" class="back" data-turn="{i}">{both("back")}</button></div>'
        f'<p class="asked">{escape(turn["question"])}</p>{hint}{cards}</aside>'
    )


def _card(i: int, k: int, source: dict[str, Any]) -> str:
    about = [f"{both('by')}{escape('、'.join(source['byline']))}"] if source["byline"] else []
    inferred = (
        f' <span title="{escape(source["date_words"])}">{both("inferred")}</span>' if source.get("date_words") else ""
    )
    about += [f"<time>{escape(source['date'])}</time>{inferred}"] if source["date"] else []
    places = "、".join(source.get("copies", ()))
    copies = f'<p class="about">{both("copies")} {escape(places)}</p>' if places else ""
    excerpts = "".join(f"<blockquote>{_excerpt(i, e)}</blockquote>" for e in source["excerpts"])
    return (
        f'<article class="card" aria-labelledby="h{i}-{k}"><h3 id="h{i}-{k}">{escape(source["title"])}</h3>'
        f'<p class="about">{" · ".join(about)}</p><p class="file">{_file(source)}</p>{copies}{excerpts}</article>'
    )


def _file(source: dict[str, Any]) -> str:
    """The file's name, which leads to its page with the article outlined."""
    place = quote(source["file"], safe="/"), quote(source.get("place", ""), safe="")
    return f'<a href="page?file={escape(place[0])}#{escape(place[1])}" target="_blank" rel="noopener">{escape(source["file"])}</a>'


def _excerpt(i: int, excerpt: dict[str, Any]) -> str:
    text, at, out = excerpt["text"], 0, []
    for n, start, end in excerpt["quotes"]:
        out.append(
            f'{escape(text[at:start])}<span class="cited" id="s{i}-{int(n)}" tabindex="-1">'
            f"<b>{int(n)}</b><mark>{escape(text[start:end])}</mark></span>"
        )
        at = end
    return "".join([*out, escape(text[at:])])


def _nearest(answer: Answer) -> list[dict[str, Any]]:
    first = {h.article.article_id: h for h in reversed(answer.hits)}
    nearest = sorted(first.values(), key=answer.hits.index)[:3]
    return [_source(h.article, [{"text": h.passage.text, "quotes": []}]) for h in nearest]


def _cited(answer: Answer) -> list[dict[str, Any]]:
    """The articles quoted, in the order of their first mark, with the passages that hold the quoted words."""
    articles = {h.article.article_id: h.article for h in answer.hits}
    out = []
    for name, file in dict.fromkeys(
        (c.article_id, c.file) for c in answer.citations
    ):  # a story may go on in another file
        article = articles[name]
        quotes = sorted((c.start, c.end, c.n) for c in answer.citations if (c.article_id, c.file) == (name, file))
        around = sorted(
            next(
                (
                    (h.passage.start, h.passage.end)
                    for h in answer.hits
                    if h.article is article and h.passage.start <= start and end <= h.passage.end
                ),
                (start, end),
            )
            for start, end, _ in quotes
        )
        spans: list[tuple[int, int]] = []
        for start, end in around:
            if spans and start <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            else:
                spans.append((start, end))
        out.append(
            _source(article, [e for span in spans for e in _excerpts(article, span, quotes)])
            | ({"file": file, "place": ""} if file != article.file else {})
        )
    return out


def _excerpts(article: Article, span: tuple[int, int], quotes: Sequence[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """The passage with its quotes; one that overlaps an earlier one is shown by itself."""
    first, last = span
    marked: list[list[int]] = []
    alone: list[dict[str, Any]] = []
    for start, end, n in quotes:
        if not first <= start < last:
            continue
        if marked and start - first < marked[-1][2]:
            alone.append({"text": article.text[start:end], "quotes": [[n, 0, end - start]]})
        else:
            marked.append([n, start - first, end - first])
    return [{"text": article.text[first:last], "quotes": marked}, *alone]


def _source(article: Article, excerpts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": article.title or label(article),
        "byline": list(article.byline),
        "date": article.date,
        "date_words": article.date_words if article.date_basis == "inferred" else "",
        "file": article.file,
        "place": f"a{article.article_id.rpartition('#')[2]}",
        "copies": list(article.copies),
        "excerpts": excerpts,
    }
