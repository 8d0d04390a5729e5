"""What may go wrong while an index is written or lies on the disk: it answers as before, or says in one line what to run."""

from __future__ import annotations

import errno
import fcntl
import gc
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fault_update
import numpy as np
import pytest
from conftest import Run
from fault_update import Stub

from rag import generation as module
from rag.assistant import Assistant
from rag.config import Settings
from rag.embedder import Embedder
from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, IndexNotWritable, RagError
from rag.generation import FORMAT, current_generation, damage, generations, manifest_of, read_manifest
from rag.history import KEEP, roll_back
from rag.index import build
from rag.known import Journal
from rag.opened import load, open_generation
from rag.query import parse
from rag.retriever import Retriever
from rag.schema import Article
from rag.segment import SEGMENTS
from rag.segment import damage as segment_damage

FIRST = "平湖签约五个项目\n\n■记者 王强\n\n　　本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"
SECOND = "东片再生水厂投用\n\n■记者 居丹荔\n\n　　本报讯 近日，东片再生水厂投入使用，每年节约用水1107万立方米。\n"
OTHER = "新埭黄桃喜获丰收\n\n■记者 王强\n\n　　本报讯 近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。\n"
OLD = ["本报讯昨天，平湖签约了5个人工智能项目，总投资5亿元。", "本报讯近日，东片再生水厂投入使用，每年节约用水1107万立方米。"]


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


def _search(index_dir: Path, embedder: Embedder) -> list[str]:
    retriever = Retriever(load(index_dir, embedder), embedder)
    return [hit.article.text for hit in retriever.search(parse("平湖签约", (), retriever.names))]


def _texts(index_dir: Path) -> list[str]:
    return [a.text for a in load(index_dir).articles.values()]


@contextmanager
def _tmpfs(at: Path, options: str) -> Iterator[None]:
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", at], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        gc.collect()  # an index that a traceback holds on to keeps its files open
        subprocess.run(["umount", "-l", at], check=True)


@dataclass(frozen=True)
class Case:
    """An index, and its articles after an update that it has not seen yet. What it answers before and after, and what an
    index of the same articles holds that is built from nothing."""

    articles: Path
    index: Path
    old: list[Article]
    new: list[Article]
    content: dict[str, Any]

    def copy(self, place: Path) -> Path:
        """Of the index; the files are the same ones, as nobody may write into one that is finished."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.index, place, copy_function=os.link)
        return place


class Updates:
    """A process of ``fault_update``."""

    def __init__(self) -> None:
        env = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parent.parent), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen([sys.executable, fault_update.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, env=env)

    def start(self, articles: Path, index: Path, **where: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"articles": str(articles), "index": str(index), **where}) + "\n")
        self._process.stdin.flush()

    def ended(self) -> tuple[int, str, float]:
        """Exit code (-9: killed), what it said, seconds."""
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


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """In memory where that can be had: a disk that is waited for proves nothing more."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as place:
        yield Path(place)


@pytest.fixture(scope="module")
def case(room: Path) -> Iterator[Case]:
    articles, index_dir = room / "articles", room / "index"
    fault_update.start(articles, index_dir)
    assert (current_generation(index_dir), len(read_manifest(index_dir)["segments"])) == ("g000008", 7)
    old = list(load(index_dir).articles.values())
    fault_update.change(articles)
    build(articles, room / "anew", Stub())
    content = _content(room / "anew")
    assert len(content["articles"]) == len(old) + 1 == 14
    before = _bytes(index_dir)
    yield Case(articles, index_dir, old, content["articles"], content)
    assert _bytes(index_dir) == before


@pytest.fixture(scope="module")
def updates() -> Iterator[Updates]:
    process = Updates()
    yield process
    process.close()


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _content(index_dir: Path) -> dict[str, Any]:
    """Equal for indexes that answer alike, however they came about."""
    index = load(index_dir, Stub())
    ids = [index.passages[i].passage_id for i in index.live.tolist()]
    scores = index.lexical.scores(["平湖", "体育", "博物", "算力"])[index.live]
    return {
        "articles": list(index.articles.values()), "files": index.files(), "counts": index.manifest["counts"],
        "refused": index.manifest["refused"], "words": dict(zip(ids, np.round(scores, 3).tolist(), strict=True)),
        "vectors": dict(zip(ids, index.vectors.rows(index.live).tolist(), strict=True)),
    }


