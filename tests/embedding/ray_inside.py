"""The cases of `test_ray_embedder.py` that need a Ray cluster. It runs them in order, in namespaces of their own.

The last two cases kill machines of the cluster, and then all of it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.embedding import ray_embedder
from rag.embedding.embedder import Embedder
from rag.embedding.ray_embedder import RayEmbedder
from rag.errors import RayClusterError
from tests.servers.milvus import loopback
from tests.support.paths import ROOT

ADDRESS = "127.0.0.1:6379"
TEXTS = [f"第{n}条：平湖市与某企业签约，投资{n * 37 % 101}亿元，" * (1 + n * 7 % 9) for n in range(160)]


class Node:
    """A machine of the cluster with one CPU. It listens on the loopback address only."""

    def __init__(self, *arguments: str, path: Path | None = None) -> None:
        folders = [str(path), str(ROOT)] if path else [str(ROOT)]
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "ray.scripts.scripts",
                "start",
                *arguments,
                "--node-ip-address=127.0.0.1",
                "--num-cpus=1",
                "--disable-usage-stats",
                "--block",
            ],
            env={**os.environ, "PYTHONPATH": ":".join(folders), "RAY_USAGE_STATS_ENABLED": "0"},
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        printed = ""
        while "Ray runtime started" not in printed:
            line = self._process.stdout.readline()
            assert line, printed
            printed += line

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        for pid in _descendants(self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._process.wait()


def _descendants(root: int) -> list[int]:
    """Return the process and all its descendants."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        text = stat.read_text()
        parents[int(stat.parent.name)] = int(text.rpartition(")")[2].split()[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _join(path: Path | None = None) -> Node:
    return Node(f"--address={ADDRESS}", path=path)


@pytest.fixture(scope="module")
def head() -> Iterator[Node]:
    loopback()
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # short: a socket's path has at most 107 bytes
    yield Node("--head", "--port=6379", "--include-dashboard=false", f"--temp-dir={folder}")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    return Embedder().embed_passages(TEXTS)


def _fails_in_one_line(words: str, call: Callable[[], object]) -> float:
    """Return the seconds until the error."""
    began = time.monotonic()
    with pytest.raises(RayClusterError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
    return time.monotonic() - began


def _embed_one() -> None:
    with RayEmbedder(ADDRESS) as remote:
        remote.embed_passages(TEXTS[:1])


def _patched(folder: Path, code: str) -> Path:
    (folder / "sitecustomize.py").write_text(code)
    return folder


def test_the_cluster_listens_on_the_loopback_only(head: Node) -> None:
    listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(listening) > 3
    assert [line for line in listening if not re.search(r"127\.0\.0\.1\]?:\d+ ", line)] == []


def test_another_version_of_the_model_is_refused(head: Node, tmp_path: Path) -> None:
    node = _join(
        _patched(tmp_path, "import rag.embedding.embedder\nrag.embedding.embedder.Embedder.fingerprint = '0' * 32\n")
    )
    _fails_in_one_line(r"^The model multilingual-e5-small on 127\.0\.0\.1 differs from the one here", _embed_one)
    node.stop()


def test_a_machine_without_the_program_is_refused(head: Node, tmp_path: Path) -> None:
    node = _join(_patched(tmp_path, "import sys\nsys.modules['rag.embedding.embedder'] = None\n"))
    _fails_in_one_line(
        r"^The program is not installed on 127\.0\.0\.1 .*run `pip install 'baowen\[ray\]'` there", _embed_one
    )
    node.stop()


@pytest.fixture
def patient_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start a driver that waits 90 s for the last worker: on a busy machine, 20 s are too few to load the model twice."""
    driver = Path(ray_embedder.__file__).with_name("ray_driver.py").read_text()
    assert driver.count("_START_WAIT, _START_LIMIT = 20.0,") == 1
    patient = driver.replace("_START_WAIT, _START_LIMIT = 20.0,", "_START_WAIT, _START_LIMIT = 90.0,")
    (tmp_path / "ray_driver.py").write_text(patient)
    monkeypatch.setattr(ray_embedder, "__file__", str(tmp_path / "ray_embedder.py"))


@pytest.mark.usefixtures("patient_driver")
def test_vectors_are_the_same_with_two_machines_and_after_one_is_killed(head: Node, expected: np.ndarray) -> None:
    other = _join()
    local = Embedder()
    started: list[int] = []
    with RayEmbedder(ADDRESS, on_start=started.append) as remote:
        assert remote.embed_passages([]).shape == (0, 384)
        assert (remote.workers, started) == (0, [])  # no text starts no worker
        assert (remote.portion, remote.workers, started) == (1024, 2, [2])
        assert (remote.name, remote.fingerprint, remote.dimension, remote.max_tokens) == (
            local.name,
            local.fingerprint,
            local.dimension,
            local.max_tokens,
        )
        assert remote.count_tokens(TEXTS[:5]) == local.count_tokens(TEXTS[:5])
        done: list[int] = []
        assert np.array_equal(remote.embed_passages(TEXTS, done.append), expected)
        assert done == sorted(set(done))
        assert done[-1] == len(TEXTS)
        with pytest.raises(ValueError, match="longer than the model's 512"):
            remote.embed_passages(["平湖" * 2000])
        assert np.array_equal(remote.embed_passages(TEXTS[:3]), local.embed_passages(TEXTS[:3]))

        at: list[float] = []

        def kill_once(_: int) -> None:
            if not at:
                other.kill()
            at.append(time.monotonic())

        assert np.array_equal(remote.embed_passages(TEXTS, kill_once), expected)
        stall = max(np.diff(at))
        print(f"stall {stall:.1f} s")
        assert stall < 10  # Ray needs 17 s to know that a machine is dead
        assert np.array_equal(remote.embed_passages(TEXTS[:40]), local.embed_passages(TEXTS[:40]))


def test_the_whole_cluster_is_killed(head: Node) -> None:
    with RayEmbedder(ADDRESS) as remote:
        seconds = _fails_in_one_line(
            r"^(The Ray cluster at 127\.0\.0\.1:6379 went down|All workers of the Ray cluster died)",
            lambda: remote.embed_passages(TEXTS, lambda _: head.kill()),
        )
        assert seconds < 60
    _fails_in_one_line(r"^There is no Ray cluster at 127\.0\.0\.1:6379", _embed_one)
