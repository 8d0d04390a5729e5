"""HTML -> the text of its article, without menus, and what its metadata states."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import takewhile
from typing import Any

from rag.errors import CorpusError
from rag.reading.charset import decode_html
from rag.reading.fields import stated_of
from rag.reading.html_blocks import Block, blocks_of
from rag.reading.html_clean import clean
from rag.reading.html_selection import article_blocks
from rag.reading.paragraphs import text_of_paragraphs
from rag.schema import Part

_SHORT = 60  # characters of a line above a headline, such as a date or a source
_META = {  # field -> the names that web pages give it in <meta>, the surest first
    "title": ("og:title", "articletitle", "headline", "dc.title"),
    "byline": ("author", "article:author", "byl", "dc.creator", "authors"),
    "date": (
        "article:published_time",
        "datepublished",
        "pubdate",
        "publishdate",
        "publish_date",
        "dc.date",
        "dc.date.issued",
        "parsely-pub-date",
        "weibo:article:create_at",
        "publicationdate",
    ),
    "source": ("source", "contentsource", "og:site_name", "dc.publisher"),
}


class Html:
    """An HTML file with one article; a file with several is read as one."""

    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if the bytes are not text."""
        self._source = _decoded(data)

    def __len__(self) -> int:
        return 1

    def part(self, number: int) -> Part:
        from trafilatura import bare_extraction

        tree = _tree(self._source)
        if tree is None:
            return Part("")
        values = _metadata(tree)
        clean(tree)
        blocks = blocks_of(tree)
        found = bare_extraction(deepcopy(tree), include_comments=False, include_tables=True, with_metadata=True)
        chosen = article_blocks(blocks, getattr(found, "text", None) or "")
        values.setdefault("title", _headline(chosen) or getattr(found, "title", None) or "")
        text = text_of_paragraphs(block.paragraph for block in chosen)
        return Part(text, stated_of(values, "stated", whole=True))


def text_of_markup(markup: str) -> str:
    """Return the text of a piece of HTML, a line for each paragraph. Editing systems keep the body of an article so."""
    tree = _tree(f"<div>{markup}</div>")
    if tree is None:
        return re.sub(r"<[^<>]*>", "\n", markup)
    clean(tree)
    return text_of_paragraphs(block.paragraph for block in blocks_of(tree)) or "\n"


def _tree(source: str) -> Any:
    """The tree of a page, None if it is empty or holds only a comment."""
    from lxml import etree, html

    try:
        return html.fromstring(source.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ValueError):
        return None


def _headline(blocks: Sequence[Block]) -> str:
    """The first heading of the highest rank, if it stands above the text."""
    top = list(takewhile(lambda block: block.is_heading or len(block.text) < _SHORT, blocks))
    headings = [block for block in top if block.is_heading]
    highest = min((block.element.tag for block in headings), default="")
    return next((block.text for block in headings if block.element.tag == highest), "")


def _decoded(data: bytes) -> str:
    found = decode_html(data)
    if found is None:
        raise CorpusError("is not text in UTF-8, UTF-16, GB18030 or Big5: save it again in UTF-8.")
    return found


def _metadata(tree: Any) -> dict[str, str]:
    """Field -> text, from JSON-LD and <meta>. A field that they do not state is not guessed from the text."""
    stated: dict[str, str] = {}
    for script in tree.iter("script"):
        if script.get("type", "").lower() == "application/ld+json":
            try:
                items = list(_flat(json.loads(script.text or "")))
            except (ValueError, RecursionError):
                continue
            for item in items:
                for key in ("headline", "datePublished"):
                    if isinstance(item.get(key), str):
                        stated.setdefault(key.lower(), item[key])
                if authors := [
                    a if isinstance(a, str) else str(a.get("name", "")) for a in _listed(item.get("author"))
                ]:
                    stated.setdefault("author", "、".join(authors))
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if content := (meta.get("content") or "").strip():
            stated.setdefault(re.sub(r"\s", "", name).lower(), content)
    values = {field: next((stated[name] for name in names if name in stated), "") for field, names in _META.items()}
    return {field: value for field, value in values.items() if value}


def _flat(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-LD value, those of its graphs included."""
    for item in _listed(value):
        if isinstance(item, dict):
            yield item
            yield from _flat(item.get("@graph"))


def _listed(value: Any) -> list[Any]:
    return [] if value is None else [v for v in value if v] if isinstance(value, list) else [value]
