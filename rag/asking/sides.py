"""A question that compares two things -> two questions, each of one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_AND = re.compile(
    r"[ ,，]{0,2}(?:和|与|跟|同|及|、|还是|相较于|相对于|对比|较|比|vs\.?|VS\.?|versus|and|or|with|to|(?:is )?(?:more \w+ |"
    r"less \w+ |\w+er )?than)(?: the)? ?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?:[高低多少大小快慢长短强]|GDP|[产市]值|人口|[营税创]收|收入|面积|增加|减少|[率量额数价速])(?:多少|了|些|吗|呢|[?？])*$"
)
_SHARED = re.compile(r"(?P<topic>的[^，。比和与跟同]{1,8})(?:比|和|与|跟|同)|(?P<bare>[^，。比和与跟同的]{1,8})比")
"""的人口比: what is compared stands with the first side only."""
_PAIR = re.compile(
    r"(?:^|(?<=[，。：\s])|(?<=比较)|(?<=对比)|(?<=一下))(?P<one>[\u3400-\u9fffA-Za-z0-9]{2,12}?)(?:和|与|跟|同|还是|"
    r"vs\.?)(?P<two>[\u3400-\u9fffA-Za-z0-9]{2,12}?)"
    r"(?=的|哪|谁|相比|之间|在|有|更|，|比|[?？]|$)"
)
_ENGLISH_PAIR = re.compile(
    r"\b(?:between|of|in|compare|either|:|,) ?(?P<one>(?:the )?[\w' -]{2,40}?),? (?:and|or|with|to|versus|"
    r"vs\.?) (?P<two>(?:the )?[\w' -]{2,40}?)(?= in | by | with |[?.,]|$)",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"增加了?多少|减少了?多少|(?:多|少|高|低)了?多少|请?(?:对比|比较|比一比)(?:一下)?|(?:哪(?:个|家|里|座|边|一个)|谁)(?:的)?(?:更|"
    r"比较)?|更|相比(?:较|起来)?|之间|(?:有|的)?(?:什么|何|啥|哪些)?(?:不同|区别|差别|差异|异同|变化|不一样)|有什么|有何|分别|"
    r"(?<=[\u3400-\u9fffA-Za-z])(?:[高低多少大小快慢长短强弱]一?些?)(?:吗|呢)?(?=[?？。]|$)|吗|呢|[?？。]|"
    r"\b(?:please |can you )?compare\b|\bwhat(?:'s| is| are) the differences? (?:between|in|of)\b|\bdifferences? between\b|"
    r"\bcomparison (?:of|between)\b|\bhow do(?:es)?\b|\bwhich (?:one )?(?:is|was|has|had|are)\b|^(?:is|are|was|were|does|did|do|has|"
    r"have)\b|"
    r"\b(?:more|less|bigger|larger|higher|lower|older|faster|greater|better|smaller|longer)\b|\bcompared?\b|\bdiffer\b",
    re.IGNORECASE,
)


def sides_of(text: str, spans: Sequence[tuple[int, int]], language: str) -> tuple[str, ...]:
    """Return the two questions; () if it is not clear what is compared. ``spans`` are the names and times in the text."""
    for (start, middle), (after, end) in pairwise(spans):
        shared = _SHARED.fullmatch(text, middle, after)
        if shared:
            topic = shared["topic"] or f"的{shared['bare']}"
            topic = "" if text.startswith(topic, end) else topic
            return _questions(
                text[:end] + topic + text[end:], start, end, (text[start:middle], text[after:end]), language
            )
        if _AND.fullmatch(text, middle, after):
            return _questions(text, start, end, (text[start:middle], text[after:end]), language)
    match = (_PAIR if language == "zh" else _ENGLISH_PAIR).search(text)
    return (
        _questions(text, match.start("one"), match.end("two"), (match["one"], match["two"]), language) if match else ()
    )


def _questions(text: str, start: int, end: int, pair: tuple[str, str], language: str) -> tuple[str, ...]:
    before, after = text[:start], text[end:]
    found = []
    for one in pair:
        rest = _COMPARED.sub("", before), re.sub("^比[，, ]*", "", _COMPARED.sub("", after))
        if language == "zh":
            topic = rest[0].strip(" ，,的在") + one + rest[1].strip(" ，,")
            joined = topic if "的" in topic or topic.endswith(one) else topic.replace(one, f"{one}的", 1)
            asks_amount = _AMOUNT.search(text) or _AMOUNT.search(joined)
            found.append(f"{joined.strip('的')}{'是多少' if asks_amount else '怎么样'}？")
        else:
            topic = " ".join(f"{rest[0]} {one} {rest[1]}".replace("?", " ").replace(",", " ").split()).strip(" .")
            found.append(f"What is {topic}?")
    return tuple(found)
