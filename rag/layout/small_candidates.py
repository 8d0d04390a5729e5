"""Blocks -> the ways to take them as a photo with its caption, or as a notice, each with its cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.layout.affinity import Affinity
from rag.layout.blocks import Block
from rag.layout.line_kinds import CONTACT
from rag.layout.story import Candidate, Story
from rag.text.stops import has_full_stop


def photo_candidates(
    blocks: Sequence[Block], heads: list[int], bylines: list[int], body: list[int], at: int, affinity: Affinity
) -> Iterator[Candidate]:
    """Yield photos whose caption is ``body`` and whose credit is block ``at``. The title stands before the caption or
    after the credit."""
    if bylines or len(body) > 1 or len(heads) > 1 or at >= len(blocks) or blocks[at].kind != "credit":
        return
    caption = tuple(body)
    title_fits = 0.3 + affinity.between(heads[0], body) if heads else 0.0
    yield Candidate(at + 1, 1.0 - 3.0 * len(heads) * title_fits, Story("photo", tuple(heads), (at,), caption))
    if not heads and at + 1 < len(blocks) and blocks[at + 1].kind == "head":
        cost = 1.0 + cost_of_parting_headlines(blocks, at + 2) - 3.0 * affinity.between(at + 1, body)
        yield Candidate(at + 2, cost, Story("photo", (at + 1,), (at,), caption))


def notice_candidates(
    blocks: Sequence[Block], heads: list[int], body: list[int], bylines: list[int], at: int
) -> Iterator[Candidate]:
    """Yield notices around block ``at``: the weather, or an advertisement with its address and telephone lines.

    An advertisement seldom has sentences, and its large lines are part of it.
    """
    if bylines or len(heads) > 1 or any(len(blocks[i].text) > 80 for i in body):
        return
    found = [*heads, *body, at]
    cost = 0.5 - len(heads) - 0.5 * len(body) + 6.0 * sum(has_full_stop(blocks[i].text) for i in body)
    yield Candidate(at + 1, cost, Story("notice", body=tuple(found)))
    while _has_contact(blocks, at) and at + 1 < len(blocks):
        if _has_contact(blocks, at + 1):
            more = [at + 1]
        elif blocks[at + 1].kind == "head" and _has_contact(blocks, at + 2):
            more = [at + 1, at + 2]
        else:
            return
        found += more
        at = more[-1]
        cost -= 0.5
        yield Candidate(at + 1, cost, Story("notice", body=tuple(found)))


def _has_contact(blocks: Sequence[Block], at: int) -> bool:
    return at < len(blocks) and blocks[at].kind == "notice" and bool(CONTACT.search(blocks[at].text))


def cost_of_parting_headlines(blocks: Sequence[Block], at: int) -> float:
    """Return the cost of ending a story before block ``at`` where headlines stand on both sides. They mostly belong
    together; two that a dash ties together always do."""
    if at >= len(blocks) or blocks[at].kind != "head":
        return 0.0
    has_dash = blocks[at - 1].text.endswith("—") or blocks[at].text.startswith("—")
    if blocks[at].lines[0].gap and not has_dash:
        return 0.5
    return 6.0 if has_dash else 1.5
