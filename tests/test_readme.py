"""README and docs are true: their commands, links, paths, packages and settings exist, and the example is the program's own."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

from rag.cli.main import app
from rag.errors import RagError
from tests.conftest import Run
from tests.support.paths import ROOT

README = ROOT / "README.md"
DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "seeds").glob("*.md"),
        *(ROOT / "index").glob("*.md"),
        *(ROOT / "eval" / "data").rglob("*.md"),
        *(ROOT / "tests" / "data").glob("*.md"),
    ]
)
SUBJECTS = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
HISTORY = ROOT / "CHANGELOG.md"  # names what is no more
MADE = ("eval/out", "eval/feedback.jsonl", "index/CURRENT")  # by a run, so not in every checkout
FOREIGN = {"--help", "--num-cpus"}  # of every command; of Ray
USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


each_page = pytest.mark.parametrize("page", PAGES, ids=_name)
each_subject = pytest.mark.parametrize("page", SUBJECTS, ids=_name)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _in_force(page: Path) -> str:
    """Return the page without what is struck, which may name what is no more."""
    return re.sub(r"~~.*?~~", "", _text(page), flags=re.DOTALL)


def _blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def _spans(text: str) -> list[str]:
    """Return the inline code, each on one line."""
    prose = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]


def _code(text: str) -> list[str]:
    """Return inline code and the lines of code blocks; a command after ``$`` is without it."""
    lines = [line.removeprefix("$ ") for block in _blocks(text) for line in block.splitlines()]
    return [*_spans(text), *lines]


def _commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each ``rag`` command that the text shows."""
    for code in _code(text):
        for part in code.split("; "):
            if part.startswith("rag "):
                words = shlex.split(part, comments=True)[1:]
                ends = [i for i, word in enumerate(words) if word in (">", "|", "...")]
                yield words[: min(ends, default=len(words))]


def _command_tree() -> Any:
    """Return the command line, whose commands do nothing."""

    def silence(command: Any) -> None:
        command.callback = lambda **_: None
        for child in getattr(command, "commands", {}).values():
            silence(child)

    tree = typer.main.get_command(app)
    silence(tree)
    return tree


def _options(command: Any) -> set[str]:
    own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return own.union(*(_options(child) for child in getattr(command, "commands", {}).values()))


def _refusal(arguments: list[str]) -> str:
    """Return why the parser refuses the arguments, or "". A command named without its arguments is not refused."""
    try:
        _command_tree().main(arguments, "rag", standalone_mode=False)
    except USAGE_ERROR as error:
        kind = type(error).__name__
        unfinished = kind == "MissingParameter" or (kind == "BadOptionUsage" and "requires" in str(error))
        return "" if unfinished else f"{kind}: {error}"
    return ""


