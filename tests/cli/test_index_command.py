"""`rag index` in use: its output, --dry-run, --watch in a process of its own, --rollback, export and import."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rag.embedding.embedder import Embedder
from rag.errors import BadInput, IndexDamaged, IndexIncompatible
from rag.index.bundle import pack, unpack
from rag.index.generation import damaged_files
from rag.index.history import roll_back
from rag.index.manifest import FORMAT, current_generation
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.indexing.watch import watch

pytestmark = pytest.mark.slow

STORY = "新埭黄桃喜获丰收\n\n■记者 王强\n\n　　本报讯 近日，新埭镇的{}喜获丰收，果香四溢，游客很多。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    for name, fruit in (("a", "黄桃"), ("b", "草莓")):
        (made / f"{name}.txt").write_text(STORY.format(fruit), encoding="utf-8")
    return made


def _texts(index_dir: Path) -> str:
    return "".join(a.text for a in load(index_dir).articles.values())


def test_dry_run_names_the_changes_and_does_nothing(rag, folder: Path, built: Path) -> None:
    (folder / "a.txt").write_text(STORY.format("西瓜"), encoding="utf-8")
    (folder / "b.txt").rename(folder / "c.txt")
    (folder / "d.txt").write_text(STORY.format("葡萄"), encoding="utf-8")
    before = {p: p.stat().st_mtime_ns for p in built.rglob("*")}
    code, out, _ = rag("index", folder, "--dry-run", "--index", built)
    assert (code, out.splitlines()) == (
        0,
        ["added     d.txt", "edited    a.txt", "renamed   b.txt -> c.txt", "unchanged 0 files"],
    )
    _, out, _ = rag("index", folder, "--dry-run", "--json", "--index", built)
    assert json.loads(out) == {
        "added": ["d.txt"],
        "edited": ["a.txt"],
        "renamed": [["b.txt", "c.txt"]],
        "removed": [],
        "read_anew": [],
        "unchanged": 0,
    }
    assert {p: p.stat().st_mtime_ns for p in built.rglob("*")} == before
    code, out, _ = rag("index", folder, "--index", built)
    assert (code, out.splitlines()[-1]) == (
        0,
        f"3 articles from 3 files, 3 passages (2 embedded, 1 kept) in {built}, generation g000002",
    )
    _, out, _ = rag("index", folder, "--index", built)
    assert out.splitlines() == [
        "unchanged 3 files",
        f"3 articles from 3 files, 3 passages (0 embedded, 3 kept) in {built}, generation g000002",
    ]


def test_many_changes_are_counted(rag, folder: Path, built: Path) -> None:
    for n in range(12):
        (folder / f"n{n:02}.txt").write_text(STORY.format(f"梨{n}号"), encoding="utf-8")
    _, out, _ = rag("index", folder, "--dry-run", "--index", built)
    assert out.splitlines() == [
        *(f"added     n{n:02}.txt" for n in range(10)),
        "added     and 2 more",
        "unchanged 2 files",
    ]


def test_rollback_goes_back_one_generation(rag, folder: Path, built: Path) -> None:
    (folder / "a.txt").unlink()
    rag("index", folder, "--index", built)
    code, out, _ = rag("index", "--rollback", "--index", built, "--json")
    assert (code, json.loads(out)) == (
        0,
        {"generation": "g000001", "counts": {"files": 2, "articles": 2, "passages": 2}},
    )
    assert "黄桃" in _texts(built)
    code, _, err = rag("index", "--rollback", "--index", built)
    assert (code, err.count("\n")) == (4, 1)
    assert "No generation before g000001 is kept" in err


def test_damage_is_found_and_repaired_by_anew(rag, folder: Path, built: Path) -> None:
    path = next(built.glob("segments/*/vectors.npy"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    code, out, _ = rag("status", "--index", built)
    assert code == 5
    assert f"DAMAGED: {path.parent.name}/vectors.npy - run `rag index --index {built} --anew`" in out
    code, out, _ = rag("index", folder, "--anew", "--index", built)
    assert code == 0
    assert "(2 embedded, 0 kept)" in out
    assert rag("status", "--index", built)[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ["a", "b"],
        ["--dry-run", "--anew"],
        ["--rollback", "--watch"],
        ["seeds", "--rollback"],
        ["export", "x", "--anew"],
    ],
)
def test_options_that_do_not_go_together(rag, words: list[str]) -> None:
    code, _, err = rag("index", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert "Give FOLDER with at most one of" in err


def _until(happens: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_watch(folder: Path, built: Path) -> None:
    """A file is added, one grows while it is copied, one cannot be read, one is removed."""
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
            assert current_generation(built) == "g000003"  # once, after the copy was complete
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
    assert damaged_files(built) == []


def test_an_export_is_imported_on_another_machine(
    folder: Path, built: Path, tmp_path: Path, embedder: Embedder
) -> None:
    (folder / "a.txt").unlink()
    (folder / "c.txt").write_text(STORY.format("西瓜"), encoding="utf-8")
    build(folder, built, embedder)  # two segments, one of them with a deleted passage
    size = pack(built, tmp_path / "one.baowen")
    assert size == (tmp_path / "one.baowen").stat().st_size
    manifest = unpack(tmp_path / "one.baowen", tmp_path / "there")
    assert (manifest.generation, manifest.counts.articles) == ("g000001", 2)
    assert list(load(tmp_path / "there", embedder).articles.values()) == list(load(built).articles.values())
    assert damaged_files(tmp_path / "there") == []
    assert build(folder, tmp_path / "there", embedder).changes.unchanged == 2  # later updates start from it


def test_an_import_over_another_index_can_be_rolled_back(rag, folder: Path, built: Path, tmp_path: Path) -> None:
    assert rag("index", "export", tmp_path / "one.baowen", "--index", built)[0] == 0
    (folder / "a.txt").unlink()
    rag("index", folder, "--index", built)
    code, out, _ = rag("index", "import", tmp_path / "one.baowen", "--index", built)
    assert (code, out) == (0, f"2 articles from 2 files, 2 passages in {built}, generation g000003\n")
    assert "黄桃" in _texts(built)
    rag("index", "--rollback", "--index", built)
    assert "黄桃" not in _texts(built)


def _rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if (data := change(name, old.read(name))) is not None:
                new.writestr(name, data)


def test_an_incomplete_export_is_refused(folder: Path, built: Path, tmp_path: Path) -> None:
    """Each file is left out, changed or cut; the format is a later one; the file is garbage: a one-line error, no change."""
    good, bad = tmp_path / "one.baowen", tmp_path / "bad.baowen"
    pack(built, good)
    there = tmp_path / "there"
    unpack(good, there)
    with zipfile.ZipFile(good) as parcel:
        names = parcel.namelist()
    assert len(names) >= 14
    for segment in (there / "segments").iterdir():  # the import then needs the segments in the file
        segment.rename(tmp_path / "aside")
    before = sorted(p for p in there.rglob("*"))
    for name in names:
        for change in (lambda data: None, lambda data: data[:-1], lambda data: data[:-1] + bytes([data[-1] ^ 1])):
            _rewritten(good, bad, lambda n, data, name=name, change=change: change(data) if n == name else data)
            with pytest.raises((BadInput, IndexDamaged)) as raised:
                unpack(bad, there)
            assert "\n" not in str(raised.value)
    _rewritten(
        good,
        bad,
        lambda n, data: data.replace(f'"format": {FORMAT}'.encode(), b'"format": 99') if n == "manifest.json" else data,
    )
    with pytest.raises(IndexDamaged):
        unpack(bad, there)
    data = good.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 150)):
        bad.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with suppress(BadInput, IndexDamaged, IndexIncompatible):
            unpack(bad, tmp_path / "elsewhere")  # a byte of the ZIP may be without effect, such as one of a date
            assert "黄桃" in _texts(tmp_path / "elsewhere")
            assert damaged_files(tmp_path / "elsewhere") == []
    for content in (b"", b"PK", data[: len(data) // 2]):
        bad.write_bytes(content)
        with pytest.raises(BadInput, match="is no index: name a file that `rag index export` wrote"):
            unpack(bad, there)
    assert sorted(p for p in there.rglob("*")) == before


def test_an_export_writes_only_inside_the_index(built: Path, tmp_path: Path) -> None:
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
    """The manifest names a segment whose name is a path outside the index; the hash of the manifest is right."""
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


def test_a_compressed_or_encrypted_export_is_refused(built: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "one.baowen", tmp_path / "bad.baowen"
    pack(built, good)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(BadInput, match="is no index"):
        unpack(bad, tmp_path / "there")
    data = bytearray(good.read_bytes())
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1  # the flag for encryption, in the ZIP directory
    bad.write_bytes(data)
    with pytest.raises(BadInput, match="is no index"):
        unpack(bad, tmp_path / "there")


def test_the_folder_is_remembered_and_a_change_is_reported(rag, folder: Path, built: Path, seeds: Path) -> None:
    for command in (("index", "--anew"), ("index",), ("index", "--dry-run")):
        code, out, err = rag(*command, "--index", built)
        assert (code, err) == (0, "")
        assert "unchanged 2 files" in out or out.startswith("added     a.txt\nadded     b.txt\n")
    assert f"folder      {folder}" in rag("status", "--index", built)[1]
    code, out, err = rag("index", seeds, "--index", built)
    assert (code, err) == (
        0,
        f"The articles of {seeds} replace those of {folder}; "
        f"`rag index --index {built} --rollback` brings them back.\n",
    )
    assert rag("index", "--rollback", "--index", built)[0] == 0
    assert "黄桃" in _texts(built)


def test_the_folder_of_the_settings_goes_before_the_remembered_one(
    rag, folder: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "c.txt").write_text(STORY.format("西瓜"), encoding="utf-8")
    monkeypatch.setenv("RAG_SEEDS_DIR", str(tmp_path / "other"))
    _, _, err = rag("index", "--index", built)
    assert err == (
        f"The articles of {tmp_path / 'other'} replace those of {folder}; "
        f"`rag index --index {built} --rollback` brings them back.\n"
    )
    assert "西瓜" in _texts(built)


def _nothing(path: Path) -> None:
    path.write_text("?", encoding="utf-8")


def _earlier(path: Path) -> None:
    manifest = path.parent / "g000001" / "manifest.json"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace(f'"format": {FORMAT}', '"format": 3'), encoding="utf-8"
    )
    path.write_text("g000001\n", encoding="utf-8")


@pytest.mark.parametrize("harm", [_nothing, _earlier])
def test_the_command_in_an_error_builds_from_the_same_folder(
    rag, folder: Path, built: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]
) -> None:
    """It does not build from the shipped articles, although the program is started beside them."""
    monkeypatch.chdir(seeds.parent)
    harm(built / "CURRENT")
    code, _, err = rag("search", "黄桃", "--index", built)
    advised = re.search(r"run `rag (index --index [^`]*)`", err)
    assert code in (5, 6)
    assert advised, err
    assert rag(*advised[1].split())[0] == 0
    assert [a.file for a in load(built).articles.values()] == ["a.txt", "b.txt"]


def test_rollback_after_current_was_lost(folder: Path, built: Path, embedder: Embedder) -> None:
    _nothing(built / "CURRENT")
    (folder / "a.txt").unlink()
    build(folder, built, embedder, anew=True)
    assert roll_back(built) == "g000001"
    assert "黄桃" in _texts(built)


def test_the_folder_is_not_guessed(rag, built: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(seeds.parent)
    _nothing(built / "g000001" / "manifest.json")
    code, _, err = rag("index", "--index", built)
    assert (code, err) == (
        3,
        f"rag: The index in {built} does not record its folder of articles: "
        f"name the folder, `rag index --index {built} FOLDER --anew`.\n",
    )


def test_a_moved_folder_is_asked_for(rag, folder: Path, built: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    code, _, err = rag("index", "--index", built)
    assert (code, err) == (
        3,
        f"rag: {folder}, the folder of the indexed articles, does not exist here: "
        f"name their folder, `rag index --index {built} FOLDER`.\n",
    )
    code, out, _ = rag("index", folder.with_name("elsewhere"), "--index", built)
    assert (code, out.splitlines()[0]) == (0, "unchanged 2 files")


def test_a_page_is_found_by_its_name_in_the_index(rag, built: Path) -> None:
    code, out, _ = rag("show", "a.txt", "--page", "--index", built)
    assert code == 0
    assert "新埭黄桃喜获丰收" in out


def test_an_unreadable_index_is_not_called_damaged(
    rag, folder: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def refuse(self: Path, *arguments: object, **more: object) -> object:
        if self.name == "segment.json":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, *arguments, **more)  # type: ignore[call-overload]

    (note,) = built.glob("segments/*/segment.json")
    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Embedder, "embed_passages", lambda *_: pytest.fail("embedded"))
    for command in (("status",), ("search", "黄桃"), ("index", folder)):
        code, _, err = rag(*command, "--index", built)
        assert (code, err) == (
            15,
            f"rag: Permission to read {note} is denied: run the program as the index's owner, "
            "or correct its permissions.\n",
        )


def test_a_refused_file_is_not_reported_as_added(rag, folder: Path, built: Path) -> None:
    (folder / "c.txt").touch()
    (folder / "d.txt").write_text(STORY.format("葡萄"), encoding="utf-8")
    code, out, err = rag("index", folder, "--index", built)
    assert (code, err) == (0, "left out: c.txt is empty: fill it or remove it.\n")
    assert out.splitlines() == [
        "added     d.txt",
        "unchanged 2 files",
        f"3 articles from 3 files, 3 passages (1 embedded, 2 kept) in {built}, generation g000002",
    ]


def test_deleted_articles_are_not_counted(rag, folder: Path, built: Path) -> None:
    (folder / "a.txt").unlink()
    rag("index", folder, "--index", built)
    (name,) = [path.name for path in built.glob("segments/*")]
    assert f"segment     {name}: 1 article, 1 passage (1 and 1 are gone)" in rag("status", "--index", built)[1]


def test_interrupted(rag, folder: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    (folder / "c.txt").write_text(STORY.format("西瓜"), encoding="utf-8")
    monkeypatch.setattr(Embedder, "embed_passages", interrupt)
    code, out, err = rag("index", folder, "--index", built)
    assert (code, out, err) == (130, "", "stopped: the index is whole; the same command continues from here\n")
    assert current_generation(built) == "g000001"


def test_progress_in_a_log(rag, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.cli.index_output.LOG_INTERVAL_S", 0.0)
    _, _, err = rag("index", folder, "--index", tmp_path / "new")
    assert {"read 1 of 2", "embed 2 of 2"} <= set(err.splitlines())


def test_an_export_replaces_only_another_export(rag, built: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep", encoding="utf-8")
    code, _, err = rag("index", "export", tmp_path / "letter.txt", "--index", built)
    assert (code, err) == (
        2,
        f"rag: {tmp_path / 'letter.txt'} exists and is not an exported index: name another file.\n",
    )
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "keep"
    assert [rag("index", "export", tmp_path / "kept", "--index", built)[0] for _ in range(2)] == [0, 0]
    code, _, err = rag("index", "export", "--index", built)
    assert (code, err) == (2, f"rag: Name the file: `rag index export --index {built} FILE`.\n")


def test_watch_retries_and_follows_the_name_of_the_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed update is retried without a new change; a folder that replaces the watched one is watched."""
    monkeypatch.setattr("rag.indexing.watch.PATIENCE", 0.3)
    seen: list[list[str]] = []

    class Enough(Exception):
        pass

    def run() -> bool:
        seen.append(sorted(path.name for path in folder.iterdir()))
        if len(seen) == 2:  # the first failed
            new = tmp_path / "new"
            new.mkdir()
            (new / "n.txt").touch()
            folder.rename(tmp_path / "old")
            new.rename(folder)
        elif len(seen) == 3:
            (folder / "m.txt").touch()
        elif seen[-1] == ["m.txt", "n.txt"]:
            raise Enough
        return len(seen) > 1

    with pytest.raises(Enough):
        watch(folder, tmp_path / "index", run, quiet=0.05)
    assert (seen[0], seen[1], seen[2]) == (["a.txt", "b.txt"], ["a.txt", "b.txt"], ["n.txt"])


