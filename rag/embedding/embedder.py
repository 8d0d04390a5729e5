"""Texts -> float32 rows of unit length, by a SentenceTransformer."""

from __future__ import annotations

import hashlib
import logging
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.config import BUILTIN_MODEL
from rag.embedding import e5_weights
from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Matrix = NDArray[np.float32]
_BATCH_TOKENS = 4096
_REMEMBERED = 20_000
_PROBE = "人工智能 artificial intelligence 2025"


class Encoder(Protocol):
    """What the index asks of an embedder."""

    @property
    def portion(self) -> int: ...  # how many texts are best handed over at once
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
    """``model`` is the built-in multilingual-e5-small, or any sentence-transformers name or folder.
    It is loaded when first used. Safe to share between threads: one text batch runs at a time."""

    portion = 512  # ten seconds' work

    def __init__(self, model: str = BUILTIN_MODEL, precision: str | None = None) -> None:
        """``precision``: "float32", "bfloat16", or None for bfloat16 where the CPU has instructions
        for it (twice the speed; cosine with float32 above 0.9999) and float32 elsewhere. Another model
        keeps its own. What stands beside a text in its batch moves its values by less than 1e-6 in
        float32 and 2e-3 in bfloat16."""
        if precision not in (None, "float32", "bfloat16"):
            raise ValueError(f"precision is {precision!r}, not float32 or bfloat16")
        self.name = model
        # said here and not when the model is loaded: machines that share the work must agree on it
        self.precision = precision or (("bfloat16" if _has_bf16() else "float32") if model == BUILTIN_MODEL else None)
        self._lock = threading.RLock()
        self._model: SentenceTransformer | None = None
        self._fingerprint = ""
        self._query, self._passage = "", ""
        self._sentences: dict[str, NDArray[np.float32]] = {}

    @property
    def loaded(self) -> SentenceTransformer:
        """Raises ModelError when the model cannot be loaded."""
        with self._lock:
            if self._model is None:
                self._model = _builtin(self.precision) if self.name == BUILTIN_MODEL else _other(self.name)
                prompts = self._model.prompts
                self._query = prompts.get("query") or ""
                self._passage = prompts.get("passage") or prompts.get("document") or ""
            return self._model

    @property
    def dimension(self) -> int:
        return int(self.loaded.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model sees, prefix and marks included."""
        return int(self.loaded.max_seq_length or 512)

    @property
    def fingerprint(self) -> str:
        """Changes when the vectors would: a hash of the built-in weights, or of another model's name
        and what it makes of a probe."""
        if not self._fingerprint:
            digest = hashlib.sha256(self.name.encode())
            if self.name == BUILTIN_MODEL:
                with e5_weights.weights_file().open("rb") as weights:
                    while part := weights.read(1 << 20):
                        digest.update(part)
            else:
                digest.update(np.round(self.embed_passages([_PROBE]), 2).tobytes())
            self._fingerprint = digest.hexdigest()[:32]
        return self._fingerprint

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prefix and marks included, nothing cut off."""
        self.loaded  # noqa: B018  (sets the prefix)
        return self._lengths([self._passage + text for text in texts])

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """(n, d) unit rows in the order of ``texts``.

        Raises ValueError for a text longer than ``max_tokens``: its end would be lost silently.
        """
        plan = self.batches(texts)  # first: it loads the model, which sets the prefix
        return self._embed([self._passage + text for text in texts], plan, progress)

    def batches(self, texts: Sequence[str]) -> list[list[int]]:
        """Which of ``texts`` ``embed_passages`` embeds together, the longest first. Embedded elsewhere by the
        same batches they get the same vectors, for a batch embedded by itself stays one batch.

        Raises ValueError as ``embed_passages`` does.
        """
        lengths = self.count_tokens(texts)
        if max(lengths, default=0) > self.max_tokens:
            raise ValueError(f"a passage of {max(lengths)} tokens is longer than the model's {self.max_tokens}")
        return self._plan(lengths)

    def embed_sentences(self, texts: Sequence[str]) -> Matrix:
        """(n, d) unit rows of texts of any length, embedded as passages. The last ``_REMEMBERED`` are
        remembered: the same sentences come back with every question on the same subject."""
        with self._lock:
            fresh = list(dict.fromkeys(text for text in texts if text not in self._sentences))
            self._sentences.update(zip(fresh, self._averaged(fresh, query=False), strict=True))
            rows = np.zeros((len(texts), self.dimension), np.float32)
            for row, text in enumerate(texts):
                rows[row] = self._sentences[text]
            while len(self._sentences) > _REMEMBERED:
                del self._sentences[next(iter(self._sentences))]
        return rows

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        """(n, d) unit rows. A query longer than the model's window is embedded in parts, whose mean,
        weighted by their length, stands for it."""
        return self._averaged(texts, query=True)

    def _averaged(self, texts: Sequence[str], query: bool) -> Matrix:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        self.loaded  # noqa: B018  (sets the prefixes)
        prefix = self._query if query else self._passage
        parts: list[str] = []
        owner: list[int] = []
        for number, text in enumerate(texts):
            for part in self._windows(prefix, text):
                parts.append(prefix + part)
                owner.append(number)
        rows = self._embed(parts, self._plan(self._lengths(parts), alike=True))
        out = np.zeros((len(texts), rows.shape[1]), np.float32)
        np.add.at(out, owner, rows * np.array([len(p) for p in parts], np.float32)[:, None])
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out

    def _windows(self, prefix: str, text: str) -> list[str]:
        if self._lengths([prefix + text])[0] <= self.max_tokens or len(text) < 2:
            return [text]
        middle = len(text) // 2
        return self._windows(prefix, text[:middle]) + self._windows(prefix, text[middle:])

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        words = self.loaded.tokenizer
        if not texts:
            return []
        if self.name == BUILTIN_MODEL:
            return [len(encoded) for encoded in words.encode_batch(list(texts))]
        return [len(ids) for ids in words(list(texts), truncation=False, padding=False)["input_ids"]]

    def _plan(self, tokens: Sequence[int], alike: bool = False) -> list[list[int]]:
        """Length-sorted batches of about equal numbers of tokens, so that little is padding. ``alike``:
        only texts that are filled up to one length share a batch, for an answer must not depend on what
        was asked before it."""
        lengths = np.array(tokens, int)
        if self.name == BUILTIN_MODEL:
            lengths = -(-lengths // 8) * 8  # as ``rag.embedding.e5_model.padded``
        order = np.argsort(-lengths, kind="stable")
        plan: list[list[int]] = []
        at = 0
        while at < len(order):
            size = max(1, _BATCH_TOKENS // max(1, int(lengths[order[at]])))
            batch = order[at : at + size]
            if alike:
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


def _builtin(precision: str | None) -> SentenceTransformer:
    _quiet()
    from rag.embedding.e5_model import sentence_transformer

    return sentence_transformer(precision)


def _has_bf16() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.is_file() and "avx512_bf16" in cpuinfo.read_text()


def _other(name: str) -> SentenceTransformer:
    _quiet()
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        # a hub is never asked: it would mean a minute of retries where there is none, or a download unasked for
        return SentenceTransformer(name, local_files_only=True)
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        fetch = "" if Path(name).exists() or name.startswith((".", "/")) else f"fetch it with `hf download {name}`, "
        raise ModelError(
            f"The embedding model {name!r} cannot be loaded ({why}): {fetch}set RAG_EMBEDDING_MODEL to a folder that "
            f"holds a sentence-transformers model, or unset it for the built-in {BUILTIN_MODEL}."
        ) from error


def _quiet() -> None:
    logging.getLogger("transformers").setLevel(logging.ERROR)
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(transformers|sentence_transformers|torch)\b.*")
