"""The sentences of the catalogue's answers, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from rag.schema import Article, Language
from rag.text.calendar import shown

_WORDS: dict[str, tuple[str, str]] = {
    "signed": ("{title}（{date}）署名：{names}", "{title} ({date}) is signed by {names}"),
    "unsigned": ("{title}（{date}）没有署名", "{title} ({date}) is not signed"),
    "which one": (
        "是哪一篇？请说出标题，例如：《{title}》是谁写的",
        "Which article? Give its headline, e.g. who wrote 《{title}》",
    ),
    "several": ("符合的有 {n} 篇，请说出标题：", "{n} articles fit; give a headline:"),
    "summary": ("{title}（{date}，{names}）：", "{title} ({date}, {names}):"),
    "count": ("{scope}共有 {n} 篇{kinds}。", "Articles{scope}: {n}{kinds}."),
    "none": ("没有{scope}。", "There are no articles{scope}."),
    "listed": ("{scope}有 {n} 篇{shown}：", "Articles{scope}: {n}{shown}:"),
    "first of": ("，先列 {n} 篇", ", the first {n}"),
    "rest": ("另有 {n} 篇未列出。", "Not listed: {n}."),
    "newest": ("{scope}最新的是 {date} 的 {n} 篇{shown}：", "The newest{scope}: {n} of {date}{shown}:"),
    "oldest": ("{scope}最早的是 {date} 的 {n} 篇{shown}：", "The oldest{scope}: {n} of {date}{shown}:"),
    "newest some": ("{scope}最新的 {n} 篇：", "The newest {n}{scope}:"),
    "oldest some": ("{scope}最早的 {n} 篇：", "The oldest {n}{scope}:"),
    "span": ("日期从 {first} 到 {last}。", "The dates run from {first} to {last}."),
    "one day": ("日期都是 {first}。", "The date is {first}."),
    "undated": ("有 {n} 篇日期不明。", "Without a known date: {n}."),
    "left out": ("另有 {n} 篇日期不明，未计入。", "Not counted, because their date is not known: {n}."),
    "all undated": ("日期都不明。", "No date is known."),
    "inferred": ("有 {n} 篇的日期是推断的。", "Inferred dates: {n}."),
    "line": ("{title}（{about}）", "{title} ({about})"),
    "and": ("；", "; "),
    "shows": ("：{words}", ": {words}"),
    "all inferred": ("日期都是推断的。", "All dates are inferred."),
    "in titles": ("其中标题里有“{topic}”的 {n} 篇。", "In the headline: {n}."),
    "writers": ("署名的有 {n} 人，篇数最多的：{names}。", "Names in bylines: {n}. With most articles: {names}."),
    "no writers": ("这里的报道都没有署名。", "None of the articles is signed."),
    "only in part": ("有 {n} 篇只知道年份或月份。", "Dated to a month or a year only: {n}."),
    "vague": ("有 {n} 篇只知道年份或月份，可能更靠{way}。", "Dated to a month or a year only, perhaps {way}: {n}."),
    "days": ("按日期：{days}。", "By date: {days}."),
    "years": ("按年：{days}。", "By year: {days}."),
    "per": ("{date} {n} 篇", "{date}: {n}"),
    "newspapers": ("这里有 {n} 份报纸的报道：{names}。", "Newspapers: {n} ({names})."),
    "no newspapers": ("这里的 {n} 篇报道都没有写明是哪份报纸。", "No article states its newspaper ({n} articles)."),
    "unnamed": ("有 {n} 篇没有写明报纸。", "Without the name of a newspaper: {n}."),
    "topic": ("提到“{topic}”的报道有 {n} 篇。", "Articles that mention “{topic}”: {n}."),
    "leading": ("最相关的 {n} 篇：", "The {n} nearest:"),
    "now": (
        "报道里没有现在的情况，这里不查实时信息。",
        "The articles do not say how things are now; nothing is looked up elsewhere.",
    ),
    "no news of today": ("这里没有今天（{today}）的报道。", "There are no articles of today ({today})."),
    "holds": ("这里收有 {n} 篇报道。", "Articles held here: {n}."),
    "greeting": ("你好！", "Hello!"),
    "thanks": ("不客气。", "You are welcome."),
    "abilities": (
        "我从这里的报道中找答案，每句话都注明原文出处；报道没有说的，我会说没有。也可以问谁写了哪篇、有多少篇、最新的是哪篇。",
        "I answer from the articles held here and show the source of every sentence; what they do not say, I do not say. "
        "You can also ask who wrote an article, how many there are, or which is the newest.",
    ),
    "examples": ("可以这样问：", "You could ask:"),
    "all": ("这里的报道", " in this archive"),
    "by": ("署名“{name}”的", " signed by {name}"),
    "of": ("《{name}》的", " of {name}"),
    "dated": ("{dates}的", ", {dates}"),
    "mention": ("提到“{topic}”的", " that mention “{topic}”"),
    "articles": ("报道", ""),
    "ask writer": ("《{title}》是谁写的？", "Who wrote 《{title}》?"),
    "ask summary": ("《{title}》讲了什么？", "What is 《{title}》 about?"),
    "ask list": ("关于{topic}的报道有哪些？", "Which articles are about {topic}?"),
    "ask count": ("一共有多少篇报道？", "How many articles are there?"),
}
_KINDS = {"article": ("报道", "articles"), "photo": ("图片新闻", "photographs"), "notice": ("公告", "notices")}
_ONE = -1  # cuts the s of a plural


def said(key: str, language: Language, **values: object) -> str:
    """Return the sentence with its values."""
    return _WORDS[key][language == "en"].format(**values)


def kinds_said(kinds: Mapping[str, int], language: Language) -> str:
    """Return how many articles of each kind there are, "" if all are of the first."""
    if not set(kinds) - {"article"}:
        return ""
    zh = language == "zh"
    parts = [
        f"{_KINDS[k][0]} {n} 篇" if zh else f"{n} {_KINDS[k][1][: _ONE if n == 1 else None]}" for k, n in kinds.items()
    ]
    return f"（{'、'.join(parts)}）" if language == "zh" else f" ({', '.join(parts)})"


def date_said(article: Article, language: Language) -> str:
    """Return the date of an article; it says so if the date is inferred or not known."""
    unknown = "日期不明" if language == "zh" else "undated"
    return shown(article.date, article.date_basis, language) or unknown


def names_said(article: Article, language: Language) -> str:
    """Return the byline of an article."""
    unsigned = "没有署名" if language == "zh" else "not signed"
    return ("、" if language == "zh" else ", ").join(article.byline) or unsigned


def days_said(since: int, until: int) -> str:
    """Return days as they are known: 20250401 and 20250430 are 2025-04."""
    day, month, year = f"{since % 100:02}", f"{since // 100 % 100:02}", f"{since // 10000:04}"
    if since == until:
        return f"{year}-{month}-{day}"
    return f"{year}-{month}" if since // 100 == until // 100 else year
