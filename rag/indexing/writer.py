"""Changed files -> the next generation: new segments, and the rows that are removed from the existing ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.index.article_tables import Seal, seal_of
from rag.index.generation import Removed
from rag.index.live_segment import LiveSegment
from rag.index.manifest import Counts, Model, SegmentSize
from rag.index.snapshot import Index
from rag.indexing import segment_writer
from rag.indexing.context import BuildContext
from rag.indexing.derived_version import derived_version
from rag.layout.continuations import join
from rag.reading.sidecar import SUFFIX
from rag.schema import Entry, File


@dataclass(frozen=True, slots=True)
class NewGeneration:
    """The parts of the next manifest. ``new``: the names of the new segments. ``removed``: the removed rows of the
    others. ``changed``: whether anything differs from the generation before. ``shown``: the notes, with those that are
    for no generation in place of earlier ones on the same files."""

    model: Model
    counts: Counts
    segments: dict[str, SegmentSize]
    new: tuple[str, ...]
    removed: dict[str, Removed]
    refused: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    shown: tuple[tuple[str, str], ...]
    embedded: int
    changed: bool


@dataclass(frozen=True, slots=True)
class _FileRow:
    """A file in the generation before, and where it is recorded."""

    segment: int
    row: int
    file: File


@dataclass(frozen=True, slots=True)
class _StoredArticle:
    """Where an article is stored, and its seal."""

    segment: int
    row: int
    seal: Seal


class _SegmentChanges:
    """A segment of the generation before, and the rows that this build removes from it."""

    def __init__(self, live: LiveSegment) -> None:
        self.live = live
        self.segment = live.segment
        self.articles = set(live.removed.articles.tolist())
        self.files = set(live.removed.files.tolist())

    @property
    def removed(self) -> Removed:
        return Removed(np.array(sorted(self.articles), np.int64), np.array(sorted(self.files), np.int64))

    @property
    def is_empty(self) -> bool:
        store = self.segment.store
        return len(self.articles) == store.size and len(self.files) == store.files


class GenerationWriter:
    """Call ``put_file`` for each changed file, ``drop_files`` for those that are gone, then ``finish``.

    Articles that did not change stay where they are stored, unless their terms and copies were derived in another way.
    ``put_file`` and ``finish`` raise IndexNotWritable."""

    def __init__(self, context: BuildContext, before: Index | None) -> None:
        self.before = before
        self._keeps = bool(before and before.manifest.settings.get("derived") == derived_version())
        self._model = before.manifest.model if before else context.model
        self._parts = [_SegmentChanges(live) for live in before.live_segments] if before else []
        self._records = {
            file.home: _FileRow(number, row, file)
            for number, part in enumerate(self._parts)
            for row, file in part.live.records()
        }
        earlier = [(part.segment.store, part.articles) for part in self._parts]
        self._writer = segment_writer.SegmentWriter(context, self._model, earlier)
        self._put: list[File] = []
        self._unjoined: list[Entry] = []  # parts of articles that name another page
        self._waiting_files: list[File] = []
        self._waiting: list[Entry] = []
        self._waiting_size = 0  # characters
        self._unrecorded: list[tuple[File, list[Entry]]] = []
        self._changed = False

    @property
    def unchanged_files(self) -> list[str]:
        """The files that are recorded as in the generation before."""
        return list(self._records)

    @property
    def all_files(self) -> set[str]:
        """The files of the new generation."""
        return {*self._records, *(file.home for file in self._put)}

    def put_file(self, file: File, entries: Sequence[Entry]) -> None:
        """Take over a file as it is now, with its articles."""
        if not entries and file.home in self._records and self._records[file.home].file == file:
            return  # refused once more
        if self._differs_by_a_note(file, entries):
            self._unrecorded.append((file, list(entries)))
            return
        self._put_file(file, entries)

    def _put_file(self, file: File, entries: Sequence[Entry]) -> None:
        stored = self._remove_file(file.home)
        self._changed = True
        self._put.append(file)
        self._waiting_files.append(file)
        self._unjoined += [entry for entry in entries if entry.jumps]
        self._replace(stored, [entry for entry in entries if not entry.jumps])
        if self._waiting_size >= segment_writer.BLOCK:
            self._write_waiting()

    def drop_files(self, homes: Iterable[str]) -> None:
        """Remove files and their articles."""
        for home in homes:
            self._replace(self._remove_file(home), [])

    def finish(self) -> NewGeneration:
        """Write what is left to write."""
        if self._changed:
            for file, entries in self._unrecorded:
                self._put_file(file, entries)
            self._unrecorded = []
        if self._changed:
            self._join()
        if self._waiting_files or self._waiting:
            self._write_waiting()
        files = [*(row.file for row in self._records.values()), *self._put]
        kept = [LiveSegment(part.segment, part.removed) for part in self._parts if not part.is_empty]
        made = self._writer.segments
        shown = {file.home: file.notes for file, _ in self._unrecorded}
        return NewGeneration(
            model=self._model,
            counts=Counts(
                files=sum(bool(file.articles) for file in files),
                articles=sum(int(live.articles.sum()) for live in kept) + sum(new.store.size for new in made),
                passages=sum(int(live.passages.sum()) for live in kept) + sum(new.size for new in made),
            ),
            segments={
                segment.name: (segment.store.size, segment.size)
                for segment in (*(live.segment for live in kept), *made)
            },
            new=tuple(new.name for new in made),
            removed={live.segment.name: live.removed for live in kept},
            refused=tuple(pair for file in files for pair in file.refused),
            notes=tuple(pair for file in files for pair in file.notes),
            shown=tuple(pair for file in files for pair in shown.get(file.home, file.notes)),
            embedded=self._writer.embedded,
            changed=self._changed,
        )

    def _differs_by_a_note(self, file: File, entries: Sequence[Entry]) -> bool:
        """Whether all that is new of a file is that the YAML beside it cannot be used. This is worth no generation."""
        before = self._records.get(file.home)
        is_unused = any(name.endswith(SUFFIX) for name, _ in file.notes)
        if before is None or not is_unused or any(entry.jumps for entry in entries):
            return False
        same = replace(file, beside=before.file.beside, stamp=before.file.stamp, notes=before.file.notes)
        if same != before.file:
            return False
        stored = {name: article.seal for name, article in self._stored(file.home).items()}
        return stored == {entry.article.article_id: seal_of(entry) for entry in entries}

    def _remove_file(self, home: str) -> dict[str, _StoredArticle]:
        """Remove the record of a file. Return its articles by id, without those that name another page."""
        if home not in self._records:
            return {}
        record = self._records.pop(home)
        self._parts[record.segment].files.add(record.row)
        self._changed = True
        return self._stored(home)

    def _stored(self, home: str) -> dict[str, _StoredArticle]:
        """The articles of a file by id, without those that name another page."""
        return {
            name: _StoredArticle(number, row, seal)
            for number, part in enumerate(self._parts)
            for name, (row, seal) in part.segment.store.seals_of_file(home).items()
            if row not in part.articles
        }

    def _replace(self, stored: dict[str, _StoredArticle], entries: Iterable[Entry]) -> None:
        """Store the entries that are new or changed, and remove the stored articles that are not among the entries."""
        for entry in entries:
            same = stored.get(entry.article.article_id)
            if self._keeps and same and same.seal == seal_of(entry):
                del stored[entry.article.article_id]
            else:
                self._waiting.append(entry)
                self._waiting_size += len(entry.article.text)
        for article in stored.values():
            self._parts[article.segment].articles.add(article.row)

    def _join(self) -> None:
        """Join the articles that continue on other pages, from all parts of the new generation."""
        unchanged = [
            entry
            for number, part in enumerate(self._parts)
            for entry in part.segment.store.unjoined_parts()
            if entry.home in self._records and self._records[entry.home].segment == number
        ]
        unjoined = sorted([*unchanged, *self._unjoined], key=lambda entry: entry.order)
        by_id = {entry.article.article_id: entry for entry in unjoined}
        stored = {
            name: _StoredArticle(number, row, seal)
            for number, part in enumerate(self._parts)
            for name, (row, seal) in part.segment.store.seals_of_jumps().items()
            if row not in part.articles
        }
        joined = join([entry.article for entry in unjoined])
        self._replace(stored, [replace(by_id[article.article_id], article=article) for article in joined])

    def _write_waiting(self) -> None:
        homes = {file.home for file in self._waiting_files}
        unjoined = [entry for entry in self._unjoined if entry.home in homes]
        self._writer.write(self._waiting, unjoined, self._waiting_files)
        self._waiting, self._waiting_files, self._waiting_size = [], [], 0
