"""Answer + hits -> citations whose words are in the article, and an answer that refers to no other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rag.schema import Article, Citation, Hit, Language
from rag.text.figures import unsupported
from rag.text.offsets import source_of
from rag.text.sentences import sentences
from rag.text.terms import tokens

UNVERIFIED: dict[Language, str] = {"zh": "（未核实）", "en": " (unverified)"}
_BRACKETED = re.compile(r"\s*[\[【［]\s*(\d+(?:\s*[,，、;；]\s*\d+)*)\s*[\]】］]")
_CLAIM_END = re.compile(
    r"(?:[。！？!?]|\.(?=\s|$|\s*[\[【［]))[”’」』\"')）]*(?:\s*[\[【［][\d\s,，、;；]+[\]】］])*|\n+"
)


def cite(n: int, article: Article, start: int, end: int) -> Citation:
    """The citation of ``article.text[start:end]``."""
    file, source_start, source_end = source_of(article, start, end)
    return Citation(
        n=n,
        article_id=article.article_id,
        title=article.title,
        byline=article.byline,
        date=article.date,
        file=file,
        quote=article.text[start:end],
        start=start,
        end=end,
        source_start=source_start,
        source_end=source_end,
        date_basis=article.date_basis,
        copies=article.copies,
    )


def verify(text: str, hits: Sequence[Hit], language: Language) -> tuple[str, tuple[Citation, ...]]:
    """A language model's answer with its marks checked: ``[n]`` that names no passage is dropped, the
    rest are numbered in the order of their first use, each citing the sentence of its passage that
    the claim draws on most. A claim without a mark, without a word in common with what it cites, or
    with a figure that its passages do not have, is marked unverified.
    """
    numbers: dict[tuple[str, int, int], int] = {}
    citations: list[Citation] = []
    out: list[str] = []
    for claim in _claims(text):
        marks = [int(n) for m in _BRACKETED.finditer(claim) for n in re.findall(r"\d+", m.group(1))]
        known = [hits[n - 1] for n in dict.fromkeys(marks) if 0 < n <= len(hits)]
        bare = claim
        while (less := _BRACKETED.sub("", bare)) != bare:  # a mark within a mark leaves another
            bare = less
        if not bare.strip():
            out.append(bare)
            continue
        refs = []
        for hit in known:
            start, end = _support(bare, hit)
            key = (hit.article.article_id, start, end)
            if key not in numbers:
                numbers[key] = len(citations) + 1
                citations.append(cite(numbers[key], hit.article, start, end))
            refs.append(numbers[key])
        supported = bool(known) and not unsupported(
            bare, [h.passage.text for h in known] + [h.article.title for h in known]
        )
        if language == "zh" and supported:
            supported = any(set(tokens(bare)) & set(tokens(h.passage.text)) for h in known)
        is_claim = re.search(r"\w", bare) and not bare.rstrip().endswith(("：", ":"))
        tail = "" if supported or not is_claim else UNVERIFIED[language]
        body = bare.rstrip()
        out.append(body + tail + "".join(f"[{n}]" for n in dict.fromkeys(refs)) + bare[len(body) :])
    return "".join(out).strip(), tuple(citations)


def _claims(text: str) -> list[str]:
    """The sentences of an answer, each with the marks behind it, that put together are the answer."""
    cuts = [0] + [m.end() for m in _CLAIM_END.finditer(text)]
    if cuts[-1] != len(text):
        cuts.append(len(text))
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


def _support(claim: str, hit: Hit) -> tuple[int, int]:
    """The sentence of the passage that shares most with the claim, as offsets in the article."""
    wanted = set(tokens(claim))
    text = hit.passage.text

    def shared(span: tuple[int, int]) -> float:
        own = set(tokens(text[span[0] : span[1]]))
        missing = len(unsupported(claim, [text[span[0] : span[1]]]))
        return len(own & wanted) / (len(own) + 8) - 0.2 * missing

    start, end = max(sentences(text), key=lambda span: (shared(span), -span[0]))
    return hit.passage.start + start, hit.passage.start + end
