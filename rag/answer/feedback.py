"""What readers say of answers -> lines of a file, each whole or absent.

One line a judgement, appended; a reader who changes a mind or adds a remark adds a line, and the
latest about an answer counts. The file belongs to the reader: nothing here sends it anywhere.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rag.errors import BadInput, FeedbackNotStored
from rag.schema import Language, Turn

Thumb = Literal["up", "down"]
MAX_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's judgement of an answer. ``citations`` as in ``rag ask --json``; ``at`` is UTC, ISO 8601."""

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
    def about(self) -> str:
        """The same for every judgement of one answer to one question."""
        said = json.dumps([self.question, self.history, self.answer], ensure_ascii=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def store(feedback: Feedback, path: Path) -> None:
    """Append a line. Raises FeedbackNotStored when the file cannot be written; it is then as it was."""
    line = (json.dumps(asdict(feedback), ensure_ascii=False) + "\n").encode("utf-8", "replace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as out:  # a buffer would be written once more on closing
            fcntl.flock(out, fcntl.LOCK_EX)
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
    """The last judgement of each answer, in the order of first judgements.

    Raises BadInput when the file is missing, cannot be read, or has a line that is no judgement.
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
                raise BadInput(f"{path}, line {number}: no judgement ({error}). Correct or remove the line.") from error
            found[feedback.about] = feedback
    return list(found.values())


def _feedback(row: dict[str, Any]) -> Feedback:
    if row["thumb"] not in ("up", "down"):
        raise ValueError("`thumb` is neither up nor down")
    for name in ("at", "comment", "question", "answer", "generation", "model"):
        if not isinstance(row[name], str):
            raise ValueError(f"`{name}` is no text")
    if row["language"] not in ("zh", "en") or not isinstance(row["abstained"], bool):
        raise ValueError("`language` or `abstained` is neither of two")
    if not all(
        isinstance(c, dict) and isinstance(c.get("file"), str) and isinstance(c.get("quote"), str)
        for c in row["citations"]
    ):
        raise ValueError("a citation has no `file` and `quote`")
    turns = tuple((str(question), str(answer)) for question, answer in row["history"])
    return Feedback(**{**row, "history": turns, "citations": tuple(row["citations"])})
