"""Articles -> passages -> vectors + words -> segments on the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from rag.index import segment
from rag.index.article_store import ArticleStore
from rag.index.lock import not_writable
from rag.index.manifest import Model
from rag.index.reprints import bands_of, twins_of
from rag.index.segment import SEGMENTS, Segment, SegmentContent, keys_of
from rag.indexing.context import BuildContext
from rag.indexing.earlier_texts import earlier_texts
from rag.indexing.passages import passages_of
from rag.indexing.vector_cache import VectorCache
from rag.schema import Entry, File, Passage
from rag.text.scripts import legible
from rag.words.postings import Postings

BLOCK = 18_000_000
"""Characters of articles in a segment: 60,000 passages. ``rag.indexing.merge`` puts eight such segments together."""


class SegmentWriter:
    """Writes the new segments of one build. ``model``: the model that the manifest will name."""

    def __init__(
        self, context: BuildContext, model: Model, earlier: Sequence[tuple[ArticleStore, Collection[int]]]
    ) -> None:
        """``earlier``: the articles and the removed rows of each existing segment. The build may add removed rows."""
        self.segments: list[Segment] = []
        self._context, self._model, self._earlier = context, model, earlier
        self._cache: VectorCache | None = None

    @property
    def embedded(self) -> int:
        """How many texts were embedded."""
        return self._cache.embedded if self._cache else 0

    def write(self, entries: Sequence[Entry], parts: Sequence[Entry], files: Sequence[File]) -> None:
        """Write segments of ``entries``. The first one also holds ``files`` and the unjoined ``parts`` of articles,
        because the articles of one file may fill several segments. Raise IndexNotWritable."""
        try:
            for portion in _portions(entries):
                self.segments.append(self._write_one(portion, parts, files))
                parts, files = [], []
        except OSError as error:
            raise not_writable(self._context.index_dir, error) from error

    def _write_one(self, entries: Sequence[Entry], parts: Sequence[Entry], files: Sequence[File]) -> Segment:
        context, embedder = self._context, self._context.embedder
        if entries and self._cache is None:
            self._cache = VectorCache(context.index_dir, embedder)
        entries = self._with_twins(entries)
        passages: list[Passage] = []
        first = [0]
        for entry in entries:
            passages += passages_of(
                entry.article, embedder.max_tokens, lambda texts: embedder.count_tokens(_embedded(texts))
            )
            first.append(len(passages))
        texts = _embedded([passage.context for passage in passages])
        vectors = (
            self._cache.vectors(texts, context.progress)
            if self._cache
            else np.zeros((0, self._model.dimension), np.float32)
        )
        context.progress("words", 0, 1)
        content = SegmentContent(
            entries=entries,
            parts=parts,
            files=files,
            first_passages=np.array(first, np.int64),
            spans=np.array([(p.start, p.end, len(p.heading)) for p in passages], np.int32).reshape(-1, 3),
            keys=keys_of(texts),
            vectors=[vectors],
            dimension=vectors.shape[1],
            postings=Postings.build(texts),
        )
        context.progress("segment", 0, 1)
        segments = context.index_dir / SEGMENTS
        return Segment.open(segments / segment.write(segments, self._model.fingerprint, content))

    def _with_twins(self, entries: Sequence[Entry]) -> list[Entry]:
        bands = [bands_of(entry.article) for entry in entries]
        stores = [*self._earlier, *((made.store, ()) for made in self.segments)]
        twins = twins_of([entry.article for entry in entries], bands, lambda some: earlier_texts(stores, some))
        return [
            replace(entry, twins=its_twins, bands=its_bands)
            for entry, its_twins, its_bands in zip(entries, twins, bands, strict=True)
        ]


def _embedded(texts: Sequence[str]) -> list[str]:
    """Return the form in which texts are embedded, which is also the form in which they are counted."""
    return [legible(text) for text in texts]


def _portions(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Yield the articles of each new segment: at least one portion, even if it is empty."""
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        portion.append(entry)
        size += len(entry.article.text)
        if size >= BLOCK:
            yield portion
            portion, size = [], 0
    if portion or not entries:
        yield portion
