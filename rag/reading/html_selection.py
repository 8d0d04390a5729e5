"""The blocks of a web page -> those of its article, without menus and what the site prints around it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from rag.reading.html_blocks import HEADINGS, Block

_AROUND = {"nav", "footer", "menu"}
_NAMES = set(
    "nav navbar navigation navi menu submenu topmenu breadcrumb breadcrumbs crumb crumbs footer sidebar aside share sharing "
    "related recommend recommended copyright toolbar topbar topnav login pagination pager logo sitename".split()
)
_HEADERS = {"header", "masthead"}
_ARTICLE = {"article", "news", "content", "post", "entry", "detail", "main"}
_ROLES = {"navigation", "banner", "contentinfo", "search", "menu", "menubar"}
_BAR = re.compile(
    r"(?:返回)?(?:网站)?首\s*页|打印(?:本页)?|关闭(?:窗口)?|返回顶部|分享(?:到.{0,20})?|字[体号].{0,12}|[上下]一[篇页条][:：]?.{0,60}|"
    r"(?:您|你)?(?:现在|当前)?(?:的|所在的?)?位置\s*[:：].{0,60}|(?:网站|返回)?首页\s*[>›»/|].{0,60}|"
    r"版权所有.{0,80}|(?:copyright|©).{0,80}|.{0,40}ICP[备证].{0,40}",
    re.I,
)
_LINES_BELOW_HEADING = 4
_MOST = 0.5  # of the page's text; an element with more of it is no bar


def article_blocks(blocks: Sequence[Block], found: str) -> list[Block]:
    """Return the blocks of the article. ``found`` is the text that a general extractor takes for the article: it shows
    where the article stands, but it leaves out parts of it."""
    around = _Around(blocks)
    kept = [block for block in blocks if not around.holds(block)] or list(blocks)
    letters = _letters(found)
    marked = [i for i, block in enumerate(kept) if _is_found(block, letters)]
    if not marked:
        return kept
    home = _common([kept[i].element for i in marked])
    is_page = home.tag in ("body", "html")
    within = range(_first(kept, marked[0]), _after(kept, marked[-1])) if is_page else range(len(kept))
    chosen = set(marked) | {i for i in within if _is_inside(kept[i].element, home) and not _is_links(kept[i])}
    return _trimmed([kept[i] for i in sorted(chosen)])


def _trimmed(blocks: list[Block]) -> list[Block]:
    """The blocks without links above the article, and without links and their headings below it."""
    prose = [i for i, block in enumerate(blocks) if not block.is_heading and not _is_links(block)]
    if not prose:
        return blocks
    return [
        block for i, block in enumerate(blocks) if i <= prose[-1] and (i > prose[0] or block.is_heading or i in prose)
    ]


def _first(blocks: Sequence[Block], marked: int) -> int:
    """Where the article begins: at the headings above its first text, with short lines (date, source) between."""
    above = range(marked - 1, max(-1, marked - 1 - _LINES_BELOW_HEADING), -1)
    first = next((i for i in above if blocks[i].is_heading), marked)
    while first and blocks[first - 1].is_heading:
        first -= 1
    return first


def _after(blocks: Sequence[Block], marked: int) -> int:
    """Where the article ends: before the next heading or links below its last text."""
    end = marked + 1
    while end < len(blocks) and not blocks[end].is_heading and not _is_links(blocks[end]):
        end += 1
    return end


class _Around:
    """Knows which elements of a page are bars around its article."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._bars: dict[Any, bool] = {}
        self._inside: dict[Any, int] = {}  # element -> the characters in it
        for block in blocks:
            for element in (block.element, *block.element.iterancestors()):
                self._inside[element] = self._inside.get(element, 0) + len(block.plain)
        self._total = sum(len(block.plain) for block in blocks)

    def holds(self, block: Block) -> bool:
        """Return whether the block belongs to a menu, a path, a footer or the like."""
        if _BAR.fullmatch(block.text):
            return True
        for element in (block.element, *block.element.iterancestors()):
            if element not in self._bars:
                self._bars[element] = self._is_bar(element)
            if self._bars[element]:
                return True
        return False

    def _is_bar(self, element: Any) -> bool:
        if element.tag in ("html", "body", "main", "article") or self._inside.get(element, 0) > _MOST * self._total:
            return False
        if element.tag == "aside":  # a box of facts belongs to its article
            return next(element.iterancestors("article", "main"), None) is None
        if element.tag in _AROUND or element.get("role", "").lower() in _ROLES:
            return True
        names = set(re.split(r"[^a-z]+", _words(f"{element.get('class', '')} {element.get('id', '')}")))
        is_header = element.tag == "header" or bool(names & _HEADERS and not names & _ARTICLE)
        if is_header and next(element.iterancestors("article", "main"), None) is not None:
            return False  # the head of an article
        is_bar = (is_header or bool(names & _NAMES)) and element.tag not in HEADINGS
        return is_bar and not (_has_only_heading(element) and not self._is_above_heading(element))

    def _is_above_heading(self, element: Any) -> bool:
        """Return whether a heading stands directly below: the element names the site, and not the article."""
        inside = [i for i, block in enumerate(self._blocks) if _is_inside(block.element, element)]
        return bool(inside) and inside[-1] + 1 < len(self._blocks) and self._blocks[inside[-1] + 1].is_heading


def _words(names: str) -> str:
    """``topNav`` as ``top-nav``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", names).lower()


def _has_only_heading(element: Any) -> bool:
    """Return whether the element holds the only main heading of the page."""
    own = list(element.iter("h1"))
    return bool(own) and len(own) == len(list(element.getroottree().getroot().iter("h1")))


def _is_found(block: Block, letters: str) -> bool:
    """Return whether the extractor has the block, or most cells of the table."""
    pieces = [
        p
        for p in map(_letters, re.split(r"[\t\n]", block.text) if block.element.tag == "table" else [block.plain])
        if p
    ]
    return bool(pieces) and 2 * sum(piece in letters for piece in pieces) > len(pieces)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text))


def _is_links(block: Block) -> bool:
    return block.element.tag != "table" and block.linked > 0.6 * len("".join(block.plain.split()))


def _common(elements: Iterable[Any]) -> Any:
    """The element that holds all of these."""
    paths = [[element, *element.iterancestors()][::-1] for element in elements]
    home = paths[0][0]
    for level in zip(*paths, strict=False):
        if any(element is not level[0] for element in level):
            break
        home = level[0]
    return home


def _is_inside(element: Any, home: Any) -> bool:
    return element is home or any(above is home for above in element.iterancestors())
