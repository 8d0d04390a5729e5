"""A question, or a file of questions -> the questions to answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import BadInput
from rag.schema import Turn


def questions(question: str | None, batch: Path | None) -> Iterator[tuple[dict[str, Any], str, tuple[Turn, ...]]]:
    """Yield ``({"id": ...}, question, history)`` for each line of the batch, or ``({}, question, ())``.

    Make a list of the result, so that every line is checked before the first is answered. Raise BadInput for a batch
    that cannot be read, or unless exactly one of the two is given.
    """
    if (question is None) == (batch is None):
        raise BadInput("Give either a question or --batch FILE, e.g. `rag ask 平湖签约了哪些人工智能项目？`")
    if batch is None:
        yield {}, question or "", ()
        return
    try:
        text = batch.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{batch} cannot be read as UTF-8 text ({error}): correct the path or the file.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            asked, history = row["question"], tuple(_turn(turn) for turn in row.get("history") or ())
            if not isinstance(asked, str) or not asked.strip():
                raise ValueError("`question` is not a text")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput(f"{batch}, line {number}: not an object with a `question` ({error}): correct it.") from error
        yield {"id": row.get("id")}, asked, history


def _turn(turn: object) -> Turn:
    if not isinstance(turn, list) or len(turn) != 2 or not all(isinstance(part, str) for part in turn):
        raise ValueError("`history` is not a list of [question, answer]")
    return turn[0], turn[1]
