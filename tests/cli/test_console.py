"""A terminal whose encoding lacks a character prints a stand-in, and JSON escapes it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from rag.cli.main import main
from rag.embedding.embedder import Embedder
from rag.indexing.build import build
from tests.support.paths import DATA

pytestmark = pytest.mark.slow

CASE = DATA / "cases" / "console-gbk"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """An index of articles with characters outside GBK."""
    index = tmp_path_factory.mktemp("odd") / "index"
    build(CASE, index, embedder)
    return index


def _run(monkeypatch: pytest.MonkeyPatch, encoding: str, *arguments: object) -> tuple[int, str, str]:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(sys, "argv", ["rag", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = [stream.buffer.getvalue().decode(encoding) for stream in (out, err)]  # type: ignore[attr-defined]
    return int(ended.value.code or 0), printed[0], printed[1]


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1", "cp936", "big5", "utf-8"])
@pytest.mark.parametrize(
    "command",
    [
        ["ask", "石塘养⽼院床位是多少"],
        ["search", "石塘养⽼院床位", "-k", "2"],
        ["articles"],
        ["show", "u4_extb.txt#1"],
        ["show", "u3_radsup.txt#1", "--html"],
        ["show", CASE / "u4_extb.txt", "--page"],
        ["show", CASE / "u4_extb.txt", "--yaml"],
        ["status"],
        ["index", CASE],
        ["index", CASE, "--dry-run"],
        ["show", "没有⽼𬀩", "--page"],
        ["show", "没有⽼𬀩"],
        ["ask", "--no-such-option-⽼"],
        ["--help"],
        ["--version"],
    ],
    ids=str,
)
def test_every_command_prints_a_stand_in(
    odd: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, command: list[object]
) -> None:
    options = [] if str(command[0]).startswith("--") else ["--index", odd]
    code, out, err = _run(monkeypatch, encoding, *command, *options)
    assert code in (0, 2, 3, 10)
    assert out + err
    assert "Traceback" not in out + err
    if encoding == "gbk" and command[0] == "articles":
        assert "石塘养?院落成" in out


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize(
    "command",
    [["ask", "石塘养⽼院床位"], ["search", "石塘"], ["articles"], ["show", "u4_extb.txt#1"], ["status"]],
    ids=str,
)
def test_json_is_the_same_in_every_encoding(
    odd: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, command: list[object]
) -> None:
    _, out, _ = _run(monkeypatch, encoding, *command, "--json", "--index", odd)
    _, expected, _ = _run(monkeypatch, "utf-8", *command, "--json", "--index", odd)
    found = [json.loads(text) for text in (out, expected)]
    if command[0] in ("articles", "show", "status"):  # the others hold timings
        assert found[0] == found[1]
    elif command[0] == "ask":
        assert found[0]["hits"] == found[1]["hits"]
