"""Headlines of the archive -> three questions that it can answer.

The first asks for the figure at the end of a headline, if the text of the article has it too. The second asks who wrote
a signed article. The third asks for the articles on the word that most headlines share. Where an archive has no such
headline, the contents of an article or the number of articles are asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rag.answer.catalogue.shelf import words_of
from rag.answer.catalogue.wording import said
from rag.schema import Article, Language
from rag.text.scripts import IDEOGRAPH
from rag.text.terms import normalise

_LAST_FIGURE = re.compile(
    rf"(?P<before>[{IDEOGRAPH}“”]{{5,}}?)(?P<figure>\d+(?:\.\d+)?)(?P<unit>%|[余多]?[万亿]?[{IDEOGRAPH}]{{0,3}})"
)
_NO_UNIT = re.compile(r"[年月日号届次期版]")  # 2025年, 第3届: a date or a place in a row
_LINE = re.compile(r"[\s，,。！!：:；;—]+")
_SHORTEST, _LONGEST = 8, 60  # characters of a headline
_ASKED = 32  # characters of a question


def examples(articles: Sequence[Article], language: Language) -> list[str]:
    """Return at most three questions. ``articles``: some articles of the archive."""
    good = [a for a in articles if a.kind == "article" and _SHORTEST <= len(a.title) <= _LONGEST]
    found = [next(_figures(good), "")] if language == "zh" else []
    found += [said("ask writer", language, title=a.title) for a in good if a.byline][:1]
    shared = Counter(word for a in good for word in set(words_of(a.title)) if re.match(f"[{IDEOGRAPH}]", word))
    topic = max(shared, key=lambda word: (shared[word], len(word), word), default="")
    found += [said("ask list", language, topic=topic)] if topic and shared[topic] > 1 else []
    found += [said("ask summary", language, title=a.title) for a in good[1:2] or good[:1]]
    return [*filter(None, found), said("ask count", language)][:3]


def _figures(articles: Sequence[Article]) -> Iterator[str]:
    """Yield a question for each headline that ends with its only figure, if the text of its article has it too."""
    for article in articles:
        lines = [line for line in _LINE.split(article.title) if line]
        match = _LAST_FIGURE.fullmatch(lines[-1]) if lines else None
        if not match or _NO_UNIT.match(match["unit"]) or len(re.findall(r"\d+(?:\.\d+)?", article.title)) != 1:
            continue
        before = [line for line in lines[-2:-1] if len(line) + len(lines[-1]) <= _ASKED]
        if normalise(match["figure"] + match["unit"]) in normalise(article.text):
            unit = "" if match["unit"] == "%" else match["unit"].lstrip("余多")
            yield "，".join([*before, f"{match['before']}多少{unit}？"])
