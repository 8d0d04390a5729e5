"""What the catalogue counts by: the days, newspapers and writers of all articles, read once from each segment's columns.

The first question about the catalogue reads the columns; later ones count in memory. No text is read for a count.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.index.article_tables import FILE

Days = NDArray[np.int32]
_AT_ONCE = 50_000  # rows: 10 MB while they are read


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a segment, one value an article. ``since`` and ``until``: days as numbers (20250728); an article
    without a date has 99999999 and 0. ``source`` and ``kind``: places in ``sources`` and ``kinds``."""

    since: Days
    until: Days
    source: NDArray[np.int16]
    kind: NDArray[np.int16]
    sources: tuple[str, ...]
    kinds: tuple[str, ...]


@lru_cache(maxsize=64)  # segments never change
def columns_of(segment: Path) -> Columns:
    """Return the columns of the segment in a folder. Raise IndexDamaged."""
    sources: dict[str, int] = {}
    kinds: dict[str, int] = {}
    blocks = []
    for block in _blocks(segment, "SELECT row, since, until, source, kind FROM articles"):
        blocks.append(
            np.array(
                [
                    (row, since, until, sources.setdefault(source, len(sources)), kinds.setdefault(kind, len(kinds)))
                    for row, since, until, source, kind in block
                ],
                np.int32,
            )
        )
    table = np.concatenate([np.zeros((0, 5), np.int32), *blocks])
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Columns(
        table[:, 1].copy(),
        table[:, 2].copy(),
        table[:, 3].astype(np.int16),
        table[:, 4].astype(np.int16),
        tuple(sources),
        tuple(kinds),
    )


@dataclass(frozen=True, slots=True)
class Writers:
    """The bylines of a segment: ``name`` (n,) is a place in ``names``, ``row`` (n,) the article."""

    names: tuple[str, ...]
    name: NDArray[np.int32]
    row: NDArray[np.int32]


@lru_cache(maxsize=64)
def writers_of(segment: Path) -> Writers:
    """Return the bylines of the segment in a folder. Raise IndexDamaged."""
    names: dict[str, int] = {}
    blocks = [
        np.array([(names.setdefault(name, len(names)), row) for name, row in block], np.int32)
        for block in _blocks(segment, "SELECT name, row FROM bylines")
    ]
    table = np.concatenate([np.zeros((0, 2), np.int32), *blocks])
    return Writers(tuple(names), table[:, 0].copy(), table[:, 1].copy())


def _blocks(segment: Path, query: str) -> Iterator[list[Any]]:
    """Yield the rows of a query in blocks."""
    path = segment / FILE
    try:
        address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as base:
            found = base.execute(query)
            while block := found.fetchmany(_AT_ONCE):
                yield block
    except sqlite3.Error as error:
        raise IndexDamaged(
            f"The articles in {segment} cannot be read: run `rag index --anew` to build the index anew."
        ) from error
