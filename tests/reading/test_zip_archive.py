from __future__ import annotations

import io
import stat
import warnings
import zipfile

import pytest

from rag.errors import CorpusError
from rag.reading.zip_archive import Archive


def _zip(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that occur twice
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def test_members() -> None:
    archive = Archive(_zip(("内/a.txt", b"x"), ("内/", b""), ("__MACOSX/a.txt", b"m"), ("b.csv", b"y")), 1.0)
    assert {name: archive.read(name) for name in archive.names} == {"内/a.txt": b"x", "b.csv": b"y"}
    assert archive.refused == []


def test_names_packed_on_chinese_windows() -> None:
    data = _zip(("AAAABBBB.txt", b"x")).replace(b"AAAABBBB", "平湖新闻".encode("gbk"))
    assert list(Archive(data, 1.0).names) == ["平湖新闻.txt"]


def test_members_refused_by_themselves() -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = Archive(
        _zip(
            ("../a.txt", b""),
            ("/etc/b.txt", b""),
            ("C:\\c.txt", b""),
            ("in.zip", b""),
            ("d.txt", b"1"),
            ("d.txt", b"2"),
            (link, b"d.txt"),
            ("x/../../e.txt", b""),
        ),
        1.0,
    )
    outside = "has a path that leads out of its archive: pack it again."
    assert archive.refused == [
        ("../a.txt", outside),
        ("/etc/b.txt", outside),
        ("C:/c.txt", outside),
        ("in.zip", "is an archive in an archive: unpack it."),
        ("d.txt", "is twice in its archive: remove one."),
        ("link.txt", "is a link: pack the file itself."),
        ("x/../../e.txt", outside),
    ]
    assert archive.read("d.txt") == b"1"


def test_unpacked_size_is_checked_before_unpacking() -> None:
    data = _zip(*((f"{i}.txt", bytes(3_000_000)) for i in range(4)), method=zipfile.ZIP_DEFLATED)
    assert len(data) < 20_000
    with pytest.raises(
        CorpusError, match=r"^unpacks to 12 MB, over the limit of 10 MB: split it, or raise RAG_MAX_SOURCE_MB\.$"
    ):
        Archive(data, 10.0)


def test_a_member_larger_than_it_says_is_damaged() -> None:
    """Not more is unpacked than the size in the archive's directory."""
    data = _zip(("a.txt", bytes(3_000_000)), method=zipfile.ZIP_DEFLATED)
    data = data.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(CorpusError, match="is damaged in its archive"):
        Archive(data, 1.0).read("a.txt")


def test_password() -> None:
    data = bytearray(_zip(("a.txt", b"x" * 40)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert Archive(bytes(data), 1.0).refused == [("a.txt", "is protected by a password: pack it without one.")]


def test_damaged_member_and_damaged_archive() -> None:
    data = _zip(("a.txt", "平湖签约".encode()))
    with pytest.raises(CorpusError, match="is damaged in its archive: pack it again"):
        Archive(data.replace(b"\xb9\xb3", b"\x00\x00", 1), 1.0).read("a.txt")
    for broken in (b"", b"PK no archive", data[: len(data) // 2]):
        with pytest.raises(CorpusError, match=r"^is damaged or not a ZIP archive"):
            Archive(broken, 1.0)
