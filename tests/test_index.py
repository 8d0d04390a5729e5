from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from rag import index as module
from rag.corpus import read_page
from rag.embedder import Embedder
from rag.errors import CorpusError, IndexDamaged, IndexIncompatible, IndexMissing, IndexNotWritable, RagError
from rag.generation import FORMAT, current_generation, damage, read_manifest
from rag.index import build, load
from rag.newspaper import articles_of
from rag.splitter import MAX_CHARS

FIRST = "平湖签约五个项目\n\n■记者 王强\n\n　　本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"
SECOND = "东片再生水厂投用\n\n■记者 居丹荔\n\n　　本报讯 近日，东片再生水厂投入使用，每年节约用水1107万立方米。\n"
OTHER = "新埭黄桃喜获丰收\n\n■记者 王强\n\n　　本报讯 近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。\n"


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


def _texts(index_dir: Path) -> list[str]:
    return [a.text for a in load(index_dir).articles.values()]


OLD = ["本报讯昨天，平湖签约了5个人工智能项目，总投资5亿元。", "本报讯近日，东片再生水厂投入使用，每年节约用水1107万立方米。"]


def test_round_trip_of_the_seeds(index_dir: Path, seeds: Path, embedder: Embedder) -> None:
    opened = load(index_dir, embedder)
    expected = [a for path in sorted(seeds.glob("0*.txt")) for a in articles_of(read_page(path, seeds, 4.0))]
    assert list(opened.articles.values()) == expected
    assert opened.vectors.size == len(opened.passages) == opened.lexical.size == opened.manifest["counts"]["passages"]
    texts = [p.context for p in opened.passages]
    rows = opened.vectors.rows(np.arange(len(texts)))[::9]
    assert (rows * embedder.embed_passages(texts[::9])).sum(1).min() > 0.999
    assert damage(index_dir) == []


def test_manifest(index_dir: Path, seeds: Path, embedder: Embedder) -> None:
    manifest = read_manifest(index_dir)
    assert manifest["format"] == FORMAT
    assert manifest["generation"] == current_generation(index_dir) == "g000001"
    assert manifest["model"] == {
        "name": "multilingual-e5-small", "fingerprint": embedder.fingerprint, "dimension": 384}
    assert manifest["settings"] == {"max_chars": MAX_CHARS, "max_tokens": 512}
    assert manifest["files"] == {p.name: read_page(p, seeds, 4.0).sha256 for p in sorted(seeds.glob("0*.txt"))}
    assert manifest["counts"]["files"] == 5
    assert manifest["counts"]["articles"] == 27
    assert manifest["refused"] == []
    held = {p.relative_to(index_dir / "g000001").as_posix() for p in (index_dir / "g000001").rglob("*") if p.is_file()}
    assert set(manifest["checksums"]) == held - {"manifest.json"}


def test_nothing_is_pickled(index_dir: Path) -> None:
    kinds = set()
    for path in (p for p in index_dir.rglob("*") if p.is_file()):
        kinds.add(path.suffix)
        data = path.read_bytes()
        assert not data.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK"))
        if path.suffix == ".npy":
            assert np.load(path, allow_pickle=False).dtype != object
        if path.suffix in (".json", ".jsonl"):
            for line in data.decode().splitlines() if path.suffix == ".jsonl" else [data.decode()]:
                json.loads(line)
    assert kinds == {"", ".json", ".jsonl", ".npy", ".faiss"}


def test_unchanged_files_are_not_embedded_again(built: Path, folder: Path, embedder: Embedder) -> None:
    before = load(built)
    again = build(folder, built, embedder)
    assert (again.embedded, again.reused) == (0, 2)
    after = load(built)
    assert after.generation == "g000002"
    assert after.articles == before.articles
    assert after.vectors.rows(np.arange(2)).tolist() == before.vectors.rows(np.arange(2)).tolist()


