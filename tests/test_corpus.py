from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from rag.corpus import list_files, read_page
from rag.errors import CorpusError

TEXT = "平湖发布\r\n\r\n　　昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"


def _write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_seeds_are_the_five_pages(seeds: Path) -> None:
    assert [path.name for path in list_files(seeds)] == [
        "000_ee2ebb659d30a726.txt", "001_e345b16bb7633470.txt", "002_c1cb0aaa8a107e2a.txt",
        "003_5555c93f7d3fe842.txt", "004_56421505ce6c9c76.txt"]


def test_files_are_sorted_and_readme_hidden_and_other_kinds_left_out(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.TXT", "a/notes.md", "README.md", "a/readme.MD", ".hidden.txt", ".git/x.txt", "x.pdf"):
        _write(tmp_path, name, b"x")
    (tmp_path / "folder.txt").mkdir()
    assert [p.relative_to(tmp_path).as_posix() for p in list_files(tmp_path)] == ["a/notes.md", "a/z.TXT", "b.txt"]


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_no_folder(tmp_path: Path, name: str) -> None:
    _write(tmp_path, "file.txt", b"x")
    with pytest.raises(CorpusError, match=r"is not a folder: .*`rag index seeds`"):
        list_files(tmp_path / name)


def test_folder_without_a_text_file(tmp_path: Path) -> None:
    _write(tmp_path, "page.pdf", b"%PDF")
    with pytest.raises(CorpusError, match=r"holds no \.txt or \.md file: put the articles there"):
        list_files(tmp_path)


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [("utf-8", "utf-8"), ("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-16", "utf-16")])
def test_text_and_encoding(tmp_path: Path, codec: str, encoding: str) -> None:
    data = TEXT.encode(codec)
    page = read_page(_write(tmp_path, "sub/页.txt", data), tmp_path, 4.0)
    assert (page.file, page.text, page.encoding) == ("sub/页.txt", TEXT, encoding)
    assert page.sha256 == hashlib.sha256(data).hexdigest()
    assert data.decode(page.encoding) == page.text


def test_byte_order_mark_is_a_character_like_any_other(tmp_path: Path) -> None:
    page = read_page(_write(tmp_path, "a.txt", TEXT.encode("utf-8-sig")), tmp_path, 4.0)
    assert page.text == "\ufeff" + TEXT
    assert page.encoding == "utf-8"


def test_gbk_copy_of_every_seed_reads_as_the_original(tmp_path: Path, seeds: Path) -> None:
    for path in list_files(seeds):
        original = read_page(path, seeds, 4.0)
        copy = read_page(_write(tmp_path, path.name, original.text.encode("gb18030")), tmp_path, 4.0)
        assert copy.text == original.text
        assert copy.encoding == "gb18030"


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n "])
def test_empty_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"^a\.txt is empty: fill it or remove it\.$"):
        read_page(_write(tmp_path, "a.txt", data), tmp_path, 4.0)


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        bytes(range(256)),
        "平湖".encode() + b"\xff\xff\xff",
        TEXT.encode("utf-16")[:-1],
    ],
    ids=["elf", "png", "bytes", "broken utf-8", "cut utf-16"])
def test_binary_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"^a\.txt is not text in UTF-8, UTF-16, GB18030 or Big5"):
        read_page(_write(tmp_path, "a.txt", data), tmp_path, 4.0)


def test_file_over_the_limit(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.txt", "平".encode() * 1_700_000)
    with pytest.raises(CorpusError, match=r"^a\.txt has 5\.1 MB, over the limit of 4 MB a file: .*RAG_MAX_FILE_MB"):
        read_page(path, tmp_path, 4.0)
    assert len(read_page(path, tmp_path, 6.0).text) == 1_700_000


def test_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "gone.txt"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"^gone\.txt cannot be read \(No such file or directory\)"):
        read_page(link, tmp_path, 4.0)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    locked = _write(tmp_path, "locked.txt", b"x")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CorpusError, match=r"^locked\.txt cannot be read \(Permission denied\)"):
        read_page(locked, tmp_path, 4.0)


def test_pipe_is_no_article(tmp_path: Path, within) -> None:
    _write(tmp_path, "a.txt", b"x")
    os.mkfifo(tmp_path / "pipe.txt")
    with within(5):
        files = list_files(tmp_path)
        read = [path.name for path in files if path.name != "pipe.txt" and read_page(path, tmp_path, 4.0)]
        if len(files) == 2:  # named as a file that cannot be used, if it is not left out
            with pytest.raises(CorpusError, match=r"^pipe\.txt "):
                read_page(files[1], tmp_path, 4.0)
    assert read == ["a.txt"]
