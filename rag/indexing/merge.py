"""Small segments -> one segment, so that a question reads only a few.

Eight segments of about the same size are merged. So a passage is copied only a few times, and an archive of a million
passages has a dozen segments. A large segment is written anew when half of its passages are removed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from rag.errors import IndexDamaged
from rag.index import generation, segment
from rag.index.live_segment import LiveSegment
from rag.index.manifest import Manifest
from rag.index.publication import put_in_use
from rag.index.segment import SEGMENTS, Content, Keys, Segment
from rag.index.segment_note import damage
from rag.index.snapshot import open_generation
from rag.indexing.context import BuildContext
from rag.vectors.store import Matrix
from rag.words.postings import Postings

_FEW = 8
_SMALL = 1000  # passages; all segments below that count as one size
_LARGEST = 512_000  # passages
_BLOCK = 1 << 12  # vectors in memory at once


def merge(context: BuildContext, manifest: Manifest) -> Manifest:
    """Merge segments as long as there are too many, put the result in use, and return the manifest in use.

    Raise OSError, and IndexDamaged when a segment to merge is damaged."""
    index_dir = context.index_dir
    while True:
        index = open_generation(index_dir, manifest)
        chosen = segments_to_merge(
            [int(part.passages.sum()) for part in index.parts], [part.segment.size for part in index.parts]
        )
        if not chosen:
            return manifest
        context.progress("merge", 0, 1)
        parts = [index.parts[i] for i in chosen]
        for part in parts:  # a damaged file would be sealed into a segment that looks whole
            if damaged := damage(part.segment.folder):
                raise IndexDamaged(
                    f"The index in {index_dir} is damaged ({damaged[0]}): run `rag index --anew` to build it anew."
                )
        name = segment.write(index_dir / SEGMENTS, manifest.model.fingerprint, _merged(parts))
        made = Segment.open(index_dir / SEGMENTS / name)
        kept = [part for i, part in enumerate(index.parts) if i not in chosen]
        update = {
            "generation": generation.next_generation(index_dir),
            "segments": {
                name: (made.store.size, made.size),
                **{part.segment.name: (part.segment.store.size, part.segment.size) for part in kept},
            },
        }
        removed = {part.segment.name: part.removed for part in kept}
        manifest = generation.write(index_dir, manifest.model_copy(update=update), removed)
        put_in_use(index_dir, manifest, [name], context.server)


def segments_to_merge(live: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """Return the numbers of the segments to merge into one. ``live`` and ``sizes``: how many passages each has without
    and with the removed ones."""
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


def _merged(parts: Sequence[LiveSegment]) -> Content:
    """Return the content of some segments, in their order. Articles and vectors are read when they are written."""
    files = [[file for _, file in part.records()] for part in parts]
    homes = [{file.home for file in of_part} for of_part in files]
    lengths = [np.diff(part.segment.first)[part.articles] for part in parts]
    return Content(
        entries=(entry for part in parts for entry in part.segment.store.entries(np.flatnonzero(part.articles))),
        parts=[
            entry
            for part, of_part in zip(parts, homes, strict=True)
            for entry in part.segment.store.unjoined_parts()
            if entry.home in of_part
        ],
        files=list(chain.from_iterable(files)),
        first=np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths])),
        spans=np.concatenate([part.segment.spans[part.passages] for part in parts]),
        keys=np.concatenate([_by_passage(part.segment)[part.passages] for part in parts]),
        vectors=(block for part in parts for block in _vectors(part)),
        dimension=parts[0].segment.vectors.dimension,
        postings=Postings.merged(
            [part.segment.postings for part in parts],
            [None if part.passages.all() else part.passages for part in parts],
        ),
    )


def _by_passage(merged: Segment) -> Keys:
    """Return the keys in the order of passages."""
    keys = np.empty_like(merged.keys)
    keys[merged.rows] = merged.keys
    return keys


def _vectors(part: LiveSegment) -> Iterator[Matrix]:
    rows = np.flatnonzero(part.passages)
    return (part.segment.vectors.rows(rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK))