def test_anew_can_be_rolled_back(folder: Path, built: Path, embedder: Embedder) -> None:
    (folder / "a.txt").unlink()
    build(folder, built, embedder, anew=True)
    assert "黄桃" not in _texts(built)
    roll_back(built)
    assert "黄桃" in _texts(built)


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("foo", 2, "is no address of a vector server"),
        ("milvus+http://127.0.0.1:9/baowen", 13, "Nothing answers at 127.0.0.1:9: start Milvus there"),
    ],
)
def test_the_vector_server_is_checked_before_anything_is_embedded(
    rag, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, code: int, words: str
) -> None:
    monkeypatch.setenv("RAG_VECTOR_STORE", address)
    monkeypatch.setattr("rag.vectors.milvus_connection.READ", 1.0)
    monkeypatch.setattr(Embedder, "embed_passages", lambda *_: pytest.fail("embedded"))
    got, _, err = rag("index", folder, "--index", tmp_path / "new")
    assert (got, err.count("\n")) == (code, 1)
    assert words in err
    assert not (tmp_path / "new").exists()


def test_a_damaged_index_is_not_exported(built: Path, tmp_path: Path) -> None:
    path = next(built.glob("segments/*/vectors.npy"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(IndexDamaged, match="run `rag index --anew`, then export"):
        pack(built, tmp_path / "one.baowen")
    assert list(tmp_path.glob("*one*")) == []


def test_an_export_that_cannot_be_written(built: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        pack(built, Path("/proc/one.baowen"))
    with pytest.raises(BadInput, match="cannot be written"):
        pack(built, Path(os.devnull) / "x")
