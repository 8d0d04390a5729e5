"""The figures of the test half of ``pinghu.jsonl`` are at or above ``eval/floors.json``, or at or below where less is
better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.harness import runner, subject, summary
from eval.harness.measure_list import BETTER
from rag.config import Settings
from rag.embedding.embedder import Embedder
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

FLOORS: dict[str, float] = {  # a nested section belongs to another test
    name: floor
    for name, floor in json.loads((ROOT / "eval" / "floors.json").read_text(encoding="utf-8")).items()
    if not isinstance(floor, dict)
}


@pytest.fixture(scope="module")
def figures(
    index_dir: Path, seeds: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("gate")
    settings = Settings(index_dir=index_dir, seeds_dir=seeds)
    target = subject.open_subject(ROOT / "eval/data/sets/pinghu.jsonl", "test", settings, None, folder, embedder)
    return summary.figures(runner.run(target, "fused", embedder, settings, folder).records)


@pytest.mark.parametrize("name", FLOORS)
def test_floor(figures: dict[str, Any], name: str) -> None:
    figure, floor = figures[name], FLOORS[name]
    assert BETTER[name] != 0, f"{name} has no better direction"
    assert (figure["mean"] - floor) * BETTER[name] >= -1e-9, (
        f"{name} is {summary.format_figure(figure, name)}, its floor {floor}"
    )
