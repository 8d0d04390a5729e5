"""The journal of embedded texts: a build continues where another one stopped, whatever the end of the journal looks like."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.errors import IndexMissing
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.indexing.journal import Journal
from tests.faults import update
from tests.faults.states import content_of, tidy, with_flip
from tests.faults.update import Stub

pytestmark = pytest.mark.slow

RECORD = 8 + 4 * update.DIMENSION + 4


@dataclass(frozen=True)
class Cut:
    folder: Path
    index: Path
    content: dict[str, Any]

    @property
    def journal(self) -> Path:
        (path,) = self.index.glob("*.journal")
        return path

    def embedded(self, journal: bytes) -> int:
        """Return how many texts a build embeds that finds this journal. Check its result."""
        place = self.index.with_name("again")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / self.journal.name).write_bytes(journal)
        stub = Stub()
        build(self.folder, place, stub)
        assert content_of(place) == self.content
        tidy(place)
        return len(stub.asked)


@pytest.fixture
def cut(room: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cut]:
    """A build that ended after five of eight texts."""
    monkeypatch.setattr(Stub, "portion", 1)
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder = Path(place, "articles")
        folder.mkdir()
        for n in range(8):
            (folder / f"{n}.txt").write_text(update.page(n), encoding="utf-8")
        with pytest.raises(KeyboardInterrupt):
            build(folder, Path(place, "index"), Stub(die_after=5))
        build(folder, Path(place, "whole"), Stub())
        yield Cut(folder, Path(place, "index"), content_of(Path(place, "whole")))


def test_build_goes_on_where_it_was_cut_short(cut: Cut) -> None:
    for left in (0, 1, 1):
        with pytest.raises(KeyboardInterrupt):
            build(cut.folder, cut.index, Stub(die_after=left))
    with pytest.raises(IndexMissing):
        load(cut.index)
    assert cut.journal.stat().st_size == 7 * RECORD
    assert build(cut.folder, cut.index, Stub()).embedded == 1
    assert content_of(cut.index) == cut.content
    tidy(cut.index)


def test_journal_that_was_cut_off_or_altered(cut: Cut) -> None:
    good = cut.journal.read_bytes()
    assert len(good) == 5 * RECORD
    assert [cut.embedded(good[:size]) for size in range(0, len(good) + 1, 4)] == [
        8 - size // RECORD for size in range(0, len(good) + 1, 4)
    ]
    assert {cut.embedded(with_flip(good, at, 1 << at % 8)) for at in range(0, len(good), 3)} == {4}
    assert cut.embedded(good[:RECORD] + b"?" + good[RECORD:]) == 7
    assert cut.embedded(good + good) == 3
    noise = random.Random(20261121)
    for garbage in (bytes(4 * RECORD), b"\xff" * 777, noise.randbytes(1), noise.randbytes(10_000), b"{}\n"):
        assert cut.embedded(garbage) == 8
        assert cut.embedded(good + garbage) == 3
    torn = cut.index.with_name("torn")
    shutil.copytree(cut.index, torn)
    for left in (1, 1, 0):  # each stops inside a record; the next one continues after the last complete record
        path = torn / cut.journal.name
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.raises(KeyboardInterrupt):
            build(cut.folder, torn, Stub(die_after=left))
    assert build(cut.folder, torn, Stub()).embedded == 4
    assert content_of(torn) == cut.content


def test_journal_of_another_dimension(cut: Cut) -> None:
    """The journal comes from a model with the same fingerprint and another dimension."""
    for dimension in (4, 15, 17, 33):
        other = cut.index.with_name(f"other{dimension}")
        other.mkdir()
        stub = Stub(dimension)
        texts = [update.page(n) for n in range(6)]
        Journal(other, stub.fingerprint, dimension).append(np.arange(6, dtype=np.uint64), stub.embed_passages(texts))
        assert build(cut.folder, other, Stub()).embedded == 8
        assert content_of(other) == cut.content
        tidy(other)
