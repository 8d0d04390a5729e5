"""`rag index` as it is used: what it says, --dry-run, --watch in a process of its own, --rollback, export and import."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rag.embedder import Embedder
from rag.errors import BadInput, IndexDamaged, IndexIncompatible
from rag.generation import FORMAT, current_generation, damage
from rag.history import roll_back
from rag.index import build
from rag.opened import load
from rag.parcel import pack, unpack

STORY = "新埭黄桃喜获丰收\n\n■记者 王强\n\n　　本报讯 近日，新埭镇的{}喜获丰收，果香四溢，游客很多。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    for name, fruit in (("a", "黄桃"), ("b", "草莓")):
        (made / f"{name}.txt").write_text(STORY.format(fruit), encoding="utf-8")
    return made


@pytest.fixture
def built(tmp_path: Path, folder: Path, embedder: Embedder) -> Path:
    build(folder, tmp_path / "index", embedder)
    return tmp_path / "index"


def _texts(index_dir: Path) -> str:
    return "".join(a.text for a in load(index_dir).articles.values())


def test_what_changed_is_said_and_nothing_is_done(rag, folder: Path, built: Path) -> None:
    (folder / "a.txt").write_text(STORY.format("西瓜"), encoding="utf-8")
    (folder / "b.txt").rename(folder / "c.txt")
    (folder / "d.txt").write_text(STORY.format("葡萄"), encoding="utf-8")
    before = {p: p.stat().st_mtime_ns for p in built.rglob("*")}
    code, out, _ = rag("index", folder, "--dry-run", "--index", built)
    assert (code, out.splitlines()) == (0, ["added     d.txt", "edited    a.txt", "renamed   b.txt -> c.txt", "unchanged 0 files"])
    _, out, _ = rag("index", folder, "--dry-run", "--json", "--index", built)
    assert json.loads(out) == {
        "added": ["d.txt"], "edited": ["a.txt"], "renamed": [["b.txt", "c.txt"]], "removed": [], "read_anew": [], "unchanged": 0}
    assert {p: p.stat().st_mtime_ns for p in built.rglob("*")} == before
    code, out, _ = rag("index", folder, "--index", built)
    assert (code, out.splitlines()[-1]) == (0, f"3 articles from 3 files, 3 passages (2 embedded, 1 kept) in {built}, generation g000002")
    _, out, _ = rag("index", folder, "--index", built)
    assert out.splitlines() == [
        "unchanged 3 files", f"3 articles from 3 files, 3 passages (0 embedded, 3 kept) in {built}, generation g000002"]


def test_many_changes_are_counted(rag, folder: Path, built: Path) -> None:
    for n in range(12):
        (folder / f"n{n:02}.txt").write_text(STORY.format(f"梨{n}号"), encoding="utf-8")
    _, out, _ = rag("index", folder, "--dry-run", "--index", built)
    assert out.splitlines() == [*(f"added     n{n:02}.txt" for n in range(10)), "added     and 2 more", "unchanged 2 files"]


def test_back_and_forth(rag, folder: Path, built: Path) -> None:
    (folder / "a.txt").unlink()
    rag("index", folder, "--index", built)
    code, out, _ = rag("index", "--rollback", "--index", built, "--json")
    assert (code, json.loads(out)) == (0, {"generation": "g000001", "counts": {"files": 2, "articles": 2, "passages": 2}})
    assert "黄桃" in _texts(built)
    code, _, err = rag("index", "--rollback", "--index", built)
    assert (code, err.count("\n")) == (4, 1)
    assert "No generation before g000001 is kept" in err


def test_damage_is_found_and_built_anew(rag, folder: Path, built: Path) -> None:
    path = next(built.glob("segments/*/vectors.npy"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    code, out, _ = rag("status", "--index", built)
    assert code == 5
    assert f"DAMAGED: {path.parent.name}/vectors.npy - run `rag index --anew`" in out
    code, out, _ = rag("index", folder, "--anew", "--index", built)
    assert code == 0
    assert "(2 embedded, 0 kept)" in out
    assert rag("status", "--index", built)[0] == 0


@pytest.mark.parametrize("words", [["a", "b"], ["--dry-run", "--anew"], ["--rollback", "--watch"], ["export", "x", "--anew"]])
def test_options_that_do_not_go_together(rag, words: list[str]) -> None:
    code, _, err = rag("index", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert "Give a FOLDER" in err


def _until(happens: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_watch(folder: Path, built: Path) -> None:
    """A file that comes, one that grows while it is copied, one that cannot be read, one that goes."""
    (folder / "b.txt").unlink()
    command = [sys.executable, "-m", "rag", "index", str(folder), "--watch", "--index", str(built)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            _until(lambda: current_generation(built) == "g000002")
            half = STORY.format("西瓜").encode()
            (folder / "c.txt").write_bytes(half[:40])
            time.sleep(0.7)
            (folder / "c.txt").write_bytes(half)
            _until(lambda: "西瓜" in _texts(built))
            assert current_generation(built) == "g000003"  # once, when the copying had ended
            (folder / "bad.txt").write_bytes(b"\x7fELF" + bytes(300))
            _until(lambda: current_generation(built) == "g000004")
            (folder / "a.txt").unlink()
            _until(lambda: "黄桃" not in _texts(built))
        finally:
            process.send_signal(signal.SIGINT)
            output = process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert "left out: bad.txt is not text" in output
    assert "Traceback" not in output
    assert damage(built) == []


def test_carried_to_another_machine(folder: Path, built: Path, tmp_path: Path, embedder: Embedder) -> None:
    (folder / "a.txt").unlink()
    (folder / "c.txt").write_text(STORY.format("西瓜"), encoding="utf-8")
    build(folder, built, embedder)  # two segments, one with a passage that is gone
    size = pack(built, tmp_path / "one.baowen")
    assert size == (tmp_path / "one.baowen").stat().st_size
    manifest = unpack(tmp_path / "one.baowen", tmp_path / "there")
    assert (manifest["generation"], manifest["counts"]["articles"]) == ("g000001", 2)
    assert list(load(tmp_path / "there", embedder).articles.values()) == list(load(built).articles.values())
    assert damage(tmp_path / "there") == []
    assert build(folder, tmp_path / "there", embedder).changes.unchanged == 2  # and goes on from there


def test_import_over_another_index_can_be_taken_back(rag, folder: Path, built: Path, tmp_path: Path) -> None:
    assert rag("index", "export", tmp_path / "one.baowen", "--index", built)[0] == 0
    (folder / "a.txt").unlink()
    rag("index", folder, "--index", built)
    code, out, _ = rag("index", "import", tmp_path / "one.baowen", "--index", built)
    assert (code, out) == (0, f"2 articles, 2 passages in {built}, generation g000003\n")
    assert "黄桃" in _texts(built)
    rag("index", "--rollback", "--index", built)
    assert "黄桃" not in _texts(built)


def _rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if (data := change(name, old.read(name))) is not None:
                new.writestr(name, data)


def test_what_is_no_whole_export_is_refused(folder: Path, built: Path, tmp_path: Path) -> None:
    """Each file left out, altered, cut; a later format; garbage: one line, and nothing changes."""
    good, bad = tmp_path / "one.baowen", tmp_path / "bad.baowen"
    pack(built, good)
    there = tmp_path / "there"
    unpack(good, there)
    with zipfile.ZipFile(good) as parcel:
        names = parcel.namelist()
    assert len(names) >= 14
    for segment in (there / "segments").iterdir():  # so that the import needs what is in the file
        segment.rename(tmp_path / "aside")
    before = sorted(p for p in there.rglob("*"))
    for name in names:
        for change in (lambda data: None, lambda data: data[:-1], lambda data: data[:-1] + bytes([data[-1] ^ 1])):
            _rewritten(good, bad, lambda n, data, name=name, change=change: change(data) if n == name else data)
            with pytest.raises((BadInput, IndexDamaged)) as raised:
                unpack(bad, there)
            assert "\n" not in str(raised.value)
    _rewritten(good, bad, lambda n, data: data.replace(f'"format": {FORMAT}'.encode(), b'"format": 99') if n == "manifest.json" else data)
    with pytest.raises(IndexDamaged):
        unpack(bad, there)
    data = good.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 150)):
        bad.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        with suppress(BadInput, IndexDamaged, IndexIncompatible):
            unpack(bad, tmp_path / "elsewhere")  # a byte of the ZIP may say nothing, such as a date
            assert "黄桃" in _texts(tmp_path / "elsewhere")
            assert damage(tmp_path / "elsewhere") == []
    for content in (b"", b"PK", data[: len(data) // 2]):
        bad.write_bytes(content)
        with pytest.raises(BadInput, match="is no index: name a file that `rag index export` wrote"):
            unpack(bad, there)
    assert sorted(p for p in there.rglob("*")) == before


def test_export_leads_nowhere_else(built: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "one.baowen", tmp_path / "bad.baowen"
    pack(built, good)
    segment = next((built / "segments").iterdir()).name
    _rewritten(good, bad, lambda n, data: data)
    with zipfile.ZipFile(bad, "a") as parcel:
        parcel.writestr(f"segments/{segment}/../../../outside", b"x")
    with pytest.raises(IndexDamaged):
        unpack(bad, tmp_path / "deep" / "there")
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("name", ["{}/victim/x", "../../victim/x", "..", "", "A" * 16])
def test_hostile_export_touches_nothing(built: Path, tmp_path: Path, name: str) -> None:
    """One whose manifest names a segment that would be a path to elsewhere, its hash made right."""
    victim = tmp_path / "victim" / "x" / "thesis.txt"
    victim.parent.mkdir(parents=True)
    victim.write_text("mine", encoding="utf-8")
    name = name.format(tmp_path)
    manifest = json.loads((built / "g000001" / "manifest.json").read_text(encoding="utf-8"))
    data = json.dumps({**manifest, "segments": {name: [1, 1]}}).encode()
    with zipfile.ZipFile(tmp_path / "bad.baowen", "w") as parcel:
        parcel.writestr("baowen-index", hashlib.sha256(data).hexdigest())
        parcel.writestr("manifest.json", data)
        parcel.writestr(f"segments/{name}/evil.txt", b"x")
    with pytest.raises(IndexDamaged):
        unpack(tmp_path / "bad.baowen", tmp_path / "deep" / "there")
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not list(tmp_path.rglob("evil.txt"))


def test_compressed_or_locked_export_is_none(built: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "one.baowen", tmp_path / "bad.baowen"
    pack(built, good)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(BadInput, match="is no index"):
        unpack(bad, tmp_path / "there")
    data = bytearray(good.read_bytes())
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1  # in the directory: encrypted
    bad.write_bytes(data)
    with pytest.raises(BadInput, match="is no index"):
        unpack(bad, tmp_path / "there")


def test_folder_is_remembered_and_a_change_of_it_is_said(rag, folder: Path, built: Path, seeds: Path) -> None:
    for command in (("index", "--anew"), ("index",), ("index", "--dry-run")):
        code, out, err = rag(*command, "--index", built)
        assert (code, err) == (0, "")
        assert "unchanged 2 files" in out or out.startswith("added     a.txt\nadded     b.txt\n")
    assert f"of          {folder}" in rag("status", "--index", built)[1]
    code, out, err = rag("index", seeds, "--index", built)
    assert (code, err) == (0, f"The articles of {seeds} take the place of those of {folder}.\n")
    assert rag("index", "--rollback", "--index", built)[0] == 0
    assert "黄桃" in _texts(built)


def test_folder_of_the_settings_goes_before_the_one_remembered(
    rag, folder: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "c.txt").write_text(STORY.format("西瓜"), encoding="utf-8")
    monkeypatch.setenv("RAG_SEEDS_DIR", str(tmp_path / "other"))
    _, _, err = rag("index", "--index", built)
    assert err == f"The articles of {tmp_path / 'other'} take the place of those of {folder}.\n"
    assert "西瓜" in _texts(built)


def test_built_anew_can_be_taken_back(folder: Path, built: Path, embedder: Embedder) -> None:
    (folder / "a.txt").unlink()
    build(folder, built, embedder, anew=True)
    assert "黄桃" not in _texts(built)
    roll_back(built)
    assert "黄桃" in _texts(built)


@pytest.mark.parametrize(("address", "code", "words"), [("foo", 2, "is no address of a vector server"), (
    "milvus+http://127.0.0.1:9/baowen", 13, "Nothing answers at 127.0.0.1:9: start Milvus there")])
def test_server_is_asked_before_anything_is_embedded(
    rag, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, code: int, words: str
) -> None:
    monkeypatch.setenv("RAG_VECTOR_STORE", address)
    monkeypatch.setattr("rag.connection.READ", 1.0)
    monkeypatch.setattr(Embedder, "embed_passages", lambda *_: pytest.fail("embedded"))
    got, _, err = rag("index", folder, "--index", tmp_path / "new")
    assert (got, err.count("\n")) == (code, 1)
    assert words in err
    assert not (tmp_path / "new").exists()


def test_damaged_index_is_not_exported(built: Path, tmp_path: Path) -> None:
    path = next(built.glob("segments/*/vectors.npy"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(IndexDamaged, match="run `rag index --anew`, then export"):
        pack(built, tmp_path / "one.baowen")
    assert list(tmp_path.glob("*one*")) == []


def test_export_that_cannot_be_written(built: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        pack(built, Path("/proc/one.baowen"))
    with pytest.raises(BadInput, match="cannot be written"):
        pack(built, Path(os.devnull) / "x")
