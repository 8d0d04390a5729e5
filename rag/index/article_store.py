"""The articles of a segment in one SQLite file, written once and only read from then on.

Each article carries a hash of itself and is checked when it is read, so that words altered on disk are never quoted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.index.reprints import key_of
from rag.schema import Article, Entry, File, Filter, Run
from rag.text.filters import Facts, facts_of, folded, number_of

FILE = "articles.sqlite"
_TABLES = """
CREATE TABLE articles (row INTEGER PRIMARY KEY, id TEXT, home TEXT, place INTEGER, jumps INTEGER, text INTEGER,
    bands BLOB, since INTEGER, until INTEGER, source TEXT, kind TEXT, page TEXT, digest BLOB, body BLOB);
CREATE TABLE bylines (name TEXT, row INTEGER, PRIMARY KEY (name, row)) WITHOUT ROWID;
CREATE TABLE bands (band INTEGER, row INTEGER, PRIMARY KEY (band, row)) WITHOUT ROWID;
CREATE TABLE twins (row INTEGER, text INTEGER, PRIMARY KEY (row, text)) WITHOUT ROWID;
CREATE TABLE parts (home TEXT, place INTEGER, digest BLOB, body BLOB);
CREATE TABLE files (row INTEGER PRIMARY KEY, home TEXT, sha256 TEXT, beside TEXT, stamp TEXT, articles INTEGER, pages TEXT,
    refused TEXT);
