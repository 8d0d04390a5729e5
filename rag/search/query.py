"""Question and earlier turns -> Query."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.errors import BadInput
from rag.schema import EVERYTHING, Filter, Language, Query, Turn
from rag.search.glossary import translate
from rag.search.romanised_names import RomanisedNames
from rag.text.figures import figures
from rag.text.scripts import legible
from rag.text.terms import content_words, normalise, value_of

MAX_QUESTION = 2000
_CJK = re.compile(r"[\u3400-\u9fff]")
_REFERS_BACK = re.compile(
    r"^(?:那|那么|还有|其中|另外|此外|具体|分别|然后|它|他|她|这|该|上述|前者|后者|为什么|what about|how about|and |then )"
    r"|它|他们|她们|他的|她的|其中|这(?:个|些|家|次|项|位|座|笔|场|条|里|件)|那(?:个|些|家|次|项|位|座|笔|场|条|里|件|是)|该(?:项目|公司|企业|市|镇)|上述|呢[?？]?$"
    r"|\b(?:it|its|they|them|their|he|she|his|her|those|these|that one|this one|of them|the (?:company|project|meeting|event))\b",
    re.IGNORECASE,
)
_QUESTION_WORDS = re.compile(
    r"请问|请告诉我|告诉我|我想知道|想了解|有没有|是不是|能不能|什么时候|什么时间|什么地方|什么样|为什么|为何|怎么样|怎样|怎么|如何|"
    r"哪一天|哪一年|哪些|哪几|哪个|哪家|哪位|哪里|哪儿|哪年|哪天|哪|什么|多少|几个|几家|几位|几次|几年|几|谁|是否|吗|呢|吧|啊|了|的|是|在|有|和|与|被|把|"
    r"都|也|就|到底|究竟|分别|一共|总共|主要|目前|现在"
)
_STOP_WORDS = frozenset(
    "a an and are as at be been being but by can could did do does for from had has have how i in is it its me much "
    "many more of on or our s so than that the their them there these they this those to us was we were what when "
    "where which who whom whose why will with would you your please tell about any some all per".split()
)


def parse(question: str, history: Sequence[Turn], names: RomanisedNames, only: Filter = EVERYTHING) -> Query:
    """Return what to search for. A question that refers back is joined to the question of the last turn.

    Raises BadInput if the question is empty or longer than ``MAX_QUESTION`` characters.
    """
    text = " ".join(question.encode("utf-8", "replace").decode().split())  # a lone surrogate cannot be encoded
    if not text:
        raise BadInput("The question is empty: ask something, e.g. `rag ask 平湖签约了哪些人工智能项目？`")
    if len(text) > MAX_QUESTION:
        raise BadInput(f"The question has {len(text)} characters, over {MAX_QUESTION}: shorten it.")
    joined = legible(text)
    language: Language = "zh" if _CJK.search(joined) else "en"
    if history and _REFERS_BACK.search(joined):
        joined = f"{' '.join(legible(history[-1][0]).split())} {joined}"
    query = _chinese(text, joined) if language == "zh" else _english(text, joined, names)
    return replace(query, only=only)


def _chinese(text: str, joined: str) -> Query:
    terms = " ".join(_QUESTION_WORDS.sub(" ", joined).split())
    return Query(text, joined, terms, _words(terms), "zh", read=joined)


def respelled(query: Query, near: Mapping[str, str]) -> Query:
    """Return a Chinese query that searches for near names in place of those that the articles lack."""
    search = normalise(query.search)
    for name, other in near.items():
        search = search.replace(name, other)
    found = _chinese(query.text, search)
    return replace(found, lexical=" ".join([found.lexical, *near.values()]), only=query.only, near=tuple(near.values()))


def _words(terms: str) -> tuple[tuple[str, ...], ...]:
    """Return the content words, each with its forms. A Chinese numeral is one word, with its value: 三百四十五, 345."""
    normal = normalise(terms)
    words: list[tuple[str, ...]] = []
    end = 0
    for form, start, stop in figures(normal):
        if not normal[start:stop].isascii():
            words += [(word,) for word in content_words(normal[end:start])]
            words.append((normal[start:stop], value_of(form)))
            end = stop
    return (*words, *((word,) for word in content_words(normal[end:])))


def _english(text: str, joined: str, names: RomanisedNames) -> Query:
    """Replace romanised names by their Chinese form, and add translations of the other words."""
    replaced = joined
    extra: list[str] = []
    for name, forms in names.chinese_forms(joined).items():
        replaced = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", f" {forms[0]} ", replaced)
        extra += forms
    latin = [w for w in re.findall(r"[A-Za-z]{2,}", replaced) if w.lower() not in _STOP_WORDS]
    translations = {word: translate(word, names.frequencies) for word in latin}
    extra += [chinese for found in translations.values() for chinese in found]
    not_latin = re.findall(r"[^A-Za-z\s]+", replaced)
    return Query(
        text=text,
        search=" ".join([*replaced.split(), *dict.fromkeys(extra)]),
        lexical=" ".join([*latin, *not_latin, *dict.fromkeys(extra)]),
        words=tuple((word, *found) for word, found in translations.items()),
        language="en",
        read=" ".join(replaced.split()),
    )
