"""Bring the index up to date: a folder of files -> the generation in use.

Only changed files are read, only changed articles are stored, and no text is embedded twice while a kept generation
holds its vector. New articles go into new segments. Removed ones are marked in the segments that hold them. One rename
puts both in use. If a build fails or is killed before it, the index in use stays as it was.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rag.config import DEFAULT_LIMITS, Limits
from rag.embedding.embedder import TextEmbedder
from rag.errors import CorpusError, IndexDamaged, IndexIncompatible, IndexMissing
from rag.index import generation, history
from rag.index.lock import not_writable, writer_lock
from rag.index.manifest import FORMAT, Manifest, RefusedFile, is_later
from rag.index.placement import check_owner, claim_address, drop_others, upload
from rag.index.publication import put_in_use
from rag.index.snapshot import Index, load
from rag.indexing.changes import Changes, changes_in
from rag.indexing.context import ArticleOrigin, BuildContext, Progress, silent
from rag.indexing.derived_version import derived_version
from rag.indexing.file_articles import articles_in
from rag.indexing.journal import drop_journals
from rag.indexing.merge import merge
from rag.indexing.reader_version import reader_version
from rag.indexing.stamps import save_stamps, with_stamps
from rag.indexing.writer import GenerationWriter, NewGeneration
from rag.reading.folder import check_index_outside
from rag.reading.reader import FileReader
from rag.reading.sidecar import SUFFIX
from rag.schema import Article, Entry, File


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. ``refused``: (file, why) for each file that could not be used. ``notes``: the same for what was
    not understood of files that are read. ``embedded``: how many texts were embedded in this build. ``reused``: how many
    passages of the index needed no embedding. ``left_out``: (page, number of its lines that are in no article) for the
    files read."""

    manifest: Manifest
    refused: tuple[tuple[str, str], ...]
    embedded: int
    reused: int
    changes: Changes
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def unused_yaml(self) -> list[str]:
        """The YAML files that could not be used, so that their pages are read without them."""
        return [file for file, _ in self.notes if file.endswith(SUFFIX)]


def build(
    folder: Path,
    index_dir: Path,
    embedder: TextEmbedder,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = silent,
    anew: bool = False,
    server: str = "",
) -> Built:
    """Bring the index of a folder up to date: files -> pages -> articles -> passages -> vectors + words -> segment ->
    generation.

    The options are those of ``BuildContext``. Raise CorpusError when nothing in ``folder`` can be used,
    IndexNotWritable when the index cannot be written, and as ``rag.index.placement.check_owner``. In all cases the
    index in use stays as it was.
    """
    context = BuildContext(index_dir, embedder, limits, progress, anew, server)
    index_id = history.identity(index_dir)
    check_owner(server, index_id, anew)
    check_index_outside(folder, index_dir)
    with writer_lock(index_dir):
        before = _usable(context)
        changes = _changes(context, folder, before)
        writer = GenerationWriter(context, before)
        left_out: list[tuple[str, int]] = []
        with FileReader(folder, limits) as reader:
            reader.check(found.path for found in changes.read)
            for number, found in enumerate(changes.read, 1):
                read = articles_in(reader, found)  # file -> pages -> articles
                left_out += read.left_out
                writer.put_file(read.record, read.entries)  # articles -> passages -> vectors + words -> segment
                progress("read", number, len(changes.read))
        writer.drop_files(changes.gone)
        source = ArticleOrigin(
            str(folder.resolve()), str(folder), history.identity(index_dir, index_id), reader_version(limits)
        )
        return replace(_complete(context, writer, source, changes), left_out=tuple(left_out))


def build_from(
    articles: Sequence[Article], index_dir: Path, embedder: TextEmbedder, progress: Progress = silent
) -> Built:
    """Build the index of articles that do not come from a folder. They replace everything in the index. Raise what
    ``build`` raises."""
    context = BuildContext(index_dir, embedder, progress=progress)
    with writer_lock(index_dir):
        writer = GenerationWriter(context, _usable(context))
        by_file: dict[str, list[Article]] = {}
        for article in articles:
            by_file.setdefault(article.file, []).append(article)
        for home, found in by_file.items():
            record = File(home, "", "", "", len(found))
            writer.put_file(record, [Entry(article, home, place) for place, article in enumerate(found)])
        writer.drop_files([home for home in writer.unchanged_files if home not in by_file])
        source = ArticleOrigin("", "the given articles", history.identity(index_dir))
        return _complete(context, writer, source, Changes())


