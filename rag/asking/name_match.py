"""Bodies and people of a question against those of evidence, by their near forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from rag.asking.asked import Asked
from rag.asking.organisations import brands, core_of, organisations, same_body
from rag.asking.people import people
from rag.asking.titles import OFFICE

if TYPE_CHECKING:
    from rag.asking.constraints import Candidate

_WRITERS = re.compile("记者|通讯员|评论员")
"""They write the article, and are no answer to who did or said something."""
_DOT = re.compile(r"[·•‧・]")


def organisation_state(asked: Asked, evidence: Candidate) -> tuple[Literal["kept", "broken", "open"], str]:
    """Return whether the evidence is about a body asked for: in full, without its legal form, or without its trade."""
    cores = [core_of(name) for name in asked.organisations]
    sentence = [(body.name, body.core) for body in organisations(evidence.sentence) if body.certain]
    for text in (evidence.sentence, evidence.headline, evidence.passage):
        for name, core in zip(asked.organisations, cores, strict=True):
            if name in text or (len(core) > 1 and core in text):
                return "kept", core
            near = next((full for full, own in _bodies(text) if same_body(core, own)), "")
            if near:
                return "kept", near
        if text is evidence.sentence and sentence:
            return "broken", sentence[0][0]
    return "open", ""


def person_state(asked: Asked, evidence: Candidate) -> tuple[Literal["kept", "broken", "open"], str]:
    """Return whether the evidence is about a person asked for: by name, by the last part of a foreign name, or by surname
    and title where the passage has the full name with that title."""
    found = people(evidence.sentence)
    named = [person.name for person in found]
    others = [person.name for person in found if not _WRITERS.search(person.title)]
    for text in (evidence.sentence, evidence.headline, evidence.passage):
        for name in asked.people:
            if name in text or any(part in text for part in _DOT.split(name)[-1:] if len(part) > 1):
                return "kept", name
            if any(_DOT.split(other)[-1] == name for other in named):
                return "kept", name
        if text is evidence.sentence:
            title = next((t for name in asked.people if (t := _by_title(name, evidence))), "")
            if title:
                return "kept", title
            if others:
                return "broken", others[0]
    return "open", ""


def _by_title(name: str, evidence: Candidate) -> str:
    """Return 周市长 in the sentence if the passage or the headline has 市长周军波; "" otherwise."""
    titles = [p.title for p in people(f"{evidence.headline}。{evidence.passage}") if p.name == name]
    short = re.search(rf"{re.escape(name[0])}(?:{OFFICE}|总|局|处|院)(?![\u3400-\u9fff]?任)", evidence.sentence)
    return short.group() if short and any(title.endswith(short.group()[1:]) for title in titles) else ""


def _bodies(text: str) -> list[tuple[str, str]]:
    return [(body.name, body.core) for body in [*organisations(text), *brands(text)]]
