from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from eval.bench import common, vectors


def test_recall_is_the_share_found() -> None:
    assert vectors.recall(np.array([[3, 1], [5, -1]]), np.array([[1, 2], [5, 6]])) == 0.5


def test_synthetic_vectors_are_close_unit_rows() -> None:
    rows = common.synthetic_vectors(600, 1)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    cosines = rows @ rows.T
    assert 0.6 < np.median(cosines) < 0.8
    assert rows.tolist() == common.synthetic_vectors(600, 1).tolist()
    assert rows[0].tolist() != common.synthetic_vectors(600, 2)[0].tolist()


def test_the_bench_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in (("_SIZES", (500, 2000)), ("_OUT", tmp_path / "b.json"), ("_PLOT", tmp_path / "b.svg")):
        monkeypatch.setattr(vectors, name, value)
    monkeypatch.setattr(sys, "argv", ["bench_vectors", "--most", "1000"])
    vectors.main()
    rows = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert list(rows) == ["500"]
    assert rows["500"]["recall@60"] == 1
    assert rows["500"]["disk"] == (128 + 500 * 384 * 4) / 500
    assert "500" in capsys.readouterr().out
    assert "exact" in (tmp_path / "b.svg").read_text(encoding="utf-8")
