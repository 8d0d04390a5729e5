"""Another cross-encoder in place of the shipped reader: it orders the passages, and points at no words."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import ModelError
from rag.reader.reading import Reading

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class CrossEncoderReader:
    """A sentence-transformers CrossEncoder with one label, by its name or folder. It is loaded at its first use."""

    points = False

    def __init__(self, model: str) -> None:
        self.name = model
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """Return a reading of each passage, a (headline, text), in the order given. Raise ModelError without the model."""
        with self._lock:
            model = self._model = self._model or _load(self.name)
            pairs = [(question, f"{headline}\n{text}" if headline else text) for headline, text in passages]
            chances = np.clip(np.asarray(model.predict(pairs, show_progress_bar=False), float), 1e-6, 1 - 1e-6)
        nothing = np.zeros((0, 2), np.int32), np.zeros(0, np.float32)
        return [Reading(float(logit), (), *nothing) for logit in np.log(chances / (1 - chances))]


def _load(name: str) -> CrossEncoder:
    from sentence_transformers import CrossEncoder
    from torch.nn import Sigmoid

    try:
        model: CrossEncoder = CrossEncoder(name, local_files_only=True, activation_fn=Sigmoid())
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"The cross-encoder {name!r} cannot be loaded ({why}): set RAG_READER_MODEL to a folder that holds one, "
            "or unset it for the built-in reader."
        ) from error
    if model.num_labels != 1:
        raise ModelError(
            f"The cross-encoder {name!r} has {model.num_labels} labels, not 1: set RAG_READER_MODEL to a reranker, "
            "or unset it for the built-in reader."
        )
    return model
