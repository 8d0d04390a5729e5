"""Gold stories of a page, and how well found articles match them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.schema import Article, Kind

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Gold:
    """A story as it is on the page. ``headline``: its lines, none where the page has none. ``body``: a
    span of offsets for each paragraph. ``aside``: characters that may be in the body or not (a byline
    printed within a paragraph)."""

    kind: Kind
    headline: tuple[str, ...]
    byline: tuple[str, ...]
    body: tuple[Span, ...]
    aside: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """Counts, so that those of several pages add up. ``f1``: one figure for each gold story.
    ``headlines`` and ``kinds``: gold stories with the right one. ``named`` of ``wanted`` gold names are
    found, ``given`` names are found in all. ``spurious``: found articles that are no gold story."""

    f1: tuple[float, ...] = ()
    headlines: int = 0
    kinds: int = 0
    named: int = 0
    wanted: int = 0
    given: int = 0
    spurious: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.f1 + other.f1,
            self.headlines + other.headlines,
            self.kinds + other.kinds,
            self.named + other.named,
            self.wanted + other.wanted,
            self.given + other.given,
            self.spurious + other.spurious,
        )

    def figures(self) -> dict[str, float]:
        """``body_f1``: mean over gold stories; ``body_f1_min``: the worst of them; ``bodies``: share with 0.98
        and more; ``headline``, ``kind``: share right; ``byline_recall``, ``byline_precision``: over names;
        ``spurious``: for each gold story. A share of nothing is 1."""
        stories = len(self.f1)
        return {
            "body_f1": share(sum(self.f1), stories),
            "body_f1_min": min(self.f1, default=1.0),
            "bodies": share(sum(f >= 0.98 for f in self.f1), stories),
            "headline": share(self.headlines, stories),
            "byline_recall": share(self.named, self.wanted),
            "byline_precision": share(self.named, self.given),
            "kind": share(self.kinds, stories),
            "spurious": self.spurious / stories if stories else float(self.spurious),
        }


def share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def score(text: str, gold: Sequence[Gold], found: Sequence[Article]) -> Score:
    """Each gold story is matched with the found article that has most of its characters, one to one,
    the largest overlap first. A story without a match has F1 0, no name and the wrong kind."""
    asides = _characters(text, (span for story in gold for span in story.aside))
    wanted = [_characters(text, story.body) - asides for story in gold]
    given = [_characters(text, ((r.source_start, r.source_start + r.length) for r in a.runs)) - asides for a in found]
    matches = match(wanted, given)
    return Score(
        f1=tuple(f1(wanted[i], given[matches[i]]) if i in matches else 0.0 for i in range(len(gold))),
        headlines=sum(same("".join(gold[i].headline), found[j].title) for i, j in matches.items()),
        kinds=sum(gold[i].kind == found[j].kind for i, j in matches.items()),
        named=sum(len(set(gold[i].byline) & set(found[j].byline)) for i, j in matches.items()),
        wanted=sum(len(set(story.byline)) for story in gold),
        given=sum(len(set(found[j].byline)) for j in matches.values()),
        spurious=sum(a.kind == "article" for j, a in enumerate(found) if j not in matches.values()),
    )


def match(wanted: Sequence[set[int]], given: Sequence[set[int]]) -> dict[int, int]:
    """{position in ``wanted``: position in ``given``}, the largest overlaps first, none of nothing."""
    overlaps = [(-len(w & g), i, j) for i, w in enumerate(wanted) for j, g in enumerate(given) if w & g]
    matches: dict[int, int] = {}
    for _, i, j in sorted(overlaps):
        if i not in matches and j not in matches.values():
            matches[i] = j
    return matches


def f1(wanted: set[int], given: set[int]) -> float:
    """Harmonic mean of precision and recall: twice what both have over what each has."""
    return 2 * len(wanted & given) / (len(wanted) + len(given)) if wanted or given else 1.0


def same(a: str, b: str) -> bool:
    """Equal in NFKC with no white space."""
    return _plain(a) == _plain(b)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _characters(text: str, spans: Iterable[Span]) -> set[int]:
    return {i for start, end in spans for i in range(start, end) if not text[i].isspace()}
