"""A real Milvus server for the tests: the standalone binary of the wheel ``milvus``, started directly.

It listens on every interface and asks for no password, so it is run only in a network namespace of its own
(``unshare -rn``). The wheel's own starter is not used: after a kill it finds its ports in TIME_WAIT and moves to others.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import milvus
import numpy as np

PORT, METRICS = 19530, 9091
SETTINGS = {
    "common.gracefulStopTimeout": 5,  # half an hour otherwise
    "common.session.ttl": 5,  # seconds until the lease of a killed server ends; changes of collections wait for it
}


def loopback() -> None:
    """Set the namespace's loopback up, as `ip link set lo up` does."""
    siocsifflags, up_and_running = 0x8914, 0x41
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sh14x", b"lo", up_and_running))


class Server:
    def __init__(self, folder: Path, port: int = PORT, settings: dict[str, object] | None = None) -> None:
        self.folder, self.port = folder, port
        config = milvus.MilvusServerConfig(data_dir=str(folder), proxy_port=port)
        for name, value in (SETTINGS | (settings or {})).items():
            config.set(name, value)
        config.resolve()
        milvus._initialize_data_files(str(folder))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start the server and wait until it is healthy. Return the seconds."""
        began = time.monotonic()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.folder / "bin" / "milvus"), "run", "standalone"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "DEPLOY_MODE": "STANDALONE",
                    "METRICS_PORT": str(METRICS),
                    "MILVUS_RUN_DIR": str(self.folder / "run"),
                    "LD_LIBRARY_PATH": str(self.folder / "bin"),
                },
            )
        while time.monotonic() - began < 60 and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{METRICS}/healthz", timeout=5) as answer:
                    if b"OK" in answer.read():
                        return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise TimeoutError((self.folder / "log").read_text(errors="replace")[-2000:])

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Stop it as a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


def clustered(n: int, d: int, seed: int) -> np.ndarray:
    """Return unit rows (n, d) in groups of about a hundred. Rows drawn evenly over the sphere have no near neighbours, and every
    graph looks broken on them."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(2, n // 100), d)) / np.sqrt(d)
    rows = centres[random.integers(len(centres), size=n)] + 0.6 * random.normal(size=(n, d)) / np.sqrt(d)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
