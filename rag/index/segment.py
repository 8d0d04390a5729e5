"""A segment of the index: some articles, their passages, vectors and words, written once and never changed.

segment.json       what it holds, by which model, and a hash of every other file; its own hash names the folder
articles.sqlite    rag.index.article_store
first.npy          (articles + 1,) the first passage of each article
spans.npy          (passages, 3) where in its article a passage begins and ends, how much of the headline goes with it
keys.npy, rows.npy (passages,) a hash of what was embedded, ascending, and the passages that they are of
vectors.npy ...    rag.vectors.flat
words/             rag.words.postings
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.files import mapped, not_readable, sha256_of, sync
from rag.index import article_store
from rag.index.article_store import Store
from rag.schema import Article, Entry, File, Passage
from rag.vectors.flat import Mask, Matrix, Rows, Vectors
from rag.words.postings import Postings

NOTE = "segment.json"
SEGMENTS = "segments"
UNFINISHED = ".unfinished"
Keys = NDArray[np.uint64]
Spans = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be written. ``first`` (articles + 1,), ``spans`` (n, 3), ``keys`` (n,) and ``vectors``, blocks of (n, d), in
    the order of passages. What can only be iterated is taken once."""

    entries: Iterable[Entry]
    parts: Iterable[Entry]
    files: Iterable[File]
    first: Rows
    spans: Spans
    keys: Keys
    vectors: Iterable[Matrix]
    dimension: int
    postings: Postings


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment, opened. Articles and passages are numbered from 0."""

    folder: Path
    store: Store
    first: Rows
    spans: Spans
    keys: Keys
    """Ascending; ``rows`` says which passages they are of."""
    rows: NDArray[np.int32]
    vectors: Vectors
    postings: Postings

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def size(self) -> int:
        """How many passages."""
        return len(self.spans)

    def owner(self, row: int) -> int:
        """The article that a passage is of."""
        return int(np.searchsorted(self.first, row, "right")) - 1

    def passage(self, row: int, article: Article) -> Passage:
        start, end, heading = self.spans[row].tolist()
        return passage(article, start, end, article.title[:heading])

    def passages_of(self, articles: Mask) -> Mask:
        """(articles,) -> (passages,)"""
        return np.repeat(articles, np.diff(self.first))

    @classmethod
    def open(cls, folder: Path) -> Segment:
        """Raises IndexDamaged when files are missing or of another size than they were. What stands in them is checked by
        ``damage``, and words when they are read."""
        note = note_of(folder)
        try:
            if sha256_of(folder / NOTE)[:16] != folder.name:
                raise ValueError(NOTE)
            for name, (size, _) in note["files"].items():
                if (folder / name).stat().st_size != size:
                    raise ValueError(name)
            first, spans, keys, rows = (mapped(folder / f"{name}.npy") for name in ("first", "spans", "keys", "rows"))
            articles = Store(folder)
            if len(first) != articles.size + 1 or first[-1] != len(spans) or not len(spans) == len(keys) == len(rows):
                raise ValueError("counts")
            if first[0] != 0 or (first[1:] < first[:-1]).any() or spans.shape[1:] != (3,):
                raise ValueError("order")
            if [array.dtype for array in (first, spans, keys, rows)] != [np.int64, np.int32, np.uint64, np.int32]:
                raise ValueError("kinds")
            size, dimension = len(spans), int(note["dimension"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
            raise _damaged(folder) from error
        return cls(
            folder,
            articles,
            first,
            spans,
            keys,
            rows,
            Vectors.open(folder, size, dimension),
            Postings.open(folder / "words", size),
        )


def write(segments: Path, model: str, content: Content) -> str:
    """The new segment's name. It is on the disk when this returns. Raises OSError; what it wrote till then is taken away,
    for a disk that is full has no room for it."""
    folder = segments / UNFINISHED
    shutil.rmtree(folder, ignore_errors=True)
    try:
        (folder / "words").mkdir(parents=True)
        _fill(folder, model, content)
        name = sha256_of(folder / NOTE)[:16]
        if (segments / name).exists() and not damage(segments / name):  # from a build that was cut short
            shutil.rmtree(folder)
            return name
        shutil.rmtree(segments / name, ignore_errors=True)
        os.rename(folder, segments / name)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync(segments)
    return name


def _fill(folder: Path, model: str, content: Content) -> None:
    article_store.write(folder / article_store.FILE, content.entries, content.parts, content.files)
    order = np.argsort(content.keys, kind="stable")
    for name, array in (
        ("first", content.first.astype(np.int64)),
        ("spans", content.spans.astype(np.int32)),
        ("keys", content.keys[order]),
        ("rows", order.astype(np.int32)),
    ):
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    Vectors.write(content.vectors, (len(content.keys), content.dimension), folder)
    content.postings.save(folder / "words")
    files = {
        path.relative_to(folder).as_posix(): [path.stat().st_size, sha256_of(path)]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    note = {
        "model": model,
        "dimension": content.dimension,
        "articles": len(content.first) - 1,
        "passages": len(content.keys),
        "files": files,
    }
    (folder / NOTE).write_text(json.dumps(note, indent=1), encoding="utf-8")
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


def note_of(folder: Path) -> dict[str, Any]:
    try:
        note: dict[str, Any] = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        if not isinstance(note["files"], dict) or not isinstance(note["model"], str):
            raise TypeError("files")
    except PermissionError as error:
        raise not_readable(folder / NOTE) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(folder) from error
    return note


def damage(folder: Path, among: Collection[str] = ()) -> list[str]:
    """The files whose bytes are not what they were; of those ``among`` them where any are named."""
    try:
        note = note_of(folder)
    except IndexDamaged:
        return [f"{folder.name}/{NOTE}"]
    if sha256_of(folder / NOTE)[:16] != folder.name:
        return [f"{folder.name}/{NOTE}"]
    return [
        f"{folder.name}/{name}"
        for name, (_, digest) in note["files"].items()
        if not among or name in among
        if not (folder / name).is_file() or sha256_of(folder / name) != digest
    ]


def passage(article: Article, start: int, end: int, heading: str) -> Passage:
    return Passage(
        f"{article.article_id}:{start}-{end}", article.article_id, article.text[start:end], start, end, heading
    )


def key_of(text: str) -> int:
    """Of what is embedded: two texts have the same by chance once in 2^64."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little")


def keys_of(texts: Iterable[str]) -> Keys:
    return np.fromiter(map(key_of, texts), np.uint64)


def _damaged(folder: Path) -> IndexDamaged:
    return IndexDamaged(
        f"The segment {folder} of the index is damaged: run `rag index --anew` to build the index anew."
    )
