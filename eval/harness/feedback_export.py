"""Readers' judgements -> lines of a question set, to be labelled.

A thumb up is a label: the question is answerable, and what was cited is its evidence (or, for a refusal, it is
not). A thumb down says that something is wrong and not what: ``answerable`` is null, which no set may
have, so nobody can measure by such a line before a person has set it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.harness.runner import write_whole
from rag.answer.feedback import Feedback, latest
from rag.errors import BadInput

EXPORT = "export-feedback"


def export(source: Path, folder: Path) -> tuple[Path, int, int]:
    """Write ``folder``/feedback.jsonl: (the file, its lines, how many of them want a label).

    Raises BadInput when ``source`` cannot be read or the file not be written.
    """
    rows = [set_line(feedback) for feedback in latest(source)]
    if not rows:
        raise BadInput(f"{source} holds no judgement yet: judge an answer in the browser first.")
    target = folder / "feedback.jsonl"
    write_whole(target, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return target, len(rows), sum(row["answerable"] is None for row in rows)


def set_line(feedback: Feedback) -> dict[str, Any]:
    """``facts`` is empty for a person to fill; what a set does not know (``answer``, ``thumb``,
    ``comment``) is there to help with that."""
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
