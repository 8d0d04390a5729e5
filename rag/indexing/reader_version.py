"""What decides how a file is read besides itself: this version of the readers, the limits, what is installed.

An index made under another is read again, file by file. Texts that come out as they were are not embedded again.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from rag.config import Limits

READERS = ("text", "reading", "layout")
"""The packages that a file and its articles pass through on their way to passages, and beside them two modules."""
BESIDE = ("schema.py", "indexing/passages.py")


def reader_version(limits: Limits) -> str:
    """Changes when files may be read otherwise."""
    can_scan = bool(find_spec("rapidocr"))
    return hashlib.sha256(f"{_readers()} {limits} {can_scan}".encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _readers() -> str:
    digest = hashlib.sha256()
    for path in reader_sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def reader_sources() -> list[Path]:
    """Every file whose change may read a page otherwise, in a fixed order."""
    rag = Path(__file__).parents[1]
    own = [path for package in READERS for path in sorted((rag / package).rglob("*.py"))]
    return [*own, *(rag / name for name in BESIDE if (rag / name).exists())]
