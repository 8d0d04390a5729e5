"""Fixtures for all tests: one embedder, one index of the seed pages and one assistant for the session."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, settings

for _name in [name for name in os.environ if name.startswith(("RAG_", "OPENAI_"))]:
    del os.environ[_name]
os.environ["HF_HUB_OFFLINE"] = "1"
pytest_plugins = ["tests.faults.states"]

from rag.answer.assistant import Assistant  # noqa: E402  (the environment must be cleaned first)
from rag.cli.main import main  # noqa: E402
from rag.config import Settings  # noqa: E402
from rag.embedding.embedder import Embedder  # noqa: E402
from rag.index.snapshot import Index, load  # noqa: E402
from rag.indexing.build import build  # noqa: E402
from tests.support.paths import SEEDS  # noqa: E402

settings.register_profile(
    "baowen",
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("baowen")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what loads the model as slow: the model alone takes longer than a thousand other tests."""
    for item in items:
        if "embedder" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")


@pytest.fixture(scope="session")
def seeds() -> Path:
    return SEEDS


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="session")
def index_dir(tmp_path_factory: pytest.TempPathFactory, seeds: Path, embedder: Embedder) -> Path:
    """The index of the seed pages. Tests may read and copy it, but never write to it."""
    folder = tmp_path_factory.mktemp("index")
    build(seeds, folder, embedder)
    return folder


@pytest.fixture(scope="session")
def index(index_dir: Path) -> Index:
    return load(index_dir)


@pytest.fixture(scope="session")
def assistant(index_dir: Path, embedder: Embedder) -> Assistant:
    return Assistant(Settings(index_dir=index_dir), embedder)


Deadline = Callable[[float], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def within() -> Deadline:
    """``with within(seconds):`` fails the test if its body takes longer."""

    @contextmanager
    def deadline(seconds: float) -> Iterator[None]:
        def fail(_signal: int, _frame: FrameType | None) -> None:
            pytest.fail(f"still running after {seconds:g} s", pytrace=False)

        before = signal.signal(signal.SIGALRM, fail)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    return deadline


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rag(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process: ``rag("status", "--json")`` -> (exit code, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["rag", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run
