"""Articles -> rows of one SQLite file. ``rag.index.article_store`` reads them.

Each article is stored with a hash of itself, which is compared when it is read: words altered on disk are never quoted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rag.index.reprints import text_key
from rag.schema import Article, Entry, File, Run
from rag.text.filters import facts_of

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
Seal = tuple[str, int, bytes]
"""File, place in it and hash of an article: equal for articles that are stored alike."""


def write(path: Path, entries: Iterable[Entry], parts: Iterable[Entry], files: Iterable[File]) -> None:
    """Write the file. Raise OSError."""
    try:
        with closing(sqlite3.connect(path)) as base, base:
            base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
            _write_articles(base, entries)
            base.executemany(
                "INSERT INTO parts VALUES (?, ?, ?, ?)", ((e.home, e.place, *_sealed(e.article)) for e in parts)
            )
            base.executemany(
                "INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
                ((f.home, f.sha256, f.beside, f.stamp, f.articles, json.dumps(f.pages), _said_of(f)) for f in files),
            )
            base.executescript(_INDEXES)
    except sqlite3.Error as error:
        raise OSError(errno.ENOSPC if "full" in str(error) else errno.EIO, str(error), str(path)) from error


def _said_of(file: File) -> str:
    """Return what could not be used of a file: pairs, and with notes an object of both."""
    return json.dumps({"refused": file.refused, "notes": file.notes} if file.notes else file.refused)


def seal_of(entry: Entry) -> Seal:
    """Return the seal that the entry has once it is stored."""
    return storable(entry.home), entry.place, _sealed(entry.article)[0]


def article_of(digest: bytes, body: bytes) -> Article:
    """Return the article that is stored with its ``digest``. Raise ValueError when the two do not fit, or other errors
    of a body that this module did not write."""
    if _hash(body) != digest:
        raise ValueError(digest)
    row: Mapping[str, Any] = json.loads(body.decode("utf-8", "surrogatepass"))
    lists = {"byline": tuple(row["byline"]), "copies": (), "runs": tuple(Run(*run) for run in row["runs"])}
    return Article(**{**row, **lists})


def storable(text: str) -> str:
    """Return the text with half characters escaped: an export may hold them, and UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


def _write_articles(base: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    printed = set()  # the first of several articles with one text stands for the text
    for row, entry in enumerate(entries):
        facts = facts_of(entry.article)
        text = text_key(entry.article.text) if entry.bands else None
        values = (
            row,
            storable(entry.article.article_id),
            entry.home,
            entry.place,
            entry.jumps,
            text,
            np.array(entry.bands, np.int64).tobytes(),
            facts.since,
            facts.until,
            storable(facts.source),
            facts.kind,
            storable(facts.page),
            *_sealed(entry.article),
        )
        base.execute(f"INSERT INTO articles VALUES ({', '.join('?' * len(values))})", values)
        if text is not None and text not in printed:
            printed.add(text)
            base.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, row) for band in entry.bands])
        base.executemany("INSERT INTO twins VALUES (?, ?)", [(row, twin) for twin in entry.twins])
        base.executemany("INSERT INTO bylines VALUES (?, ?)", [(storable(name), row) for name in facts.byline])


def _sealed(article: Article) -> tuple[bytes, bytes]:
    """Return the hash and the body of an article."""
    row = asdict(article)
    row["runs"] = [(run.start, run.source_start, run.length, run.file) for run in article.runs]
    del row["copies"]  # they depend on other articles
    body = json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return _hash(body), body


def _hash(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:16]
