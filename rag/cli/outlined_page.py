"""A page and its articles -> the page in the terminal, with each article in its colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from rag.cli.console import printable
from rag.schema import Article, Page
from rag.text.left_out import LeftOut
from rag.text.outline import rows_of
from rag.web.outlined_page import about

_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
_MARK = {"head": "H", "byline": "B", "body": "│", "": " "}


def in_terminal(page: Page, articles: Sequence[Article], left_out: Sequence[LeftOut] = ()) -> Iterator[Text]:
    """Yield a heading, then each line of the page with its number, its article and its role (H headline, B byline,
    │ body, × in no article: the reason stands behind the line)."""
    yield Text(printable(page.file), style="bold")
    for i, article in enumerate(articles):
        yield Text(printable(f"{i + 1:>3}  {about(article)}"), style=_COLOURS[i % len(_COLOURS)])
    for row in rows_of(page, articles, left_out):
        number = "" if row.article is None else str(row.article + 1)
        style = "dim" if row.article is None else _COLOURS[row.article % len(_COLOURS)]
        yield Text.assemble(
            (f"{row.number:>5} ", "dim"),
            (f"{number:>3} {'×' if row.why else _MARK[row.role]} ", style),
            (printable(row.text), "bold" if row.role == "head" else "" if row.role else "dim"),
            (f"  [{row.why}]" if row.why else "", "dim italic"),
        )
