"""Environment variables -> settings: their values, defaults, errors and documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import config
from rag.config import DEFAULT_LIMITS, Limits, Settings
from rag.errors import BadInput

NUMBERS = ["RAG_LLM_TIMEOUT", "RAG_MAX_FILE_MB", "RAG_MAX_SOURCE_MB", "RAG_MAX_FILE_SECONDS"]


class Recorded(dict[str, str]):
    """An empty environment that records the names looked up in it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key, default=None):
        self.names.add(key)
        return super().get(key, default)


def _documented() -> dict[str, str]:
    """Variable -> default, from the table in the module's docstring."""
    header, *rows = [line for line in (config.__doc__ or "").splitlines() if "  " in line]
    first, second = header.index("default"), header.index("meaning")
    assert all(row[second:].strip() for row in rows)
    return {row[:first].strip(): row[first:second].strip() for row in rows}


def test_every_variable_is_read() -> None:
    read = Settings.from_env(
        {
            "RAG_INDEX_DIR": "/i",
            "RAG_SEEDS_DIR": "/s",
            "RAG_EMBEDDING_MODEL": "m",
            "RAG_READER": "Off",
            "RAG_READER_MODEL": " /r ",
            "OPENAI_BASE_URL": " http://x/v1 ",
            "OPENAI_API_KEY": "secret",
            "RAG_LLM_MODEL": "q",
            "RAG_LLM_TIMEOUT": "2.5",
            "RAG_MAX_FILE_MB": "9",
            "RAG_MAX_SOURCE_MB": "10",
            "RAG_MAX_FILE_SECONDS": "11",
            "RAG_FEEDBACK_FILE": "/f",
            "RAG_VECTOR_STORE": " milvus+http://h:1/c ",
        }
    )
    assert read == Settings(
        index_dir=Path("/i"),
        seeds_dir=Path("/s"),
        embedding_model="m",
        llm_base_url="http://x/v1",
        llm_api_key="secret",
        llm_model="q",
        llm_timeout=2.5,
        limits=Limits(9.0, 10.0, 11.0),
        feedback_file=Path("/f"),
        vector_store="milvus+http://h:1/c",
        seeds_named=True,
        reader=False,
        reader_model="/r",
    )
    assert "secret" not in repr(read)


def test_unset_and_empty_variables_keep_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env(dict.fromkeys(_documented(), "")) == Settings()


def test_every_variable_is_documented_once_with_its_default() -> None:
    env = Recorded()
    default = Settings.from_env(env)
    assert set(_documented()) == env.names
    assert _documented() == {
        "RAG_INDEX_DIR": str(default.index_dir),
        "RAG_SEEDS_DIR": str(default.seeds_dir),
        "RAG_EMBEDDING_MODEL": default.embedding_model,
        "RAG_READER": "on" if default.reader else "off",
        "RAG_READER_MODEL": default.reader_model,
        "RAG_LLM_MODEL": default.llm_model,
        "RAG_LLM_TIMEOUT": f"{default.llm_timeout:g}",
        "OPENAI_BASE_URL": default.llm_base_url,
        "OPENAI_API_KEY": default.llm_api_key,
        "RAG_VECTOR_STORE": default.vector_store,
        "RAG_FEEDBACK_FILE": str(default.feedback_file),
        "RAG_MAX_FILE_MB": f"{DEFAULT_LIMITS.text_mb:g}",
        "RAG_MAX_SOURCE_MB": f"{DEFAULT_LIMITS.source_mb:g}",
        "RAG_MAX_FILE_SECONDS": f"{DEFAULT_LIMITS.seconds:g}",
    }
    for name in env.names:
        assert sum(line.startswith(f"{name} ") for line in (config.__doc__ or "").splitlines()) == 1


@pytest.mark.parametrize("value", ["yes", "1", "aus"])
def test_a_switch_that_is_neither_on_nor_off_is_an_error(value: str) -> None:
    with pytest.raises(BadInput, match=f"RAG_READER is '{value}', not on or off"):
        Settings.from_env({"RAG_READER": value})


def test_a_language_model_needs_a_name_and_an_address_or_key() -> None:
    assert Settings.from_env({"RAG_LLM_MODEL": "q", "OPENAI_BASE_URL": "http://x"}).llm_configured
    assert Settings.from_env({"RAG_LLM_MODEL": "q", "OPENAI_API_KEY": "k"}).llm_configured
    assert not Settings.from_env({"RAG_LLM_MODEL": "q"}).llm_configured
    assert not Settings.from_env({"OPENAI_API_KEY": "k"}).llm_configured


@pytest.mark.parametrize("value", ["viel", "-1", "0", "nan", "inf", " "])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_not_positive_is_an_error(name: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        Settings.from_env({name: value})
    assert str(caught.value) == f"{name} is {value!r}, not a positive number: correct it or unset it."
