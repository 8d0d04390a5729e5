"""Text of a Markdown file -> the text that a person sees: without deleted text, comments, tags and marks of emphasis.

Lines stay lines, so that a correction that names them holds. Front matter and lines of code stay as they are.
"""

from __future__ import annotations

import html
import re

from rag.reading.raised import Piece, Place, line_of
from rag.text.front_matter import front_matter_length

_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})[^`\r\n]*")
_DELETED = re.compile(
    r"<!--.*?-->|<(del|s|strike|script|style)\b[^<>]*>.*?</\1\s*>"
    r"|(?<![\\~])~~(?![~\s])(?!(?<=\d~~)\d)(?:(?!\r?\n[ \t]*\r?\n).)*?(?<![\s~])~~(?!~)",
    re.S | re.I,
)
"""A single ~ stands between the two figures of a range, and so may two."""
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|code|details|div|em|figcaption|figure|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|"
    r"p|section|small|span|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>",
    re.I,
)
_NO_LINE_END = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_SCRIPT = re.compile(r"<(sup|sub)>(.*?)</\1>", re.I)
_CELLS = re.compile(r"</t[dh]>\s*(?=<t[dh]\b)", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LINK = re.compile(
    r"!?\[((?:[^\[\]\\]|\\.)*)\]\((?:<[^<>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+[\"'(].*?[\"')])?\s*\)"
)
_STRONG = re.compile(r"(?<![\\*_])(\*\*|__)(?![\s*_])([^*_\r\n]*[^*_\s\\])\1(?![*_])")
_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\r\n]+)\1(?!`)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PLACES: dict[str, Place] = {"sup": "raised", "sub": "lowered"}


def shown_text(text: str) -> str:
    """Return the text as it is shown, with as many lines."""
    start = front_matter_length(text)
    found = [text[:start]]
    prose: list[str] = []
    fence = ""
    for line in text[start:].splitlines(keepends=True):
        mark = _FENCE.fullmatch(line.rstrip("\r\n"))
        if fence or mark:
            found.append(_prose("".join(prose)))
            prose = []
            is_mark = bool(mark and (not fence or mark[1].startswith(fence)))
            if is_mark and mark:
                fence = "" if fence else mark[1]
            found.append(line[len(line.rstrip("\r\n")) :] if is_mark else line)
        else:
            prose.append(line)
    return "".join([*found, _prose("".join(prose))])


def _prose(text: str) -> str:
    kept: list[str] = []  # what stands in marks of code; it is set in again as it is

    def keep(found: re.Match[str]) -> str:
        kept.append(found[found.lastindex or 0].strip() if found.re is _CODE else found[1])
        return f"\x00{len(kept) - 1}\x00"

    if "\x00" in text:  # a damaged file
        return text
    text = _ESCAPED.sub(keep, _CODE.sub(keep, text))
    text = _DELETED.sub(lambda found: _NO_LINE_END.sub("", found[0]), text)
    for _ in range(2):  # a picture in a link
        text = _LINK.sub(r"\1", text)
    text = _CELLS.sub(lambda found: "\t" + _NO_LINE_END.sub("", found[0]), text)
    text = "".join(map(_with_scripts, text.splitlines(keepends=True)))
    text = _TAG.sub(lambda found: " " if found[0].lower().startswith("<br") else "", text)
    for _ in range(2):
        text = _STRONG.sub(r"\2", text)
    text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], text)


def _with_scripts(line: str) -> str:
    """The line with raised and lowered figures as in every other kind of file."""
    if not _SCRIPT.search(line):
        return line
    pieces, at = [], 0
    for found in _SCRIPT.finditer(line):
        pieces += [Piece(line[at : found.start()]), Piece(found[2], _PLACES[found[1].lower()])]
        at = found.end()
    end = line[len(line.rstrip("\r\n")) :]
    return line_of([*pieces, Piece(line[at : len(line) - len(end)])]) + end
