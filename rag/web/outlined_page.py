"""A page with its articles outlined, for people: in the terminal and as HTML that stands alone.

Both show every line with its number and the article it was given to, so that a mistake is seen, and the YAML that
corrects it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from html import escape

from rag.schema import Article, Page
from rag.text.calendar import shown
from rag.text.outline import Row, as_yaml, outlines_of, rows_of

_CSS = """
:root { color-scheme: light dark; --paper: #f6f2e9; --sheet: #fdfbf6; --ink: #1f1c18; --soft: #6f675b; --rule: #d9d0bf; }
@media (prefers-color-scheme: dark) { :root { --paper: #171614; --sheet: #1f1d1a; --ink: #ece6da; --soft: #9a9183; --rule: #3a3630; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.7 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; }
main { max-width: 62em; margin: 0 auto; padding: 20px 16px 60px; }
h1 { font-size: 20px; overflow-wrap: anywhere; } h1 small { font-weight: 400; color: var(--soft); font-size: 13px; display: block; }
.story { --tint: hsl(var(--hue) 55% 45%); border-left: 4px solid var(--tint); background: var(--sheet); margin: 10px 0; padding: 6px 10px; }
.h0 { --hue: 10; } .h1 { --hue: 210; } .h2 { --hue: 130; } .h3 { --hue: 40; } .h4 { --hue: 290; } .h5 { --hue: 170; }
.label { color: var(--tint); font-weight: 600; font-size: 13px; margin: 0 0 4px; }
.row { display: flex; gap: 12px; } .row i { flex: 0 0 3em; text-align: right; color: var(--soft); font: 12px/2.1 ui-monospace, monospace; }
.row span { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 0; }
.head span { font-weight: 700; } .byline span { color: var(--soft); } .none { color: var(--soft); padding: 2px 14px; }
pre { background: var(--sheet); border: 1px solid var(--rule); padding: 12px; overflow: auto; } summary { cursor: pointer; }
.remark { border-left: 4px solid #9c2f1f; padding: 6px 12px; }
"""


def as_html(page: Page, articles: Sequence[Article], remark: str = "") -> str:
    """The page as a document. ``remark`` stands at its top."""
    known: set[int] = set()  # an article in two stretches is the place of its first
    body = ""
    for key, group in itertools.groupby(_blanks_given(rows_of(page, articles)), lambda row: row.article):
        rows = list(group)
        if key is None:
            body += "".join(_row(row, "none") for row in rows)
        else:
            body += _story(key, articles[key], rows, "" if key in known else f' id="a{key + 1}"')
            known.add(key)
    told = f'<p class="remark">{escape(remark)}</p>' if remark else ""
    mend = (
        f"<details><summary>改正 / Correct</summary><p>改好行号、标题和作者后存为 <code>{escape(page.file)}.yaml</code>，"
        f"放在该文件旁，再运行 <code>rag index</code>。<br>Correct the lines, headlines and bylines, save it beside the file "
        "under that name, and run <code>rag index</code>.</p>"
        f"<pre>{escape(as_yaml(page, outlines_of(page, articles)))}</pre></details>"
    )
    count = f"{len(articles)} 篇 / articles"
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(page.file)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_CSS}</style></head><body><main>'
        f"<h1>{escape(page.file)}<small>{count}</small></h1>{told}{mend}{body}</main></body></html>\n"
    )


def _story(number: int, article: Article, rows: Sequence[Row], place: str) -> str:
    lines = "".join(_row(row, row.role) for row in rows)
    return (
        f'<section class="story h{number % 6}"{place}><p class="label">{number + 1} · {escape(about(article))}</p>'
        f"{lines}</section>"
    )


def _row(row: Row, kind: str) -> str:
    return (
        f'<div class="row {kind}"><i>{row.number}</i><span>{escape(row.text)}</span></div>' if row.text.strip() else ""
    )


def about(article: Article) -> str:
    parts = (
        article.title or "（无标题）",
        "、".join(article.byline),
        shown(article.date, article.date_basis),
        "" if article.kind == "article" else article.kind,
    )
    return " · ".join(part for part in parts if part)


def _blanks_given(rows: Sequence[Row]) -> Iterator[Row]:
    """A blank line, or one of a jump, between two of an article is the article's: it is one box."""
    known = [(at, row.article) for at, row in enumerate(rows) if row.article is not None]
    for (a, first), (b, second) in itertools.pairwise([(-1, None), *known, (len(rows), None)]):
        for row in rows[a + 1 : b]:
            inside = first is not None and first == second and not row.text.strip()
            yield Row(row.number, row.text, first, "") if inside else row
        if b < len(rows):
            yield rows[b]
