"""An update that is killed at any point: the index answers as before or as after it, and the next build completes it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag.embedding.embedder import Embedder
from rag.index import generation as module
from rag.index.snapshot import load
from rag.indexing.build import build
from tests.faults.states import (
    OLD,
    OTHER,
    Aftermath,
    Case,
    Updates,
    texts_of,
)

pytestmark = pytest.mark.slow


def test_killed_at_every_step(case: Case, updates: Updates, room: Path) -> None:
    after, met = Aftermath(case), []
    for n in range(1000):
        code, said, _ = updates.run(case.articles, case.copy(room / "killed"), step=n)
        if not code:
            break
        assert code == -9, said
        done, _, of = said.partition(" ")[2].partition("/")
        met.append(
            (said.split()[0], after.of(room / "killed", int(of) - int(done) if said.startswith("embed") else None))
        )
    assert [step for step, _ in met] == [
        *["read"] * 5,
        *["embed"] * 5,
        "words",
        "segment",
        "write",
        "check",
        "switch",
        "merge",
    ]
    assert [answer for _, answer in met] == ["old"] * 15 + ["new"]
    assert after.of(room / "killed") == "new"
    assert len(load(room / "killed").live_segments) < 7


def test_killed_wherever_the_disk_is_touched(case: Case, updates: Updates, room: Path) -> None:
    after, met = Aftermath(case), []
    code, said, _ = updates.run(case.articles, case.copy(room / "killed"), call="all")
    assert (code, after.of(room / "killed")) == (0, "new"), said
    for n in map(int, said.split()):
        code, said, _ = updates.run(case.articles, case.copy(room / "killed"), call=n)
        assert code == -9, said
        met.append((said.split()[1], after.of(room / "killed")))
    assert {name for name, _ in met} == {"rename", "replace", "fsync", "save", "rmtree", "unlink", "rmdir", "mkdir"}
    answers = [answer for _, answer in met]
    assert answers == ["old"] * answers.count("old") + ["new"] * answers.count("new")
    assert min(answers.count("old"), answers.count("new")) >= 20


def test_killed_at_random_moments(case: Case, updates: Updates, room: Path) -> None:
    seed = 20261121
    chance, after = random.Random(seed), Aftermath(case)
    needed = sorted(updates.run(case.articles, case.copy(room / "killed"))[2] for _ in range(5))[2]
    ended = []
    for _ in range(200):
        wait = chance.uniform(0, 1.1 * needed)
        code, said, _ = updates.run(case.articles, case.copy(room / "killed"), after=wait)
        assert code in (0, -9), f"seed {seed}: {said}"
        ended.append((code, after.of(room / "killed")))
    assert sum(code == -9 for code, _ in ended) >= 100
    assert {answer for _, answer in ended} == {"old", "new"}


def test_build_killed_before_the_swap(
    built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    monkeypatch.setattr(module.os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        build(folder, built, embedder)
    monkeypatch.undo()
    assert texts_of(built) == OLD
    assert build(folder, built, embedder).embedded == 0  # the vectors are in a segment that no manifest names yet
    assert len(texts_of(built)) == 3
