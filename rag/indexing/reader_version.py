"""The readers, the limits and what is installed -> one version of how files are read.

When the version differs from the one in the index, every file is read again. Texts that come out unchanged are not
embedded again.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from rag.config import Limits

READERS = ("text", "reading", "layout")
"""The packages that a file and its articles pass through on their way to passages."""
MODULES = ("schema.py", "files.py", "indexing/passages.py")
"""The modules of other packages that they pass through."""


def reader_version(limits: Limits) -> str:
    """Return 16 hexadecimal digits that change when a file may be read in another way."""
    can_scan = bool(find_spec("rapidocr"))
    return hashlib.sha256(f"{_readers()} {limits} {can_scan}".encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _readers() -> str:
    digest = hashlib.sha256()
    for path in reader_sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def reader_sources() -> list[Path]:
    """Return the source files that decide how a page is read, in a fixed order."""
    rag = Path(__file__).parents[1]
    found = [path for package in READERS for path in sorted((rag / package).rglob("*.py"))]
    return [*found, *(rag / name for name in MODULES if (rag / name).exists())]
