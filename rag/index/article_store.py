"""The articles of a segment, read from the SQLite file that ``rag.index.article_tables`` wrote."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from rag.errors import IndexDamaged
from rag.index.article_tables import FILE, Seal, article_of, storable
from rag.schema import Article, Entry, File, Filter
from rag.text.filters import folded, number_of
from rag.vectors.store import Rows

_PATH_ORDER = "replace(home, '/', char(1)), place"  # as paths are sorted: folder by folder


class ArticleStore:
    """The file, opened. Threads may share it. Every method raises IndexDamaged when the file is not what was
    written."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        try:
            self._base = sqlite3.connect(
                f"file:{quote(str(self._path.resolve()))}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._damaged() from error
        self.size = int(self._query("SELECT count(*) FROM articles")[0][0])
        """The number of articles."""
        self.files = int(self._query("SELECT count(*) FROM files")[0][0])
        """The number of files."""

    def article(self, row: int) -> Article:
        """Return an article by its row, without its copies."""
        return self._article(*self._one("SELECT digest, body FROM articles WHERE row = ?", row))

    def row_of(self, article_id: str) -> int:
        """Return the row of an article, or -1."""
        found = self._query("SELECT row FROM articles WHERE id = ?", storable(article_id))
        return int(found[0][0]) if found else -1

    def listing(self) -> list[tuple[str, int, str, int]]:
        """Return (file, place, id, row) of each article, in the order of files. The names of files are as
        ``Entry.order`` has them."""
        return self._query(f"SELECT replace(home, '/', char(1)), place, id, row FROM articles ORDER BY {_PATH_ORDER}")

    def articles_on(self, page: str) -> list[tuple[int, str, str]]:
        """Return (row, id, file) of the articles on a page."""
        return self._query(
            "SELECT row, id, home FROM articles WHERE id > ? AND id < ?", storable(page) + "#", storable(page) + "$"
        )

    def text_of(self, row: int) -> int | None:
        """Return the key of the article's text, None for a text that is too short to have bands."""
        key: int | None = self._one("SELECT text FROM articles WHERE row = ?", row)[0]
        return key

    def articles_with(self, text: int) -> list[tuple[int, str]]:
        """Return (row, id) of the articles that have this text."""
        return self._query("SELECT row, id FROM articles WHERE text = ?", text)

    def twins_of(self, text: int) -> list[tuple[int, int]]:
        """Return (row, key of another text) for each article that records this text and another one as twins."""
        return self._query(
            "SELECT row, twins.text FROM articles JOIN twins USING (row) WHERE articles.text = ? UNION ALL "
            "SELECT row, articles.text FROM twins JOIN articles USING (row) WHERE twins.text = ?",
            text,
            text,
        )

    def texts_in(self, bands: Sequence[int], most: int) -> list[list[tuple[int, int]]]:
        """Return for each band at most ``most`` of the texts that have it, the last first: (key, row of the first
        article that prints it)."""
        query = " UNION ALL ".join(
            f"SELECT {n}, text, row FROM (SELECT row FROM bands WHERE band = ? ORDER BY row DESC LIMIT ?) CROSS JOIN articles USING (row)"
            for n in range(len(bands))
        )
        found: list[list[tuple[int, int]]] = [[] for _ in bands]
        for n, text, row in self._query(query, *(value for band in bands for value in (band, most))):
            found[n].append((text, row))
        return found

    def seals_of_file(self, home: str) -> dict[str, tuple[int, Seal]]:
        """Return id -> (row, seal) of the articles of a file, without those that name another page."""
        return self._seals("home = ? AND NOT jumps", storable(home))

    def seals_of_jumps(self) -> dict[str, tuple[int, Seal]]:
        """Return id -> (row, seal) of the articles of all files that name another page."""
        return self._seals("jumps")

    def unjoined_parts(self) -> list[Entry]:
        """Return the articles that name another page as they were cut, before they were joined."""
        return [
            Entry(self._article(digest, body), home, place, jumps=True)
            for home, place, digest, body in self._query("SELECT home, place, digest, body FROM parts")
        ]

    def entries(self, rows: Rows) -> Iterator[Entry]:
        """Yield what is stored of some articles."""
        for row in rows.tolist():
            home, place, jumps, bands, digest, body = self._one(
                "SELECT home, place, jumps, bands, digest, body FROM articles WHERE row = ?", row
            )
            twins = self._query("SELECT text FROM twins WHERE row = ? ORDER BY text", row)
            yield Entry(
                self._article(digest, body),
                home,
                place,
                bool(jumps),
                tuple(text for (text,) in twins),
                tuple(np.frombuffer(bands, np.int64).tolist()),
            )

    def records(self, home: str = "") -> list[tuple[int, File]]:
        """Return (row, record) of each file, or of the file named ``home``."""
        rows = self._query(
            "SELECT row, home, sha256, beside, stamp, articles, pages, refused FROM files WHERE ? IN ('', home)",
            storable(home),
        )
        try:
            return [
                (row - 1, File(home, sha256, beside, stamp, articles, _pairs(json.loads(pages)), *_said_of(refused)))
                for row, home, sha256, beside, stamp, articles, pages, refused in rows
            ]
        except (ValueError, TypeError, KeyError) as error:
            raise self._damaged() from error

    def rows_passing(self, only: Filter) -> Rows:
        """Return the rows of the articles that pass, as ``rag.text.filters.passes`` decides."""
        terms: list[tuple[str, Any]] = []
        if only.since:
            terms.append(("until >= ?", number_of(only.since)))
        if only.until:
            terms.append(("since <= ?", number_of(only.until)))
        if only.source:
            terms.append(("instr(source, ?)", storable(folded(only.source))))
        if only.byline:
            terms.append(("row IN (SELECT row FROM bylines WHERE name = ?)", storable(folded(only.byline))))
        if only.kind:
            terms.append(("kind = ?", only.kind))
        if only.page:
            terms.append(("page = ?", storable(only.page)))
        where = " WHERE " + " AND ".join(term for term, _ in terms) if terms else ""
        return self._rows("SELECT row FROM articles" + where, *(value for _, value in terms))

    def undated_rows(self) -> Rows:
        """Return the rows of the articles without a known date."""
        return self._rows("SELECT row FROM articles WHERE until = 0")

    def _seals(self, where: str, *values: Any) -> dict[str, tuple[int, Seal]]:
        found = self._query(f"SELECT id, row, home, place, digest FROM articles WHERE {where}", *values)
        return {article_id: (row, (home, place, digest)) for article_id, row, home, place, digest in found}

    def _rows(self, query: str, *values: Any) -> Rows:
        return np.array([row for (row,) in self._query(query, *values)], np.int64)

    def _one(self, query: str, row: int) -> Sequence[Any]:
        found = self._query(query, row)
        if not found:
            raise self._damaged()
        first: Sequence[Any] = found[0]
        return first

    def _query(self, query: str, *values: Any) -> list[Any]:
        try:
            with self._lock:
                return self._base.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeError) as error:
            raise self._damaged() from error

    def _article(self, digest: bytes, body: bytes) -> Article:
        try:
            return article_of(digest, body)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self._damaged() from error

    def _damaged(self) -> IndexDamaged:
        return IndexDamaged(
            f"The articles in {self._path.parent} cannot be read: run `rag index --anew` to build the index anew."
        )


def _said_of(text: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """What is refused of a file, and the notes on it."""
    said = json.loads(text)
    return (_pairs(said["refused"]), _pairs(said["notes"])) if isinstance(said, dict) else (_pairs(said), ())


def _pairs(rows: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in rows)
