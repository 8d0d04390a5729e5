"""What stays the same through all steps of a build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.config import DEFAULT_LIMITS, Limits
from rag.embedding.embedder import TextEmbedder
from rag.index.manifest import Model
from rag.indexing.derived_version import derived_version

Progress = Callable[[str, int, int], None]
"""Called with (step, done, total)."""


def silent(step: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class BuildContext:
    """``server``: the vector server that searches, as in ``rag.index.snapshot.load``. ``anew``: keep nothing of the
    index in use but vectors that are whole, and take the server's address from another index that owns it."""

    index_dir: Path
    embedder: TextEmbedder
    limits: Limits = DEFAULT_LIMITS
    progress: Progress = silent
    anew: bool = False
    server: str = ""

    @property
    def model(self) -> Model:
        """The embedding model as a manifest names it."""
        embedder = self.embedder
        return Model(name=embedder.name, fingerprint=embedder.fingerprint, dimension=embedder.dimension)


@dataclass(frozen=True, slots=True)
class ArticleOrigin:
    """Where the articles of a build come from. ``folder``: the folder of the files, "" for articles from elsewhere.
    ``name``: how an error names it. ``index``: the id of the index that the articles go to. ``reading``: the version of
    the readers, "" where no file is read."""

    folder: str
    name: str
    index: str
    reading: str = ""

    @property
    def settings(self) -> dict[str, str]:
        """What the manifest says of the versions that made the index."""
        return ({"reading": self.reading} if self.reading else {}) | {"derived": derived_version()}
