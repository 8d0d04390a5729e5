"""A question -> what it may ask of the catalogue: who wrote an article, how many there are, the newest, ...

The whole question must have one of the forms. "多少篇论文" and "谁写的代码" ask about other things, so nothing here looks
for a word within a question. Names, newspapers and headlines are looked up later: the articles decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from rag.answer.catalogue.chinese import CHINESE, NOW, TODAY
from rag.answer.catalogue.english import ENGLISH
from rag.schema import Language
from rag.text.scripts import IDEOGRAPH, legible


@dataclass(frozen=True, slots=True)
class Asked:
    """``what``: the name of a form. ``title``: the headline in marks, or words that describe the article in
    ``described``. ``says_article``: the question calls it an article. ``back``: it means the article named last.
    ``scope``: the words that limit the articles; those in ``about`` surely name a topic. ``news``: what the articles are
    called, such as 报道. ``some``: how many are asked for, 0 if that is open."""

    what: str
    language: Language
    title: str = ""
    described: str = ""
    says_article: bool = False
    back: bool = False
    scope: str = ""
    about: str = ""
    news: str = ""
    some: int = 0


_LONGEST = 120  # characters of such a question
_LONGEST_TOPIC = 24
_ZH = [(what, re.compile(form, re.IGNORECASE)) for what, form in (("news of today", TODAY), ("now", NOW), *CHINESE)]
_EN = [(what, re.compile(form, re.IGNORECASE)) for what, form in ENGLISH]
_POLITE = re.compile(
    r"^(?:请问一?下?|请教一?下?|想问一?下?|问一?下|我想(?:知道|问问?|了解|看看?|查)一?下?|麻烦[你您]?|请[你您]?|"
    r"[你您]?(?:能不能|能否|可不可以|可以|能)?(?=[帮给替]我)|[帮给替]我|告诉我|[你您]知道|那么|(?:你好|您好)[,，、 ]+(?=.{4}))+[,，]?"
)
_ENDING = re.compile(r"(?:谢谢|好吗|可以吗|行吗|好不好|(?<![什怎那这多])么|[吗呢啊呀吧嘛]|[?？!！。.…~,，、;；\s])+$")
_BLANK = re.compile(r"(?<=[^a-zA-Z])\s+|\s+(?=[^a-zA-Z])")
_CHINESE = re.compile(f"[{IDEOGRAPH}]")
_ASKS = re.compile(r"什么|谁|哪|何时|何地|为何|多少|几[个位名家年月天次]|怎么|如何|[?？]")
_EARLY = frozenset("最早 最老 最旧 第一 oldest earliest first".split())
_SOME = {c: n for n, c in enumerate("两三四五六七八九十", 2)} | {"二": 2, "几": 5}


def readings(question: str) -> Iterator[Asked]:
    """Yield what the question may ask of the catalogue, the likeliest first."""
    text = unicodedata.normalize("NFKC", legible(question)).strip()
    if len(text) > _LONGEST:
        return
    plain = _BLANK.sub("", text)
    plain = _ENDING.sub("", _POLITE.sub("", plain)) or _ENDING.sub("", plain) or plain
    chinese: Language = "zh" if _CHINESE.search(plain) else "en"
    languages: tuple[tuple[Language, list[tuple[str, re.Pattern[str]]], str], ...] = (
        (chinese, _ZH, plain),
        ("en", _EN, text.rstrip(" ?!.,？。！")),
    )
    for language, forms, body in languages:
        for what, form in forms:
            match = form.fullmatch(body)
            asked = _asked(what, language, match) if match else None
            if asked and not _ASKS.search(asked.scope + asked.about):
                yield asked
    if 2 <= len(plain) <= _LONGEST_TOPIC and not re.search(r"[?？]", question):
        yield Asked("topic", chinese, scope=plain)


def _asked(what: str, language: Language, match: re.Match[str]) -> Asked:
    found = {name: value for name, value in match.groupdict().items() if value}
    some = found.get("some", "")
    return Asked(
        "oldest" if found.get("end", "").casefold() in _EARLY else what,
        language,
        next((found[name] for name in "abcdef" if name in found), ""),
        found.get("free", ""),
        "says" in found or "free" in found,
        "back" in found,
        found.get("scope", ""),
        found.get("about", ""),
        found.get("news", found.get("news2", "")),
        _SOME.get(some, int(some) if some.isdecimal() else 0),
    )
