"""Vectors in a Milvus server. The cases in `milvus_inside.py` need a server; they run here in a network namespace of their own.

Skipped if the wheel `milvus` is not installed or the kernel gives no namespace, unless BAOWEN_MILVUS_REQUIRED=1.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import rag.vectors.milvus_connection
from rag.errors import BadInput, VectorServerError
from rag.vectors.milvus_connection import Address
from rag.vectors.milvus_store import MilvusVectors
from tests.support.exact_vectors import ExactVectors

pytestmark = pytest.mark.server

INSIDE = Path(__file__).with_name("milvus_inside.py")
CASES = re.findall(r"^def (test_\w+)", INSIDE.read_text(encoding="utf-8"), re.MULTILINE)
LOCAL = ExactVectors.build(np.eye(8, dtype=np.float32))
MENDS = "start Milvus there, correct RAG_VECTOR_STORE, or unset it to search on this machine."
needs_client = pytest.mark.skipif(not find_spec("pymilvus"), reason="pymilvus is not installed")
ALONE = ["unshare", "--map-root-user", "--net"]


def _able() -> bool:
    if os.environ.get("BAOWEN_MILVUS_REQUIRED") == "1":
        return True
    try:
        return (
            bool(find_spec("milvus") and find_spec("pymilvus"))
            and not subprocess.run([*ALONE, "true"], capture_output=True).returncode
        )
    except FileNotFoundError:
        return False


with_server = pytest.mark.skipif(not _able(), reason="no Milvus server on this machine")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what went wrong in each case, "" if nothing did."""
    folder = tmp_path_factory.mktemp("milvus")
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
        cwd=INSIDE.parent.parent,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert report.exists(), run.stdout + run.stderr
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["name"].partition("[")[0]
        found[name] = found.get(name, "") + "".join(trouble.text or "skipped" for trouble in case)
    return found


@with_server
@pytest.mark.parametrize("case", CASES)
def test_with_a_server(case: str, outcomes: dict[str, str]) -> None:
    assert outcomes[case] == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("milvus+http://127.0.0.1:19530/baowen", Address("127.0.0.1", 19530, "baowen")),
        ("milvus+http://vectors.local:80/_a1", Address("vectors.local", 80, "_a1")),
        ("milvus+http://[::1]:19530/baowen", Address("::1", 19530, "baowen")),
    ],
)
def test_address(text: str, address: Address) -> None:
    assert Address.of(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:19530/baowen",
        "http://127.0.0.1:19530/baowen",
        "milvus+http://127.0.0.1/baowen",
        "milvus+http://:19530/baowen",
        "milvus+http://127.0.0.1:19530",
        "milvus+http://127.0.0.1:19530/",
        "milvus+http://127.0.0.1:99999/baowen",
        "milvus+http://127.0.0.1:x/baowen",
        "milvus+http://127.0.0.1:19530/1baowen",
        "milvus+http://127.0.0.1:19530/报问",
        "milvus+http://127.0.0.1:19530/a/b",
        "milvus+http://127.0.0.1:19530/a?b=c",
        "milvus+http://me:secret@127.0.0.1:19530/a",
        "milvus+http://[::1:19530/baowen",
        "milvus+http://127.0.0.1:19530/" + "a" * 101,
    ],
)
def test_bad_address(text: str) -> None:
    with pytest.raises(BadInput, match=r"milvus\+http://HOST:PORT/COLLECTION") as caught:
        Address.of(text)
    assert "\n" not in str(caught.value)


@needs_client
def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.vectors.milvus_connection, "READ", 1.0)
    assert _said(Address("127.0.0.1", 9, "baowen")) == f"Nothing answers at 127.0.0.1:9: {MENDS}"


@needs_client
def test_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.vectors.milvus_connection, "READ", 1.0)

    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert _said(Address("milvus.invalid", 19530, "baowen")) == (
        "There is no host milvus.invalid: correct RAG_VECTOR_STORE, or unset it to search on this machine."
    )


@needs_client
def test_a_web_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.vectors.milvus_connection, "READ", 1.0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said = _said(Address("127.0.0.1", server.server_port, "baowen"))
    server.shutdown()
    server.server_close()
    assert said == f"What listens at 127.0.0.1:{server.server_port} does not answer as Milvus does: {MENDS}"


def _said(address: Address) -> str:
    with pytest.raises(VectorServerError) as caught:
        MilvusVectors.open(address, "0" * 16, "m", LOCAL)
    return str(caught.value)


def test_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(VectorServerError, match=r"pip install 'baowen\[milvus\]'"):
        MilvusVectors.open(Address("127.0.0.1", 9, "baowen"), "0" * 16, "m", LOCAL)
