"""Indexes to change and to damage, a process that updates an index until it is killed, and the checks that must pass afterwards.

conftest.py makes these fixtures known to every test module."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.embedding.embedder import Embedder
from rag.errors import RagError
from rag.index import generation as module
from rag.index.generation import damaged_files, generations
from rag.index.history import KEEP
from rag.index.manifest import current_generation, manifest_of, read_manifest
from rag.index.segment import SEGMENTS
from rag.index.segment_note import damaged_files as damaged_files_of_segment
from rag.index.snapshot import load, open_generation
from rag.indexing.build import build
from rag.schema import Article
from tests.faults import update
from tests.faults.update import Stub

FIRST = "平湖签约五个项目\n\n■记者 王强\n\n　　本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"
SECOND = "东片再生水厂投用\n\n■记者 居丹荔\n\n　　本报讯 近日，东片再生水厂投入使用，每年节约用水1107万立方米。\n"
OTHER = "新埭黄桃喜获丰收\n\n■记者 王强\n\n　　本报讯 近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。\n"
OLD = [
    "本报讯昨天，平湖签约了5个人工智能项目，总投资5亿元。",
    "本报讯近日，东片再生水厂投入使用，每年节约用水1107万立方米。",
]


@dataclass(frozen=True)
class Case:
    """An index, and a folder of articles that has changed since it was built. ``old`` and ``new``: the articles before and after an
    update. ``content``: what an index of the changed folder holds when it is built from nothing."""

    articles: Path
    index: Path
    old: list[Article]
    new: list[Article]
    content: dict[str, Any]

    def copy(self, place: Path) -> Path:
        """Copy the index. The files are hard links, because nothing may write into a finished file."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.index, place, copy_function=os.link)
        return place


class Updates:
    """A process that runs tests/faults/update.py."""

    def __init__(self) -> None:
        env = {
            **os.environ,
            "PYTHONPATH": str(Path(module.__file__).parent.parent),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, update.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )

    def start(self, articles: Path, index: Path, **where: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"articles": str(articles), "index": str(index), **where}) + "\n")
        self._process.stdin.flush()

    def heard(self) -> str:
        """Return the next line of its output."""
        assert self._process.stdout
        return self._process.stdout.readline()

    def ended(self) -> tuple[int, str, float]:
        """Return the exit code of the update (-9: killed), its output, and its seconds."""
        assert self._process.stdout
        said = ""
        for line in self._process.stdout:
            if line.startswith('{"code"'):
                end = json.loads(line)
                return end["code"], said, end["seconds"]
            said += line
        raise AssertionError(f"the process of the updates is gone: {said}")

    def run(self, articles: Path, index: Path, **where: object) -> tuple[int, str, float]:
        self.start(articles, index, **where)
        return self.ended()

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


