"""A generation in the making: what is new goes into segments, what is gone is struck from those there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rag.embedding.embedder import Encoder
from rag.index import segment
from rag.index.article_store import Seal, Store, seal_of
from rag.index.lock import not_writable
from rag.index.reprints import CROWD, Bands, Printed, bands_of, twins_of
from rag.index.segment import SEGMENTS, Content, Segment, keys_of
from rag.index.snapshot import Index, Living
from rag.indexing.passages import passages_of
from rag.indexing.vector_cache import Known
from rag.layout.continuations import join
from rag.schema import Entry, File, Passage
from rag.words.postings import Postings

_BLOCK = (
    18_000_000  # characters of articles in a segment: 60,000 passages, of which rag.indexing.merge puts eight together
)
Held = dict[str, tuple[int, int, Seal]]
"""Id -> number of the segment, row in it, seal."""


@dataclass(frozen=True, slots=True)
class Result:
    """``segments``: name -> [articles, passages]; ``made``: those that are new; ``gone`` as ``rag.index.generation.Gone``.
    ``changed``: it is another than the generation before."""

    model: dict[str, Any]
    counts: dict[str, int]
    segments: dict[str, list[int]]
    made: tuple[str, ...]
    gone: dict[str, dict[str, Any]]
    refused: tuple[tuple[str, str], ...]
    embedded: int
    changed: bool


class Draft:
    """``put`` what each changed file holds now, ``drop`` the files that are gone, then ``finish``. Articles that are as they
    were stay where they are. ``put`` and ``finish`` raise IndexNotWritable."""

    def __init__(
        self, index_dir: Path, embedder: Encoder, before: Index | None, progress: Callable[[str, int, int], None]
    ) -> None:
        self.before = before
        self._index_dir, self._embedder, self._progress = index_dir, embedder, progress
        self._old: tuple[Living, ...] = before.parts if before else ()
        self._records = {
            file.home: (number, row, file) for number, part in enumerate(self._old) for row, file in part.records()
        }
        self._gone = [
            {"articles": set(part.gone.tolist()), "files": set(part.files_gone.tolist())} for part in self._old
        ]
        self._put: list[File] = []
        self._parts: list[Entry] = []  # what jumps, before it is joined
        self._files: list[File] = []  # of what waits to be written
        self._entries: list[Entry] = []
        self._waiting = 0
        self._made: list[Segment] = []
        self._known: Known | None = None
        self._changed = False

    @property
    def homes(self) -> list[str]:
        """The files of the generation before that are in this one as they were."""
        return list(self._records)

    @property
    def files(self) -> set[str]:
        """All those of this generation."""
        return {*self._records, *(file.home for file in self._put)}

    def put(self, file: File, entries: Sequence[Entry]) -> None:
        if not entries and file.home in self._records and self._records[file.home][2] == file:
            return  # refused once more
        held = self._strike_file(file.home)
        self._changed = True
        self._put.append(file)
        self._files.append(file)
        self._parts += [entry for entry in entries if entry.jumps]
        self._replace(held, [entry for entry in entries if not entry.jumps])
        if self._waiting >= _BLOCK:
            self._write()

    def drop(self, homes: Iterable[str]) -> None:
        for home in homes:
            self._replace(self._strike_file(home), [])

    def finish(self) -> Result:
        if self._changed:
            self._join()
        if self._files or self._entries:
            self._write()
        files = [*(file for _, _, file in self._records.values()), *self._put]
        segments, gone, counts = {}, {}, [0, 0]
        for part, lost in zip(self._old, self._gone, strict=True):
            store = part.segment.store
            if len(lost["articles"]) < store.size or len(lost["files"]) < store.files:
                segments[part.segment.name] = [store.size, part.segment.size]
                gone[part.segment.name] = {kind: np.array(sorted(rows), np.int64) for kind, rows in lost.items()}
                left = Living(part.segment, gone[part.segment.name])
                counts = [counts[0] + int(left.articles.sum()), counts[1] + int(left.passages.sum())]
        for made in self._made:
            segments[made.name] = [made.store.size, made.size]
            counts = [counts[0] + made.store.size, counts[1] + made.size]
        return Result(
            self._model(),
            {"files": sum(bool(file.articles) for file in files), "articles": counts[0], "passages": counts[1]},
            segments,
            tuple(made.name for made in self._made),
            gone,
            tuple(pair for file in files for pair in file.refused),
            self._known.embedded if self._known else 0,
            self._changed,
        )

    def _strike_file(self, home: str) -> Held:
        """Take away the record of a file. What is held of it: its articles, but those that jump."""
        if home not in self._records:
            return {}
        number, row, _ = self._records.pop(home)
        self._gone[number]["files"].add(row)
        self._changed = True
        return {
            name: (at, row, seal)
            for at in range(len(self._old))
            for name, (row, seal) in self._old[at].segment.store.at_home(home).items()
            if row not in self._gone[at]["articles"]
        }

    def _replace(self, held: Held, entries: Iterable[Entry]) -> None:
        """Add the entries that are not held as they are, strike what is held and not among them."""
        for entry in entries:
            known = held.get(entry.article.article_id)
            if known and known[2] == seal_of(entry):
                del held[entry.article.article_id]
            else:
                self._entries.append(entry)
                self._waiting += len(entry.article.text)
        for number, row, _ in held.values():
            self._gone[number]["articles"].add(row)

    def _join(self) -> None:
        """Articles that go on on other pages, put together anew with the parts there are now."""
        parts = [
            entry
            for number, part in enumerate(self._old)
            for entry in part.segment.store.parts()
            if entry.home in self._records and self._records[entry.home][0] == number
        ]
        parts = sorted([*parts, *self._parts], key=lambda entry: entry.order)
        by_id = {entry.article.article_id: entry for entry in parts}
        held = {
            name: (number, row, seal)
            for number, part in enumerate(self._old)
            for name, (row, seal) in part.segment.store.jumping().items()
            if row not in self._gone[number]["articles"]
        }
        joined = join([entry.article for entry in parts])
        self._replace(held, [replace(by_id[article.article_id], article=article) for article in joined])

    def _write(self) -> None:
        """Segments of what waits; the files are in the first, for one of them may hold more than a segment does."""
        try:
            for entries in _portions(self._entries):
                self._made.append(self._segment(entries))
                self._files = []
        except OSError as error:
            raise not_writable(self._index_dir, error) from error
        self._entries, self._waiting = [], 0

    def _segment(self, entries: list[Entry]) -> Segment:
        if entries and self._known is None:
            self._known = Known(self._index_dir, self._embedder)
        bands = [bands_of(entry.article) for entry in entries]
        twins = twins_of([entry.article for entry in entries], bands, self._earlier)
        entries = [replace(e, twins=its, bands=own) for e, its, own in zip(entries, twins, bands, strict=True)]
        passages: list[Passage] = []
        first = [0]
        for entry in entries:
            passages += passages_of(entry.article, self._embedder.max_tokens, self._embedder.count_tokens)
            first.append(len(passages))
        texts = [passage.context for passage in passages]
        vectors = (
            self._known.vectors(texts, self._progress)
            if self._known
            else np.zeros((0, self._model()["dimension"]), np.float32)
        )
        self._progress("words", 0, 1)
        spans = np.array([(p.start, p.end, len(p.heading)) for p in passages], np.int32).reshape(-1, 3)
        homes = {file.home for file in self._files}
        content = Content(
            entries,
            [part for part in self._parts if part.home in homes],
            self._files,
            np.array(first, np.int64),
            spans,
            keys_of(texts),
            [vectors],
            vectors.shape[1],
            Postings.build(texts),
        )
        self._progress("segment", 0, 1)
        name = segment.write(self._index_dir / SEGMENTS, self._model()["fingerprint"], content)
        return Segment.open(self._index_dir / SEGMENTS / name)

    def _earlier(self, bands: Bands) -> list[list[Printed]]:
        """As ``rag.index.reprints.Earlier``: what is left of the segments there were, and those made so far."""
        stores = [(part.segment.store, lost["articles"]) for part, lost in zip(self._old, self._gone, strict=True)]
        stores += [(made.store, set()) for made in self._made]
        found: list[list[Printed]] = [[] for _ in bands]
        for store, lost in reversed(stores):
            for own, near in zip(found, _living(store, bands, lost), strict=True):
                own += [(text, store.article, row) for text, row in near]
        return found

    def _model(self) -> dict[str, Any]:
        if self.before:
            return dict(self.before.manifest["model"])
        model = self._embedder
        return {"name": model.name, "fingerprint": model.fingerprint, "dimension": model.dimension}


def _living(store: Store, bands: Bands, lost: Collection[int]) -> list[list[tuple[int, int]]]:
    """``Store.near`` of the articles that are not lost: CROWD texts of a band, if there are so many."""
    asked = CROWD
    while True:
        found = store.near(bands, asked)
        left = [[(text, at) for text, row in own for at in _one_left(store, text, row, lost)][:CROWD] for own in found]
        if all(len(own) < asked or len(living) == CROWD for own, living in zip(found, left, strict=True)):
            return left
        asked *= 4


def _one_left(store: Store, text: int, row: int, lost: Collection[int]) -> list[int]:
    """The row, or where it is lost another with the same text, or none."""
    return [row] if row not in lost else [other for other, _ in store.printing(text) if other not in lost][:1]


def _portions(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Of so many articles that a segment is made of them, at least one."""
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        portion.append(entry)
        size += len(entry.article.text)
        if size >= _BLOCK:
            yield portion
            portion, size = [], 0
    if portion or not entries:
        yield portion
