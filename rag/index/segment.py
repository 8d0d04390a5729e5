"""A segment of the index: some articles, their passages, vectors and words. It is written once and never changed.

segment.json       rag.index.segment_note
articles.sqlite    rag.index.article_store
first.npy          (articles + 1,) the first passage of each article
spans.npy          (passages, 3) where in its article a passage begins and ends, and how much of its heading goes with it
keys.npy, rows.npy (passages,) the hashes of the embedded texts, ascending, and the passages that they belong to
vectors.npy ...    rag.vectors.flat
words/             rag.words.postings
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.files import mapped, sha256_of, sync
from rag.index import article_tables
from rag.index.article_store import ArticleStore
from rag.index.segment_note import NOTE, SegmentNote, content_name, damaged_error, damaged_files, read_note, write_note
from rag.schema import Article, Entry, File, Passage
from rag.text.rows import heading_of
from rag.vectors.flat import Vectors
from rag.vectors.store import Mask, Matrix, Rows
from rag.words.postings import Postings

SEGMENTS = "segments"
UNFINISHED = ".unfinished"
Keys = NDArray[np.uint64]
Spans = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class SegmentContent:
    """The content of a new segment, in the order of passages. Iterables are read once.

    ``entries``: its articles. ``parts``: the parts of articles that name another page, before they are joined.
    ``files``: the files that it is the first to hold. ``first_passages`` (articles + 1,), ``spans`` (n, 3), ``keys`` (n,),
    ``vectors``: blocks of (n, d).
    """

    entries: Iterable[Entry]
    parts: Iterable[Entry]
    files: Iterable[File]
    first_passages: Rows
    spans: Spans
    keys: Keys
    vectors: Iterable[Matrix]
    dimension: int
    postings: Postings


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment, opened. Articles and passages are numbered from 0."""

    folder: Path
    store: ArticleStore
    first_passages: Rows
    spans: Spans
    keys: Keys
    """Ascending; ``rows`` holds the passage of each key."""
    rows: NDArray[np.int32]
    vectors: Vectors
    postings: Postings

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def size(self) -> int:
        """The number of passages."""
        return len(self.spans)

    def article_of(self, passage: int) -> int:
        """Return the row of the passage's article."""
        return int(np.searchsorted(self.first_passages, passage, "right")) - 1

    def passage(self, row: int, article: Article) -> Passage:
        """Return a passage by its row, given its article."""
        start, end, heading = self.spans[row].tolist()
        return Passage(
            f"{article.article_id}:{start}-{end}",
            article.article_id,
            article.text[start:end],
            start,
            end,
            heading_of(article.title, article.text, start)[:heading],
        )

    def passages_of(self, articles: Mask) -> Mask:
        """Return which passages belong to some articles: (articles,) -> (passages,)."""
        return np.repeat(articles, np.diff(self.first_passages))

    @classmethod
    def open(cls, folder: Path) -> Segment:
        """Open what ``write`` wrote. Raise IndexDamaged when files are missing or have another size.

        The bytes of the files are checked by ``damaged_files``, and the bytes of an article whenever it is read."""
        note = read_note(folder)
        try:
            if content_name(folder) != folder.name:
                raise ValueError(NOTE)
            for name, (size, _) in note.files.items():
                if (folder / name).stat().st_size != size:
                    raise ValueError(name)
            first, spans, keys, rows = (mapped(folder / f"{name}.npy") for name in ("first", "spans", "keys", "rows"))
            articles = ArticleStore(folder)
            if len(first) != articles.size + 1 or first[-1] != len(spans) or not len(spans) == len(keys) == len(rows):
                raise ValueError("counts")
            if first[0] != 0 or (first[1:] < first[:-1]).any() or spans.shape[1:] != (3,):
                raise ValueError("order")
            if [array.dtype for array in (first, spans, keys, rows)] != [np.int64, np.int32, np.uint64, np.int32]:
                raise ValueError("types")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
            raise damaged_error(folder) from error
        return cls(
            folder,
            articles,
            first,
            spans,
            keys,
            rows,
            Vectors.open(folder, len(spans), note.dimension),
            Postings.open(folder / "words", len(spans)),
        )


def write(segments: Path, model: str, content: SegmentContent) -> str:
    """Write a segment, wait until it is on the disk, and return its name. ``model``: the fingerprint of the embedder.

    Raise OSError; the unfinished segment is deleted first, because a full disk has no room for it."""
    folder = segments / UNFINISHED
    shutil.rmtree(folder, ignore_errors=True)
    try:
        (folder / "words").mkdir(parents=True)
        _fill(folder, model, content)
        name = content_name(folder)
        if (segments / name).exists() and not damaged_files(segments / name):  # from a build that was cut short
            shutil.rmtree(folder)
            return name
        shutil.rmtree(segments / name, ignore_errors=True)
        os.rename(folder, segments / name)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync(segments)
    return name


def keys_of(texts: Iterable[str]) -> Keys:
    """Return the 64-bit hash of each embedded text. Two texts collide with probability 2^-64."""
    return np.fromiter(map(_key, texts), np.uint64)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little")


def _fill(folder: Path, model: str, content: SegmentContent) -> None:
    article_tables.write(folder / article_tables.FILE, content.entries, content.parts, content.files)
    order = np.argsort(content.keys, kind="stable")
    for name, array in (
        ("first", content.first_passages.astype(np.int64)),
        ("spans", content.spans.astype(np.int32)),
        ("keys", content.keys[order]),
        ("rows", order.astype(np.int32)),
    ):
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    Vectors.write(content.vectors, (len(content.keys), content.dimension), folder)
    content.postings.save(folder / "words")
    files = {
        path.relative_to(folder).as_posix(): (path.stat().st_size, sha256_of(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    write_note(
        folder,
        SegmentNote(
            model=model,
            dimension=content.dimension,
            articles=len(content.first_passages) - 1,
            passages=len(content.keys),
            files=files,
        ),
    )
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)
