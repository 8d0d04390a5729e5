"""Readers' feedback -> lines of a question set, for a person to complete.

A thumb up is a label: the question is answerable and the citations are its evidence; for a refusal, the question is not
answerable. A thumb down reports an error but not its kind: ``answerable`` is then null, which no set may have, so the
line cannot be used before a person has set it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.harness.atomic_write import write_atomically
from rag.answer.feedback import Feedback, latest
from rag.errors import BadInput


def export(source: Path, folder: Path) -> tuple[Path, int, int]:
    """Write ``folder``/feedback.jsonl. Return the file, the number of its lines, and how many of them need a label.

    Raise BadInput if ``source`` cannot be read or the file cannot be written.
    """
    rows = [set_line(feedback) for feedback in latest(source)]
    if not rows:
        raise BadInput(f"{source} holds no judgement yet: judge an answer in the browser first.")
    target = folder / "feedback.jsonl"
    write_atomically(target, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return target, len(rows), sum(row["answerable"] is None for row in rows)


def set_line(feedback: Feedback) -> dict[str, Any]:
    """Return one judgement as a line of a set.

    ``facts`` is empty, for a person to fill. The extra fields ``answer``, ``thumb`` and ``comment`` help with that.
    """
    right = feedback.thumb == "up"
    quotes = {(c["file"], c["quote"]): None for c in feedback.citations} if right and not feedback.abstained else {}
    line: dict[str, Any] = {
        "id": f"feedback-{feedback.answer_id}",
        "question": feedback.question,
        "lang": feedback.language,
        "type": "unanswerable" if right and feedback.abstained else "feedback",
        "answerable": not feedback.abstained if right else None,
        "facts": [],
        "evidence": [{"doc": doc, "quote": quote} for doc, quote in quotes],
    }
    if feedback.history:
        line["history"] = [list(turn) for turn in feedback.history]
    return line | {"answer": feedback.answer, "thumb": feedback.thumb, "comment": feedback.comment}
