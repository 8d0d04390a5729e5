"""What the benches share: synthetic texts and vectors, memory of a process, timing in a fresh process, plots.

The vectors have 384 dimensions and lie around topics, some common and some rare, all near one direction, as those of e5
do (cosines of .6 to .9). The texts are made of real sentences, drawn at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec

import numpy as np
from numpy.typing import NDArray

from eval.harness.plots import Axis, Series, page, plot
from rag.vectors.store import Matrix

Row = dict[str, float]
"""Figures by name."""
Arguments = ParamSpec("Arguments")

DIMENSION = 384
_TOPICS = 400
_BLOCK = 1 << 14
_CHARACTERS, _MAX_CHARACTERS = 300, 400


def synthetic_texts(sentences: Sequence[str], size: int) -> Iterator[str]:
    """Yield ``size`` texts of 300 to 400 characters, made of random sentences; the same for the same size."""
    draw = random.Random(size)
    for _ in range(size):
        text = ""
        while len(text) < _CHARACTERS:
            text += draw.choice(sentences)
        yield text[:_MAX_CHARACTERS]


def synthetic_vectors(size: int, seed: int) -> Matrix:
    """Return (size, 384) unit rows. Another ``seed`` gives other rows around the same topics; the first topics are the
    most common."""
    topics = np.random.default_rng(5)
    centres, common = _unit(topics.normal(size=(_TOPICS, DIMENSION))), _unit(topics.normal(size=(1, DIMENSION)))
    weights = 1 / np.arange(1, _TOPICS + 1)
    spread = _unit(1 / np.sqrt(np.arange(1, DIMENSION + 1))[np.newaxis])  # directions differ in how much they tell
    rows = np.empty((size, DIMENSION), np.float32)
    for at in range(0, size, _BLOCK):
        draw = np.random.default_rng([seed, at])
        count = min(_BLOCK, size - at)
        topic = draw.choice(_TOPICS, count, p=weights / weights.sum())
        rows[at : at + count] = _unit(
            1.2 * common + 0.6 * centres[topic] + 0.54 * draw.normal(size=(count, DIMENSION)) * spread
        )
    return rows


def memory_mb() -> tuple[float, float]:
    """Return the memory of this process in megabytes: its own, and mapped files, which the system may drop."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    own, mapped = (int(status[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
    return own, mapped


def in_fresh_process(work: Callable[Arguments, Row], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Row:
    """Return the result of ``work`` in a process that has opened nothing yet."""
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        return other.submit(work, *args, **kwargs).result()


def log_log_page(title: str, unit: str, rows: Mapping[int, Row], lines: Mapping[str, str]) -> str:
    """Return a page with milliseconds against size, both as logarithms.

    ``rows`` are figures by size, ``lines`` maps the name of a line to its figure, ``unit`` names what is counted.
    """
    series = [
        Series(
            name,
            tuple((float(np.log10(size)), float(np.log10(row[figure]))) for size, row in rows.items()),
            marked=True,
        )
        for name, figure in lines.items()
    ]
    low, high = int(np.log10(min(rows))), int(np.ceil(np.log10(max(rows) + 1)))
    sizes = Axis(unit, tuple((float(p), f"10^{p}") for p in range(low, high + 1)))
    times = Axis("milliseconds", tuple((float(p), f"{10.0**p:g}") for p in range(-1, 3)))
    return page(title, plot(title, series, sizes, times))


def _unit(rows: NDArray[np.float64]) -> Matrix:
    unit: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