def _whole(index_dir: Path, case: Case) -> str:
    """"old" or "new": what it answers. It and each generation that one could go back to is whole."""
    held = list(load(index_dir, Stub()).articles.values())
    assert held in (case.old, case.new)
    assert damage(index_dir) == []
    kept = [open_generation(index_dir, manifest_of(index_dir / name), Stub()) for name in _line(index_dir)[1:]]
    assert all(len(each.articles) == each.manifest["counts"]["articles"] for each in kept)
    segments = set[str]().union(*(each.manifest["segments"] for each in kept))
    assert [file for name in segments for file in segment_damage(index_dir / SEGMENTS / name)] == []
    return "old" if held == case.old else "new"


def _line(index_dir: Path) -> list[str]:
    """The generation in use and those before it that are kept."""
    line = [current_generation(index_dir)]
    while len(line) < KEEP and (before := manifest_of(index_dir / line[-1])["previous"]):
        line.append(before["generation"])
    return line


def _tidy(index_dir: Path) -> None:
    """Nothing lies there but what a generation needs that is kept."""
    there = generations(index_dir)
    assert {path.name for path in index_dir.iterdir()} - {"stamps.json", "stamps.json.new"} == {"CURRENT", ".lock", SEGMENTS, *there}
    assert set(there) <= {*_line(index_dir), *there[-2:]}
    needed = set[str]().union(*(manifest_of(index_dir / name)["segments"] for name in there))
    assert {path.name for path in (index_dir / SEGMENTS).iterdir()} == needed


class Aftermath:
    """What an update that ended early left: each state once, however often it is met."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.seen: dict[str, str] = {}

    def of(self, index_dir: Path, embedded: int | None = None) -> str:
        """What it answers. ``embedded``: how many texts are still to be embedded."""
        state = hashlib.sha256(repr(sorted(_bytes(index_dir).items())).encode()).hexdigest()
        if state not in self.seen:
            self.seen[state] = _whole(index_dir, self._case)
            stub = Stub()
            build(self._case.articles, index_dir, stub)
            assert embedded is None or len(stub.asked) == embedded
            assert _content(index_dir) == self._case.content
            assert damage(index_dir) == []
            _tidy(index_dir)
        return self.seen[state]


def test_killed_at_every_step(case: Case, updates: Updates, room: Path) -> None:
    after, met = Aftermath(case), []
    for n in range(1000):
        code, said, _ = updates.run(case.articles, case.copy(room / "killed"), step=n)
        if not code:
            break
        assert code == -9, said
        done, _, of = said.partition(" ")[2].partition("/")
        met.append((said.split()[0], after.of(room / "killed", int(of) - int(done) if said.startswith("embed") else None)))
    assert [step for step, _ in met] == [*["read"] * 5, *["embed"] * 5, "words", "segment", "write", "check", "switch", "merge"]
    assert [answer for _, answer in met] == ["old"] * 15 + ["new"]
    assert after.of(room / "killed") == "new"
    assert len(load(room / "killed").parts) < 7


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


def test_disk_that_is_full_wherever_it_is(case: Case, updates: Updates, room: Path) -> None:
    """A page more of room at each try. The update is refused in one line or done, and what it left is no hindrance later."""
    disk, index_dir = room / "disk", room / "disk" / "index"
    after, met = Aftermath(case), []
    with _tmpfs(disk, "size=64m"):
        while not met or met[-1][1] != "merged":
            shutil.rmtree(index_dir, ignore_errors=True)
            shutil.copytree(case.index, index_dir)
            about = os.statvfs(disk)
            used = about.f_frsize * (about.f_blocks - about.f_bfree)
            subprocess.run(["mount", "-o", f"remount,size={used + 4096 * len(met)}", disk], check=True)
            code, said, _ = updates.run(case.articles, index_dir)
            assert not (index_dir / SEGMENTS / ".unfinished").exists()
            subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
            if code:
                assert re.fullmatch(
                    r"\w+: IndexNotWritable: The index in .* could not be written \((No space left on device|database or disk is full|"
                    r"the write failed, most likely for want of space|.*requested and.*written)\): free space or correct the "
                    r"permissions, or name another folder with --index\. The index in use is as it was\.\n", said), said
                met.append((said.split(":")[0], "refused"))
            else:
                assert said == "\n"
                met.append(("", "merged" if current_generation(index_dir) == "g000010" else "done"))
            assert after.of(index_dir) == ("old" if code else "new")
    steps = [step for step, how in met if how == "refused"]
    assert {"embed", "segment", "write", "switch"} <= set(steps)
    assert [how for _, how in met] == ["refused"] * len(steps) + ["done"] * (len(met) - len(steps) - 1) + ["merged"]
    assert len(steps) >= 20
    assert len(met) - len(steps) >= 10


def test_disk_that_is_full_while_files_are_read(case: Case, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large archive is written in several segments, the first of them long before the last file is read."""
    disk, index_dir = room / "disk", room / "disk" / "index"
    monkeypatch.setattr("rag.draft._BLOCK", 1)
    with _tmpfs(disk, "size=64m"):
        shutil.copytree(case.index, index_dir)
        about = os.statvfs(disk)
        for pages in (1, 10, 20, 30, 60):
            size = about.f_frsize * (about.f_blocks - about.f_bfree) + 4096 * pages
            subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)
            with pytest.raises(IndexNotWritable, match="The index in use is as it was"):
                build(case.articles, index_dir, Stub())
            gc.collect()
            assert _whole(index_dir, case) == "old"
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        build(case.articles, index_dir, Stub())
        assert _content(index_dir) == case.content
        _tidy(index_dir)


