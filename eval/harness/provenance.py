"""The versions and the code that figures depend on."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from rag.config import Settings
from rag.embedding.embedder import Embedder

_HARNESS = Path(__file__).parent
_ROOT = _HARNESS.parents[1]
_LIBRARIES = ("baowen", "torch", "transformers", "sentence-transformers", "faiss-cpu", "rjieba", "numpy")


def versions(embedder: Embedder) -> dict[str, str]:
    """Return the versions of everything that the figures may depend on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    parameters = embedder.loaded.parameters()
    return {**found, "precision": str(next(parameters).dtype).removeprefix("torch."), "code": code_sha256()}


def code_sha256() -> str:
    """Return a hash of the library and of this harness: every Python file by its path and contents."""
    digest = hashlib.sha256()
    for file in hashed_files():
        digest.update(file.relative_to(_ROOT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def hashed_files() -> list[Path]:
    """Return the files that ``code_sha256`` covers, in a fixed order."""
    return [*sorted((_ROOT / "rag").rglob("*.py")), *sorted(_HARNESS.rglob("*.py"))]


def judge_name(settings: Settings) -> str:
    """Return the model that judges and its host, without a password from the address."""
    host = urlsplit(settings.llm_base_url).netloc.rpartition("@")[2] or "api.openai.com"
    return f"{settings.llm_model} at {host}"
