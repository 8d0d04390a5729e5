"""Readers' judgements of answers -> lines of a file. A line is written completely or not at all.

Each judgement is one appended line. A reader who changes a judgement or adds a comment appends another line, and the
last line about an answer counts. The file belongs to the reader: this program sends it nowhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import lock_descriptor

from rag.errors import BadInput, FeedbackNotStored
from rag.schema import Language, Turn

Thumb = Literal["up", "down"]
MAX_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's judgement of an answer. ``citations`` are those of ``rag ask --json``; ``at`` is UTC in ISO 8601."""

    at: str
    thumb: Thumb
    comment: str
    question: str
    history: tuple[Turn, ...]
    answer: str
    abstained: bool
    language: Language
    citations: tuple[Mapping[str, Any], ...]
    generation: str
    model: str

    @property
    def answer_id(self) -> str:
        """A hash of question, history and answer: equal for all judgements of one answer."""
        judged = json.dumps([self.question, self.history, self.answer], ensure_ascii=True)
        return hashlib.sha256(judged.encode()).hexdigest()[:12]


def store(feedback: Feedback, path: Path) -> None:
    """Append one line to the file. Raise FeedbackNotStored if that fails; the file then stays as it was."""
    line = (json.dumps(asdict(feedback), ensure_ascii=False) + "\n").encode("utf-8", "replace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as out:  # a buffer would be written again on closing
            lock_descriptor(out.fileno())  # released on closing, also by a crash
            size = out.seek(0, os.SEEK_END)
            try:
                while line:
                    line = line[out.write(line) :]
                os.fsync(out.fileno())
            except OSError:
                os.ftruncate(out.fileno(), size)
                raise
    except OSError as error:
        raise FeedbackNotStored(
            f"{path} cannot be written ({error.strerror}): free space there, or set RAG_FEEDBACK_FILE."
        ) from error


def latest(path: Path) -> list[Feedback]:
    """Return the last judgement of each answer, in the order of their first judgements.

    Raise BadInput if the file is missing, cannot be read, or has a line that is not a judgement.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"{path} does not exist: no answer has been judged in the browser yet.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path} cannot be read ({error}): set RAG_FEEDBACK_FILE to the file that the browser wrote."
        ) from error
    found: dict[str, Feedback] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                feedback = _feedback(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise BadInput(
                    f"{path}, line {number}: not a judgement ({error}). Correct or remove the line."
                ) from error
            found[feedback.answer_id] = feedback
    return list(found.values())


def _feedback(row: dict[str, Any]) -> Feedback:
    """Return the judgement of one line. Raise ValueError, TypeError or KeyError if it is not valid."""
    if row["thumb"] not in ("up", "down"):
        raise ValueError("`thumb` is not up or down")
    for name in ("at", "comment", "question", "answer", "generation", "model"):
        if not isinstance(row[name], str):
            raise ValueError(f"`{name}` is not text")
    if row["language"] not in ("zh", "en") or not isinstance(row["abstained"], bool):
        raise ValueError("`language` is not zh or en, or `abstained` is not true or false")
    if not all(
        isinstance(c, dict) and isinstance(c.get("file"), str) and isinstance(c.get("quote"), str)
        for c in row["citations"]
    ):
        raise ValueError("a citation has no `file` and `quote`")
    turns = tuple((str(question), str(answer)) for question, answer in row["history"])
    return Feedback(**{**row, "history": turns, "citations": tuple(row["citations"])})
