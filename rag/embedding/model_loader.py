"""Model name -> SentenceTransformer. Importing this module does not import torch; loading a model does."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from rag.config import BUILTIN_MODEL
from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load_model(name: str, precision: str | None) -> SentenceTransformer:
    """Return the built-in model in ``precision``, or the model of another name or folder in its own precision.

    Raise ModelError if it cannot be loaded.
    """
    _silence_libraries()
    if name != BUILTIN_MODEL:
        return _load_local(name)
    from rag.embedding.e5_model import sentence_transformer

    return sentence_transformer(precision)


def cpu_has_bfloat16() -> bool:
    """Return whether the CPU has AVX-512 BF16 instructions; False where /proc/cpuinfo does not exist."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.is_file() and "avx512_bf16" in cpuinfo.read_text()


def _load_local(name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        # without a network, asking a model hub costs a minute of retries; with one, it downloads without asking the user
        return SentenceTransformer(name, local_files_only=True)
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        fetch = "" if Path(name).exists() or name.startswith((".", "/")) else f"fetch it with `hf download {name}`, "
        raise ModelError(
            f"The embedding model {name!r} cannot be loaded ({why}): {fetch}set RAG_EMBEDDING_MODEL to a folder that "
            f"holds a sentence-transformers model, or unset it for the built-in {BUILTIN_MODEL}."
        ) from error


def _silence_libraries() -> None:
    logging.getLogger("transformers").setLevel(logging.ERROR)
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(transformers|sentence_transformers|torch)\b.*")
