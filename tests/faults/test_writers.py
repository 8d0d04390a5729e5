"""Several processes use one index: one writes, other writers are refused, and a reader sees one generation at a time."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.embedding.embedder import Embedder
from rag.errors import IndexNotWritable
from rag.index import generation as module
from rag.index.manifest import current_generation
from rag.indexing.build import build
from tests.faults import update
from tests.faults.states import (
    OLD,
    Case,
    Updates,
    content_of,
    texts_of,
    tidy,
    whole,
)
from tests.faults.update import Stub

pytestmark = pytest.mark.slow


@pytest.fixture
def others() -> Iterator[Updates]:
    process = Updates()
    yield process
    process.close()


def test_another_build_in_progress(built: Path, folder: Path, embedder: Embedder) -> None:
    with (built / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndexNotWritable, match="Another `rag index` is writing"):
            build(folder, built, embedder)
        assert texts_of(built) == OLD
    assert build(folder, built, embedder).reused == 2


def test_two_writers(case: Case, updates: Updates, others: Updates, room: Path) -> None:
    index_dir, go = case.copy(room / "two"), room / "go"
    refusal = f"begin: IndexNotWritable: Another `rag index` is writing {index_dir}: wait for it to end, then run yours again.\n"
    updates.start(case.articles, index_dir, wait=str(go))
    assert updates.heard() == "waits\n"
    assert others.run(case.articles, index_dir)[:2] == (1, refusal)
    assert whole(index_dir, case) == "old"
    go.touch()
    assert updates.ended()[:2] == (0, "\n")
    assert whole(index_dir, case) == "new"
    for _ in range(10):  # started together: one or both of them succeed
        case.copy(index_dir)
        for each in (updates, others):
            each.start(case.articles, index_dir)
        ends = [each.ended()[:2] for each in (updates, others)]
        assert (0, "\n") in ends
        assert set(ends) <= {(0, "\n"), (1, refusal)}
        assert content_of(index_dir) == case.content
        tidy(index_dir)


def test_lock_of_a_writer_that_died(case: Case, updates: Updates, room: Path) -> None:
    index_dir = case.copy(room / "died")
    assert updates.run(case.articles, index_dir, wait=str(room / "never"), after=0.5)[0] == -9
    assert build(case.articles, index_dir, Stub()).embedded == 4
    assert content_of(index_dir) == case.content


def test_readers_while_others_write(room: Path) -> None:
    """Thirty updates with merges among them: each answer comes from one generation, and readers keep no old file open."""
    place = room / "readers"
    (place / "articles").mkdir(parents=True)
    update.step_of(place / "articles", 0)
    build(place / "articles", place / "index", Stub())
    env = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parent.parent), "OMP_NUM_THREADS": "1"}
    readers = [
        subprocess.Popen(
            [sys.executable, update.__file__, "read", place / "index"], stdout=subprocess.PIPE, text=True, env=env
        )
        for _ in range(2)
    ]
    assert [reader.stdout.readline() for reader in readers if reader.stdout] == ["reads\n"] * 2
    sizes = []
    for n in range(1, 31):
        update.step_of(place / "articles", n)
        sizes.append(len(build(place / "articles", place / "index", Stub()).manifest.segments))
        time.sleep(0.05)
    (place / "stop").touch()
    newest = current_generation(place / "index")
    assert min(np.diff(sizes)) < 0  # segments were merged
    for reader in readers:
        said = json.loads(reader.communicate(timeout=60)[0])
        assert said["wrong"] == []
        assert said["answers"] >= 30
        assert len(said["generations"]) >= 10
        assert said["generations"] == sorted(said["generations"])
        assert (said["generations"][-1], said["number"]) == (newest, 30)
        held = {int(n): [files for files, _ in each] for n, each in said["held"].items()}
        assert {threads for each in said["held"].values() for _, threads in each} == {1}
        beside = {files - 15 * n for n, each in held.items() for files in each}  # a segment has fifteen files open
        assert max(beside) - min(beside) <= 2
