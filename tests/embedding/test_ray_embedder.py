"""Embedding on the machines of a Ray cluster.

`ray_inside.py` holds the cases that need a cluster. They run here in namespaces of their own, so that its ports clash
with no others and none of its processes stays behind. They are skipped if Ray is not installed or the kernel allows no
namespace, unless BAOWEN_RAY_REQUIRED=1.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from rag.embedding.embedder import Embedder
from rag.embedding.ray_embedder import RayEmbedder
from rag.errors import BadInput, RayClusterError
from rag.indexing.build import build
from tests.support.paths import ROOT

pytestmark = pytest.mark.server

INSIDE = Path(__file__).with_name("ray_inside.py")
CASES = re.findall(r"^def (test_\w+)", INSIDE.read_text(encoding="utf-8"), re.MULTILINE)
ALONE = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def _cluster_possible() -> bool:
    if os.environ.get("BAOWEN_RAY_REQUIRED") == "1":
        return True
    try:
        return bool(find_spec("ray")) and not subprocess.run([*ALONE, "true"], capture_output=True).returncode
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Case -> its failure, empty if it passed."""
    folder = tmp_path_factory.mktemp("ray")
    report = folder / "report.xml"
    run = subprocess.run(
        [
            *ALONE,
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--noconftest",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            f"--basetemp={folder / 'inside'}",
            str(INSIDE),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert report.exists(), run.stdout + run.stderr
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        found[case.attrib["name"]] = "".join(failure.text or "skipped" for failure in case)
    return found


@pytest.mark.skipif(not _cluster_possible(), reason="this machine can run no Ray cluster")
@pytest.mark.parametrize("case", CASES)
def test_on_a_cluster(case: str, outcomes: dict[str, str]) -> None:
    assert outcomes[case] == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "10.0.0.1",
        "10.0.0.1:",
        ":6379",
        "ray://10.0.0.1:10001",
        "10.0.0.1:x",
        "10.0.0.1:99999",
        "auto",
        "me@10.0.0.1:6379",
        "10.0.0.1:1/x",
        "[::1:6379",
    ],
)
def test_bad_address(address: str) -> None:
    with pytest.raises(BadInput, match="HOST:PORT") as caught:
        RayEmbedder(address)
    assert "\n" not in str(caught.value)


needs_ray = pytest.mark.skipif(not find_spec("ray"), reason="ray is not installed")


@needs_ray
def test_no_server_at_the_address() -> None:
    with socket.socket() as bound:  # bound, but not listening
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        began = time.monotonic()
        with (
            pytest.raises(
                RayClusterError, match=f"^There is no Ray cluster at {address} .*run `ray start --head`"
            ) as caught,
            RayEmbedder(address),
        ):
            pass
    assert "\n" not in str(caught.value)
    assert time.monotonic() - began < 5


@contextmanager
def _server_that_sends(reply: bytes) -> Iterator[str]:
    """Yield the address of a server that sends ``reply`` to every caller."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    caller, _ = listening.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(reply)
                    caller.recv(64)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # the first bytes of a gRPC server


@needs_ray
@pytest.mark.parametrize("reply", [b"", b"x", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"])
def test_another_server_at_the_address(reply: bytes) -> None:
    began = time.monotonic()
    with (
        _server_that_sends(reply) as address,
        pytest.raises(
            RayClusterError,
            match=f"^The server at {address} is not a Ray cluster: give the HOST:PORT that `ray start --head` prints\\.$",
        ),
        RayEmbedder(address),
    ):
        pass
    assert time.monotonic() - began < 2


@needs_ray
def test_a_web_server_at_the_address(rag, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text("　　本报讯 昨天，平湖黄桃喜获丰收。\n", encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    code, out, err = rag("index", tmp_path / "articles", "--ray", address, "--index", tmp_path / "index")
    server.shutdown()
    server.server_close()
    assert (code, out) == (14, "")
    message = err.rpartition("rag: ")[2]
    assert (
        message == f"The server at {address} is not a Ray cluster: give the HOST:PORT that `ray start --head` prints.\n"
    )
    assert not (tmp_path / "index").exists()


@needs_ray
def test_another_grpc_server_at_the_address(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray ends the process that tries to join, without a message."""
    monkeypatch.setattr("rag.embedding.ray_embedder.sys.executable", "/bin/true")
    with (
        _server_that_sends(SETTINGS) as address,
        pytest.raises(RayClusterError) as caught,
        RayEmbedder(address) as remote,
    ):
        remote.embed_passages(["平湖"])
    assert str(caught.value) == (
        f"The server at {address} is not a Ray cluster, or it accepts no new machine: "
        "give the HOST:PORT that `ray start --head` prints."
    )


@needs_ray
def test_no_worker_starts_without_a_new_text(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("　　本报讯 昨天，平湖黄桃喜获丰收。\n", encoding="utf-8")
    build(folder, tmp_path / "index", embedder)
    calls: list[str] = []

    def started(_: RayEmbedder) -> None:
        calls.append("started")
        raise RayClusterError("started")

    monkeypatch.setattr(RayEmbedder, "_start", started)
    with _server_that_sends(SETTINGS) as address, RayEmbedder(address) as remote:
        build(folder, tmp_path / "index", remote)
        (folder / "a.txt").rename(folder / "b.txt")
        assert build(folder, tmp_path / "index", remote).embedded == 0
        assert calls == []
        (folder / "c.txt").write_text("　　本报讯 昨天，嘉兴南湖菱上市。\n", encoding="utf-8")
        with pytest.raises(RayClusterError, match=r"^started$"):
            build(folder, tmp_path / "index", remote)
    assert calls == ["started"]


@pytest.mark.parametrize("arguments", [(), ("--watch",), ("--dry-run",)])
def test_an_empty_address_is_an_error(rag, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "articles").mkdir()
    code, out, err = rag("index", tmp_path / "articles", "--ray", "", "--index", tmp_path / "index", *arguments)
    assert (code, out, err) == (
        2,
        "",
        "rag: '' is not the address of a Ray cluster: give the HOST:PORT that `ray start --head` prints.\n",
    )
    assert not (tmp_path / "index").exists()


def test_ray_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.embedding.ray_embedder.find_spec", lambda _: None)
    with pytest.raises(RayClusterError, match=r"pip install 'baowen\[ray\]'"), RayEmbedder("127.0.0.1:9"):
        pass


def test_batches_embedded_by_themselves_give_the_same_vectors(embedder: Embedder) -> None:
    texts = [f"平湖第{n}个项目签约，" * (1 + n * 7 % 23) for n in range(60)]
    plan = embedder.batches(texts)
    assert sorted(row for rows in plan for row in rows) == list(range(60))
    assert len(plan) > 1
    together = embedder.embed_passages(texts)
    for rows in plan:
        batch = [texts[row] for row in rows]
        assert embedder.batches(batch) == [list(range(len(rows)))]
        assert (embedder.embed_passages(batch) == together[rows]).all()


def test_the_first_call_of_a_new_embedder_uses_the_prefix(embedder: Embedder) -> None:
    embedder.embed_passages(["平湖"])
    assert (Embedder().embed_passages(["平湖签约"]) == embedder.embed_passages(["平湖签约"])).all()
