"""The manifest and the segment's note: the JSON on the disk and the types that stand for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import IndexDamaged, IndexIncompatible
from rag.index.manifest import FORMAT, Manifest, manifest_of, parse_manifest
from rag.index.segment_note import NOTE, read_note, write_note
from tests.support.paths import DATA

OLD = DATA / "index-format-5" / "index"
GOOD: dict[str, Any] = json.loads((OLD / "g000001" / "manifest.json").read_text(encoding="utf-8"))


def test_json_of_a_manifest_is_that_of_the_file() -> None:
    """Key by key, in the same order, to the last byte, but for the notes that the earlier version did not take."""
    text = (OLD / "g000001" / "manifest.json").read_text(encoding="utf-8")
    text = text.replace(' "refused": [],\n', ' "refused": [],\n "notes": [],\n')
    assert json.dumps(manifest_of(OLD / "g000001").as_json(), ensure_ascii=False, indent=1) == text


def test_unknown_keys_are_kept() -> None:
    content = {**GOOD, "notes": [], "counts": {**GOOD["counts"], "pictures": 3}, "later": {"any": [1, None]}}
    manifest = parse_manifest(json.dumps(content).encode(), "it")
    assert manifest.as_json() == content
    assert manifest.model_copy(update={"generation": "g000002"}).as_json() == {**content, "generation": "g000002"}


def test_entries_that_early_manifests_lack() -> None:
    content = {key: value for key, value in GOOD.items() if key not in ("previous", "folder", "index")}
    manifest = parse_manifest(json.dumps(content).encode(), "it")
    assert (manifest.previous, manifest.folder, manifest.index) == (None, "", "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": {"name": "a", "fingerprint": "b"}},
        {"model": {**GOOD["model"], "dimension": "16"}},
        {"counts": {**GOOD["counts"], "files": 1.0}},
        {"counts": {**GOOD["counts"], "files": None}},
        {"settings": []},
        {"checksums": []},
        {"segments": []},
        {"refused": {}},
        {"refused": [{"file": "a.txt"}]},
        {"generation": 7},
        {"generation": "g1"},
        {"generation": "../g000001"},
        {"previous": "g000001"},
        {"segments": {"0123456789abcdef": [1]}},
        {"segments": {"0123456789abcdef/..": [1, 1]}},
        {"segments": {"0123456789ABCDEF": [1, 1]}},
        {"checksums": {"0123456789abcdef.vectors.npy": ""}},
        {"checksums": {"../x.articles.npy": ""}},
        {"checksums": {"0123456789abcdef.articles.npy/../x": ""}},
    ],
    ids=str,
)
def test_entry_of_another_kind_is_damage(wrong: dict[str, Any]) -> None:
    with pytest.raises(IndexDamaged, match=r"^it has no readable manifest: run `rag index --anew`"):
        parse_manifest(json.dumps({**GOOD, **wrong}).encode(), "it")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"5", b"\xff", b"[" * 100_000, b"{}"])
def test_no_manifest_is_damage(data: bytes) -> None:
    with pytest.raises(IndexDamaged, match="has no readable manifest"):
        parse_manifest(data, "it")


@pytest.mark.parametrize("version", [FORMAT - 1, FORMAT + 1, str(FORMAT), None, 4.5])
def test_another_format_is_named_before_anything_else_is_read(version: object) -> None:
    with pytest.raises(IndexIncompatible, match=f"^it has format {version}, this program reads {FORMAT}: "):
        parse_manifest(json.dumps({"format": version, "segments": 7}).encode(), "it")


def test_manifest_is_frozen() -> None:
    manifest = Manifest.model_validate(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        manifest.generation = "g000002"  # type: ignore[misc]


def test_json_of_a_segments_note_is_that_of_the_file(tmp_path: Path) -> None:
    (folder,) = (OLD / "segments").iterdir()
    write_note(tmp_path, read_note(folder))
    assert (tmp_path / NOTE).read_bytes() == (folder / NOTE).read_bytes()


@pytest.mark.parametrize(
    "wrong", [{"model": None}, {"files": []}, {"files": {"a": [1]}}, {"dimension": "16"}, {"dimension": None}], ids=str
)
def test_note_of_another_kind_is_damage(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (folder,) = (OLD / "segments").iterdir()
    note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    (tmp_path / NOTE).write_text(json.dumps({**note, **wrong}), encoding="utf-8")
    with pytest.raises(IndexDamaged, match="is damaged: run `rag index --anew`"):
        read_note(tmp_path)
