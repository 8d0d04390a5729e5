"""Embedding on the machines of a Ray cluster. What needs one is in `fleet_inside.py`, run here in namespaces of its own:
its ports are nobody else's, and no process of it is left behind.

Skipped where Ray is not installed or the kernel gives no namespace, unless BAOWEN_RAY_REQUIRED=1.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path

import pytest

from rag.embedder import Embedder
from rag.errors import BadInput, FleetError
from rag.fleet import Fleet

INSIDE = Path(__file__).with_name("fleet_inside.py")
CASES = re.findall(r"^def (test_\w+)", INSIDE.read_text(encoding="utf-8"), re.MULTILINE)
ALONE = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def _able() -> bool:
    if os.environ.get("BAOWEN_RAY_REQUIRED") == "1":
        return True
    try:
        return bool(find_spec("ray")) and not subprocess.run([*ALONE, "true"], capture_output=True).returncode
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By case: what went wrong, empty where nothing did."""
    folder = tmp_path_factory.mktemp("fleet")
    report = folder / "report.xml"
    run = subprocess.run(
        [*ALONE, sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", f"--junitxml={report}",
         f"--basetemp={folder / 'inside'}", str(INSIDE)],
        cwd=INSIDE.parent.parent, capture_output=True, text=True, timeout=400)
    assert report.exists(), run.stdout + run.stderr
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        found[case.attrib["name"]] = "".join(trouble.text or "skipped" for trouble in case)
    return found


@pytest.mark.skipif(not _able(), reason="no Ray cluster on this machine")
@pytest.mark.parametrize("case", CASES)
def test_on_a_cluster(case: str, outcomes: dict[str, str]) -> None:
    assert outcomes[case] == ""


@pytest.mark.parametrize("address", [
    "", "10.0.0.1", "10.0.0.1:", ":6379", "ray://10.0.0.1:10001", "10.0.0.1:x", "10.0.0.1:99999", "auto", "me@10.0.0.1:6379",
    "10.0.0.1:1/x", "[::1:6379"])
def test_bad_address(address: str) -> None:
    with pytest.raises(BadInput, match="HOST:PORT") as caught:
        Fleet(address)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not find_spec("ray"), reason="ray is not installed")
def test_nobody_there() -> None:
    with socket.socket() as bound:  # and not listening
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(FleetError, match=f"^There is no Ray cluster at {address} .*run `ray start --head`") as caught, Fleet(address):
            pass
    assert "\n" not in str(caught.value)
    assert time.monotonic() - began < 5


def test_no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.fleet.find_spec", lambda _: None)
    with pytest.raises(FleetError, match=r"pip install 'baowen\[ray\]'"), Fleet("127.0.0.1:9"):
        pass


def test_batches_embedded_by_themselves_give_the_same_vectors(embedder: Embedder) -> None:
    texts = [f"平湖第{n}个项目签约，" * (1 + n * 7 % 23) for n in range(60)]
    plan = embedder.batches(texts)
    assert sorted(row for rows in plan for row in rows) == list(range(60))
    assert len(plan) > 1
    whole = embedder.embed_passages(texts)
    for rows in plan:
        batch = [texts[row] for row in rows]
        assert embedder.batches(batch) == [list(range(len(rows)))]
        assert (embedder.embed_passages(batch) == whole[rows]).all()


def test_the_first_call_of_a_fresh_embedder_has_the_prefix(embedder: Embedder) -> None:
    embedder.embed_passages(["平湖"])
    assert (Embedder().embed_passages(["平湖签约"]) == embedder.embed_passages(["平湖签约"])).all()
