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
from rag.index.segment import SEGMENTS, Keys, Segment, SegmentContent
from rag.index.segment_note import damaged_files
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
            [int(live.passages.sum()) for live in index.live_segments],
            [live.segment.size for live in index.live_segments],
        )
        if not chosen:
            return manifest
        context.progress("merge", 0, 1)
        segments = [index.live_segments[i] for i in chosen]
        for live in segments:  # a damaged file would be sealed into a segment that looks whole
            if damaged := damaged_files(live.segment.folder):
                raise IndexDamaged(
                    f"The index in {index_dir} is damaged ({damaged[0]}): run `rag index --anew` to build it anew."
                )
        name = segment.write(index_dir / SEGMENTS, manifest.model.fingerprint, _merged(segments))
        made = Segment.open(index_dir / SEGMENTS / name)
        kept = [live for i, live in enumerate(index.live_segments) if i not in chosen]
        update = {
            "generation": generation.next_generation(index_dir),
            "segments": {
                name: (made.store.size, made.size),
                **{live.segment.name: (live.segment.store.size, live.segment.size) for live in kept},
            },
        }
        removed = {live.segment.name: live.removed for live in kept}
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


def _merged(segments: Sequence[LiveSegment]) -> SegmentContent:
    """Return the content of some segments, in their order. Articles and vectors are read when they are written."""
    files = [[file for _, file in live.records()] for live in segments]
    homes = [{file.home for file in of_segment} for of_segment in files]
    lengths = [np.diff(live.segment.first_passages)[live.articles] for live in segments]
    return SegmentContent(
        entries=(entry for live in segments for entry in live.segment.store.entries(np.flatnonzero(live.articles))),
        parts=[
            entry
            for live, of_segment in zip(segments, homes, strict=True)
            for entry in live.segment.store.unjoined_parts()
            if entry.home in of_segment
        ],
        files=list(chain.from_iterable(files)),
        first_passages=np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths])),
        spans=np.concatenate([live.segment.spans[live.passages] for live in segments]),
        keys=np.concatenate([_by_passage(live.segment)[live.passages] for live in segments]),
        vectors=(block for live in segments for block in _vectors(live)),
        dimension=segments[0].segment.vectors.dimension,
        postings=Postings.merged(
            [live.segment.postings for live in segments],
            [None if live.passages.all() else live.passages for live in segments],
        ),
    )


def _by_passage(merged: Segment) -> Keys:
    """Return the keys in the order of passages."""
    keys = np.empty_like(merged.keys)
    keys[merged.rows] = merged.keys
    return keys


def _vectors(live: LiveSegment) -> Iterator[Matrix]:
    rows = np.flatnonzero(live.passages)
    return (live.segment.vectors.rows(rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK))
