"""Rows of an export or a workbook -> the note that names some of them."""

from __future__ import annotations

from collections.abc import Sequence

from rag.schema import Refused

_NAMED = 3  # rows that a note names


def some_rows(rows: Sequence[str]) -> str:
    """Return the first few rows, and how many more there are."""
    return ", ".join(rows[:_NAMED]) + (f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else "")


def note_on_undated(rows: Sequence[str]) -> Refused:
    """Return the note on rows without a date that can be read; each is named by its mark and what is written there."""
    count = len(rows)
    have = "row has" if count == 1 else "rows have"
    why = f"is read, but {count:,} {have} no date that can be read ({some_rows(rows)}): write it as 2025-07-31."
    return Refused("", why, is_note=True)
