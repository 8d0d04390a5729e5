"""A generation on the disk -> the generation in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rag.index import generation
from rag.index.checks import check_generation
from rag.index.manifest import Manifest
from rag.index.placement import upload
from rag.index.snapshot import open_generation


def put_in_use(
    index_dir: Path,
    manifest: Manifest,
    new: Sequence[str],
    server: str = "",
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> None:
    """Upload, check and publish the generation that ``rag.index.generation.write`` has written. ``new``: its new
    segments.

    Raise IndexDamaged when a check fails, what ``rag.index.placement.upload`` raises, or OSError; the index in use then
    stays as it was.
    """
    progress("check", 0, 1)
    if server:
        segments = [live.segment for live in open_generation(index_dir, manifest).live_segments]
        upload(segments, manifest.model.fingerprint, server)
    check_generation(index_dir, manifest, new, server)
    progress("switch", 0, 1)
    generation.publish(index_dir, manifest.generation)
