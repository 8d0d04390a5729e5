"""The fields that a file or a row of an export states of an article: their names, and their values -> Stated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from rag.reading.written_dates import iso_date
from rag.schema import DateBasis, Stated
from rag.text.bylines import byline_names

FIELDS = {  # field -> the names that newsroom systems and writers give it, likeliest first
    "title": (
        "title",
        "标题",
        "標題",
        "题目",
        "题名",
        "主题",
        "主标题",
        "文章标题",
        "稿件标题",
        "新闻标题",
        "headline",
    ),
    "text": (
        "text",
        "正文",
        "内容",
        "內容",
        "正文内容",
        "文章内容",
        "稿件内容",
        "新闻内容",
        "全文",
        "文本",
        "body",
        "content",
        "fulltext",
        "article",
    ),
    "byline": ("byline", "作者", "记者", "記者", "署名", "撰稿", "author", "authors", "reporter", "writer"),
    "date": (
        "date",
        "日期",
        "发布日期",
        "发布时间",
        "發佈時間",
        "出版日期",
        "见报日期",
        "刊发日期",
        "发表日期",
        "发表时间",
        "刊期",
        "时间",
        "pubdate",
        "published",
        "publishdate",
        "publishtime",
        "publishedat",
        "publicationdate",
        "time",
    ),
    "source": (
        "source",
        "来源",
        "來源",
        "报纸",
        "報紙",
        "报纸名称",
        "报刊",
        "媒体",
        "媒体名称",
        "newspaper",
        "paper",
        "publication",
        "media",
    ),
    "page": ("page", "版次", "版面", "版号", "版"),
}


def field_of(name: str) -> str | None:
    """Return the field that a column or a key of this name holds, None if it holds no field."""
    return next((field for field, names in FIELDS.items() if plain_name(name) in names), None)


def plain_name(name: str) -> str:
    """Return the name of a column or a key in the form of ``FIELDS``."""
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", name)).lower().strip("\ufeff:")


def stated_of(row: Mapping[str, str], basis: DateBasis, whole: bool) -> Stated:
    """Return what a row states. ``row``: field -> its text, from an export or from a page's metadata."""
    date = iso_date(row.get("date", ""))
    return Stated(
        title=" ".join(row.get("title", "").split()),
        byline=people(row.get("byline", "")),
        date=date,
        date_basis=basis if date else "",
        source=row.get("source", "").strip(),
        page=page_number(row.get("page", "")),
        whole=whole,
    )


def people(text: str) -> tuple[str, ...]:
    """Return the names in a byline as it is printed, or in a list of names."""
    found = byline_names(text.strip())
    if found is None:
        latin = sum(c < "\u0250" for c in text) > len(text) / 2
        found = tuple(part.strip() for part in re.split(r"[,;、，；/|]|\band\b" if latin else r"[\s,;、，；/|]+", text))
    return tuple(dict.fromkeys(name for name in found if name))


def page_number(text: str) -> str:
    """Return the number of a page: ``03`` of 第03版."""
    return re.sub(r"^第|[版面]$", "", unicodedata.normalize("NFKC", text).strip()).strip()