def test_edited_file_is_embedded_alone(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "b.txt").write_text(SECOND.replace("1107万", "1200万"), encoding="utf-8")
    changed = build(folder, built, embedder)
    assert (changed.embedded, changed.reused) == (1, 1)
    assert _texts(built) == [OLD[0], OLD[1].replace("1107万", "1200万")]


def test_article_added_and_article_removed(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "0.txt").write_text(OTHER, encoding="utf-8")
    assert (build(folder, built, embedder).embedded, len(_texts(built))) == (1, 3)
    opened = load(built)
    rows = opened.vectors.rows(np.arange(3))
    texts = [p.context for p in opened.passages]
    assert (rows * embedder.embed_passages(texts)).sum(1).min() > 0.999  # each vector stayed with its text
    (folder / "a.txt").unlink()
    assert (build(folder, built, embedder).embedded, _texts(built)[1:]) == (0, OLD[1:])


def test_two_generations_are_kept(built: Path, folder: Path, embedder: Embedder) -> None:
    for _ in range(3):
        build(folder, built, embedder)
    assert sorted(p.name for p in built.glob("g*")) == ["g000003", "g000004"]
    assert current_generation(built) == "g000004"


def test_assistant_moves_to_the_newer_generation(built: Path, folder: Path, embedder: Embedder) -> None:
    from rag.assistant import Assistant
    from rag.config import Settings

    assistant = Assistant(Settings(index_dir=built), embedder)
    assert {h.article.file for h in assistant.search("黄桃")} == {"a.txt", "b.txt"}
    (folder / "c.txt").write_text(OTHER, encoding="utf-8")
    build(folder, built, embedder)
    assert assistant.search("黄桃")[0].article.file == "c.txt"


def test_bad_files_are_left_out_and_named(built: Path, folder: Path, embedder: Embedder) -> None:
    (folder / "binary.txt").write_bytes(b"\x7fELF" + bytes(300))
    (folder / "empty.txt").write_bytes(b"")
    (folder / "large.txt").write_bytes(b"x" * 5_000_000)
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    (folder / "gbk.txt").write_bytes(OTHER.encode("gbk"))
    (folder / "folder.txt").mkdir()
    done = build(folder, built, embedder)
    assert dict(done.refused) == {
        "binary.txt": "binary.txt is not text in UTF-8, UTF-16, GB18030 or Big5: convert it to UTF-8 or remove it.",
        "empty.txt": "empty.txt is empty: fill it or remove it.",
        "gone.txt": "gone.txt cannot be read (No such file or directory): check the file and its permissions.",
        "large.txt": "large.txt has 5.0 MB, over the limit of 4 MB a file: split it, or raise RAG_MAX_FILE_MB.",
    }
    assert read_manifest(built)["refused"] == [{"file": f, "why": w} for f, w in done.refused]
    assert _texts(built) == [*OLD, "本报讯近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。"]


@pytest.mark.parametrize(
    "content", [None, b"", b"\x7fELF" + bytes(300), b"x" * 5_000_000, "\ufeff\u3000".encode()],
    ids=["no file", "0 bytes", "binary", "5 MB of one line", "blanks"])
def test_folder_of_which_nothing_can_be_used(
    built: Path, tmp_path: Path, embedder: Embedder, content: bytes | None
) -> None:
    (tmp_path / "bad").mkdir()
    if content is not None:
        (tmp_path / "bad" / "x.txt").write_bytes(content)
    with pytest.raises(CorpusError) as raised:
        build(tmp_path / "bad", built, embedder)
    assert "\n" not in str(raised.value)
    assert _texts(built) == OLD
    assert current_generation(built) == "g000001"


