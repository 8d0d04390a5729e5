"""The words that limit a question to some articles -> a filter and a topic: 2025年, 嘉兴日报, 胡佳英写的, 关于平湖的."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import rjieba

from rag.answer.catalogue.shelf import Numbers, Shelf, words_of
from rag.errors import BadInput
from rag.schema import EVERYTHING, Filter
from rag.search.glossary import translate
from rag.search.romanised_names import RomanisedNames
from rag.text.filters import filter_of, folded, number_of

Words = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """``only`` limits by day, newspaper and writer. ``topic`` is what the articles must mention, as it is shown; each of
    ``words`` has the forms of which one must occur. ``dates`` shows the days asked for."""

    only: Filter = EVERYTHING
    topic: str = ""
    words: Words = ()
    dates: str = ""


_YEAR = r"(?:[12]\d{3}|[一二][〇零○一二三四五六七八九]{3})"
_DAY = (
    rf"{_YEAR}年(?:\d{{1,2}}月份?(?:\d{{1,2}}[日号])?)?|[12]\d{{3}}-\d{{1,2}}(?:-\d{{1,2}})?|"
    "今年|去年|前年|本月|这个月|上个?月|今天|昨天"
)
_ZH_TIME = re.compile(rf"[从自在]?(?P<a>{_DAY})(?:(?:到|至|-|~|—)(?P<b>{_DAY}))?(?P<side>以来|以后|之后|起|以前|之前)?")
_MONTHS = "january february march april may june july august september october november december".split()
_EN_DAY = rf"(?:(?:{'|'.join(_MONTHS)}) )?[12]\d{{3}}|[12]\d{{3}}-\d{{1,2}}(?:-\d{{1,2}})?|this year|last year"
_EN_TIME = re.compile(
    rf" ?\b(?P<side>from|in|of|since|after|before|dated|between) (?P<a>{_EN_DAY})(?: (?:to|until|and) (?P<b>{_EN_DAY}))?\b",
    re.IGNORECASE,
)
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_ABOUT = re.compile(
    r"(?:标题[里中]?(?:有|含有?|带|包含|出现)|关于|有关|(?:提到|提及|写到|写|讲到|讲|谈到|谈|说到|涉及|报道|介绍)[过了]?|"
    r"和(?=.*(?:有关|相关))|与|跟)(?P<topic>.+?)(?:有关|相关|方面)?的?"
)
_EN_OF_CHINESE = (
    (
        re.compile(
            r"^ ?(?:about|on|regarding|concerning|mentioning|(?:that |which )?mentions?) (?:the )?", re.IGNORECASE
        ),
        "关于",
    ),
    (re.compile(r"^ ?(?:written by|by|from|in|of) (?:the )?", re.IGNORECASE), ""),
)
_EN_ABOUT = re.compile(
    r" ?(?:about|on|regarding|concerning|mentioning|that mention|which mention|mentions?) (?:the )?(?P<topic>.+)",
    re.IGNORECASE,
)
_ROLE = r"(?:记者|通讯员|作者|评论员|摄影师?)"
_WRITER = re.compile(
    rf"(?:由|是)?{_ROLE}*(?P<name>.{{2,12}}?)(?:记者|老师)?(?:都|还|一共|总共|共)*(?:撰写|采写|写|发表|发|署名|拍摄|拍|报道|登)?[过了]?的?"
)
_EN_WRITER = re.compile(
    r" ?(?:written )?(?:by |from )?(?:the )?(?:reporter |journalist )?(?P<name>.{2,40})", re.IGNORECASE
)
_FILLING = re.compile(r"^(?:在|里|中|的|、|了|共)+|(?:里面?|中|的|在|了|上|方面)+$")
_VERBS = re.compile(r"[在上]?(?:刊登|登载|发表|刊发|登|发)?[过了]?的?")
_NO_TOPIC = re.compile(
    r"什么|哪|谁|几|多少|[吗呢]|怎|如何|为何|^(?:[这那此我你您他她它该其每各本某]|对[此这那])|[对于]此|一天|每天|平均"
)
_LONGEST_FREE = 8  # characters of a topic that no word such as 关于 marks


def scope_of(words: str, about: str, shelf: Shelf, names: RomanisedNames, free: bool, today: date) -> Scope | None:
    """Return what the words limit to, or None when they are not understood or no article knows them.

    ``free``: what is left over may be a topic, without a word such as 关于 before it.
    """
    words, about = (_as_chinese(part) for part in (words, about))
    only, shown, rest = _timed(words, today)
    later, shown_later, about = _timed(about, today)
    only, shown = (only, shown) if only != EVERYTHING else (later, shown_later)
    rest, source = _without_newspaper(rest, shelf)
    about, other = (about, "") if source else _without_newspaper(about, shelf)
    only = replace(only, source=source or other)
    if only.source and _VERBS.fullmatch(rest):
        rest = ""
    topic = ""
    for at, part in enumerate((rest, about)):
        part = part.strip() if part.isascii() else _FILLING.sub("", part.strip(" ,，、"))
        if not part:
            continue
        marked = (_EN_ABOUT if part.isascii() else _ABOUT).fullmatch(part)
        within = re.search(rf"(?P<name>.+?)(?:{_ABOUT.pattern})$", part)
        if marked:
            topic = marked["topic"]
        elif writer := writer_of(part, shelf):
            only = replace(only, byline=writer)
        elif within and (writer := writer_of(within["name"], shelf)):
            only, topic = replace(only, byline=writer), within["topic"]
        elif free and not at and len(part) <= _LONGEST_FREE and (_is_word(part) or len(shelf.with_words([part]))):
            topic = part
        else:
            return None
    found = Scope(only, dates=shown)
    return _with_topic(found, topic.strip("《》“”\"'「」 "), shelf, names) if topic else found


def rows_of(scope: Scope, shelf: Shelf, asked: Filter) -> Numbers:
    """Return the articles of the scope that also pass the filter of the question."""
    rows = shelf.passing(asked)
    if scope.only != EVERYTHING:
        rows = np.intersect1d(rows, shelf.passing(replace(scope.only, since="", until="")))
        if scope.only.since:
            rows = rows[shelf.until[rows] >= number_of(scope.only.since)]
        if scope.only.until:
            rows = rows[shelf.since[rows] <= number_of(scope.only.until)]
    for forms in scope.words:
        rows = np.intersect1d(rows, np.unique(np.concatenate([shelf.with_words([form]) for form in forms])))
    return rows


def _as_chinese(words: str) -> str:
    """Return the words with Chinese ones in place of the English ones before a Chinese name."""
    for english, chinese in _EN_OF_CHINESE if not words.isascii() else ():
        words = english.sub(chinese, words)
    return words


def _is_word(text: str) -> bool:
    return len(rjieba.cut(text)) == 1


def topic_scope(topic: str, shelf: Shelf, names: RomanisedNames) -> Scope | None:
    """Return the scope of a topic, or None if no article has its words."""
    return _with_topic(Scope(), topic, shelf, names)


def _with_topic(scope: Scope, topic: str, shelf: Shelf, names: RomanisedNames) -> Scope | None:
    if not 1 < len(topic) <= 40 or _NO_TOPIC.search(topic):
        return None
    if topic.isascii():
        words = _english_words(topic, names)
    elif len(shelf.with_words([topic])):
        words = ((topic,),)
    else:
        words = tuple((word,) for word in words_of(topic))
    if not words or len(words) > 5:
        return None
    found = replace(scope, topic=topic, words=words)
    return found if len(rows_of(replace(found, only=EVERYTHING), shelf, EVERYTHING)) else None


def _english_words(topic: str, names: RomanisedNames) -> Words:
    forms = names.chinese_forms(topic)
    rest = topic
    for name in forms:
        rest = rest.replace(name, " ")
    words = [
        word
        for word in re.findall(r"[A-Za-z0-9]{2,}", rest)
        if word.lower() not in ("the", "of", "in", "and", "for", "on")
    ]
    return (*forms.values(), *((word, *translate(word, names.frequencies)) for word in words))


def _timed(words: str, today: date) -> tuple[Filter, str, str]:
    """Return the days that the words name, how they are shown, and the other words."""
    pattern = _EN_TIME if words.isascii() else _ZH_TIME
    match = pattern.search(words)
    if not match:
        return EVERYTHING, "", words
    first, last = (_day(match[name] or match["a"], today) for name in "ab")
    try:
        side = (match["side"] or "").lower()
        only = filter_of(
            "" if side in ("以前", "之前", "before") else first,
            "" if side in ("以来", "以后", "之后", "起", "since", "after") else last,
        )
    except BadInput:
        return EVERYTHING, "", words
    shown = match.group().strip().removeprefix("在")
    return only, shown, (words[: match.start()] + words[match.end() :]).strip()


def _day(words: str, today: date) -> str:
    """Return the year, month or day as ``YYYY[-MM[-DD]]``."""
    low = words.lower()
    before = today.replace(day=1) - timedelta(1)
    relative = {
        "今年": f"{today.year}",
        "this year": f"{today.year}",
        "去年": f"{today.year - 1}",
        "last year": f"{today.year - 1}",
        "前年": f"{today.year - 2}",
        "本月": f"{today:%Y-%m}",
        "这个月": f"{today:%Y-%m}",
        "上月": f"{before:%Y-%m}",
        "上个月": f"{before:%Y-%m}",
        "今天": f"{today}",
        "昨天": f"{today - timedelta(1)}",
    }
    if low in relative:
        return relative[low]
    month, _, year = low.rpartition(" ")
    if month in _MONTHS:
        return f"{year}-{_MONTHS.index(month) + 1:02}"
    year, mark, rest = low.partition("年")
    return f"{year.translate(_DIGITS)}{mark}{rest}".replace("月份", "月")


def _without_newspaper(words: str, shelf: Shelf) -> tuple[str, str]:
    """Return the words without the name of a newspaper of the archive, and that name."""
    for name in shelf.newspapers:
        for match in re.finditer(
            r"[《“]?([\w·]{2,20}?(?:日报|晚报|早报|晨报|时报|快报|导报|周刊|周报|报|网|社))[》”]?|[《“](.+?)[》”]",
            words,
        ):
            asked = folded(match[1] or match[2])
            if asked in name:
                return words[: match.start()] + words[match.end() :], asked
        if name and name in folded(words):
            return re.sub(rf"[《“]?{re.escape(name)}[》”]?", "", folded(words)), name
    return words, ""


def writer_of(words: str, shelf: Shelf) -> str:
    """Return the writer whom the words name, or "" if no article has such a byline."""
    if words.isascii():
        match = _EN_WRITER.fullmatch(words)
        spelled = re.sub(r"[^a-z]", "", match["name"].lower()) if match else ""
        return next(iter(shelf.spelled.get(spelled, ())), "")
    match = _WRITER.fullmatch(words)
    name = _bare(match["name"]) if match else ""
    return name if name and shelf.is_writer(name) else ""


def _bare(name: str) -> str:
    return re.sub(rf"^{_ROLE}|(?:写|的|记者)+$", "", name)