def what_changed(folder: Path, index_dir: Path, embedder: TextEmbedder, limits: Limits = DEFAULT_LIMITS) -> Changes:
    """Return the changes that ``build`` would find. Nothing is written. Raise CorpusError."""
    context = BuildContext(index_dir, embedder, limits)
    check_index_outside(folder, index_dir)
    return _changes(context, folder, _usable(context))


def _usable(context: BuildContext) -> Index | None:
    """Return the index in use, or None if it cannot be read or is to be built anew.

    Raise IndexIncompatible for an index that a later version wrote."""
    if context.anew:
        return None
    try:
        return load(context.index_dir, context.embedder)
    except IndexIncompatible:
        if is_later(context.index_dir):
            raise
        return None
    except (IndexMissing, IndexDamaged):
        return None


def _changes(context: BuildContext, folder: Path, before: Index | None) -> Changes:
    known = {file.home: file for live in before.live_segments for _, file in live.records()} if before else {}
    versions = {"reading": reader_version(context.limits), "derived": derived_version()}
    reread = bool(before and before.manifest.settings != versions)
    return changes_in(folder, with_stamps(context.index_dir, known), reread)


def _complete(context: BuildContext, writer: GenerationWriter, source: ArticleOrigin, changes: Changes) -> Built:
    """Write what is new, check it, put it in use, then merge small segments and delete what nothing needs any more."""
    index_dir, server = context.index_dir, context.server
    try:
        made = writer.finish()
        refused = tuple(sorted([*((stray.file, stray.why) for stray in changes.strays), *made.refused]))
        if not made.counts.articles:
            raise CorpusError(
                f"No article found in {source.name}: {refused[0][1] if refused else 'the files hold no article text.'}"
            )
        before = writer.before
        notes = tuple(sorted(made.notes))
        if before and not made.changed and _same(before.manifest, source, refused, notes):
            manifest = before.manifest
            claim_address(server, manifest.index)
            upload([live.segment for live in before.live_segments], manifest.model.fingerprint, server)
            with suppress(OSError):  # the time of this file tells when the folder was last looked at
                os.utime(index_dir / "CURRENT")
        else:
            context.progress("write", 0, 1)
            manifest = generation.write(index_dir, _manifest(index_dir, made, source, refused, notes), made.removed)
            claim_address(server, manifest.index, context.anew)
            put_in_use(index_dir, manifest, made.new, server, context.progress)
    except OSError as error:
        raise not_writable(index_dir, error) from error
    with suppress(OSError):  # the new generation is in use; if the disk is full, the next build merges
        manifest = merge(context, manifest)
    with suppress(OSError):
        drop_others(server, manifest.index, history.sweep(index_dir))
        drop_journals(index_dir)
        save_stamps(index_dir, changes.stamps, writer.all_files)
    shown = tuple(sorted(made.shown))
    return Built(manifest, refused, made.embedded, made.counts.passages - made.embedded, changes, notes=shown)


def _manifest(
    index_dir: Path,
    made: NewGeneration,
    source: ArticleOrigin,
    refused: Sequence[tuple[str, str]],
    notes: Sequence[tuple[str, str]],
) -> Manifest:
    return Manifest(
        format=FORMAT,
        generation=generation.next_generation(index_dir),
        previous=history.previous(index_dir),
        model=made.model,
        folder=source.folder,
        index=source.index,
        settings=dict(source.settings),
        counts=made.counts,
        segments=made.segments,
        refused=tuple(RefusedFile(file=file, why=why) for file, why in refused),
        notes=tuple(RefusedFile(file=file, why=why) for file, why in notes),
        checksums={},
    )


def _same(
    manifest: Manifest, source: ArticleOrigin, refused: Sequence[tuple[str, str]], notes: Sequence[tuple[str, str]]
) -> bool:
    return (manifest.folder, manifest.index, manifest.settings) == (source.folder, source.index, source.settings) and [
        [(row.file, row.why) for row in rows] for rows in (manifest.refused, manifest.notes)
    ] == [list(refused), list(notes)]
