"""Schema values -> the JSON that other programs read. Names and order of the fields are a contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.schema import Answer, Article, Citation, Hit


def answer(a: Answer) -> dict[str, Any]:
    """Return what `rag ask --json` prints."""
    return {
        "question": a.question,
        "answer": a.answer,
        "mode": a.mode,
        "abstained": a.abstained,
        "confidence": round(a.confidence, 4),
        "language": a.language,
        "citations": [citation(c) for c in a.citations],
        "hits": hits(a.hits),
        "timings_ms": {step: round(ms, 1) for step, ms in a.timings_ms.items()},
        "index": {"generation": a.generation, "model": a.model},
        "notices": list(a.notices),
        "direct": a.direct,
    }


def citation(c: Citation) -> dict[str, Any]:
    """Return one citation as in `rag ask --json`."""
    return {
        "n": c.n,
        "article_id": c.article_id,
        "title": c.title,
        "byline": list(c.byline),
        "date": c.date,
        "file": c.file,
        "quote": c.quote,
        "start": c.start,
        "end": c.end,
        "source_start": c.source_start,
        "source_end": c.source_end,
        "date_basis": c.date_basis,
        "copies": list(c.copies),
    }


def hits(found: Sequence[Hit]) -> list[dict[str, Any]]:
    """Return the hits of `rag search --json`, best first."""
    return [
        {
            "passage_id": h.passage.passage_id,
            "article_id": h.article.article_id,
            "title": h.article.title,
            "file": h.article.file,
            "text": h.passage.text,
            "start": h.passage.start,
            "end": h.passage.end,
            "score": round(h.score, 4),
        }
        for h in found
    ]


def article(a: Article, with_text: bool = True) -> dict[str, Any]:
    """Return what `rag show --json` prints; without its text, one row of `rag articles --json`."""
    row: dict[str, Any] = {
        "article_id": a.article_id,
        "title": a.title,
        "byline": list(a.byline),
        "date": a.date,
        "file": a.file,
    }
    if with_text:
        row["text"] = a.text
    row |= {"kind": a.kind, "date_basis": a.date_basis, "date_words": a.date_words}
    return row
