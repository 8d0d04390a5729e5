"""A line such as 2024-03-05 来源：青岩日报 记者：林峰 编辑：王强 -> the source and the writers that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text.bylines import byline_names

_SOURCE = r"(?:稿件|文章|信息|新闻)?(?:来源|稿源|出处)"
_WRITER = r"(?:本报|见习|特约)?(?:作者|记者|通讯员|撰文|撰稿)"
_STAFF = r"(?:责任|值班|文字|网络)?(?:编辑|责编|校对|审核|审校|编审|监制)"
_TIME = r"(?:发布|发表|更新|发稿)?(?:时间|日期)"
_COUNT = r"(?:浏览|阅读|点击|访问)(?:次数|量|数)?"
_FIELD = re.compile(
    rf"(?:(?P<source>{_SOURCE})|(?P<writer>{_WRITER})|(?P<staff>{_STAFF})|{_TIME}|{_COUNT})[ \u3000]*[：:][ \u3000]*"
)
_DAY = r"(?:19|20)\d\d\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}日?(?:\s*T?\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)?"
_DATE = re.compile(_DAY)
_BETWEEN = re.compile(r"[\s|｜/／·•【】\[\]()（）]+")
_LONGEST, _LONGEST_VALUE = 100, 24


@dataclass(frozen=True, slots=True)
class Credit:
    """``source`` is empty if the line names none, and so is ``names``."""

    source: str
    names: tuple[str, ...]


def credit_of(text: str) -> Credit | None:
    """Return what the line names; None if it holds anything but such fields, or neither source, writer nor editor."""
    if len(text) > _LONGEST:
        return None
    fields = list(_FIELD.finditer(text))
    if not any(field["source"] or field["writer"] or field["staff"] for field in fields):
        return None
    if _BETWEEN.sub("", _DATE.sub("", text[: fields[0].start()])):
        return None
    source = ""
    names: tuple[str, ...] = ()
    for field, end in zip(fields, [*(f.start() for f in fields[1:]), len(text)], strict=True):
        value = _BETWEEN.sub(" ", _DATE.sub(" ", text[field.end() : end])).strip()
        if len(value) > _LONGEST_VALUE or re.search("[，。；！？：“”]", value):
            return None
        if field["source"]:
            source = source or value
        elif field["writer"] and (found := byline_names(f"记者 {value}")) is not None:
            names += found
        elif field["writer"]:
            return None
    return Credit(source, tuple(dict.fromkeys(names)))
