"""Some things are done in one place or not at all. The import rule itself is in pyproject.toml, for import-linter."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SOURCES = sorted([*(ROOT / "rag").rglob("*.py"), *(ROOT / "eval").rglob("*.py"), ROOT / "app.py"])


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _outside_type_checking(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield other
                yield from _outside_type_checking(other)
            continue
        yield node
        yield from _outside_type_checking(node)


def _imports(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports, inside functions too."""
    found: set[str] = set()
    for node in _outside_type_checking(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)} imports relatively"
            found.add(str(node.module))
    return found


def test_few_modules_stand_beside_the_packages() -> None:
    assert len([path for path in (ROOT / "rag").glob("*.py") if not path.name.startswith("__")]) <= 5


def test_the_command_line_starts_without_the_models_libraries() -> None:
    heavy = (
        "torch faiss gradio fastapi openai transformers sentence_transformers langchain_core langchain_text_splitters"
    )
    code = f"import sys, rag.cli.main; print(sorted(set({heavy.split()}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_environment_is_read_in_one_place(path: Path) -> None:
    """A default set for a library is no reading."""
    if path.name == "config.py":
        return
    tree = _tree(path)
    sets = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and ast.unparse(node).startswith("os.environ.setdefault(")
        for part in ast.walk(node)
    }
    reads = [
        node.lineno
        for node in ast.walk(tree)
        if id(node) not in sets
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"))
        or (isinstance(node, ast.alias) and node.name in ("environ", "getenv"))
    ]
    assert reads == []


def test_one_module_names_the_vector_server() -> None:
    named = {_name(path) for path in SOURCES if any(name.startswith("rag.vectors.milvus") for name in _imports(path))}
    assert {name for name in named if not name.startswith("rag/vectors/")} == {"rag/index/placement.py"}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_error_is_caught_wholesale(path: Path) -> None:
    wholesale = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ExceptHandler):
            kinds = [] if node.type is None else [n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)]
            if node.type is None or {"Exception", "BaseException"} & set(kinds):
                wholesale.append(node.lineno)
    assert wholesale == []


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_nothing_is_pickled(path: Path) -> None:
    assert not _imports(path) & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}
    allowed = [
        node.lineno
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"
    ]
    assert allowed == []