@cache
def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the page's headings."""
    found: dict[str, int] = {}
    anchors = set()
    prose = re.sub(r"^```.*?^```", "", _text(page), flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        anchors.add(f"{slug}-{found[slug]}" if slug in found else slug)
        found[slug] = found.get(slug, 0) + 1
    return anchors


def _importable(dotted: str) -> bool:
    """Return whether this is a module, or a name in one."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = find_spec(".".join(parts[:end]))
        except ModuleNotFoundError:  # a part before the last is no package
            continue
        if found:
            value: Any = import_module(".".join(parts[:end])) if end < len(parts) else None
            for name in parts[end:]:
                value = getattr(value, name, None)
            return end == len(parts) or value is not None
    return False


def _packages_on_disk() -> set[str]:
    found = {_name(path.parent) for top in ("rag", "eval") for path in (ROOT / top).glob("*/__init__.py")}
    return found | {"eval/data"}


def _table_of_packages(page: Path) -> list[str]:
    return re.findall(r"^\| `((?:rag|eval)/\w+)` \|", _text(page), re.MULTILINE)


def test_readme_is_short() -> None:
    assert len(README.read_bytes()) <= 8192


def test_the_example(rag: Run, index_dir: Path) -> None:
    question, _, shown = _text(README).split("$ rag ask ")[1].split("```")[0].partition("\n")
    code, printed, _ = rag("ask", question, "--index", index_dir)
    assert code == 0
    assert printed.strip() == shown.strip()


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", _text(page)):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", [p for p in PAGES if p != HISTORY], ids=_name)
def test_every_path_exists(page: Path) -> None:
    for span in _spans(_in_force(page)):
        if not re.fullmatch(r"(?:rag|eval|tests|docs|seeds|index)/[\w./*-]*", span):
            continue
        if "NAME" not in span and not span.startswith(MADE):
            assert any(ROOT.glob(span.rstrip("/"))), span


@each_page
def test_every_module_exists(page: Path) -> None:
    text = _in_force(page)
    modules = {span for span in _spans(text) if re.fullmatch(r"(?:rag|eval)(?:\.\w+)+", span)}
    modules |= {found for code in _code(text) for found in re.findall(r"python -m ([\w.]+)", code)}
    for module in modules:
        assert _importable(module), module


@each_page
def test_every_command_is_accepted(page: Path) -> None:
    for arguments in _commands(_in_force(page)):
        assert _refusal(arguments) == "", f"rag {shlex.join(arguments)}"


@each_page
def test_every_flag_belongs_to_a_command(page: Path) -> None:
    known = _options(_command_tree()) | FOREIGN
    for span in _spans(_in_force(page)):
        if span.startswith("--"):
            assert re.split(r"[ =]", span)[0] in known, span


def test_the_parser_refuses_what_is_wrong() -> None:
    """What the tests above rest on."""
    assert _refusal(["ask", "问", "--sinc", "2025"])
    assert _refusal(["aks", "问"])
    assert _refusal(["index", "FOLDER", "--rays", "HOST:6379"])
    assert _refusal(["index", "export", "FILE", "--watching"])
    assert _refusal(["show"]) == ""
    assert _refusal(["search", "问", "-k", "none"])


def test_usage_names_every_command() -> None:
    def paths(command: Any, before: str) -> Iterator[str]:
        for name, child in getattr(command, "commands", {}).items():
            if not child.hidden:
                yield f"{before} {name}"
                yield from paths(child, f"{before} {name}")

    named = " ".join(_spans(_text(ROOT / "docs" / "usage.md")))
    tree = _command_tree()
    assert set(tree.commands) == {"index", "ask", "search", "eval", "articles", "show", "status", "serve"}
    for path in paths(tree, "rag"):
        assert path in named, path


@each_page
def test_every_make_target_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    for code in _code(_text(page)):
        for target in re.findall(r"^make ([\w-]+)", code):
            assert target in targets, target


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "architecture.md"], ids=_name)
def test_the_list_of_packages_is_that_on_disk(page: Path) -> None:
    listed = _table_of_packages(page)
    assert len(listed) == len(set(listed))
    assert set(listed) == _packages_on_disk()


def test_the_floors_are_those_that_are_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [layers] = [rule["layers"] for rule in settings["tool"]["importlinter"]["contracts"] if rule["type"] == "layers"]
    section = _text(ROOT / "docs" / "architecture.md").split("## The import rule")[1]
    assert _blocks(section)[0].splitlines() == layers


def test_settings_are_those_that_are_read() -> None:
    pattern = r"\b(?:RAG|OPENAI)_[A-Z_]+\b"
    read = set(re.findall(pattern, (ROOT / "rag" / "config.py").read_text(encoding="utf-8"))) - {"RAG_", "OPENAI_"}
    assert set(re.findall(pattern, _text(ROOT / "docs" / "usage.md"))) == read
    for page in PAGES:
        assert set(re.findall(pattern, _text(page))) <= read, _name(page)


def test_exit_codes_are_those_of_the_errors() -> None:
    def codes(error: type[RagError]) -> set[int]:
        return {error.exit_code}.union(*(codes(child) for child in error.__subclasses__()))

    section = _text(ROOT / "docs" / "usage.md").split("## Exit codes")[1]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)} == codes(RagError)


@each_subject
def test_a_decision_has_the_form(page: Path) -> None:
    text = _text(page)
    title, empty, status = text.split("\n")[:3]
    assert re.fullmatch(r"# \S.*", title)
    assert empty == ""
    assert re.match(r"Status: \d{4}-\d\d-\d\d, (?:in force\b|replaced by \[)", status)
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    assert parts[1::2] == ["Decision", "Figures", "Rejected"]
    assert all(part.strip() for part in parts[2::2])
    assert text.count("~~") % 2 == 0
    if "~~" in text:
        assert "replaced" in text.lower()


def test_the_list_of_decisions_is_whole() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", _text(DECISIONS / "README.md"), re.MULTILINE)
    assert sorted(file for _, file in listed) == [page.name for page in SUBJECTS]
    for title, file in listed:
        assert _text(DECISIONS / file).startswith(f"# {title}\n"), file