def test_read_only_folder(case: Case, room: Path, rag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = room / "disk"
    with _tmpfs(disk, "size=8m"):
        shutil.copytree(case.index, disk / "index")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(IndexNotWritable, match=r"could not be written \(Read-only file system\)"):
            build(case.articles, disk / "index", Stub())
        with pytest.raises(IndexNotWritable, match=r"could not be written \(Read-only file system\)"):
            roll_back(disk / "index")
        assert _whole(disk / "index", case) == "old"
        hits = Assistant(Settings(index_dir=disk / "index"), Stub()).search("平湖图书馆", k=60)
        assert {hit.article for hit in hits} == set(case.old)
        code, said, _ = rag("status", "--index", disk / "index")
        assert (code, "whole" in said, "13 articles" in said) == (0, True, True)


def test_no_permission(built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(IndexNotWritable, match=r"could not be written \(Permission denied\)"):
        build(folder, built, embedder)
    monkeypatch.undo()
    assert _texts(built) == OLD


def test_folder_that_holds_other_things(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    """What looks like ours is not taken for it, and what is in an index by mistake stays."""
    for name in ("segments/notes/a.txt", "g000001/photo.jpg", "thesis.docx"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text("mine", encoding="utf-8")
    before = {p: p.read_bytes() for p in (tmp_path / "mine").rglob("*") if p.is_file()}
    with pytest.raises(IndexNotWritable, match=r"mine holds other things than an index \(g000001\): name an empty folder"):
        build(folder, tmp_path / "mine", embedder)
    assert {p: p.read_bytes() for p in (tmp_path / "mine").rglob("*") if p.is_file()} == before
    build(folder, tmp_path / "index", embedder)
    (tmp_path / "index" / "segments" / "notes").mkdir()
    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    build(folder, tmp_path / "index", embedder)
    assert (tmp_path / "index" / "segments" / "notes").is_dir()


def test_index_folder_is_a_file(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    (tmp_path / "a.txt").write_text(FIRST, encoding="utf-8")
    with pytest.raises(IndexNotWritable):
        build(folder, tmp_path / "a.txt", embedder)
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == FIRST


def test_another_build_in_progress(built: Path, folder: Path, embedder: Embedder) -> None:
    with (built / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndexNotWritable, match="Another `rag index` is writing"):
            build(folder, built, embedder)
        assert _texts(built) == OLD
    assert build(folder, built, embedder).reused == 2


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
    assert _texts(built) == OLD
    assert build(folder, built, embedder).embedded == 0  # they lie in a segment that nothing names yet
    assert len(_texts(built)) == 3


@pytest.fixture
def others() -> Iterator[Updates]:
    process = Updates()
    yield process
    process.close()


def test_two_writers(case: Case, updates: Updates, others: Updates, room: Path) -> None:
    index_dir, go = case.copy(room / "two"), room / "go"
    refusal = f"begin: IndexNotWritable: Another `rag index` is writing {index_dir}: wait for it to end, then run yours again.\n"
    updates.start(case.articles, index_dir, wait=str(go))
    while not list(index_dir.glob("*.journal")) and others.run(case.articles, index_dir, wait=str(go), after=0.2)[1] != refusal:
        pass
    assert others.run(case.articles, index_dir)[:2] == (1, refusal)
    assert _whole(index_dir, case) == "old"
    go.touch()
    assert updates.ended()[:2] == (0, "\n")
    assert _whole(index_dir, case) == "new"
    for _ in range(10):  # neither is told to wait: one or both do it
        case.copy(index_dir)
        for each in (updates, others):
            each.start(case.articles, index_dir)
        ends = [each.ended()[:2] for each in (updates, others)]
        assert (0, "\n") in ends
        assert set(ends) <= {(0, "\n"), (1, refusal)}
        assert _content(index_dir) == case.content
        _tidy(index_dir)


def test_lock_of_a_writer_that_died(case: Case, updates: Updates, room: Path) -> None:
    index_dir = case.copy(room / "died")
    assert updates.run(case.articles, index_dir, wait=str(room / "never"), after=0.5)[0] == -9
    assert build(case.articles, index_dir, Stub()).embedded == 4
    assert _content(index_dir) == case.content


def test_readers_while_others_write(room: Path) -> None:
    """Thirty updates, merges among them: each answer is of one generation, and nothing is held on to."""
    place = room / "readers"
    (place / "articles").mkdir(parents=True)
    fault_update.step_of(place / "articles", 0)
    build(place / "articles", place / "index", Stub())
    env = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parent.parent), "OMP_NUM_THREADS": "1"}
    readers = [subprocess.Popen([sys.executable, fault_update.__file__, "read", place / "index"], stdout=subprocess.PIPE, text=True,
                                env=env) for _ in range(2)]
    assert [reader.stdout.readline() for reader in readers if reader.stdout] == ["reads\n"] * 2
    sizes = []
    for n in range(1, 31):
        fault_update.step_of(place / "articles", n)
        sizes.append(len(build(place / "articles", place / "index", Stub()).manifest["segments"]))
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


@pytest.mark.parametrize("content", [b"", b"g999999\n", b"../elsewhere", b"gabc", b"\xff\xfe\x00", b"g000001/../.."])
def test_current_is_garbage(built: Path, folder: Path, embedder: Embedder, content: bytes) -> None:
    (built / "CURRENT").write_bytes(content)
    for use in (load, damage, read_manifest, current_generation):
        with pytest.raises(IndexDamaged, match=r"CURRENT .*run `rag index --anew` to build the index anew"):
            use(built)
    build(folder, built, embedder)
    assert _texts(built) == OLD
    assert current_generation(built) == "g000002"


def test_missing_index(tmp_path: Path) -> None:
    for use in (load, damage, read_manifest, current_generation):
        with pytest.raises(IndexMissing, match=r"There is no index in .*: run `rag index` to build it"):
            use(tmp_path / "nowhere")


def _files(index_dir: Path) -> list[Path]:
    """Of the generation in use and its segments."""
    manifest = read_manifest(index_dir)
    folders = [index_dir / manifest["generation"], *(index_dir / "segments" / name for name in manifest["segments"])]
    return sorted(p for folder in folders for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def grown(room: Path) -> Iterator[tuple[Path, Path]]:
    """Articles and an index of two segments, of the first of which an article and a file are gone."""
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        for n in range(4):
            (folder / f"{n}.txt").write_text(fault_update.page(n), encoding="utf-8")
        build(folder, index_dir, Stub())
        (folder / "1.txt").unlink()
        (folder / "4.txt").write_text(fault_update.page(4), encoding="utf-8")
        build(folder, index_dir, Stub())
        assert len(_files(index_dir)) == 3 + 2 * 16
        yield folder, index_dir


@contextmanager
def _flipped(path: Path, at: int, bit: int = 1) -> Iterator[None]:
    good = path.read_bytes()
    path.write_bytes(_with_flip(good, at, bit))
    yield
    path.write_bytes(good)


def _with_flip(good: bytes, at: int, bit: int = 1) -> bytes:
    return good[:at] + bytes([good[at] ^ bit]) + good[at + 1:]


def _one_line(error: RagError) -> int:
    assert re.fullmatch(r".*run `rag index.*", str(error))
    return 1


def _places(path: Path) -> list[int]:
    """All of a small file, some of a large one: its ends, and two dozen between."""
    size = path.stat().st_size
    return list(range(size)) if size <= 170 else sorted({0, size - 1, *range(0, size, max(1, size // 24))})


def test_flipped_byte_is_found(grown: tuple[Path, Path]) -> None:
    _, index_dir = grown
    files, found = _files(index_dir), 0
    for path in files:
        for at in _places(path):
            with _flipped(path, at):
                if path.name == "manifest.json":
                    with pytest.raises((IndexDamaged, IndexIncompatible), match=r"run `rag index --anew`|run `rag index` with"):
                        damage(index_dir)
                else:
                    (broken,) = damage(index_dir)
                    assert path.as_posix().endswith(f"/{broken}")
            found += 1
        good = path.read_bytes()
        path.unlink()
        with pytest.raises(IndexDamaged) if path.name == "manifest.json" else nullcontext():
            assert path.as_posix().endswith(damage(index_dir)[0])
        path.write_bytes(good)
    for at in range(len((index_dir / "CURRENT").read_bytes())):
        with _flipped(index_dir / "CURRENT", at), pytest.raises(IndexDamaged, match="run `rag index --anew`"):
            damage(index_dir)
    assert damage(index_dir) == []
    assert found >= 2000


@pytest.mark.filterwarnings("ignore:Reading `.npy`")
def test_flipped_byte_alters_no_answer(grown: tuple[Path, Path]) -> None:
    """What is found may be in another order then; its words are those of the articles, or an error says what to run."""
    _, index_dir = grown
    truth = {a.article_id: a for a in load(index_dir).articles.values()}
    told = 0
    for path in _files(index_dir):
        for at in _places(path)[::2]:
            for bit in (1, 128):
                with _flipped(path, at, bit):
                    try:
                        index = load(index_dir, Stub())
                        assert {name: article for name, article in index.articles.items() if truth[name] != article} == {}
                        retriever = Retriever(index, Stub())
                        for hit in retriever.search(parse("平湖第3座图书馆建成 Pinghu", (), retriever.names)):
                            assert hit.article == truth[hit.article.article_id]
                            assert hit.passage.text in hit.article.text
                    except RagError as error:
                        told += _one_line(error)
    assert told >= 500


def test_flipped_byte_is_mended(grown: tuple[Path, Path]) -> None:
    """Only what was embedded from a segment whose vectors are not whole is embedded again."""
    folder, index_dir = grown
    expected = _content(index_dir)
    texts = {name: {index.passages[i].context for i in range(start, start + part.segment.size)} for index in [load(index_dir)]
             for name, part, start in zip(index.manifest["segments"], index.parts, index.starts, strict=False)}
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        for path in [*_files(index_dir), index_dir / "CURRENT"]:
            size = path.stat().st_size
            for at in (0, size // 2, size - 1):
                copy = Path(place, "copy")
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(index_dir, copy)
                (copy / path.relative_to(index_dir)).write_bytes(_with_flip(path.read_bytes(), at))
                stub = Stub()
                build(folder, copy, stub, anew=True)
                assert _content(copy) == expected
                assert damage(copy) == []
                _tidy(copy)
                lost = path.name in ("vectors.npy", "keys.npy", "rows.npy", "segment.json") and path.parent.name != "words"
                assert set(stub.asked) <= (texts[path.parent.name] if lost else set())
                assert bool(stub.asked) == lost


@pytest.mark.parametrize("content", [b"", b"null\n", b"[]\n", b"{}\n", b"{", b"\xff\xfe\x00", b"[1]\n{}\n"])
def test_any_file_replaced_by_nonsense(built: Path, folder: Path, embedder: Embedder, content: bytes) -> None:
    """Loading gives an error of ours or none, and a rebuild mends it."""
    for path in _files(built):
        good = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(RagError, match="`rag index"):
            load(built, embedder)
        path.write_bytes(good)
        assert _texts(built) == OLD
    (built / "g000001" / "manifest.json").write_bytes(content)
    build(folder, built, embedder)
    assert _texts(built) == OLD


@pytest.mark.parametrize("manifest", [
    {"format": FORMAT}, {"format": FORMAT, "model": {}}, {"format": FORMAT, "model": None, "counts": None}])
def test_manifest_that_lacks_entries(built: Path, folder: Path, embedder: Embedder, manifest: object) -> None:
    (built / "g000001" / "manifest.json").write_text(json.dumps(manifest))
    for use in (lambda: load(built, embedder), lambda: damage(built)):
        with pytest.raises(IndexDamaged, match="run `rag index --anew`"):
            use()
    build(folder, built, embedder)
    assert _texts(built) == OLD


def test_quote_altered_on_disk_is_not_shown(built: Path, folder: Path, embedder: Embedder) -> None:
    path = next(built.glob("segments/*/articles.sqlite"))
    path.write_bytes(path.read_bytes().replace("总投资5亿元".encode(), "总投资9亿元".encode()))
    with pytest.raises(IndexDamaged, match="run `rag index --anew`"):
        _texts(built)
    with pytest.raises(IndexDamaged, match="run `rag index --anew`"):
        _search(built, embedder)
    assert damage(built) == [f"{path.parent.name}/{path.name}"]
    assert build(folder, built, embedder, anew=True).embedded == 0
    assert _texts(built) == OLD


@pytest.mark.parametrize(("version", "mend"), [
    (FORMAT + 1, "update the program, or run `rag index --anew`"), (FORMAT - 1, "run `rag index` with this version"),
    (str(FORMAT), "run `rag index` with this version"), (None, "run `rag index` with this version")])
def test_other_version_of_the_format(built: Path, folder: Path, embedder: Embedder, version: object, mend: str) -> None:
    path = built / "g000001" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "format": version}), encoding="utf-8")
    for use in (load, damage, read_manifest):
        with pytest.raises(IndexIncompatible, match=rf"has format .*, this program reads {FORMAT}: {mend}"):
            use(built)
    if version == FORMAT + 1:
        before = {p: p.read_bytes() for p in built.rglob("*") if p.is_file()}
        with pytest.raises(IndexIncompatible):
            build(folder, built, embedder)
        assert {p: p.read_bytes() for p in built.rglob("*") if p.is_file()} == before
    assert build(folder, built, embedder, anew=version == FORMAT + 1).embedded == 0
    assert _texts(built) == OLD


def test_damage_is_not_merged_into_what_is_whole(case: Case, room: Path) -> None:
    place = room / "rotten"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(case.index, place)
    name = list(read_manifest(place)["segments"])[2]
    path = place / SEGMENTS / name / "vectors.npy"
    path.write_bytes(_with_flip(path.read_bytes(), path.stat().st_size - 1))
    for _ in range(2):
        with pytest.raises(IndexDamaged, match=rf"is damaged \({name}/vectors.npy\): run `rag index --anew`"):
            build(case.articles, place, Stub())
        assert damage(place) == [f"{name}/vectors.npy"]
        assert list(load(place, Stub()).articles.values()) == case.new
    build(case.articles, place, Stub(), anew=True)
    assert _content(place) == case.content
    _tidy(place)


# -- clocks

HOUR = 3600 * 10**9


class Clock:
    """The times of files as a file system gives them that counts in steps of ``coarse`` nanoseconds, by a clock that is set
    at will."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, coarse: int) -> None:
        self.now, self._coarse = 1_700_000_000 * 10**9, coarse
        self._times: dict[Path, tuple[int, int]] = {}
        real = Path.lstat

        def lstat(path: Path) -> Any:
            about = real(path)
            if path not in self._times:
                return about
            mtime, ctime = self._times[path]
            return SimpleNamespace(st_mode=about.st_mode, st_size=about.st_size, st_ino=about.st_ino, st_mtime_ns=mtime, st_ctime_ns=ctime)

        monkeypatch.setattr(Path, "lstat", lstat)
        monkeypatch.setattr("rag.changes.time", SimpleNamespace(time_ns=lambda: self.now))

    def write(self, path: Path, text: str, mtime: int | None = None) -> None:
        """``mtime``: what it is set to afterwards, as an unpacked archive or ``touch -d`` does."""
        path.write_text(text, encoding="utf-8")
        self._times[path] = (self._round(self.now if mtime is None else mtime), self._round(self.now))

    def _round(self, moment: int) -> int:
        return moment - moment % self._coarse


@pytest.mark.parametrize("coarse", [1, 10**7, 10**9, 2 * 10**9])
def test_edit_is_found_whatever_the_clock_says(room: Path, monkeypatch: pytest.MonkeyPatch, coarse: int) -> None:
    """Edits that keep the size, some the time of the last change too; builds between them; the clock goes on in jumps."""
    chance = random.Random(f"{coarse} 20261121")
    clock = Clock(monkeypatch, coarse)
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, opened = Path(place, "articles"), 0
        folder.mkdir()
        paths = [folder / f"{n}.txt" for n in range(3)]
        for path in paths:
            clock.write(path, fault_update.page(100))
        for step in range(60):
            for _ in range(chance.randrange(3)):
                kept = chance.choice([None, clock.now - 9 * HOUR, clock.now + 9 * HOUR, 1_600_000_000 * 10**9])
                clock.write(chance.choice(paths), fault_update.page(chance.randrange(100, 999)), kept)
                clock.now += chance.choice([1, 10**6, 10**9, 10**9, 5 * 10**9])
            build(folder, Path(place, "index"), Stub())
            written = [path.read_text(encoding="utf-8").split("\n")[0] for path in paths]
            assert [a.title for a in load(Path(place, "index")).articles.values()] == written, step
            clock.now += chance.choice([1, 10**6, 10**9, 3 * 10**9, 60 * 10**9])
            opened += sum(bool(file.stamp) for part in load(Path(place, "index")).parts for _, file in part.records())
        assert opened >= 20  # by their stamps; the others were read at each build


@pytest.mark.parametrize("shift", [-2 * HOUR, -1, 1, 2 * HOUR])
def test_edit_is_found_after_the_clock_was_set(room: Path, monkeypatch: pytest.MonkeyPatch, shift: int) -> None:
    clock = Clock(monkeypatch, 1)
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        began = clock.now
        clock.write(folder / "a.txt", fault_update.page(100))
        clock.now += HOUR
        build(folder, index_dir, Stub())
        assert [bool(file.stamp) for part in load(index_dir).parts for _, file in part.records()] == [True]
        clock.now += shift
        for mtime in (began, clock.now):
            clock.write(folder / "a.txt", fault_update.page(200 + mtime % 2), mtime)
            clock.now += 1
            build(folder, index_dir, Stub())
            assert [a.title for a in load(index_dir).articles.values()] == [f"平湖建成第{200 + mtime % 2}座图书馆"]


def test_real_edit_that_keeps_size_and_time(room: Path) -> None:
    """By the times of the real file system."""
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder, index_dir = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        for n, moment in enumerate([0, 2**31 - 1, 4 * 10**9, time.time(), time.time() - 10, time.time() // 2 * 2]):
            path = folder / "a.txt"
            path.write_text(fault_update.page(100 + n), encoding="utf-8")
            os.utime(path, (moment, moment))
            build(folder, index_dir, Stub())
            assert [a.title for a in load(index_dir).articles.values()] == [f"平湖建成第{100 + n}座图书馆"]
            with path.open("r+", encoding="utf-8") as out:  # the same inode
                out.write(fault_update.page(200 + n))
            os.utime(path, (moment, moment))
            build(folder, index_dir, Stub())
            assert [a.title for a in load(index_dir).articles.values()] == [f"平湖建成第{200 + n}座图书馆"]


# -- the journal of what was embedded

@pytest.fixture
def cut(room: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cut]:
    """A build that ended after five of eight texts."""
    monkeypatch.setattr(Stub, "portion", 1)
    with tempfile.TemporaryDirectory(dir=room) as place:
        folder = Path(place, "articles")
        folder.mkdir()
        for n in range(8):
            (folder / f"{n}.txt").write_text(fault_update.page(n), encoding="utf-8")
        with pytest.raises(KeyboardInterrupt):
            build(folder, Path(place, "index"), Stub(die_after=5))
        build(folder, Path(place, "whole"), Stub())
        yield Cut(folder, Path(place, "index"), _content(Path(place, "whole")))


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
        """How many texts the next build embeds that finds this journal. It comes to the right end."""
        place = self.index.with_name("again")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / self.journal.name).write_bytes(journal)
        stub = Stub()
        build(self.folder, place, stub)
        assert _content(place) == self.content
        _tidy(place)
        return len(stub.asked)


RECORD = 8 + 4 * fault_update.DIMENSION + 4


def test_build_goes_on_where_it_was_cut_short(cut: Cut) -> None:
    for left in (0, 1, 1):
        with pytest.raises(KeyboardInterrupt):
            build(cut.folder, cut.index, Stub(die_after=left))
    with pytest.raises(IndexMissing):
        load(cut.index)
    assert cut.journal.stat().st_size == 7 * RECORD
    assert build(cut.folder, cut.index, Stub()).embedded == 1
    assert _content(cut.index) == cut.content
    _tidy(cut.index)


def test_journal_that_was_cut_off_or_altered(cut: Cut) -> None:
    good = cut.journal.read_bytes()
    assert len(good) == 5 * RECORD
    assert [cut.embedded(good[:size]) for size in range(0, len(good) + 1, 4)] == [8 - size // RECORD for size in range(0, len(good) + 1, 4)]
    assert {cut.embedded(_with_flip(good, at, 1 << at % 8)) for at in range(0, len(good), 3)} == {4}
    assert cut.embedded(good[:RECORD] + b"?" + good[RECORD:]) == 7
    assert cut.embedded(good + good) == 3
    noise = random.Random(20261121)
    for garbage in (bytes(4 * RECORD), b"\xff" * 777, noise.randbytes(1), noise.randbytes(10_000), b"{}\n"):
        assert cut.embedded(garbage) == 8
        assert cut.embedded(good + garbage) == 3
    torn = cut.index.with_name("torn")
    shutil.copytree(cut.index, torn)
    for left in (1, 1, 0):  # each ends in the middle of a record, and the next goes on behind the last whole one
        path = torn / cut.journal.name
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.raises(KeyboardInterrupt):
            build(cut.folder, torn, Stub(die_after=left))
    assert build(cut.folder, torn, Stub()).embedded == 4
    assert _content(torn) == cut.content


def test_journal_of_another_dimension(cut: Cut) -> None:
    """Of a model that gives itself out for the one in use."""
    for dimension in (4, 15, 17, 33):
        other = cut.index.with_name(f"other{dimension}")
        other.mkdir()
        stub = Stub(dimension)
        texts = [fault_update.page(n) for n in range(6)]
        Journal(other, stub.fingerprint, dimension).append(np.arange(6, dtype=np.uint64), stub.embed_passages(texts))
        assert build(cut.folder, other, Stub()).embedded == 8
        assert _content(other) == cut.content
        _tidy(other)


# -- what was never written by a build

def test_half_an_index(grown: tuple[Path, Path]) -> None:
    """Any of its files or folders gone: it says so, and what is left is used for a new one."""
    folder, start = grown
    expected, name = _content(start), current_generation(start)
    lost = [*_files(start), *{path.parent for path in _files(start)}, start / SEGMENTS, start / "CURRENT"]
    for path in lost:
        place = start.with_name("half")
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(start, place, copy_function=os.link)
        gone = place / path.relative_to(start)
        if gone.is_dir():
            shutil.rmtree(gone)
        else:
            gone.unlink()
        for use in (load, lambda at: load(at, Stub())):
            with pytest.raises(IndexMissing if path.name == "CURRENT" else IndexDamaged, match="run `rag index"):
                use(place)
        if path.name not in ("CURRENT", "manifest.json", name):
            assert damage(place)
        build(folder, place, Stub())
        assert _content(place) == expected
        assert damage(place) == []
    assert len(lost) == 35 + 5 + 2


def test_manifest_that_disagrees_with_its_files(grown: tuple[Path, Path]) -> None:
    folder, place = grown
    expected = _content(place)
    path = place / current_generation(place) / "manifest.json"
    good, current = json.loads(path.read_text(encoding="utf-8")), (place / "CURRENT").read_bytes()
    segments = good["segments"]
    first, second = list(segments)[:2]
    for wrong in (
        {"segments": {**segments, first: [1, 1]}}, {"segments": {first: segments[first]}}, {"segments": {}},
        {"segments": {**segments, "0123456789abcdef": [1, 1]}}, {"segments": {**segments, "../..": [1, 1]}},
        {"segments": {**segments, first: None}}, {"segments": {**segments, second: "1"}},
        {"counts": {**good["counts"], "passages": 99}}, {"counts": {**good["counts"], "passages": None}},
        {"model": {**good["model"], "dimension": 17}}, {"model": {**good["model"], "dimension": "x"}},
        {"checksums": {f"{first}.articles.npy": "0" * 64}}, {"generation": "g000001"},
    ):
        path.write_text(json.dumps({**good, **wrong}), encoding="utf-8")
        with pytest.raises(IndexDamaged, match="run `rag index --anew`"):  # CURRENT knows the manifest's hash
            load(place, Stub())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        (place / "CURRENT").write_text(f"{path.parent.name} {digest}\n")
        try:
            assert list(load(place, Stub()).articles.values()) == expected["articles"], wrong
        except RagError as error:
            _one_line(error)
        copy = place.with_name("mended")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(place, copy)
        assert build(folder, copy, Stub(), anew=True).embedded == 0
        assert _content(copy) == expected
        (place / "CURRENT").write_bytes(current)
    path.write_text(json.dumps(good), encoding="utf-8")


def test_segments_of_other_names(grown: tuple[Path, Path]) -> None:
    folder, start = grown
    expected, place = _content(start), start.with_name("swapped")
    first, second = read_manifest(start)["segments"]

    def renamed() -> None:
        (place / SEGMENTS / first).rename(place / SEGMENTS / "0123456789abcdef")

    def swapped() -> None:
        (place / SEGMENTS / first).rename(place / SEGMENTS / "x")
        (place / SEGMENTS / second).rename(place / SEGMENTS / first)
        (place / SEGMENTS / "x").rename(place / SEGMENTS / second)

    def mixed() -> None:
        for name in ("articles.sqlite", "vectors.npy", "segment.json"):
            shutil.copyfile(place / SEGMENTS / second / name, place / SEGMENTS / first / "x")
            (place / SEGMENTS / first / name).unlink()
            (place / SEGMENTS / first / "x").rename(place / SEGMENTS / first / name)

    for spoil in (renamed, swapped, mixed):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(start, place, copy_function=os.link)
        spoil()
        with pytest.raises(IndexDamaged, match="run `rag index --anew`"):
            load(place, Stub())
        assert damage(place)
        build(folder, place, Stub())
        assert _content(place) == expected
        assert damage(place) == []


def test_index_of_a_later_version_is_left_alone(case: Case, room: Path) -> None:
    """Byte for byte, whatever else that version keeps and calls its things."""
    place = room / "later"
    shutil.copytree(case.index, place)
    for text in (f"g000009 {'0' * 16}\n", "g000009\n"):
        later = place / "g000009"
        later.mkdir(exist_ok=True)
        (later / "manifest.json").write_text(json.dumps({"format": FORMAT + 1, "other": []}), encoding="utf-8")
        (place / "CURRENT").write_text(text)
        before = _bytes(place)
        for use in (lambda: load(place, Stub()), lambda: damage(place), lambda: build(case.articles, place, Stub())):
            with pytest.raises(IndexIncompatible, match="update the program, or run `rag index --anew`"):
                use()
        assert _bytes(place) == before
    build(case.articles, place, Stub(), anew=True)
    assert _content(place) == case.content
