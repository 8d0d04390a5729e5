"""An index, opened: the articles and passages of one generation, over all its segments as if they were one.

Opening maps files into memory and reads almost nothing. A question reads what it needs.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from rag.embedding.embedder import TextEmbedder
from rag.errors import IndexDamaged, IndexIncompatible
from rag.index.generation import removed_rows
from rag.index.live_segment import Articles, LiveSegment
from rag.index.manifest import Manifest, current_generation, read_manifest
from rag.index.placement import vector_stores
from rag.index.segment import SEGMENTS, Segment
from rag.schema import EVERYTHING, Article, Filter, Passage
from rag.vectors.combined import CombinedVectors
from rag.vectors.store import Rows, RowSelection, VectorStore
from rag.words.bm25 import Bm25Index

_REMEMBERED = 8  # filters whose passages are kept in memory


class Index:
    """A generation, opened. ``vectors``, ``bm25`` and ``passages`` have the same numbering, which includes removed
    passages."""

    def __init__(self, manifest: Manifest, live_segments: Sequence[LiveSegment], stores: Sequence[VectorStore]) -> None:
        self.manifest = manifest
        self.live_segments = tuple(live_segments)
        self.starts = [0, *itertools.accumulate(live.segment.size for live in live_segments)]
        """The number of each segment's first passage; the last entry is how many passages there are."""
        self.vectors: VectorStore = CombinedVectors(stores, manifest.model.dimension)
        self.bm25 = Bm25Index(
            [live.segment.postings for live in live_segments], [live.passages for live in live_segments]
        )
        self._articles = Articles(live_segments)
        self._live = np.concatenate([np.zeros(0, bool), *(live.passages for live in live_segments)])
        self._passing: dict[Filter, RowSelection] = {}

    @property
    def generation(self) -> str:
        return self.manifest.generation

    @property
    def articles(self) -> Mapping[str, Article]:
        """The articles by id, in the order of their files."""
        return self._articles

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages by number; see the class."""
        return Passages(self)

    @property
    def content(self) -> list[Any]:
        """Return segments and checksums as JSON: equal for indexes that hold the same."""
        manifest = self.manifest.as_json()
        return [manifest["segments"], manifest["checksums"]]

    @property
    def live(self) -> Rows:
        """The numbers of the passages that are not removed."""
        return np.flatnonzero(self._live)

    def page_hashes(self) -> dict[str, str]:
        """Return the pages on which articles stand, each with the hash of its file."""
        homes = {file.home: file for live in self.live_segments for _, file in live.records()}
        members = {page: sha256 for file in homes.values() for page, sha256 in file.pages}
        found = {}
        for live in self.live_segments:
            for home, _, name, row in live.segment.store.listing():
                page, file = name.rpartition("#")[0], homes.get(home.replace("\1", "/"))
                if live.articles[row] and file and (sha256 := members.get(page, file.sha256)):
                    found[page] = sha256
        return dict(sorted(found.items()))

    def sha256_of(self, page: str) -> str:
        """Return the hash of the page's file, or "" when no article stands on the page."""
        for live in self.live_segments:
            for row, name, home in live.segment.store.articles_on(page):
                if live.articles[row] and name.rpartition("#")[0] == page:
                    file = next(file for other in self.live_segments for _, file in other.records(home))
                    return dict(file.pages).get(page, file.sha256)
        return ""

    def among(self, only: Filter) -> RowSelection | None:
        """Return the passages of the articles that pass, or None when all passages do."""
        if only == EVERYTHING and self._live.all():
            return None
        found = self._passing.get(only)
        if found is None:
            if len(self._passing) >= _REMEMBERED:
                self._passing.clear()
            found = self._passing[only] = self._among(only)
        return found

    def undated(self, only: Filter) -> int:
        """Return how many articles a filter by date leaves out only because they have no known date."""
        if not only.since and not only.until:
            return 0
        rest = replace(only, since="", until="")
        return sum(
            int(np.count_nonzero(live.articles[np.intersect1d(store.undated_rows(), store.rows_passing(rest))]))
            for live in self.live_segments
            for store in [live.segment.store]
        )

    def hit(self, number: int) -> tuple[Passage, Article]:
        """Return a passage by its number, with its article."""
        at = int(np.searchsorted(self.starts, number, "right")) - 1
        live, row = self.live_segments[at], number - self.starts[at]
        article = self._articles.at(live, live.segment.article_of(row))
        return live.segment.passage(row, article), article

    def _among(self, only: Filter) -> RowSelection:
        masks = []
        for live in self.live_segments:
            passing = np.zeros(live.segment.store.size, bool)
            passing[live.segment.store.rows_passing(only)] = True
            masks.append(live.segment.passages_of(passing & live.articles))
        return RowSelection(np.concatenate([np.zeros(0, bool), *masks]), only, np.flatnonzero(~self._live))


