"""The checks before a generation is put in use: its bytes, its counts, and whether a search finds its passages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.errors import IndexDamaged
from rag.index.manifest import Manifest
from rag.index.segment import SEGMENTS
from rag.index.segment_note import damaged_files
from rag.index.snapshot import Index, open_generation
from rag.text.terms import tokens
from rag.vectors.store import Rows, RowSelection

_QUERIES = 8
_BEST = 5
_EXACT = 20_000  # passages compared with brute force


def check_generation(index_dir: Path, manifest: Manifest, new: Sequence[str], server: str = "") -> None:
    """Raise IndexDamaged when the generation is not what it should be. ``new``: the names of its new segments."""
    damaged = [file for name in new for file in damaged_files(index_dir / SEGMENTS / name)]
    if damaged:
        raise _failed(index_dir, f"{damaged[0]} is not what was written")
    index = open_generation(index_dir, manifest, server=server)  # compares the counts of passages
    if len(index.articles) != manifest.counts.articles:
        raise _failed(index_dir, "articles are missing")
    names = [live.segment.name for live in index.live_segments]
    for name in new:
        number = names.index(name)
        rows = index.live[slice(*np.searchsorted(index.live, index.starts[number : number + 2]))]
        _check_search(index_dir, index, rows[:: max(1, len(rows) // _EXACT)])


def _check_search(index_dir: Path, index: Index, rows: Rows) -> None:
    """Ask some of the passages as questions: a search must find them by their words, and by their vectors as brute
    force does."""
    if not len(rows):
        return
    mask = np.zeros(index.starts[-1], bool)
    mask[rows] = True
    asked = rows[:: max(1, len(rows) // _QUERIES)][:_QUERIES]
    queries = index.vectors.rows(asked)
    exact = -np.sort(-(queries @ index.vectors.rows(rows).T), axis=1)[:, :_BEST]
    found, _ = index.vectors.search(queries, _BEST, RowSelection(mask))
    if (
        not np.allclose(found[:, 0], exact[:, 0], atol=1e-3)
        or np.mean(found[:, : exact.shape[1]] >= exact[:, -1:] - 1e-3) < 0.9
    ):
        raise _failed(index_dir, "its vectors are not found as they should be")
    for row in asked.tolist():
        passage, article = index.hit(row)
        words = tokens(passage.context)
        if article.text[passage.start : passage.end] != passage.text or (words and index.bm25.scores(words)[row] <= 0):
            raise _failed(index_dir, f"{passage.passage_id} is not found by its words")


def _failed(index_dir: Path, why: str) -> IndexDamaged:
    return IndexDamaged(
        f"What was built in {index_dir} did not pass its checks ({why}) and is not used: run `rag index --anew`. "
        "The index in use is as it was."
    )
