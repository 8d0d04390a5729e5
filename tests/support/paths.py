"""Paths of the project's own files."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
DATA = ROOT / "tests" / "data"