def test_unreadable_file(built: Path, folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self.name == "b.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    done = build(folder, built, embedder)
    assert done.refused == (("b.txt", "b.txt cannot be read (Permission denied): check the file and its permissions."),)
    assert _texts(built) == OLD[:1]


def test_file_name_in_another_encoding(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    """As archives packed on a Chinese Windows unpack: the name's bytes are GBK, no UTF-8."""
    (folder / "a.txt").rename(os.fsdecode(os.fsencode(folder) + b"/" + "平湖.txt".encode("gbk")))
    build(folder, tmp_path / "index", embedder)
    assert sorted(_texts(tmp_path / "index")) == sorted(OLD)


@contextmanager
def _tmpfs(at: Path, options: str) -> Iterator[None]:
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", at], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
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
    with _tmpfs(disk, "size=256k"):
        build(folder, disk, embedder)
        used = sum(4096 * -(-p.stat().st_size // 4096) for p in disk.rglob("*") if p.is_file())
        (folder / "c.txt").write_text(OTHER, encoding="utf-8")
        refused = 0
        for pages in range(24):
            subprocess.run(["mount", "-o", f"remount,size={used + 4096 * pages}", disk], check=True)
            message = _refusal(folder, disk, embedder)
            if not message:
                break
            refused += 1
            assert message.endswith("The index in use is as it was.")
            assert "\n" not in message
            assert _texts(disk) == OLD
            assert damage(disk) == []
            assert [p.name for p in disk.glob("g*")] == ["g000001"]
        assert refused >= 8
        assert len(_texts(disk)) == 3


def test_read_only_folder(tmp_path: Path, folder: Path, embedder: Embedder) -> None:
    disk = tmp_path / "disk"
    with _tmpfs(disk, "size=256k"):
        build(folder, disk, embedder)
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
    assert build(folder, built, embedder).embedded == 1
    assert len(_texts(built)) == 3


@pytest.mark.parametrize("content", [b"", b"g999999\n", b"../elsewhere", b"gabc", b"\xff\xfe\x00", b"g000001/../.."])
def test_current_is_garbage(built: Path, folder: Path, embedder: Embedder, content: bytes) -> None:
    (built / "CURRENT").write_bytes(content)
    for use in (load, damage, read_manifest, current_generation):
        with pytest.raises(IndexDamaged, match=r"CURRENT .*run `rag index` to build the index anew"):
            use(built)
    build(folder, built, embedder)
    assert _texts(built) == OLD
    assert current_generation(built) == "g000002"


def test_missing_index(tmp_path: Path) -> None:
    for use in (load, damage, read_manifest, current_generation):
        with pytest.raises(IndexMissing, match=r"There is no index in .*: run `rag index` to build it"):
            use(tmp_path / "nowhere")


def _files(index_dir: Path) -> list[str]:
    generation = index_dir / current_generation(index_dir)
    return sorted(p.relative_to(generation).as_posix() for p in generation.rglob("*") if p.is_file())


def test_flipped_byte_in_any_file_is_found(built: Path) -> None:
    names = [name for name in _files(built) if name != "manifest.json"]
    assert len(names) == 12
    for name in names:
        path = built / "g000001" / name
        good = path.read_bytes()
        for at in (0, len(good) // 2, len(good) - 1):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            assert damage(built) == [name]
        path.unlink()
        assert damage(built) == [name]
        path.write_bytes(good)
    assert damage(built) == []


@pytest.mark.parametrize("content", [b"", b"null\n", b"[]\n", b"{}\n", b"{", b"\xff\xfe\x00", b"[1]\n{}\n"])
def test_any_file_replaced_by_nonsense(built: Path, folder: Path, embedder: Embedder, content: bytes) -> None:
    """Loading gives an error of ours or none, and a rebuild mends it."""
    for name in _files(built):
        path = built / current_generation(built) / name
        good = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(RagError, match="`rag index`"):
            load(built, embedder)
        path.write_bytes(good)
    (built / current_generation(built) / "manifest.json").write_bytes(content)
    build(folder, built, embedder)
    assert _texts(built) == OLD


@pytest.mark.parametrize("manifest", [
    {"format": FORMAT}, {"format": FORMAT, "model": {}}, {"format": FORMAT, "model": None, "counts": None}])
def test_manifest_that_lacks_entries(built: Path, folder: Path, embedder: Embedder, manifest: object) -> None:
    (built / "g000001" / "manifest.json").write_text(json.dumps(manifest))
    for use in (lambda: load(built, embedder), lambda: damage(built)):
        with pytest.raises(IndexDamaged, match="run `rag index`"):
            use()
    build(folder, built, embedder)
    assert _texts(built) == OLD


def test_quote_altered_on_disk_is_not_shown(built: Path, embedder: Embedder) -> None:
    path = built / "g000001" / "articles.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("总投资5亿元", "总投资9亿元"), encoding="utf-8")
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        load(built, embedder)


@pytest.mark.parametrize("version", [FORMAT + 1, FORMAT - 1, str(FORMAT), None])
def test_other_version_of_the_format(built: Path, folder: Path, embedder: Embedder, version: object) -> None:
    path = built / "g000001" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "format": version}), encoding="utf-8")
    for use in (load, damage, read_manifest):
        with pytest.raises(IndexIncompatible, match=rf"has format .*, this program reads {FORMAT}: run `rag index`"):
            use(built)
    assert build(folder, built, embedder).embedded == 2
    assert _texts(built) == OLD


def test_copied_index_answers_from_its_new_place(built: Path, tmp_path: Path) -> None:
    shutil.move(built, tmp_path / "moved")
    assert _texts(tmp_path / "moved") == OLD
    assert damage(tmp_path / "moved") == []


def test_files_of_every_kind(tmp_path: Path, embedder: Embedder) -> None:
    """Each bad one is named, and the others are in the index."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_bytes(FIRST.encode("gbk"))
    (folder / "b.html").write_text(
        f"<html><body><article><h1>东片再生水厂投用</h1><p>{OLD[1]}</p></article></body></html>", encoding="utf-8")
    (folder / "c.csv").write_text(f"标题,正文,日期\n黄桃,{OLD[0]},2025-07-31\n空,,\n", encoding="utf-8")
    (folder / "d.pdf").write_bytes(b"%PDF-1.7")
    with zipfile.ZipFile(folder / "e.zip", "w") as archive:
        archive.writestr("a.txt", OTHER)
        archive.writestr("../b.txt", OTHER)
    built = build(folder, tmp_path / "index", embedder)
    assert list(built.manifest["files"]) == ["a.txt", "b.html", "c.csv#1", "e.zip/a.txt"]
    assert built.refused == (
        ("c.csv#2", "c.csv#2 holds no text: fill it in or remove it."),
        ("d.pdf", "d.pdf is damaged or no PDF: save it again."),
        ("e.zip/../b.txt", "e.zip/../b.txt has a path that leads out of its archive: pack it again."))
    opened = load(tmp_path / "index", embedder)
    assert [(a.article_id, a.title, a.date, a.date_basis) for a in opened.articles.values()] == [
        ("a.txt#1", "平湖签约五个项目", "", ""), ("b.html#1", "东片再生水厂投用", "", ""),
        ("c.csv#1#1", "黄桃", "2025-07-31", "stated"), ("e.zip/a.txt#1", "新埭黄桃喜获丰收", "", "")]


def test_a_text_in_several_places_is_embedded_once(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "twice"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(FIRST if name != "c.txt" else SECOND, encoding="utf-8")
    asked: list[int] = []

    class Counting(Embedder):
        def embed_passages(self, texts, progress=None):  # type: ignore[no-untyped-def]
            asked.append(len(texts))
            return embedder.embed_passages(texts, progress)

    build(folder, tmp_path / "index", Counting())
    index = load(tmp_path / "index", embedder)
    assert (asked, len(index.passages)) == ([2], 3)
    assert index.vectors.rows(np.array([0]))[0].tolist() == index.vectors.rows(np.array([1]))[0].tolist()
