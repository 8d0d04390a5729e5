"""Changes that no build makes: another CURRENT or manifest, another version, files that are missing or renamed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from rag.embedding.embedder import Embedder
from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, RagError
from rag.index.generation import damaged_files
from rag.index.manifest import FORMAT, current_generation, read_manifest
from rag.index.segment import SEGMENTS
from rag.index.snapshot import load
from rag.indexing.build import build
from tests.faults.states import (
    OLD,
    Case,
    bytes_of,
    content_of,
    files_of,
    one_line,
    texts_of,
)
from tests.faults.update import Stub

pytestmark = pytest.mark.slow


def test_missing_index(tmp_path: Path) -> None:
    for use in (load, damaged_files, read_manifest, current_generation):
        with pytest.raises(IndexMissing, match=r"There is no index in .*: run `rag index` to build it"):
            use(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"g999999\n", b"../elsewhere", b"gabc", b"\xff\xfe\x00", b"g000001/../.."])
def test_current_is_garbage(built: Path, folder: Path, embedder: Embedder, content: bytes) -> None:
    (built / "CURRENT").write_bytes(content)
    for use in (load, damaged_files, read_manifest, current_generation):
        with pytest.raises(IndexDamaged, match=r"CURRENT .*run `rag index --anew` to build the index anew"):
            use(built)
    build(folder, built, embedder)
    assert texts_of(built) == OLD
    assert current_generation(built) == "g000002"


@pytest.mark.parametrize(
    "manifest", [{"format": FORMAT}, {"format": FORMAT, "model": {}}, {"format": FORMAT, "model": None, "counts": None}]
)
def test_manifest_that_lacks_entries(built: Path, folder: Path, embedder: Embedder, manifest: object) -> None:
    (built / "g000001" / "manifest.json").write_text(json.dumps(manifest))
    for use in (lambda: load(built, embedder), lambda: damaged_files(built)):
        with pytest.raises(IndexDamaged, match="run `rag index --anew`"):
            use()
    build(folder, built, embedder)
    assert texts_of(built) == OLD


def test_manifest_that_disagrees_with_its_files(grown: tuple[Path, Path]) -> None:
    folder, place = grown
    expected = content_of(place)
    path = place / current_generation(place) / "manifest.json"
    good, current = json.loads(path.read_text(encoding="utf-8")), (place / "CURRENT").read_bytes()
    segments = good["segments"]
    first, second = list(segments)[:2]
    for wrong in (
        {"segments": {**segments, first: [1, 1]}},
        {"segments": {first: segments[first]}},
        {"segments": {}},
        {"segments": {**segments, "0123456789abcdef": [1, 1]}},
        {"segments": {**segments, "../..": [1, 1]}},
        {"segments": {**segments, first: None}},
        {"segments": {**segments, second: "1"}},
        {"counts": {**good["counts"], "passages": 99}},
        {"counts": {**good["counts"], "passages": None}},
        {"model": {**good["model"], "dimension": 17}},
        {"model": {**good["model"], "dimension": "x"}},
        {"checksums": {f"{first}.articles.npy": "0" * 64}},
        {"generation": "g000001"},
    ):
        path.write_text(json.dumps({**good, **wrong}), encoding="utf-8")
        with pytest.raises(IndexDamaged, match="run `rag index --anew`"):  # CURRENT knows the manifest's hash
            load(place, Stub())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        (place / "CURRENT").write_text(f"{path.parent.name} {digest}\n")
        try:
            assert list(load(place, Stub()).articles.values()) == expected["articles"], wrong
        except RagError as error:
            one_line(error)
        copy = place.with_name("mended")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(place, copy)
        assert build(folder, copy, Stub(), anew=True).embedded == 0
        assert content_of(copy) == expected
        (place / "CURRENT").write_bytes(current)
    path.write_text(json.dumps(good), encoding="utf-8")


@pytest.mark.parametrize(
    ("version", "mend"),
    [
        (FORMAT + 1, "update the program, or run `rag index --anew`"),
        (FORMAT - 1, "run `rag index` with this version"),
        (str(FORMAT), "run `rag index` with this version"),
        (None, "run `rag index` with this version"),
    ],
)
def test_other_version_of_the_format(built: Path, folder: Path, embedder: Embedder, version: object, mend: str) -> None:
    path = built / "g000001" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "format": version}), encoding="utf-8")
    for use in (load, damaged_files, read_manifest):
        with pytest.raises(IndexIncompatible, match=rf"has format .*, this program reads {FORMAT}: {mend}"):
            use(built)
    if version == FORMAT + 1:
        before = {p: p.read_bytes() for p in built.rglob("*") if p.is_file()}
        with pytest.raises(IndexIncompatible):
            build(folder, built, embedder)
        assert {p: p.read_bytes() for p in built.rglob("*") if p.is_file()} == before
    assert build(folder, built, embedder, anew=version == FORMAT + 1).embedded == 0
    assert texts_of(built) == OLD


def test_index_of_a_later_version_is_left_alone(case: Case, room: Path) -> None:
    """Not a byte changes, whatever that version stores and however it names it."""
    place = room / "later"
    shutil.copytree(case.index, place)
    for text in (f"g000009 {'0' * 16}\n", "g000009\n"):
        later = place / "g000009"
        later.mkdir(exist_ok=True)
        (later / "manifest.json").write_text(json.dumps({"format": FORMAT + 1, "other": []}), encoding="utf-8")
        (place / "CURRENT").write_text(text)
        before = bytes_of(place)
        for use in (
            lambda: load(place, Stub()),
            lambda: damaged_files(place),
            lambda: build(case.articles, place, Stub()),
        ):
            with pytest.raises(IndexIncompatible, match="update the program, or run `rag index --anew`"):
                use()
        assert bytes_of(place) == before
    build(case.articles, place, Stub(), anew=True)
    assert content_of(place) == case.content


def test_half_an_index(grown: tuple[Path, Path]) -> None:
    """One file or folder is missing: an error says so, and the next build uses the rest."""
    folder, start = grown
    expected, name = content_of(start), current_generation(start)
    lost = [*files_of(start), *{path.parent for path in files_of(start)}, start / SEGMENTS, start / "CURRENT"]
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
            assert damaged_files(place)
        build(folder, place, Stub())
        assert content_of(place) == expected
        assert damaged_files(place) == []
    assert len(lost) == 35 + 5 + 2


def test_segments_of_other_names(grown: tuple[Path, Path]) -> None:
    folder, start = grown
    expected, place = content_of(start), start.with_name("swapped")
    first, second = read_manifest(start).segments

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
        assert damaged_files(place)
        build(folder, place, Stub())
        assert content_of(place) == expected
        assert damaged_files(place) == []
