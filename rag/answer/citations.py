"""Text of a language model and hits -> checked text and citations whose quotes are in the articles."""

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
_MARK = re.compile(r"\s*[\[【［]\s*(\d+(?:\s*[,，、;；]\s*\d+)*)\s*[\]】］]")
_CLAIM_END = re.compile(
    r"(?:[。！？!?]|\.(?=\s|$|\s*[\[【［]))[”’」』\"')）]*(?:\s*[\[【［][\d\s,，、;；]+[\]】］])*|\n+"
)


def cite(n: int, article: Article, start: int, end: int) -> Citation:
    """Return the citation of ``article.text[start:end]`` with number ``n``."""
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
    """Return ``text`` with its marks checked, and the citations. ``[n]`` in ``text`` refers to ``hits[n-1]``.

    A mark without a hit is removed. The others are numbered in the order of their first use; each cites the sentence of
    its hit that shares most with the claim. A claim gets an "unverified" remark if it has no mark, if it has no word in
    common with its hits (in Chinese only), or if its hits lack one of its figures.
    """
    numbers: dict[tuple[str, int, int], int] = {}
    citations: list[Citation] = []
    out: list[str] = []
    for claim in _claims(text):
        marks = [int(n) for m in _MARK.finditer(claim) for n in re.findall(r"\d+", m.group(1))]
        cited = [hits[n - 1] for n in dict.fromkeys(marks) if 0 < n <= len(hits)]
        bare = claim
        while (shorter := _MARK.sub("", bare)) != bare:  # removing a mark inside a mark leaves another mark
            bare = shorter
        if not bare.strip():
            out.append(bare)
            continue
        references = []
        for hit in cited:
            start, end = _supporting_sentence(bare, hit)
            key = (hit.article.article_id, start, end)
            if key not in numbers:
                numbers[key] = len(citations) + 1
                citations.append(cite(numbers[key], hit.article, start, end))
            references.append(numbers[key])
        evidence = [h.passage.text for h in cited] + [h.article.title for h in cited]
        supported = bool(cited) and not unsupported(bare, evidence)
        if language == "zh" and supported:
            supported = any(set(tokens(bare)) & set(tokens(h.passage.text)) for h in cited)
        is_claim = re.search(r"\w", bare) and not bare.rstrip().endswith(("：", ":"))
        remark = "" if supported or not is_claim else UNVERIFIED[language]
        body = bare.rstrip()
        out.append(body + remark + "".join(f"[{n}]" for n in dict.fromkeys(references)) + bare[len(body) :])
    return "".join(out).strip(), tuple(citations)


def _claims(text: str) -> list[str]:
    """Split an answer into sentences, each with the marks after it. Joined, they are the answer."""
    cuts = [0] + [m.end() for m in _CLAIM_END.finditer(text)]
    if cuts[-1] != len(text):
        cuts.append(len(text))
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


def _supporting_sentence(claim: str, hit: Hit) -> tuple[int, int]:
    """Return the sentence of the hit that shares most with the claim, as offsets in the article."""
    claim_terms = set(tokens(claim))
    text = hit.passage.text

    def shared(span: tuple[int, int]) -> float:
        sentence = text[span[0] : span[1]]
        terms = set(tokens(sentence))
        missing_figures = len(unsupported(claim, [sentence]))
        return len(terms & claim_terms) / (len(terms) + 8) - 0.2 * missing_figures

    start, end = max(sentences(text), key=lambda span: (shared(span), -span[0]))
    return hit.passage.start + start, hit.passage.start + end
