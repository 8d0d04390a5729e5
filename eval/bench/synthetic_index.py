"""Sentences -> an index of any size, with synthetic passages and vectors, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.bench.common import DIMENSION, synthetic_texts, synthetic_vectors
from rag.index import generation, segment
from rag.index.manifest import FORMAT, Counts, Manifest, Model
from rag.index.segment import SEGMENTS, SegmentContent, keys_of
from rag.schema import Article, Entry, File, Run
from rag.words.postings import Postings

_BLOCK = 100_000


def write_index(sentences: Sequence[str], size: int, index_dir: Path) -> None:
    """Write an index of ``size`` passages, three to an article, segment by segment."""
    texts = synthetic_texts(sentences, size)
    segments: dict[str, tuple[int, int]] = {}
    for base in range(0, size, _BLOCK):
        count = min(_BLOCK, size - base)
        passages = [next(texts) for _ in range(count)]
        entries, spans = [], []
        for at in range(0, count, 3):
            own_passages = passages[at : at + 3]
            text = "".join(own_passages)
            entries.append(
                Entry(
                    Article(
                        f"{base + at}.txt#1", f"{base + at}.txt", "", (), "", "article", text, (Run(0, 0, len(text)),)
                    ),
                    f"{base + at}.txt",
                    0,
                )
            )
            ends = np.cumsum([len(passage) for passage in own_passages])
            spans += [(int(end) - len(passage), int(end), 0) for end, passage in zip(ends, own_passages, strict=True)]
        first = np.minimum(np.arange(len(entries) + 1) * 3, count)
        name = segment.write(
            index_dir / SEGMENTS,
            "synthetic",
            SegmentContent(
                entries,
                [],
                [File(entry.home, "", "", "", 1) for entry in entries],
                first,
                np.array(spans, np.int32),
                keys_of(passages),
                [synthetic_vectors(count, base + 1)],
                DIMENSION,
                Postings.build(passages),
            ),
        )
        segments[name] = (len(entries), count)
    manifest = Manifest(
        format=FORMAT,
        generation="g000001",
        model=Model(name="synthetic", fingerprint="synthetic", dimension=DIMENSION),
        settings={},
        counts=Counts(files=0, articles=sum(a for a, _ in segments.values()), passages=size),
        segments=segments,
        refused=(),
        checksums={},
    )
    generation.write(index_dir, manifest, {})
    generation.publish(index_dir, "g000001")
