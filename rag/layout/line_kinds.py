"""The wording of a line -> the kind of block it belongs to, where the wording alone shows it."""

from __future__ import annotations

import re

from rag.layout.blocks import BlockKind
from rag.layout.credits import credit_of
from rag.layout.jumps import JUMP
from rag.layout.line_ends import OPEN_BRACKET, SENTENCE_END, closing_text
from rag.layout.masthead import masthead_in
from rag.layout.paragraph import OpenParagraph
from rag.text.bylines import PICTURE, ROLE, byline_names, is_bare_names
from rag.text.lines import Line, squeeze

CONTACT = re.compile(
    r"(?:地址|电话|热线|手机|邮箱|网址|传真|联系人|咨询|招生|招聘)[^。]{0,8}[:：].{0,60}|\d{3,4}-\d{7,8}"
)
_DATE = re.compile(r"((?:19|20)\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})")
_FURNITURE = re.compile(
    r"客户端|公众号|视频号|微信号|刊号|邮发代号|(?:责任|责|本版|值班)编辑?\s*[:：]|栏目统筹|统筹\s*[:：]|版式|校对|审读|国内统一|"
    r"^\S{2,8}(?:日报|晚报|早报|晨报|时报|周报|都市报|新闻报)$|^[A-Z]?\d{1,3}$|"
    r"^第?\s*[\dA-Z一二三四五六七八九十]{1,4}\s*版$|^-+\s*\d+\s*-+$|^[A-Z ]{6,}$|^[-*_=]{3,}$|总第\d+期|农历|^星期[一二三四五六日天]$|"
    r"^(?:社址|邮编|邮政编码|零售价?|定价|印刷|承印|发行|广告经营许可证|社长|总编辑?|主编|监印|终审)[：:]"
)


def kind_by_wording(
    line: Line, following: Line | None, paragraph: OpenParagraph, last_kind: BlockKind | None
) -> BlockKind | None:
    """Return the kind of block that the line's wording shows, or None.

    ``paragraph`` is the one that is still open above the line; ``last_kind`` is the kind of the last finished block,
    None at the top of the page.
    """
    if _runs_over_bracket(line, following, paragraph):
        return None
    if byline_names(line.text) is not None:
        only_pictures = all(PICTURE.search(role) for role in ROLE.findall(squeeze(line.text)))
        continues_byline = last_kind == "byline" and not paragraph.lines and not line.gap
        return "credit" if only_pictures and not continues_byline else "byline"
    is_open = paragraph.has_comma or paragraph.has_full_stop
    if not is_open and (credit := credit_of(line.text)):
        if credit.names:
            return "byline"
        if last_kind in (None, "head", "byline", "furniture"):
            return "furniture"
    if _is_byline_below_headline(line, following, paragraph):
        return "byline"
    if is_furniture(line):
        return "furniture"
    if line.width <= 60 and CONTACT.search(squeeze(line.text)):
        return "notice"
    return None


def _runs_over_bracket(line: Line, following: Line | None, paragraph: OpenParagraph) -> bool:
    """Return whether a bracket is open before the line, or the line opens one that the next line closes."""
    if not line.gap and OPEN_BRACKET.search(closing_text(paragraph.lines)):
        return True
    return bool(OPEN_BRACKET.search(line.text) and following and not following.gap)


def _is_byline_below_headline(line: Line, following: Line | None, paragraph: OpenParagraph) -> bool:
    """Return whether the line holds names alone, below lines that may be a headline and above a wider line."""
    above = paragraph.lines
    if not above or paragraph.has_full_stop or SENTENCE_END.search(above[-1].text) or is_bare_names(above[-1].text):
        return False
    return is_bare_names(line.text) and following is not None and following.width > line.width + 4


def is_furniture(line: Line) -> bool:
    """Return whether the wording shows that the page prints the line around its articles."""
    if masthead_in(line.text):
        return True
    if line.width > 30:
        return False
    return bool(JUMP.fullmatch(line.text) or _FURNITURE.search(line.text)) or is_date(line)


def is_date(line: Line) -> bool:
    """Return whether the line holds a date and hardly more."""
    date = _DATE.search(line.text)
    return bool(date and line.width - len(date.group()) / 2 < 8 and not re.search("[，,。；;！？!?]", line.text))
