"""Texts -> float32 rows of unit length, computed by a SentenceTransformer."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.config import BUILTIN_MODEL
from rag.embedding import e5_weights
from rag.embedding.model_loader import cpu_has_bfloat16, load_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Matrix = NDArray[np.float32]
PROBE = "人工智能 artificial intelligence 2025"
"""A text whose vector identifies a model."""
_BATCH_TOKENS = 4096
_CACHED_SENTENCES = 20_000


class TextEmbedder(Protocol):
    """What the index needs from an embedder."""

    @property
    def portion(self) -> int: ...  # the best number of texts for one call
    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...
    def embed_passages(self, texts: Sequence[str]) -> Matrix: ...


class Embedder:
    """The built-in multilingual-e5-small, or any sentence-transformers model by its name or folder.

    The model is loaded at its first use. Threads may share an embedder: it runs one batch at a time.
    """

    portion = 512  # ten seconds of work

    def __init__(self, model: str = BUILTIN_MODEL, precision: str | None = None) -> None:
        """Choose the model and its ``precision``: "float32", "bfloat16" or None.

        None means bfloat16 if the CPU has instructions for it, else float32. bfloat16 is twice as fast, and its cosine
        with float32 is above 0.9999. A model other than the built-in one keeps its own precision. The other texts of a
        batch change the values of a vector by less than 1e-6 in float32 and 2e-3 in bfloat16.
        """
        if precision not in (None, "float32", "bfloat16"):
            raise ValueError(f"precision is {precision!r}, not float32 or bfloat16")
        self.name = model
        # decided before the model is loaded, because machines that share the work must use the same precision
        default = ("bfloat16" if cpu_has_bfloat16() else "float32") if model == BUILTIN_MODEL else None
        self.precision = precision or default
        self._lock = threading.RLock()
        self._model: SentenceTransformer | None = None
        self._fingerprint = ""
        self._query_prefix, self._passage_prefix = "", ""
        self._sentences: dict[str, NDArray[np.float32]] = {}

    @property
    def loaded(self) -> SentenceTransformer:
        """The model, loaded if it was not. Raise ModelError if it cannot be loaded."""
        with self._lock:
            if self._model is None:
                self._model = load_model(self.name, self.precision)
                prompts = self._model.prompts
                self._query_prefix = prompts.get("query") or ""
                self._passage_prefix = prompts.get("passage") or prompts.get("document") or ""
            return self._model

    @property
    def dimension(self) -> int:
        """Number of values in a vector."""
        return int(self.loaded.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, including prefix and special tokens."""
        return int(self.loaded.max_seq_length or 512)

    @property
    def fingerprint(self) -> str:
        """An identifier of the vectors: a hash of the built-in weights, or of another model's name and one vector."""
        if not self._fingerprint:
            digest = hashlib.sha256(self.name.encode())
            if self.name == BUILTIN_MODEL:
                with e5_weights.weights_file().open("rb") as weights:
                    while part := weights.read(1 << 20):
                        digest.update(part)
            else:
                digest.update(np.round(self.embed_passages([PROBE]), 2).tobytes())
            self._fingerprint = digest.hexdigest()[:32]
        return self._fingerprint

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text as a passage, untruncated, including prefix and special tokens."""
        self.loaded  # noqa: B018  (sets the prefix)
        return self._token_counts([self._passage_prefix + text for text in texts])

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """Return (n, d) unit rows in the order of ``texts``. Calls ``progress`` with the number of finished texts.

        Raise ValueError for a text longer than ``max_tokens``, because its end would be lost silently.
        """
        plan = self.batches(texts)  # before the next line, because it loads the model and so sets the prefix
        return self._embed([self._passage_prefix + text for text in texts], plan, progress)

    def batches(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the batches in which ``embed_passages`` embeds ``texts``, as positions, the longest texts first.

        A batch that is embedded by itself stays one batch, so other machines that embed these batches get the same
        vectors. Raise ValueError as ``embed_passages`` does.
        """
        counts = self.count_tokens(texts)
        if max(counts, default=0) > self.max_tokens:
            raise ValueError(f"a passage of {max(counts)} tokens is longer than the model's {self.max_tokens}")
        return self._plan(counts)

    def embed_sentences(self, texts: Sequence[str]) -> Matrix:
        """Return (n, d) unit rows of texts of any length, embedded as passages.

        Keeps the last ``_CACHED_SENTENCES`` vectors, because questions on one subject find the same sentences.
        """
        with self._lock:
            new = list(dict.fromkeys(text for text in texts if text not in self._sentences))
            self._sentences.update(zip(new, self._embed_in_windows(new, query=False), strict=True))
            rows = np.zeros((len(texts), self.dimension), np.float32)
            for row, text in enumerate(texts):
                rows[row] = self._sentences[text]
            while len(self._sentences) > _CACHED_SENTENCES:
                del self._sentences[next(iter(self._sentences))]
        return rows

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        """Return (n, d) unit rows. A query longer than ``max_tokens`` gets the mean of its parts, weighted by
        length."""
        return self._embed_in_windows(texts, query=True)

    def _embed_in_windows(self, texts: Sequence[str], query: bool) -> Matrix:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        self.loaded  # noqa: B018  (sets the prefixes)
        prefix = self._query_prefix if query else self._passage_prefix
        parts: list[str] = []
        text_of_part: list[int] = []
        for number, text in enumerate(texts):
            for part in self._windows(prefix, text):
                parts.append(prefix + part)
                text_of_part.append(number)
        rows = self._embed(parts, self._plan(self._token_counts(parts), equal_lengths=True))
        out = np.zeros((len(texts), rows.shape[1]), np.float32)
        np.add.at(out, text_of_part, rows * np.array([len(p) for p in parts], np.float32)[:, None])
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out

    def _windows(self, prefix: str, text: str) -> list[str]:
        """Halve a text until each part fits the model."""
        if self._token_counts([prefix + text])[0] <= self.max_tokens or len(text) < 2:
            return [text]
        middle = len(text) // 2
        return self._windows(prefix, text[:middle]) + self._windows(prefix, text[middle:])

    def _token_counts(self, texts: Sequence[str]) -> list[int]:
        tokenizer = self.loaded.tokenizer
        if not texts:
            return []
        if self.name == BUILTIN_MODEL:
            return [len(encoded) for encoded in tokenizer.encode_batch(list(texts))]
        return [len(ids) for ids in tokenizer(list(texts), truncation=False, padding=False)["input_ids"]]

    def _plan(self, token_counts: Sequence[int], equal_lengths: bool = False) -> list[list[int]]:
        """Return batches of similar length and about equal numbers of tokens, so that little is padding.

        With ``equal_lengths`` a batch holds only texts of one padded length. A vector then does not depend on the other
        texts, and an answer not on earlier questions.
        """
        lengths = np.array(token_counts, int)
        if self.name == BUILTIN_MODEL:
            lengths = -(-lengths // 8) * 8  # as ``rag.embedding.e5_model.padded``
        order = np.argsort(-lengths, kind="stable")
        plan: list[list[int]] = []
        at = 0
        while at < len(order):
            size = max(1, _BATCH_TOKENS // max(1, int(lengths[order[at]])))
            batch = order[at : at + size]
            if equal_lengths:
                batch = batch[lengths[batch] == lengths[order[at]]]
            plan.append(batch.tolist())
            at += len(batch)
        return plan

    def _embed(
        self, texts: Sequence[str], plan: Sequence[Sequence[int]], progress: Callable[[int], None] | None = None
    ) -> Matrix:
        out = np.zeros((len(texts), self.dimension), np.float32)
        done = 0
        for batch in plan:
            with self._lock:
                rows = self.loaded.encode(
                    [texts[i] for i in batch],
                    prompt="",
                    batch_size=len(batch),
                    convert_to_numpy=False,
                    convert_to_tensor=True,
                    show_progress_bar=False,
                )
            vectors = rows.float().cpu().numpy()
            out[batch] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
            done += len(batch)
            if progress:
                progress(done)
        return out
