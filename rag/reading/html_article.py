"""HTML -> the text of its article, without menus, and what its metadata states."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rag.errors import CorpusError
from rag.reading.charset import decode_html
from rag.reading.fields import stated_of
from rag.schema import Part

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
_BLOCKS = {
    "p",
    "div",
    "br",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "blockquote",
    "table",
}


class Html:
    """An HTML file with one article; a file with several is read as one."""

    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if the bytes are not text."""
        self._source = _decoded(data)

    def __len__(self) -> int:
        return 1

    def part(self, number: int) -> Part:
        from lxml import etree, html
        from trafilatura import bare_extraction

        try:
            tree = html.fromstring(self._source.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
        except etree.ParserError:  # the file is empty or holds only a comment
            return Part("")
        values = _metadata(tree)
        found = bare_extraction(tree, include_comments=False, include_tables=True, with_metadata=True)
        if found is None:
            return Part("")
        values.setdefault("title", getattr(found, "title", None) or "")
        return Part(getattr(found, "text", None) or "", stated_of(values, "stated", whole=True))


def text_of_markup(markup: str) -> str:
    """Return the text of a piece of HTML, a line for each paragraph. Editing systems keep the body of an article so."""
    from lxml import etree, html

    try:
        tree = html.fromstring(f"<div>{markup}</div>")
    except (etree.ParserError, ValueError):  # e.g. control characters
        return re.sub(r"<[^<>]*>", "\n", markup)
    for element in tree.iter("script", "style"):
        element.text = None
    for element in tree.iter():
        if element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
            if element.tag != "br":
                element.text = "\n" + (element.text or "")
    return re.sub(r"\n\s*\n+", "\n", tree.text_content()).strip("\n") + "\n"


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
