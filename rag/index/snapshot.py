"""An index, opened: the articles and passages of a generation, over all its segments as if they were one.

Opening maps files into memory and reads next to nothing; what a question needs is read when it is asked.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from rag.embedding.embedder import Encoder
from rag.errors import IndexDamaged, IndexIncompatible
from rag.index.generation import gone_of
from rag.index.manifest import current_generation, read_manifest
from rag.index.placement import stores_of
from rag.index.segment import SEGMENTS, Segment
from rag.schema import EVERYTHING, Article, File, Filter, Passage
from rag.vectors.combined import Joined
from rag.vectors.flat import Among, Mask, Rows, VectorStore
from rag.words.bm25 import Bm25Index

_REMEMBERED = 8  # filters whose passages are kept at hand


class Living:
    """A segment and which of its articles and passages count in a generation."""

    def __init__(self, segment: Segment, gone: Mapping[str, Rows]) -> None:
        self.segment = segment
        self.gone = gone["articles"]
        self.files_gone = gone["files"]
        self.articles = np.ones(segment.store.size, bool)
        self.articles[self.gone] = False
        self.passages: Mask = segment.passages_of(self.articles)

    def records(self, home: str = "") -> list[tuple[int, File]]:
        """Of the files that count, or of the one of this name."""
        lost = set(self.files_gone.tolist())
        return [(row, file) for row, file in self.segment.store.records(home) if row not in lost]

    def row(self, article_id: str) -> int:
        """Of the article, or -1."""
        row = self.segment.store.row(article_id)
        return row if row >= 0 and self.articles[row] else -1

    def printing(self, text: int) -> list[tuple[int, str]]:
        """(row, id) of the articles that have this text."""
        return [(row, name) for row, name in self.segment.store.printing(text) if self.articles[row]]

    def twins(self, text: int) -> set[int]:
        """The other texts that articles tell to be alike to this one."""
        return {other for row, other in self.segment.store.twins(text) if self.articles[row]}


class Index:
    """A generation, opened. ``vectors`` and ``bm25`` number passages as ``passages`` does, those that are gone too."""

    def __init__(self, manifest: Mapping[str, Any], parts: Sequence[Living], stores: Sequence[VectorStore]) -> None:
        self.manifest = manifest
        self.parts = tuple(parts)
        self.starts = [0, *itertools.accumulate(part.segment.size for part in parts)]
        """The number of each segment's first passage, and of all passages."""
        self.vectors: VectorStore = Joined(stores, int(manifest["model"]["dimension"]))
        self.bm25 = Bm25Index([p.segment.postings for p in parts], [p.passages for p in parts])
        self.articles: Mapping[str, Article] = Articles(parts)
        self._alive = np.concatenate([np.zeros(0, bool), *(p.passages for p in parts)])
        self._chosen: dict[Filter, Among] = {}

    @property
    def generation(self) -> str:
        return str(self.manifest["generation"])

    @property
    def passages(self) -> Sequence[Passage]:
        """By number."""
        return Passages(self)

    @property
    def content(self) -> list[Any]:
        """Equal for indexes that hold the same."""
        return [self.manifest["segments"], self.manifest["checksums"]]

    @property
    def live(self) -> Rows:
        """The numbers of the passages that are not gone."""
        return np.flatnonzero(self._alive)

    def files(self) -> dict[str, str]:
        """The pages that articles stand on, each with the hash of its file."""
        homes = {file.home: file for part in self.parts for _, file in part.records()}
        members = {page: sha256 for file in homes.values() for page, sha256 in file.pages}
        found = {}
        for part in self.parts:
            for home, _, name, row in part.segment.store.ids():
                page, file = name.rpartition("#")[0], homes.get(home.replace("\1", "/"))
                if part.articles[row] and file and (sha256 := members.get(page, file.sha256)):
                    found[page] = sha256
        return dict(sorted(found.items()))

    def sha256_of(self, page: str) -> str:
        """Of the file that a page is of; empty when no article stands on it."""
        for part in self.parts:
            for row, name, home in part.segment.store.home_of(page):
                if part.articles[row] and name.rpartition("#")[0] == page:
                    file = next(file for other in self.parts for _, file in other.records(home))
                    return dict(file.pages).get(page, file.sha256)
        return ""

    def among(self, only: Filter) -> Among | None:
        """The passages of articles that pass; None where all do."""
        if only == EVERYTHING and self._alive.all():
            return None
        found = self._chosen.get(only)
        if found is None:
            if len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
            found = self._chosen[only] = self._choose(only)
        return found

    def undated(self, only: Filter) -> int:
        """How many articles a filter by date leaves out only because nobody knows their date."""
        if not only.since and not only.until:
            return 0
        rest = replace(only, since="", until="")
        return sum(
            int(
                np.count_nonzero(
                    part.articles[np.intersect1d(part.segment.store.undated(), part.segment.store.passing(rest))]
                )
            )
            for part in self.parts
        )

    def hit(self, row: int) -> tuple[Passage, Article]:
        """A passage by its number, with its article."""
        number = int(np.searchsorted(self.starts, row, "right")) - 1
        part, own = self.parts[number], row - self.starts[number]
        article = _with_copies(self.parts, part, part.segment.owner(own))
        return part.segment.passage(own, article), article

    def _choose(self, only: Filter) -> Among:
        masks = []
        for part in self.parts:
            passing = np.zeros(part.segment.store.size, bool)
            passing[part.segment.store.passing(only)] = True
            masks.append(part.segment.passages_of(passing & part.articles))
        return Among(np.concatenate([np.zeros(0, bool), *masks]), only, np.flatnonzero(~self._alive))


