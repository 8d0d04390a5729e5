"""Gold stories of a page and the articles found in it -> scores."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.schema import Article, Kind

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Gold:
    """A story as the page has it. ``headline``: its lines; empty if the page has none. ``body``: the span of each
    paragraph, as offsets. ``aside``: characters that may be in the body or not (a byline printed in a paragraph)."""

    kind: Kind
    headline: tuple[str, ...]
    byline: tuple[str, ...]
    body: tuple[Span, ...]
    aside: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """Counts, which can be added over pages. ``f1``: one figure for each gold story. ``headlines``, ``kinds``: gold
    stories for which these are right. Names: ``named`` of ``wanted`` gold names are found, and ``given`` names are found
    in total. ``spurious``: found articles that are not gold stories."""

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
        """Return the figures by name.

        ``body_f1``: mean over gold stories; ``body_f1_min``: its minimum; ``bodies``: share of stories with 0.98 or
        more; ``headline``, ``kind``: share of right ones; ``byline_recall``, ``byline_precision``: over names;
        ``spurious``: spurious articles for each gold story. If there is nothing to count, a share is 1.
        """
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


def share(part: float, total: float) -> float:
    """Return ``part`` / ``total``, or 1 for a total of 0."""
    return part / total if total else 1.0


def score(text: str, gold: Sequence[Gold], found: Sequence[Article]) -> Score:
    """Return the score of the articles found in a page.

    Each gold story is matched with the article that has most of its characters, one to one, largest overlaps first. A
    story without a match has F1 0, no names and the wrong kind.
    """
    asides = _characters(text, (span for story in gold for span in story.aside))
    wanted = [_characters(text, story.body) - asides for story in gold]
    given = [_characters(text, ((r.source_start, r.source_start + r.length) for r in a.runs)) - asides for a in found]
    matches = match(wanted, given)
    return Score(
        f1=tuple(f1(wanted[i], given[matches[i]]) if i in matches else 0.0 for i in range(len(gold))),
        headlines=sum(same_text("".join(gold[i].headline), found[j].title) for i, j in matches.items()),
        kinds=sum(gold[i].kind == found[j].kind for i, j in matches.items()),
        named=sum(len(set(gold[i].byline) & set(found[j].byline)) for i, j in matches.items()),
        wanted=sum(len(set(story.byline)) for story in gold),
        given=sum(len(set(found[j].byline)) for j in matches.values()),
        spurious=sum(a.kind == "article" for j, a in enumerate(found) if j not in matches.values()),
    )


def match(wanted: Sequence[set[int]], given: Sequence[set[int]]) -> dict[int, int]:
    """Return {position in ``wanted``: position in ``given``}, one to one, largest overlaps first, without empty overlaps."""
    overlaps = [(-len(w & g), i, j) for i, w in enumerate(wanted) for j, g in enumerate(given) if w & g]
    matches: dict[int, int] = {}
    for _, i, j in sorted(overlaps):
        if i not in matches and j not in matches.values():
            matches[i] = j
    return matches


def f1(wanted: set[int], given: set[int]) -> float:
    """Return the harmonic mean of precision and recall: 2 |both| / (|wanted| + |given|); 1 if both are empty."""
    return 2 * len(wanted & given) / (len(wanted) + len(given)) if wanted or given else 1.0


def same_text(a: str, b: str) -> bool:
    """Return whether two texts are equal in NFKC without white space."""
    return _plain(a) == _plain(b)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _characters(text: str, spans: Iterable[Span]) -> set[int]:
    return {i for start, end in spans for i in range(start, end) if not text[i].isspace()}
