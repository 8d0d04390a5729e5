"""What decides how a file is read besides itself: this version of the readers, the limits, what is installed.

An index made under another is read again, file by file. Texts that come out as they were are not embedded again.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from rag.config import Limits

READERS = (
    "affinity", "archive", "beside", "bylines", "charset", "columns", "continuations", "corpus", "dates", "endings", "export", "filters",
    "folder", "front_matter", "layout", "lines", "markup", "newspaper", "outline", "pdf", "readings", "scan", "schema", "sidecar", "spans",
    "splitter", "stories", "word", "worker")
"""The modules that a file and its articles pass through on their way to passages."""


def reading(limits: Limits) -> str:
    """Changes when files may be read otherwise."""
    can_scan = bool(find_spec("rapidocr"))
    return hashlib.sha256(f"{_readers()} {limits} {can_scan}".encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _readers() -> str:
    digest = hashlib.sha256()
    for name in READERS:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()
