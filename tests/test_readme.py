"""The README is true: its tree is the tree, its commands exist, its example is what the program says."""

from __future__ import annotations

import re

from typer.main import get_command

from rag.answer.assistant import Assistant
from rag.cli.main import app
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def _listed(folder: str) -> set[str]:
    tree = README.split("## What is where")[1].split("```")[1]
    block = re.search(rf"^{folder}/.*\n((?:  \S.*\n)*)", tree, re.MULTILINE)
    assert block
    return {line.split()[0] for line in block.group(1).splitlines()}


def test_tree() -> None:
    for folder in ("rag", "eval"):
        files = {p.name for p in (ROOT / folder).glob("*.py") if p.name != "__init__.py"}
        folders = {f"{p.name}/" for p in (ROOT / folder).iterdir() if p.is_dir() and p.name in ("sets", "pages")}
        extra = {p.name for p in (ROOT / folder).glob("*.json")}
        assert _listed(folder) == files | folders | extra


def test_every_command_is_there() -> None:
    commands = get_command(app).commands.keys()
    assert set(re.findall(r"`rag (\w+)", README)) <= commands
    assert {"index", "ask", "search", "eval", "articles", "show", "status", "serve"} == commands


def test_every_make_target_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("http") or (ROOT / link).exists(), link


def test_the_example(assistant: Assistant) -> None:
    shown = README.split("$ rag ask ")[1].split("```")[0]
    question, _, rest = shown.partition("\n")
    answer = assistant.ask(question)
    assert answer.answer == rest.split("\n\n")[0]
    assert f"“{answer.citations[0].quote}”" in rest
