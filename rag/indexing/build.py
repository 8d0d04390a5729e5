"""Bring the index up to date: the first walk, from a folder of files to an artefact.

Only files that changed are read, only articles that changed are stored, only texts never seen are embedded. What is new
goes into a segment of its own, what is gone is struck from those that hold it, and the two are put in use by one rename:
a build that fails or is killed leaves yesterday's index answering.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.config import DEFAULT_LIMITS, Limits
from rag.embedding.embedder import Encoder
from rag.errors import CorpusError, IndexDamaged, IndexIncompatible, IndexMissing
from rag.index import generation, history
from rag.index.checks import probe
from rag.index.lock import not_writable, writing
from rag.index.manifest import FORMAT, is_later
from rag.index.placement import claim, clear, place, reach
from rag.index.snapshot import Index, load, open_generation
from rag.indexing.changes import Changes, Look, changes_in, remember, remembered
from rag.indexing.merge import merge
from rag.indexing.reader_version import reader_version
from rag.indexing.vector_cache import forget
from rag.indexing.writer import Draft, Result
from rag.layout.articles import articles_of
from rag.reading.folder import check_index_outside
from rag.reading.reader import FileReader
from rag.schema import Article, Entry, File, Refused

Progress = Callable[[str, int, int], None]
"""Called with (step, done, of)."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a run did. ``refused``: (file, why), each a file that could not be used; ``embedded`` and ``reused``: of the
    passages in the index, those embedded in this run and the others."""

    manifest: Mapping[str, Any]
    refused: tuple[tuple[str, str], ...]
    embedded: int
    reused: int
    changes: Changes


def build(
    folder: Path,
    index_dir: Path,
    embedder: Encoder,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda *_: None,
    anew: bool = False,
    server: str = "",
) -> Built:
    """The walk of an article: files -> pages -> articles -> passages -> vectors and words -> index.

    ``anew``: nothing of the index in use is kept but vectors that are whole, and ``server`` is taken from another index
    that has it. ``server``: where vectors are searched, as ``rag.index.snapshot.load`` has it. Raises CorpusError when nothing in
    ``folder`` can be used, IndexNotWritable when the index cannot be written, and as ``rag.index.placement.reach``; in all cases
    the index in use stays as it was.
    """
    reach(server, index := history.identity(index_dir), anew)
    check_index_outside(folder, index_dir)
    with writing(index_dir):
        before = None if anew else _usable(index_dir, embedder)
        changes = _changes(folder, index_dir, before, limits)
        draft = Draft(index_dir, embedder, before, progress)
        with FileReader(folder, limits) as reader:
            reader.check(look.path for look in changes.read)
            for number, look in enumerate(changes.read, 1):
                draft.put(*_cut(reader, look))
                progress("read", number, len(changes.read))
        draft.drop(changes.gone)
        stray = [(each.file, each.why) for each in changes.strays]
        about = {
            "folder": str(folder.resolve()),
            "index": history.identity(index_dir, index),
            "settings": {"reading": reader_version(limits)},
        }
        return _finish(draft, index_dir, about, stray, changes, progress, str(folder), server, anew)


def build_from(
    articles: Sequence[Article],
    index_dir: Path,
    embedder: Encoder,
    progress: Progress = lambda *_: None,
) -> Built:
    """The second half of the walk, for articles that come from elsewhere than a folder of pages: they take the place of
    all that is in the index."""
    with writing(index_dir):
        before = _usable(index_dir, embedder)
        draft = Draft(index_dir, embedder, before, progress)
        by_file: dict[str, list[Article]] = {}
        for article in articles:
            by_file.setdefault(article.file, []).append(article)
        for home, own in by_file.items():
            draft.put(File(home, "", "", "", len(own)), [Entry(a, home, place) for place, a in enumerate(own)])
        draft.drop([home for home in draft.homes if home not in by_file])
        about = {"folder": "", "index": history.identity(index_dir), "settings": {}}
        return _finish(draft, index_dir, about, [], Changes(), progress, "what was given")


def what_changed(folder: Path, index_dir: Path, embedder: Encoder, limits: Limits = DEFAULT_LIMITS) -> Changes:
    """What ``build`` would find to do; nothing is written. Raises CorpusError."""
    check_index_outside(folder, index_dir)
    return _changes(folder, index_dir, _usable(index_dir, embedder), limits)


def _changes(folder: Path, index_dir: Path, before: Index | None, limits: Limits) -> Changes:
    known = {file.home: file for part in before.parts for _, file in part.records()} if before else {}
    again = bool(before and before.manifest["settings"].get("reading") != reader_version(limits))
    return changes_in(folder, remembered(index_dir, known), again)


def _usable(index_dir: Path, embedder: Encoder) -> Index | None:
    """The index in use; None where there is none that could be gone on from."""
    try:
        return load(index_dir, embedder)
    except IndexIncompatible:
        if is_later(index_dir):
            raise
        return None
    except (IndexMissing, IndexDamaged):
        return None


def _cut(reader: FileReader, look: Look) -> tuple[File, list[Entry]]:
    """The articles of a file, and what to remember of it."""
    entries: list[Entry] = []
    refused: list[Refused] = []
    hashes: dict[str, str] = {}
    for page in reader.pages_of(look.path):
        if isinstance(page, Refused):
            refused.append(page)
            continue
        found = articles_of(page)
        if not found:
            refused.append(Refused(page.file, f"{page.file} holds no article text: add the body or remove it."))
        hashes[page.file] = page.sha256
        entries += [
            Entry(a, look.seen.home, len(entries) + i, jumps=bool(a.goes_on or a.comes_from))
            for i, a in enumerate(found)
        ]
    seen = look.seen
    sha256 = (
        "" if any(each.passing for each in refused) else reader.sha256 or seen.sha256
    )  # it may have changed since it was looked at
    pages = tuple((name, own) for name, own in hashes.items() if own != sha256)
    return replace(
        seen,
        sha256=sha256,
        stamp=seen.stamp if seen.sha256 == sha256 else "",
        articles=len(entries),
        pages=pages,
        refused=tuple((each.file, each.why) for each in refused),
    ), entries


def _finish(
    draft: Draft,
    index_dir: Path,
    about: Mapping[str, Any],
    stray: Iterable[tuple[str, str]],
    changes: Changes,
    progress: Progress,
    folder: str,
    server: str = "",
    anew: bool = False,
) -> Built:
    """Write what is new, look whether it is right, put it in use, clear up."""
    before = draft.before
    try:
        result = draft.finish()
        refused = tuple(sorted([*stray, *result.refused]))
        if not result.counts["articles"]:
            raise CorpusError(
                f"No article found in {folder}: {refused[0][1] if refused else 'the files hold no article text.'}"
            )
        if before and not result.changed and _same(before.manifest, about, refused):
            manifest = dict(before.manifest)
            claim(server, manifest["index"])
            place([part.segment for part in before.parts], before.manifest["model"]["fingerprint"], server)
            with suppress(OSError):  # so that its age tells when it was last looked at
                os.utime(index_dir / "CURRENT")
        else:
            manifest = {
                "format": FORMAT,
                "generation": generation.next_generation(index_dir),
                "previous": history.previous(index_dir),
                "model": result.model,
                **about,
                "counts": result.counts,
                "segments": result.segments,
                "refused": [{"file": file, "why": why} for file, why in refused],
            }
            _put_in_use(index_dir, manifest, result, progress, server, anew)
    except OSError as error:
        raise not_writable(index_dir, error) from error
    with suppress(OSError):  # what is new is in use: what there is no room for now waits for the next run
        manifest = merge(index_dir, manifest, progress, server) or manifest
    with suppress(OSError):
        clear(server, manifest["index"], history.sweep(index_dir))
        forget(index_dir)
        remember(index_dir, changes.stamps, draft.files)
    return Built(manifest, refused, result.embedded, result.counts["passages"] - result.embedded, changes)


def _put_in_use(
    index_dir: Path, manifest: dict[str, Any], result: Result, progress: Progress, server: str, anew: bool
) -> None:
    progress("write", 0, 1)
    generation.write(index_dir, manifest, result.gone)
    progress("check", 0, 1)
    if server:
        claim(server, manifest["index"], anew)
        place(
            [part.segment for part in open_generation(index_dir, manifest).parts],
            manifest["model"]["fingerprint"],
            server,
        )
    probe(index_dir, manifest, result.made, server)
    progress("switch", 0, 1)
    generation.publish(index_dir, manifest["generation"])


def _same(manifest: Mapping[str, Any], about: Mapping[str, Any], refused: Sequence[tuple[str, str]]) -> bool:
    return all(manifest.get(key) == value for key, value in about.items()) and [
        (row["file"], row["why"]) for row in manifest["refused"]
    ] == list(refused)
