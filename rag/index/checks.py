"""What is looked at before a generation is put in use: its bytes, its counts, and whether it finds what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamaged
from rag.index.segment import SEGMENTS, damage
from rag.index.snapshot import Index, open_generation
from rag.text.terms import tokens
from rag.vectors.flat import Among

_PROBES = 8
_BEST = 5
_EXACT = 20_000  # passages held against brute force


def probe(index_dir: Path, manifest: Mapping[str, Any], made: Sequence[str], server: str = "") -> None:
    """``made``: the segments that are new. Raises IndexDamaged when the generation is not what it should be."""
    wrong = [file for name in made for file in damage(index_dir / SEGMENTS / name)]
    if wrong:
        raise _unfit(index_dir, f"{wrong[0]} is not what was written")
    index = open_generation(index_dir, manifest, server=server)  # counts passages
    if len(index.articles) != manifest["counts"]["articles"]:
        raise _unfit(index_dir, "articles are missing")
    names = [part.segment.name for part in index.parts]
    for name in made:
        number = names.index(name)
        rows = index.live[slice(*np.searchsorted(index.live, index.starts[number : number + 2]))]
        _search(index_dir, index, rows[:: max(1, len(rows) // _EXACT)])


def _search(index_dir: Path, index: Index, rows: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """Some passages as questions: they must be found by their words, and by their vectors as brute force finds them."""
    if not len(rows):
        return
    mask = np.zeros(index.starts[-1], bool)
    mask[rows] = True
    asked = rows[:: max(1, len(rows) // _PROBES)][:_PROBES]
    queries = index.vectors.rows(asked)
    exact = -np.sort(-(queries @ index.vectors.rows(rows).T), axis=1)[:, :_BEST]
    found, _ = index.vectors.search(queries, _BEST, Among(mask))
    if (
        not np.allclose(found[:, 0], exact[:, 0], atol=1e-3)
        or np.mean(found[:, : exact.shape[1]] >= exact[:, -1:] - 1e-3) < 0.9
    ):
        raise _unfit(index_dir, "its vectors are not found as they should be")
    for row in asked.tolist():
        passage, article = index.hit(row)
        words = tokens(passage.context)
        if article.text[passage.start : passage.end] != passage.text or (words and index.bm25.scores(words)[row] <= 0):
            raise _unfit(index_dir, f"{passage.passage_id} is not found by its words")


def _unfit(index_dir: Path, why: str) -> IndexDamaged:
    return IndexDamaged(
        f"What was built in {index_dir} did not pass its checks ({why}) and is not used: run `rag index --anew`. "
        "The index in use is as it was."
    )
