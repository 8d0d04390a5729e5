"""What may go wrong while an index is written or lies on the disk: it answers as before, or says in one line what to run."""

from __future__ import annotations

import errno
import fcntl
import gc
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from rag import generation as module
from rag.embedder import Embedder
from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, IndexNotWritable, RagError
from rag.generation import FORMAT, current_generation, damage, read_manifest
from rag.index import build
from rag.opened import load
from rag.query import parse
from rag.retriever import Retriever

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
        subprocess.run(["umount", at], check=True)


def _refusal(folder: Path, index_dir: Path, embedder: Embedder) -> str:
    try:
        build(folder, index_dir, embedder)
    except IndexNotWritable as error:
        return str(error)
    return ""


def test_full_disk(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    """However far the writing gets, the old index answers and nothing half done is left."""
    disk = tmp_path / "disk"
    with _tmpfs(disk, "size=8m"):
        build(folder, disk, embedder)
        used = sum(4096 * -(-p.stat().st_size // 4096) for p in disk.rglob("*") if p.is_file())
        (folder / "c.txt").write_text(OTHER, encoding="utf-8")
        refused = 0
        for pages in range(80):
            subprocess.run(["mount", "-o", f"remount,size={used + 2 * 4096 * pages}", disk], check=True)
            message = _refusal(folder, disk, embedder)
            if not message:
                break
            refused += 1
            assert message.endswith("The index in use is as it was.")
            assert "\n" not in message
            assert _texts(disk) == OLD
            assert damage(disk) == []
            assert current_generation(disk) == "g000001"
        assert refused >= 8
        assert len(_texts(disk)) == 3


def test_read_only_folder(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    disk = tmp_path / "disk"
    with _tmpfs(disk, "size=8m"):
        build(folder, disk, embedder)
        (folder / "c.txt").write_text(OTHER, encoding="utf-8")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(IndexNotWritable, match=r"could not be written \(Read-only file system\)"):
            build(folder, disk, embedder)
        assert _texts(disk) == OLD


def test_no_permission(built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(IndexNotWritable, match=r"could not be written \(Permission denied\)"):
        build(folder, built, embedder)
    monkeypatch.undo()
    assert _texts(built) == OLD


def test_index_folder_is_a_file(folder: Path, embedder: Embedder) -> None:
    with pytest.raises(IndexNotWritable):
        build(folder, folder / "a.txt", embedder)
    assert (folder / "a.txt").read_text(encoding="utf-8") == FIRST


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


def test_flipped_byte_in_any_file_is_found(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "b.txt").unlink()
    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    build(folder, built, embedder)
    found = 0
    for path in _files(built):
        good = path.read_bytes()
        for at in (0, len(good) // 2, len(good) - 1):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            if path.name == "manifest.json":
                with pytest.raises((IndexDamaged, IndexIncompatible)):
                    damage(built)
            else:
                broken = damage(built)
                assert len(broken) == 1
                assert broken[0].endswith(path.name)
            found += 1
        path.unlink()
        with pytest.raises(IndexDamaged) if path.name == "manifest.json" else nullcontext():
            assert damage(built)[0].endswith(path.name)
        path.write_bytes(good)
    assert found == 3 * len(_files(built)) >= 99
    assert damage(built) == []
    good = (built / "CURRENT").read_bytes()
    for at in range(len(good)):
        (built / "CURRENT").write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        with pytest.raises(IndexDamaged):
            damage(built)
    (built / "CURRENT").write_bytes(good)
    assert damage(built) == []


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
