"""A real Milvus cluster for `make test-cluster`: etcd, and each role a process of its own, two of them query nodes.

The message broker is the one that librdkafka brings for tests: it speaks Kafka over TCP and keeps its messages in the
memory of the process that holds this cluster. Object storage is a folder. Like the server of ``tests.servers.milvus`` it
listens on every interface, so it runs only in a network namespace of its own.
"""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from confluent_kafka import Producer

from tests.servers.milvus import Server

COORDINATORS = ("mixture", "-rootcoord", "-querycoord", "-datacoord", "-indexcoord")
ROLES = {
    "coordinators": COORDINATORS,
    "datanode": ("datanode",),
    "indexnode": ("indexnode",),
    "proxy": ("proxy",),
    "querynode 1": ("querynode",),
    "querynode 2": ("querynode",),
}
METRICS = {name: 9100 + at for at, name in enumerate(ROLES)}


class Cluster(Server):
    """``ttl``: seconds until the lease of a dead node ends."""

    def __init__(self, folder: Path, port: int, ttl: int) -> None:
        self._broker = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "-"})
        super().__init__(
            folder,
            port,
            {
                "etcd.use.embed": False,
                "etcd.endpoints": "127.0.0.1:2379",
                "mq.type": "kafka",
                "common.session.ttl": ttl,
                "dataCoord.segment.maxSize": 1,
            },
        )  # MB: a collection is cut into several, which may lie on different nodes
        brokers = [f"{each.host}:{each.port}" for each in self._broker.list_topics(timeout=10).brokers.values()]
        with (folder / "configs" / "milvus.yaml").open("a") as config:
            config.write(f"\nkafka:\n  brokerList: {','.join(brokers)}\n")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> float:
        began = time.monotonic()
        with self.log("etcd").open("ab") as log:
            self._running["etcd"] = subprocess.Popen(
                [
                    "etcd",
                    "--data-dir",
                    str(self.folder / "etcd"),
                    "--listen-client-urls",
                    "http://127.0.0.1:2379",
                    "--advertise-client-urls",
                    "http://127.0.0.1:2379",
                ],
                stdout=log,
                stderr=log,
            )
        for name in ROLES:
            self.start_node(name)
        for name in ROLES:
            self.wait_for(name)
        return time.monotonic() - began

    def log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '')}.log"

    def start_node(self, name: str) -> None:
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [str(self.folder / "bin" / "milvus"), "run", *ROLES[name]],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "METRICS_PORT": str(METRICS[name]),
                    "LD_LIBRARY_PATH": str(self.folder / "bin"),
                    "MILVUS_RUN_DIR": str(self.folder / "run" / name.replace(" ", "")),
                },
            )

    def wait_for(self, name: str, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._running[name].poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{METRICS[name]}/healthz", timeout=5) as answer:
                    if b"OK" in answer.read():
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.2)
        raise TimeoutError(f"{name}: {self.log(name).read_text(errors='replace')[-3000:]}")

    def kill_node(self, name: str) -> None:
        """Stop a node as a power cut does."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def kill(self) -> None:
        for name in list(self._running):
            self.kill_node(name)

    def memory(self) -> dict[str, int]:
        """Return the resident MB of each process."""
        return {
            name: int((Path("/proc") / str(process.pid) / "statm").read_text().split()[1]) * 4 // 1024
            for name, process in self._running.items()
        }
