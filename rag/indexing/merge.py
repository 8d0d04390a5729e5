"""Small segments put together, so that a question never asks many.

Segments of about one size are merged once there are eight of them: a passage is copied a few times in its life, and an
archive of a million passages has a dozen segments. A large one of which half is gone is
written anew without that half.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamaged
from rag.index import generation, segment
from rag.index.checks import probe
from rag.index.placement import place
from rag.index.segment import SEGMENTS, Content, Keys
from rag.index.snapshot import Living, open_generation
from rag.vectors.flat import Matrix
from rag.words.postings import Postings

_FEW = 8
_SMALL = 1000  # passages: below it all segments are of one size
_LARGEST = 512_000  # passages
_BLOCK = 1 << 12  # vectors held at once


def merge(
    index_dir: Path, manifest: dict[str, Any], progress: Callable[[str, int, int], None], server: str = ""
) -> dict[str, Any] | None:
    """Put a generation in use that holds the same in fewer segments: its manifest, or None where there is nothing to merge.
    Raises OSError, and IndexDamaged where what is to be merged is not what was written."""
    merged = None
    while True:
        index = open_generation(index_dir, manifest)
        chosen = due([int(part.passages.sum()) for part in index.parts], [part.segment.size for part in index.parts])
        if not chosen:
            return merged
        progress("merge", 0, 1)
        parts = [index.parts[i] for i in chosen]
        for part in parts:  # or the damage would be sealed into what is whole
            if broken := segment.damage(part.segment.folder):
                raise IndexDamaged(
                    f"The index in {index_dir} is damaged ({broken[0]}): run `rag index --anew` to build it anew."
                )
        name = segment.write(index_dir / SEGMENTS, manifest["model"]["fingerprint"], _together(parts))
        made = segment.Segment.open(index_dir / SEGMENTS / name)
        kept = [part for i, part in enumerate(index.parts) if i not in chosen]
        manifest = {
            **manifest,
            "generation": generation.next_generation(index_dir),
            "segments": {
                name: [made.store.size, made.size],
                **{p.segment.name: [p.segment.store.size, p.segment.size] for p in kept},
            },
        }
        generation.write(
            index_dir, manifest, {p.segment.name: {"articles": p.gone, "files": p.files_gone} for p in kept}
        )
        if server:
            place([made, *(part.segment for part in kept)], manifest["model"]["fingerprint"], server)
        probe(index_dir, manifest, [name], server)
        generation.publish(index_dir, manifest["generation"])
        merged = manifest


def due(live: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """Which segments to merge into one, by their numbers, given how many passages of each count and how many it has."""
    tiers: dict[int, list[int]] = defaultdict(list)
    for number, count in enumerate(live):
        tiers[int(math.log(max(count, _SMALL) / _SMALL, _FEW))].append(number)
    for tier in sorted(tiers):
        smallest = sorted(tiers[tier], key=live.__getitem__)[:_FEW]
        if len(smallest) == _FEW and sum(live[i] for i in smallest) <= _LARGEST:
            return sorted(smallest)
    return next(
        ([i] for i, (count, size) in enumerate(zip(live, sizes, strict=True)) if size > _SMALL and 2 * count <= size),
        [],
    )


def _together(parts: Sequence[Living]) -> Content:
    """What counts of some segments, in their order. Articles and vectors are read when they are written."""
    files = [[file for _, file in part.records()] for part in parts]
    homes = [{file.home for file in own} for own in files]
    lengths = [np.diff(part.segment.first)[part.articles] for part in parts]
    return Content(
        (entry for part in parts for entry in part.segment.store.entries(np.flatnonzero(part.articles))),
        [
            entry
            for part, own in zip(parts, homes, strict=True)
            for entry in part.segment.store.parts()
            if entry.home in own
        ],
        list(chain.from_iterable(files)),
        np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths])),
        np.concatenate([part.segment.spans[part.passages] for part in parts]),
        np.concatenate([_in_order(part.segment)[part.passages] for part in parts]),
        (block for part in parts for block in _vectors(part)),
        parts[0].segment.vectors.dimension,
        Postings.merged(
            [part.segment.postings for part in parts],
            [None if part.passages.all() else part.passages for part in parts],
        ),
    )


def _in_order(own: segment.Segment) -> Keys:
    keys = np.empty_like(own.keys)
    keys[own.rows] = own.keys
    return keys


def _vectors(part: Living) -> Iterator[Matrix]:
    rows = np.flatnonzero(part.passages)
    return (part.segment.vectors.rows(rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK))