"""
_INDEXES = """
CREATE UNIQUE INDEX by_id ON articles (id);
CREATE INDEX by_home ON articles (home, place);
CREATE INDEX by_text ON articles (text);
CREATE INDEX by_twin ON twins (text);
CREATE INDEX by_jump ON articles (row) WHERE jumps;
"""
_ORDER = "replace(home, '/', char(1)), place"  # as paths are sorted: folder by folder
Numbers = NDArray[np.int64]
Seal = tuple[str, int, bytes]
"""Home, place and a hash: equal for articles that are stored alike."""


def write(path: Path, entries: Iterable[Entry], parts: Iterable[Entry], files: Iterable[File]) -> None:
    """Raises OSError."""
    try:
        with closing(sqlite3.connect(path)) as base, base:
            base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
            printed = set()  # a text that several articles print is found by the first of them
            for row, entry in enumerate(entries):
                facts = facts_of(entry.article)
                base.execute(f"INSERT INTO articles VALUES ({', '.join('?' * 14)})", _row(row, entry, facts))
                if entry.bands and (text := key_of(entry.article.text)) not in printed:
                    printed.add(text)
                    base.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, row) for band in entry.bands])
                base.executemany("INSERT INTO twins VALUES (?, ?)", [(row, text) for text in entry.twins])
                base.executemany("INSERT INTO bylines VALUES (?, ?)", [(_plain(name), row) for name in facts.byline])
            base.executemany(
                "INSERT INTO parts VALUES (?, ?, ?, ?)", ((e.home, e.place, *_sealed(e.article)) for e in parts)
            )
            base.executemany(
                "INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (f.home, f.sha256, f.beside, f.stamp, f.articles, json.dumps(f.pages), json.dumps(f.refused))
                    for f in files
                ),
            )
            base.executescript(_INDEXES)
    except sqlite3.Error as error:
        raise OSError(errno.ENOSPC if "full" in str(error) else errno.EIO, str(error), str(path)) from error


class Store:
    """The file, opened. Every method raises IndexDamaged when it is not what ``write`` wrote. Safe to share between
    threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        try:
            self._base = sqlite3.connect(
                f"file:{quote(str(self._path.resolve()))}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._damaged() from error
        self.size = int(self._ask("SELECT count(*) FROM articles")[0][0])
        """How many articles."""
        self.files = int(self._ask("SELECT count(*) FROM files")[0][0])

    def article(self, row: int) -> Article:
        return self._opened(*self._one("SELECT digest, body FROM articles WHERE row = ?", row))

    def row(self, article_id: str) -> int:
        """Its row, or -1."""
        found = self._ask("SELECT row FROM articles WHERE id = ?", _plain(article_id))
        return int(found[0][0]) if found else -1

    def ids(self) -> list[tuple[str, int, str, int]]:
        """(home, place, id, row) of each article, in the order of files: homes as ``Entry.order`` has them."""
        return self._ask(f"SELECT replace(home, '/', char(1)), place, id, row FROM articles ORDER BY {_ORDER}")

    def home_of(self, page: str) -> list[tuple[int, str, str]]:
        """(row, id, home) of the articles on a page."""
        return self._ask(
            "SELECT row, id, home FROM articles WHERE id > ? AND id < ?", _plain(page) + "#", _plain(page) + "$"
        )

    def text(self, row: int) -> list[int]:
        """The key of its text; none where it has no bands."""
        return [key for key in self._one("SELECT text FROM articles WHERE row = ?", row) if key is not None]

    def printing(self, text: int) -> list[tuple[int, str]]:
        """(row, id) of the articles that have this text."""
        return self._ask("SELECT row, id FROM articles WHERE text = ?", text)

    def twins(self, text: int) -> list[tuple[int, int]]:
        """(row, key of another text) of the articles that tell of two twins of which this text is one."""
        return self._ask(
            "SELECT row, twins.text FROM articles JOIN twins USING (row) WHERE articles.text = ? UNION ALL "
            "SELECT row, articles.text FROM twins JOIN articles USING (row) WHERE twins.text = ?",
            text,
            text,
        )

    def near(self, bands: Sequence[int], most: int) -> list[list[tuple[int, int]]]:
        """For each band the texts that have it, at most so many: (key, row of the first article that prints it), the last first."""
        query = " UNION ALL ".join(
            f"SELECT {n}, text, row FROM (SELECT row FROM bands WHERE band = ? ORDER BY row DESC LIMIT ?) CROSS JOIN articles USING (row)"
            for n in range(len(bands))
        )
        found: list[list[tuple[int, int]]] = [[] for _ in bands]
        for n, text, row in self._ask(query, *(value for band in bands for value in (band, most))):
            found[n].append((text, row))
        return found

    def at_home(self, home: str) -> dict[str, tuple[int, Seal]]:
        """The articles of a file: id -> (row, seal). Those that jump are not among them."""
        return {
            i: (row, tuple(seal))
            for i, row, *seal in self._ask(
                "SELECT id, row, home, place, digest FROM articles WHERE home = ? AND NOT jumps", _plain(home)
            )
        }

    def jumping(self) -> dict[str, tuple[int, Seal]]:
        """As ``at_home``, of the articles that jump, whatever file they are of."""
        return {
            i: (row, tuple(seal))
            for i, row, *seal in self._ask("SELECT id, row, home, place, digest FROM articles WHERE jumps")
        }

    def parts(self) -> list[Entry]:
        """The articles that jump, as they were cut, before they were put together."""
        return [
            Entry(self._opened(digest, body), home, place, jumps=True)
            for home, place, digest, body in self._ask("SELECT home, place, digest, body FROM parts")
        ]

    def entries(self, rows: Numbers) -> Iterator[Entry]:
        for row in rows.tolist():
            home, place, jumps, bands, digest, body = self._one(
                "SELECT home, place, jumps, bands, digest, body FROM articles WHERE row = ?", row
            )
            twins = self._ask("SELECT text FROM twins WHERE row = ? ORDER BY text", row)
            yield Entry(
                self._opened(digest, body),
                home,
                place,
                bool(jumps),
                tuple(text for (text,) in twins),
                tuple(np.frombuffer(bands, np.int64).tolist()),
            )

    def records(self, home: str = "") -> list[tuple[int, File]]:
        """(row, file) of each file, or of the one of this name."""
        rows = self._ask(
            "SELECT row, home, sha256, beside, stamp, articles, pages, refused FROM files WHERE ? IN ('', home)",
            _plain(home),
        )
        try:
            return [
                (row - 1, File(home, sha256, beside, stamp, articles, _pairs(pages), _pairs(refused)))
                for row, home, sha256, beside, stamp, articles, pages, refused in rows
            ]
        except (ValueError, TypeError) as error:
            raise self._damaged() from error

    def passing(self, only: Filter) -> Numbers:
        """The rows of the articles that pass, as ``rag.text.filters.passes`` has it."""
        asked: list[tuple[str, Any]] = []
        if only.since:
            asked.append(("until >= ?", number_of(only.since)))
        if only.until:
            asked.append(("since <= ?", number_of(only.until)))
        if only.source:
            asked.append(("instr(source, ?)", _plain(folded(only.source))))
        if only.byline:
            asked.append(("row IN (SELECT row FROM bylines WHERE name = ?)", _plain(folded(only.byline))))
        if only.kind:
            asked.append(("kind = ?", only.kind))
        if only.page:
            asked.append(("page = ?", _plain(only.page)))
        return self._rows("SELECT row FROM articles" + _where(asked), *(value for _, value in asked))

    def undated(self) -> Numbers:
        """The rows of the articles whose date nobody knows."""
        return self._rows("SELECT row FROM articles WHERE until = 0")

    def _rows(self, query: str, *values: Any) -> Numbers:
        return np.array([row for (row,) in self._ask(query, *values)], np.int64)

    def _one(self, query: str, row: int) -> Sequence[Any]:
        found = self._ask(query, row)
        if not found:
            raise self._damaged()
        first: Sequence[Any] = found[0]
        return first

    def _ask(self, query: str, *values: Any) -> list[Any]:
        try:
            with self._lock:
                return self._base.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeError) as error:
            raise self._damaged() from error

    def _opened(self, digest: bytes, body: bytes) -> Article:
        try:
            if _hash(body) != digest:
                raise ValueError(digest)
            row: Mapping[str, Any] = json.loads(body.decode("utf-8", "surrogatepass"))
            lists = {"byline": tuple(row["byline"]), "copies": (), "runs": tuple(Run(*run) for run in row["runs"])}
            return Article(**{**row, **lists})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self._damaged() from error

    def _damaged(self) -> IndexDamaged:
        return IndexDamaged(
            f"The articles in {self._path.parent} cannot be read: run `rag index --anew` to build the index anew."
        )


def seal_of(entry: Entry) -> Seal:
    return _plain(entry.home), entry.place, _sealed(entry.article)[0]


def _sealed(article: Article) -> tuple[bytes, bytes]:
    row = asdict(article)
    row["runs"] = [(run.start, run.source_start, run.length, run.file) for run in article.runs]
    del row["copies"]  # other articles decide that
    body = json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return _hash(body), body


def _row(row: int, entry: Entry, facts: Facts) -> tuple[Any, ...]:
    return (
        row,
        _plain(entry.article.article_id),
        entry.home,
        entry.place,
        entry.jumps,
        key_of(entry.article.text) if entry.bands else None,
        np.array(entry.bands, np.int64).tobytes(),
        facts.since,
        facts.until,
        _plain(facts.source),
        facts.kind,
        _plain(facts.page),
        *_sealed(entry.article),
    )


def _hash(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:16]


def _plain(text: str) -> str:
    """Half a character, which a row of an export may hold, cannot be written as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in json.loads(text))


def _where(asked: Sequence[tuple[str, Any]]) -> str:
    return " WHERE " + " AND ".join(term for term, _ in asked) if asked else ""