class Aftermath:
    """Checks the folder that an update left when it ended early. Each state is checked once, however often it comes up."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.seen: dict[str, str] = {}

    def of(self, index_dir: Path, embedded: int | None = None) -> str:
        """Return whether it answers as "old" or "new". ``embedded``: how many texts the next build has to embed."""
        state = hashlib.sha256(repr(sorted(bytes_of(index_dir).items())).encode()).hexdigest()
        if state not in self.seen:
            self.seen[state] = whole(index_dir, self._case)
            stub = Stub()
            build(self._case.articles, index_dir, stub)
            assert embedded is None or len(stub.asked) == embedded
            assert content_of(index_dir) == self._case.content
            assert damaged_files(index_dir) == []
            tidy(index_dir)
        return self.seen[state]


def texts_of(index_dir: Path) -> list[str]:
    return [a.text for a in load(index_dir).articles.values()]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def content_of(index_dir: Path) -> dict[str, Any]:
    """Return what an index holds, equal for indexes that answer alike, however they were built."""
    index = load(index_dir, Stub())
    ids = [index.passages[i].passage_id for i in index.live.tolist()]
    scores = index.bm25.scores(["平湖", "体育", "博物", "算力"])[index.live]
    return {
        "articles": list(index.articles.values()),
        "files": index.page_hashes(),
        "counts": index.manifest.counts,
        "refused": index.manifest.refused,
        "words": dict(zip(ids, np.round(scores, 3).tolist(), strict=True)),
        "vectors": dict(zip(ids, index.vectors.rows(index.live).tolist(), strict=True)),
    }


def whole(index_dir: Path, case: Case) -> str:
    """Return whether the index answers as "old" or "new". Check that it and every generation to go back to is undamaged."""
    held = list(load(index_dir, Stub()).articles.values())
    assert held in (case.old, case.new)
    assert damaged_files(index_dir) == []
    kept = [open_generation(index_dir, manifest_of(index_dir / name), Stub()) for name in _line(index_dir)[1:]]
    assert all(len(each.articles) == each.manifest.counts.articles for each in kept)
    segments = set[str]().union(*(each.manifest.segments for each in kept))
    assert [file for name in segments for file in damaged_files_of_segment(index_dir / SEGMENTS / name)] == []
    return "old" if held == case.old else "new"


def _line(index_dir: Path) -> list[str]:
    """Return the generation in use and the kept ones before it."""
    line = [current_generation(index_dir)]
    while len(line) < KEEP and (before := manifest_of(index_dir / line[-1]).previous):
        line.append(before.generation)
    return line


def tidy(index_dir: Path) -> None:
    """Check that the folder holds nothing that no kept generation needs."""
    there = generations(index_dir)
    assert {path.name for path in index_dir.iterdir()} - {"stamps.json", "stamps.json.new"} == {
        "CURRENT",
        ".lock",
        SEGMENTS,
        *there,
    }
    assert set(there) <= {*_line(index_dir), *there[-2:]}
    needed = set[str]().union(*(manifest_of(index_dir / name).segments for name in there))
    assert {path.name for path in (index_dir / SEGMENTS).iterdir()} == needed


def files_of(index_dir: Path) -> list[Path]:
    """Return the files of the generation in use and of its segments."""
    manifest = read_manifest(index_dir)
    folders = [index_dir / manifest.generation, *(index_dir / "segments" / name for name in manifest.segments)]
    return sorted(p for folder in folders for p in folder.rglob("*") if p.is_file())


def with_flip(good: bytes, at: int, bit: int = 1) -> bytes:
    return good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :]


def one_line(error: RagError) -> int:
    assert re.fullmatch(r".*run `rag index.*", str(error))
    return 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    (made / "a.txt").write_text(FIRST, encoding="utf-8")
    (made / "b.txt").write_text(SECOND, encoding="utf-8")
    return made


@pytest.fixture
def built(tmp_path: Path, folder: Path, embedder: Embedder) -> Path:
    """An index of the two small files."""
    build(folder, tmp_path / "index", embedder)
    return tmp_path / "index"


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A folder in memory if there is such a file system: waiting for a disk would prove nothing more."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as place:
        yield Path(place)


@pytest.fixture(scope="module")
def case(room: Path) -> Iterator[Case]:
    articles, index_dir = room / "articles", room / "index"
    update.start(articles, index_dir)
    assert (current_generation(index_dir), len(read_manifest(index_dir).segments)) == ("g000008", 7)
    old = list(load(index_dir).articles.values())
    update.change(articles)
    build(articles, room / "anew", Stub())
    content = content_of(room / "anew")
    assert len(content["articles"]) == len(old) + 1 == 14
    before = bytes_of(index_dir)
    yield Case(articles, index_dir, old, content["articles"], content)
    assert bytes_of(index_dir) == before


@pytest.fixture(scope="module")
def updates() -> Iterator[Updates]:
    process = Updates()
    yield process
    process.close()


@pytest.fixture
def grown(room: Path) -> Iterator[tuple[Path, Path]]:
    """Articles and an index of two segments; an article and a file are removed from the first segment."""
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        for n in range(4):
            (folder / f"{n}.txt").write_text(update.page(n), encoding="utf-8")
        build(folder, index_dir, Stub())
        (folder / "1.txt").unlink()
        (folder / "4.txt").write_text(update.page(4), encoding="utf-8")
        build(folder, index_dir, Stub())
        assert len(files_of(index_dir)) == 3 + 2 * 16
        yield folder, index_dir
