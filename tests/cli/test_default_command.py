"""A command with sub-commands: which words go where, and what the help shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from rag import __version__
from rag.cli.default_command import DefaultCommandGroup
from rag.cli.main import app

tool = typer.Typer()
paint = typer.Typer(cls=DefaultCommandGroup)
tool.add_typer(paint, name="paint")


@tool.command()
def other() -> None:
    """Do something else."""


@paint.callback()
def wall(
    place: Annotated[str, typer.Argument()],
    extra: Annotated[str, typer.Argument(hidden=True)] = "",
    colour: Annotated[str, typer.Option()] = "white",
) -> None:
    """Paint a wall."""
    print(f"wall {place} {extra} {colour}")


@paint.command()
def door(name: Annotated[str, typer.Argument()], colour: Annotated[str, typer.Option()] = "red") -> None:
    """Paint a door."""
    print(f"door {name} {colour}")


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("paint north", "wall north  white"),
        ("paint north --colour blue", "wall north  blue"),
        ("paint --colour blue north", "wall north  blue"),
        ("paint door front", "door front red"),
        ("paint door --colour blue front", "door front blue"),
        ("paint door front --colour blue", "door front blue"),
        ("paint --colour blue door front", "wall door front blue"),  # the first word is no name: all go to the default
        ("paint ./door", "wall ./door  white"),
        ("paint -- door", "wall door  white"),
        ("paint door", "wall door  white"),  # the sub-command needs a name
    ],
)
def test_the_first_word_decides(words: str, printed: str) -> None:
    done = CliRunner().invoke(tool, words.split())
    assert (done.exit_code, done.output) == (0, printed + "\n")


@pytest.mark.parametrize("words", ["paint", "paint north --size 3", "paint a b c", "paint door front back side"])
def test_wrong_words_are_a_usage_error(words: str) -> None:
    done = CliRunner().invoke(tool, words.split())
    assert done.exit_code == 2
    assert "Usage: " in done.output


def test_the_help_shows_arguments_and_sub_commands() -> None:
    shown = CliRunner().invoke(tool, ["paint", "--help"])
    assert shown.exit_code == 0
    assert "Paint a wall." in shown.output
    assert "Paint a door." in shown.output
    assert "--colour" in shown.output
    assert "EXTRA" not in shown.output.upper()
    own = CliRunner().invoke(tool, ["paint", "door", "--help"])
    assert own.exit_code == 0
    assert "Paint a wall." not in own.output


@pytest.mark.parametrize(
    ("command", "names"), [("index", ["export", "import", "--rollback"]), ("eval", ["export-feedback", "--half"])]
)
def test_the_programs_help_shows_both(command: str, names: list[str]) -> None:
    shown = CliRunner().invoke(app, [command, "--help"]).output
    assert [name for name in names if name not in shown] == []
    for name in (n for n in names if not n.startswith("-")):
        assert "--json" in CliRunner().invoke(app, [command, name, "--help"]).output


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("index", "[OPTIONS] [FOLDER] | COMMAND [ARGS]..."),
        ("index export", "[OPTIONS] {FILE}"),
        ("index import", "[OPTIONS] {FILE}"),
        ("eval export-feedback", "[OPTIONS]"),
        ("ask", "[OPTIONS] [QUESTION]"),
        ("search", "[OPTIONS] [QUESTION]"),
    ],
)
def test_the_usage_line(command: str, arguments: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"], prog_name="rag").output
    assert f"Usage: rag {command} {arguments}" in [line.strip() for line in shown.splitlines()]


def test_version(rag) -> None:
    assert rag("--version") == (0, f"baowen {__version__}\n", "")


OLD = "The next version no longer accepts this form.\n"


def test_index_words_in_the_old_order(rag, built: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.baowen"
    assert rag("index", "export", file, "--index", built)[::2] == (0, "")
    assert rag("index", "export", "--index", built, "--json", file)[::2] == (0, "")
    code, out, err = rag("index", "--index", built, "export", file)
    assert (code, err) == (
        0,
        f"The sub-command comes first: `rag index export --index {built} FILE`, then the options. {OLD}",
    )
    assert out.startswith(f"{file}: ")
    code, out, err = rag("index", "--json", "import", file, "--index", tmp_path / "there")
    assert (code, err.endswith(OLD)) == (0, True)
    assert out.startswith('{"generation": ')


@pytest.mark.parametrize("word", ["./export", "export"])
def test_a_folder_that_is_called_export(
    rag, folder: Path, built: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    folder.rename(folder.with_name("export"))
    monkeypatch.chdir(folder.parent)
    code, out, err = rag("index", word, "--dry-run", "--index", built)
    assert (code, "unchanged 2 files" in out) == (0, True)
    assert (OLD in err) == (word == "export")


def test_feedback_words_in_the_old_order(rag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_FEEDBACK_FILE", str(tmp_path / "none.jsonl"))
    code, _, err = rag("eval", "--out", tmp_path, "export-feedback")
    assert (code, OLD in err) == (2, True)
    code, _, err = rag("eval", "export-feedback", "--half", "test")
    assert (code, OLD in err) == (2, True)
    code, _, err = rag("eval", "export-feedback", "--out", tmp_path)
    assert (code, err.count("\n"), OLD in err) == (2, 1, False)
