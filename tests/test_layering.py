"""Imports point one way, and some things are done in one place or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [  # low to high; a module imports only from the rows above it
    {"schema", "config", "errors"},
    {"terms", "sounds", "vocabulary", "nearest", "files"},
    {"postings"},
    {"lexical"},
    {"lines", "figures", "names", "glossary", "vectors", "nano_e5", "payload",
     "style", "script", "labels", "feedback", "filters", "connection", "batch", "spans", "terminal", "charset", "columns",
     "watch", "offsets", "front_matter"},
    {"bylines", "continuations", "splitter", "e5", "query", "times", "dates", "archive", "scan", "word", "milvus", "joined"},
    {"endings", "owner", "passages"},
    {"outline"},
    {"prompt", "layout", "sidecar", "pdf"},
    {"affinity", "markup", "endpoint"},
    {"readings", "export", "worker", "folder", "beside"},
    {"stories", "corpus"},
    {"newspaper", "reprints"},
    {"sheet", "store", "reading"},
    {"outlined_page"},
    {"embedder", "segment", "changes"},
    {"manifest"},
    {"lock"},
    {"generation", "known", "placement", "crew", "fleet"},
    {"opened", "history"},
    {"probe", "draft", "lookup"},
    {"merge", "parcel"},
    {"index"},
    {"citations", "llm", "retriever"},
    {"langchain"},
    {"extractive"},
    {"assistant", "panel"},
    {"page"},
    {"app"},
    {"catalogue", "upkeep"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
INSIDE_LOWEST = {("config", "errors"), ("errors", "schema")}
MODULES = sorted([*(ROOT / "rag").glob("*.py"), *ROOT.glob("app.py")])
SOURCES = sorted([*MODULES, *(ROOT / "eval").glob("*.py")])


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
            found |= {f"{node.module}.{alias.name}" if node.module == "rag" else str(node.module) for alias in node.names}
    return found


def _own(path: Path) -> set[str]:
    """Which modules of the project a file imports."""
    return {
        dotted.split(".")[1] if dotted.startswith("rag.") else "app"
        for dotted in _imports(path) if dotted == "app" or dotted.startswith("rag.")}


def test_every_module_has_its_layer() -> None:
    assert {path.stem for path in MODULES} - {"__init__"} <= set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_only_from_below(path: Path) -> None:
    if path.stem == "__init__":
        assert _own(path) == set()
        return
    upward = {name for name in _own(path) if RANK[name] >= RANK[path.stem] and (path.stem, name) not in INSIDE_LOWEST}
    assert upward == set()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_the_library_knows_nothing_of_the_evaluation(path: Path) -> None:
    command = {"eval.command"} if path.stem == "cli" else set()  # `rag eval`
    assert {dotted for dotted in _imports(path) if dotted.split(".")[0] in ("eval", "tests")} == command


def test_the_command_line_starts_without_the_models_libraries() -> None:
    tree = _tree(ROOT / "rag" / "cli.py")
    top = {ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    assert not [line for line in top for heavy in ("embedder", "assistant", "index", "torch") if heavy in line]


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_environment_is_read_in_one_place(path: Path) -> None:
    """A default set for a library is no reading."""
    if path.name == "config.py":
        return
    tree = _tree(path)
    sets = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Expr)
            and ast.unparse(node).startswith("os.environ.setdefault(") for part in ast.walk(node)}
    reads = [node.lineno for node in ast.walk(tree) if id(node) not in sets
             if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"))
             or (isinstance(node, ast.alias) and node.name in ("environ", "getenv"))]
    assert reads == []


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
    allowed = [node.lineno for node in ast.walk(_tree(path))
               if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"]
    assert allowed == []
