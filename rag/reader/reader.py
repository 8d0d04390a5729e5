"""Question and passages -> readings, by the fitted body. Importing this module does not import torch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from rag.reader.reading import Reading

SHA256 = "4c18e22979572ebbb529117480c0ea19f1cb06a9add664eb4f64e5a85ac61f26"
"""Of the shipped weights."""


class PassageReader(Protocol):
    """What an answer needs from a reader. ``points``: whether its readings point at words."""

    @property
    def points(self) -> bool: ...
    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]: ...


class Reader:
    """The shipped reader. Its network is loaded at the first question, once a process. It reads one question at a time."""

    points = True
    _lock = threading.Lock()

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """Return a reading of each passage, a (headline, text), in the order given.

        Raise ModelError if the weights are missing or damaged.
        """
        from rag.reader.network import shipped

        with self._lock:
            return shipped().read(question, passages)
