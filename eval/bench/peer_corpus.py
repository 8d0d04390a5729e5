"""Part of a set with a corpus: questions, what answers them, and other articles around it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from eval.harness.sets import Question
from rag.errors import BadInput
from rag.schema import Article


def chosen(
    articles: Sequence[Article], questions: Sequence[Question], most_articles: int, most_questions: int
) -> tuple[list[Article], list[Question]]:
    """Questions that have evidence, with every article that answers them, and others up to ``most_articles``. Which ones
    is decided by the hashes of their ids; both come in the order they were given.

    Raises BadInput where no question fits."""
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
    """A set with a corpus, in a folder that is there; ``source`` is the file that the questions were read from."""
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