class Passages(Sequence[Passage]):
    """The passages by number. A removed passage keeps its number, because the others must not move."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @overload
    def __getitem__(self, row: int) -> Passage: ...
    @overload
    def __getitem__(self, row: slice) -> list[Passage]: ...
    def __getitem__(self, row: int | slice) -> Passage | list[Passage]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        return self._index.hit(row % len(self))[0]

    def __len__(self) -> int:
        return self._index.starts[-1]


def load(index_dir: Path, embedder: TextEmbedder | None = None, server: str = "") -> Index:
    """Open the generation in use.

    ``embedder``: refuse an index that another model made. ``server``: the vector server that searches
    (``Settings.vector_store``), "" to search on this machine. Raise IndexMissing, IndexDamaged, IndexIncompatible or
    VectorServerError.
    """
    while True:
        manifest = read_manifest(index_dir)
        try:
            return open_generation(index_dir, manifest, embedder, server)
        except IndexDamaged:
            if current_generation(index_dir) == manifest.generation:
                raise
            # another generation took its place meanwhile, and its files were deleted


def open_generation(
    index_dir: Path, manifest: Manifest, embedder: TextEmbedder | None = None, server: str = ""
) -> Index:
    """Open a generation by its manifest. Raise what ``load`` raises."""
    if embedder and manifest.model.fingerprint != embedder.fingerprint:
        raise _other_model(index_dir, manifest.model.name, embedder.name)
    removed = removed_rows(index_dir / manifest.generation, manifest)
    live_segments = []
    for name, size in manifest.segments.items():
        segment = Segment.open(index_dir / SEGMENTS / name)
        if (
            (segment.store.size, segment.size) != size
            or segment.vectors.dimension != manifest.model.dimension
            or not _within(removed[name].articles, segment.store.size)
            or not _within(removed[name].files, segment.store.files)
        ):
            raise _disagrees(index_dir)
        live_segments.append(LiveSegment(segment, removed[name]))
    stores = vector_stores([live.segment for live in live_segments], manifest.model.fingerprint, server)
    index = Index(manifest, live_segments, stores)
    if len(index.live) != manifest.counts.passages:
        raise _disagrees(index_dir)
    return index


def _within(rows: Rows, size: int) -> bool:
    return not len(rows) or 0 <= int(rows[0]) <= int(rows[-1]) < size


def _disagrees(index_dir: Path) -> IndexDamaged:
    return IndexDamaged(
        f"The index in {index_dir} disagrees with its manifest: run `rag index --anew` to build it anew."
    )


def _other_model(index_dir: Path, made_by: str, in_use: str) -> IndexIncompatible:
    mend = "" if made_by == in_use else "set RAG_EMBEDDING_MODEL back, or "
    other = "another version of it" if made_by == in_use else in_use
    return IndexIncompatible(
        f"The index in {index_dir} was made by the model {made_by}, the one in use is {other}: "
        f"{mend}run `rag index` to embed the articles anew."
    )
