"""What an index derives from its articles -> one version of how it does.

Terms and copies are computed once, when an article is stored. When the version differs from the one in the index, every article
is stored anew. A text that is embedded in the same form as before keeps its vector.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

MODULES = (
    "text/terms.py",
    "text/figures.py",
    "text/numerals.py",
    "text/scripts.py",
    "text/versions.py",
    "words/postings.py",
    "words/syllables.py",
    "index/reprints.py",
)
"""The modules that terms and copies depend on."""
PACKAGES = ("opencc", "rjieba", "pypinyin")


@lru_cache(maxsize=1)
def derived_version() -> str:
    """Return 16 hexadecimal digits that change when an article may get other terms or other copies."""
    digest = hashlib.sha256(" ".join(version(name) for name in PACKAGES).encode())
    for name in MODULES:
        digest.update((Path(__file__).parents[1] / name).read_bytes())
    return digest.hexdigest()[:16]