class Articles(Mapping[str, Article]):
    """By id, in the order of their files."""

    def __init__(self, parts: Sequence[Living]) -> None:
        self._parts = parts

    def __getitem__(self, article_id: str) -> Article:
        for part in self._parts:
            if (row := part.row(article_id)) >= 0:
                return _with_copies(self._parts, part, row)
        raise KeyError(article_id)

    def __iter__(self) -> Iterator[str]:
        ordered = heapq.merge(
            *(
                [(home, place, name) for home, place, name, row in part.segment.store.ids() if part.articles[row]]
                for part in self._parts
            )
        )
        return (name for _, _, name in ordered)

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(part.articles)) for part in self._parts)


class Passages(Sequence[Passage]):
    """By number. One that is gone has its place still, as the numbers must not move."""

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


def load(index_dir: Path, embedder: Encoder | None = None, server: str = "") -> Index:
    """The generation in use. With an ``embedder``, one made by another model is refused. ``server`` searches the vectors
    (``Settings.vector_store``); empty: they are searched here.

    Raises IndexMissing, IndexDamaged, IndexIncompatible or VectorServerError.
    """
    while True:
        manifest = read_manifest(index_dir)
        try:
            return open_generation(index_dir, manifest, embedder, server)
        except IndexDamaged:
            if current_generation(index_dir) == manifest["generation"]:
                raise
            # others took its place meanwhile, and its files were dropped


def open_generation(
    index_dir: Path, manifest: Mapping[str, Any], embedder: Encoder | None = None, server: str = ""
) -> Index:
    """A given one. Raises as ``load``."""
    if embedder and manifest["model"]["fingerprint"] != embedder.fingerprint:
        made_by = manifest["model"]["name"]
        mend = "" if made_by == embedder.name else "set RAG_EMBEDDING_MODEL back, or "
        other = "another version of it" if made_by == embedder.name else embedder.name
        raise IndexIncompatible(
            f"The index in {index_dir} was made by the model {made_by}, the one in use is {other}: "
            f"{mend}run `rag index` to embed the articles anew."
        )
    gone = gone_of(index_dir / manifest["generation"], manifest)
    parts = []
    for segment, said in manifest["segments"].items():
        opened = Segment.open(index_dir / SEGMENTS / segment)
        fits = (
            _within(gone[segment][kind], size)
            for kind, size in (("articles", opened.store.size), ("files", opened.store.files))
        )
        alike = [opened.store.size, opened.size] == said and opened.vectors.dimension == manifest["model"]["dimension"]
        if not alike or not all(fits):
            raise IndexDamaged(
                f"The index in {index_dir} disagrees with its manifest: run `rag index --anew` to build it anew."
            )
        parts.append(Living(opened, gone[segment]))
    stores = stores_of([part.segment for part in parts], manifest["model"]["fingerprint"], server)
    index = Index(manifest, parts, stores)
    if len(index.live) != manifest["counts"]["passages"]:
        raise IndexDamaged(
            f"The index in {index_dir} disagrees with its manifest: run `rag index --anew` to build it anew."
        )
    return index


def _within(rows: Rows, size: int) -> bool:
    return not len(rows) or 0 <= int(rows[0]) <= int(rows[-1]) < size


def _with_copies(parts: Sequence[Living], part: Living, row: int) -> Article:
    article = part.segment.store.article(row)
    texts = {alike for text in part.segment.store.text(row) for other in parts for alike in (text, *other.twins(text))}
    copies = sorted(
        name for other in parts for each in texts for at, name in other.printing(each) if (other, at) != (part, row)
    )
    return replace(article, copies=tuple(copies)) if copies else article
