"""Question -> what it asks: its kind, what the answer must be, and the names, places and times that bind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from rag.asking.contents import chinese_content, english_content
from rag.asking.english_times import english_times
from rag.asking.kinds import FINITE, KINDS, QUESTION, WANTED
from rag.asking.organisations import Organisation, brands, organisations
from rag.asking.people import SOUNDS, is_name, people
from rag.asking.places import PlaceName, places_in
from rag.asking.sides import sides_of
from rag.asking.titles import ENGLISH_OFFICE, TITLE
from rag.schema import Language
from rag.text.scripts import legible
from rag.text.times import Mention, resolve

Kind = Literal[
    "fact", "person", "office", "said", "yes_no", "list", "compare", "why", "how", "when", "timeline", "summary", "catalogue",
    "small_talk", "now", "topic",
]  # fmt: skip
Wanted = Literal["number", "money", "percent", "date", "person", "place", "organisation", "none"]
_FREE = frozenset("person said yes_no list compare why how timeline summary catalogue small_talk now topic".split())
"""Kinds whose answer is no single value."""
_REFERS_BACK = re.compile(
    r"^(?:那|那么|还有|其中|另外|此外|然后|具体|分别)(?!些|里|曲)|它|(?<![其吉])他(?!乡|山|人)|她|其中|(?:这|那)(?:个|些|家|次|项|"
    r"位|座|笔|场|条|件|篇|事|是|里|种|之|部|张|本|所|届|类|批|支|天|年|段|片|栋|幢|届)|该(?:项目|公司|企业|市|镇|校|院|人)|上述|"
    r"前者|后者|呢[?？]?$"
    r"|\b(?:it|its|they|them|their|he|she|his|her|those|these|that one|this|of them)\b|^(?:what|how) about\b|^and ",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"没有?(?!错)|不(?!同|少|错|断|仅|久|良|动产|锈)|未(?!来|必)|并非|从未|无法|n't\b|\bnot\b|\bnever\b", re.IGNORECASE
)
_OPEN_FORMS = re.compile(
    r"是不是|有没有|能不能|会不会|可不可以|要不要|对不对|好不好|行不行|该不该|([\u3400-\u9fff])不\1|没有?[?？]?$"
)
_SUBJECT = re.compile(
    r"(?:^|(?<=[，,\s])|(?<=请问)|(?<=对于)|(?<=关于))(?P<name>[\u3400-\u9fff]{2,4}?)(?=是谁|是何人|是哪|是(?:一个|个)?(?:什么|啥|"
    r"干|做)|说|讲|表示|在|怎么|如何|担任|当|现任|任|的|对|什么|啥|几|哪|提|指出|强调|为什么|有|和|认为|去|$)"
)
_WHO_IS = re.compile(r"谁是(?P<name>[\u3400-\u9fff·]{2,10})[?？。呀啊呢]*$")
_DOTTED = re.compile(
    r"[\u3400-\u9fff]{1,6}?(?:[·•][\u3400-\u9fff]{1,6}?)+(?=是|说|在|的|表示|怎|对|和|何|哪|[?？，]|$)"
)
_CAPITALISED = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z'-]+(?: (?:of |and (?=[A-Z]))?[A-Z][A-Za-z'&-]+)*")
_ENGLISH_BODY = re.compile(
    r"\b(?:Company|Co|Ltd|Inc|Group|Corporation|University|College|Bank|Institute|Hospital|School|Association|Technology|Cable)\b"
)
_FOREIGN = re.compile(
    rf"(?:^|谁是|[，\s]|{TITLE})(?P<name>[{SOUNDS}]{{2,7}}?)(?=是谁|是何|是什么人|是干|说|表示|怎么|如何|在|对|提|[?？]|$)"
)
_LATIN_WORDS = frozenset(
    "Who What Which When Where Why How Is Are Was Were Do Does Did Has Have Can Could Will Would Should List "
    "Name Compare Give Summarise Summarize Tell Show Find The A In On At Please Mr Mrs Ms Dr And GDP Didn't Isn't Hello"
.split())  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks. ``text`` is its legible form.

    ``content``: the words that must be found; places by their short form, times left out. ``office``: the title whose
    holder is asked for. ``times``: with days where a year is named; 去年 has none, it depends on the article. ``sides``: the
    two sides of a comparison, each a question. ``polarity``: whether a yes-no question asserts or denies.
    """

    text: str
    language: Language
    kind: Kind
    wanted: Wanted
    content: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    office: str = ""
    places: tuple[PlaceName, ...] = ()
    times: tuple[Mention, ...] = ()
    sides: tuple[str, ...] = ()
    polarity: Literal["positive", "negative"] = "positive"
    refers_back: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.people + self.organisations

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years that the question names, each once."""
        return tuple(dict.fromkeys(int(time.since[:4]) for time in self.times if time.since))

    @property
    def dates(self) -> tuple[tuple[str, str], ...]:
        """Return the first and the last day of each time that the question names with its year."""
        return tuple((time.since, time.until) for time in self.times if time.since)


def read_question(question: str) -> Asked:
    """Return what the question asks. It reads any text; one that asks nothing is a ``topic``."""
    text = " ".join(legible(question).split())
    language: Language = "zh" if re.search(r"[\u3400-\u9fff]", text) else "en"
    kind = _kind(text, language)
    times = tuple(resolve(text, "")) if language == "zh" else english_times(text)
    bodies = _organisations(text, language)
    places = tuple(p for p in places_in(text) if not p.in_name and not any(b.start <= p.start < b.end for b in bodies))
    persons = tuple(
        name
        for name in _people(text, kind, language, [p.words for p in places])
        if not any(name in b.name for b in bodies)
    )
    spans = sorted(
        [(p.start, p.end) for p in places] + [(b.start, b.end) for b in bodies] + [(t.start, t.end) for t in times]
        + [(text.find(name), text.find(name) + len(name)) for name in persons]
    )  # fmt: skip
    return Asked(
        text=text,
        language=language,
        kind=kind,
        wanted=_wanted(text, kind),
        content=_content(text, language, spans, places, (*persons, *(b.name for b in bodies))),
        people=persons,
        organisations=tuple(dict.fromkeys(b.name for b in bodies)),
        office=_office(text, places, language) if kind == "office" else "",
        places=places,
        times=times,
        sides=sides_of(text, spans, language) if kind == "compare" else (),
        polarity="negative" if kind == "yes_no" and _NEGATIVE.search(_OPEN_FORMS.sub("", text)) else "positive",
        refers_back=bool(_REFERS_BACK.search(text)) and kind not in ("small_talk", "now"),
    )


def _kind(text: str, language: Language) -> Kind:
    for kind, pattern in KINDS:
        if pattern.search(text):
            return cast("Kind", kind)
    words = len(text) if language == "zh" else len(text.split())
    is_bare = not QUESTION.search(text) and not FINITE.search(text) and words <= (20 if language == "zh" else 7)
    return "topic" if is_bare else "fact"


def _wanted(text: str, kind: Kind) -> Wanted:
    if kind == "when":
        return "date"
    if kind == "office" or (kind == "person" and re.search(r"谁|哪位|\bwho\b", text, re.IGNORECASE)):
        return "person"
    if kind in _FREE:
        return "none"
    return cast("Wanted", next((wanted for wanted, pattern in WANTED if pattern.search(text)), "none"))


def _organisations(text: str, language: Language) -> list[Organisation]:
    if language == "en":
        runs = [m for m in _CAPITALISED.finditer(text) if _ENGLISH_BODY.search(m.group())]
        return [Organisation(m.start(), m.end(), m.group(), m.group()) for m in runs]
    full = organisations(text)
    return full + [b for b in brands(text) if not any(o.start < b.end and b.start < o.end for o in full)]


def _people(text: str, kind: Kind, language: Language, places: Sequence[str]) -> list[str]:
    if language == "en":
        found = []
        for match in _CAPITALISED.finditer(text):
            words = [word for word in match.group().split() if word not in _LATIN_WORDS and word not in places]
            if len(words) > 1 and not _ENGLISH_BODY.search(match.group()) and match.group() not in places:
                found.append(" ".join(words))
        return list(dict.fromkeys(found))
    found = [person.name for person in people(text)]
    for pattern in (_SUBJECT, _WHO_IS):
        found += [m["name"] for m in pattern.finditer(text) if is_name(m["name"]) or "·" in m["name"]]
    found += [re.sub(rf".*{TITLE}|^(?:请问|谁是)", "", match.group()) for match in _DOTTED.finditer(text)]
    if not found and kind in ("said", "person"):
        found += [match["name"] for match in _FOREIGN.finditer(text)]
    return [name for name in dict.fromkeys(found) if name not in places]


def _office(text: str, places: Sequence[PlaceName], language: Language) -> str:
    if language == "en":
        match = re.search(rf"\b({ENGLISH_OFFICE})\b", text, re.IGNORECASE)
        return match[1].lower() if match else ""
    for place in places:
        own = (
            place.words
            if text[place.end : place.end + 1] in "市省县区镇" or place.words[-1] not in "市省县区镇"
            else place.words[:-1]
        )
        text = text.replace(own, " " * len(own), 1)
    titles = [match.group() for match in re.finditer(rf"{TITLE}|一把手|掌门人|法人代表", text)]
    return re.sub(r"^(?:现任|时任|原任|首任|新任)|^[市省县区镇](?=[市省县区镇]长)", "", titles[-1]) if titles else ""


def _content(
    text: str, language: Language, spans: Sequence[tuple[int, int]], places: Sequence[PlaceName], names: Sequence[str]
) -> tuple[str, ...]:
    left, end = "", 0
    for start, stop in spans:
        if start >= end:
            left, end = left + text[end:start] + " ", stop
    left += text[end:]
    if language == "en":
        return tuple(dict.fromkeys([*names, *english_content(left)]))
    where = [p.places[0].short or p.words for p in places]
    return tuple(dict.fromkeys([*where, *names, *chinese_content(left)]))
