"""A set with a corpus -> a part of it: questions, the articles that answer them, and other articles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from eval.harness.sets import Question
from rag.errors import BadInput
from rag.schema import Article


def choose(
    articles: Sequence[Article], questions: Sequence[Question], most_articles: int, most_questions: int
) -> tuple[list[Article], list[Question]]:
    """Return articles and questions, each in its given order, chosen by the hashes of their ids.

    Chosen are questions with evidence, every article that answers them, and other articles up to ``most_articles``.
    Raise BadInput if no question fits.
    """
    kept: set[str] = set()
    asked: set[str] = set()
    for question in sorted(questions, key=lambda q: _hash(q.id)):
        needed = {item.doc for item in question.evidence} | set(question.also)
        if (
            question.answerable
            and question.evidence
            and len(kept | needed) <= most_articles
            and len(asked) < most_questions
        ):
            kept |= needed
            asked.add(question.id)
    if not asked:
        raise BadInput(
            f"No question has its evidence within {most_articles} articles: give --articles a greater number."
        )
    for article in sorted(articles, key=lambda a: _hash(a.file)):
        if len(kept) >= most_articles:
            break
        kept.add(article.file)
    return [a for a in articles if a.file in kept], [q for q in questions if q.id in asked]


def write(corpus: Path, articles: Sequence[Article], source: Path, asked: Sequence[Question]) -> None:
    """Write a set with a corpus to an existing folder. ``source`` is the file from which the questions were read."""
    with (corpus / "corpus.jsonl").open("w", encoding="utf-8") as out:
        for a in articles:
            out.write(
                json.dumps({"id": a.file, "title": a.title, "date": a.date, "text": a.text}, ensure_ascii=False) + "\n"
            )
    ids = {question.id for question in asked}
    lines = [
        line
        for line in source.read_text(encoding="utf-8-sig").split("\n")
        if line.strip() and json.loads(line)["id"] in ids
    ]
    (corpus / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
