"""Texts -> vectors, computed on the machines of a Ray cluster. ``ray_driver`` is the process that talks to the
cluster."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from rag.config import BUILTIN_MODEL
from rag.embedding.embedder import PROBE, Embedder, Matrix
from rag.errors import BadInput, RayClusterError
from rag.files import wait_readable

_CONNECT = 5.0  # seconds until the address must answer
_START = 420.0  # seconds until workers are ready; the driver reports most causes sooner
_STALL = 660.0  # seconds between two batches; the same holds
_STOP = 10.0  # seconds to leave the cluster
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""A client's first bytes (RFC 9113, 3.4) and empty settings. A gRPC server answers with its settings, frame type 4."""
_ADVICE = "give the HOST:PORT that `ray start --head` prints"


class RayEmbedder:
    """``Embedder`` for indexing, with the vectors computed by a Ray cluster: ``with RayEmbedder(address) as
    embedder:``.

    The cluster's machines get texts and return vectors. The program and the model are installed on them, and this
    machine has joined the cluster, if only with 0 CPUs. Tokens are counted here. Batches, precision and order of the
    vectors are those of ``Embedder``. The workers start when the first text is embedded, which takes some ten seconds;
    ``on_start`` is then called with their number.

    Raise BadInput for an address that is not valid, RayClusterError for a cluster that cannot be used, and ModelError
    as ``Embedder`` does.
    """

    def __init__(
        self, address: str, model: str = BUILTIN_MODEL, on_start: Callable[[int], None] = lambda _: None
    ) -> None:
        self._address, self._on_start = address, on_start
        self._host, self._port = _host_and_port(address)
        self._local = Embedder(model)
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""
        self._count = 0  # batches since the start
        self._writer: threading.Thread | None = None
        self.workers = 0

    def __enter__(self) -> RayEmbedder:
        if find_spec("ray") is None:
            raise RayClusterError("Ray is not installed: run `pip install 'baowen[ray]'`.")
        try:
            with socket.create_connection((self._host, self._port), timeout=_CONNECT) as server:
                server.sendall(_HTTP2_PREFACE)
                if server.recv(4)[3:] != b"\4":
                    raise RayClusterError(f"The server at {self._address} is not a Ray cluster: {_ADVICE}.")
        except OSError as error:
            raise RayClusterError(
                f"There is no Ray cluster at {self._address} ({error}): run `ray start --head` there, or {_ADVICE}."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(kill=kind is not None)

    @property
    def portion(self) -> int:
        """The best number of texts for one call. Asking for it starts the workers."""
        if self._process is None:
            self._start()
        return Embedder.portion * self.workers

    @property
    def name(self) -> str:
        return self._local.name

    @property
    def fingerprint(self) -> str:
        return self._local.fingerprint

    @property
    def dimension(self) -> int:
        return self._local.dimension

    @property
    def max_tokens(self) -> int:
        return self._local.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._local.count_tokens(texts)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """Return (n, d) unit rows in the order of ``texts``. Calls ``progress`` with the number of finished texts.

        Raise ValueError as ``Embedder`` does, and RayClusterError if the cluster is lost.
        """
        plan = dict(enumerate(self._local.batches(texts), self._count))
        self._count += len(plan)
        if not plan:
            return np.zeros((0, self.dimension), np.float32)
        if self._process is None:
            self._start()
        batches = ({"batch": n, "texts": [texts[row] for row in rows]} for n, rows in plan.items())
        # written by a thread, because the driver reads only as many batches as its workers can take
        self._writer = threading.Thread(target=self._send, args=(chain(batches, [{"end": True}]),), daemon=True)
        self._writer.start()
        out = np.zeros((len(texts), self.dimension), np.float32)
        done = 0
        for _ in plan:
            answer = self._answer(_STALL)
            rows = plan[answer["batch"]]
            out[rows] = np.frombuffer(self._bytes(answer["size"], _STALL), np.float32).reshape(len(rows), -1)
            done += len(rows)
            if progress:
                progress(done)
        self._writer.join()
        return out

    def _start(self) -> None:
        """Start the driver and wait for its workers."""
        self.workers, self._unread = 0, b""
        vector = self._local.embed_passages([PROBE])[0]
        self._process = subprocess.Popen(  # -P: modules beside the script must not hide libraries of the same name
            [sys.executable, "-P", str(Path(__file__).with_name("ray_driver.py")), self._address, self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # another model's fingerprint is a hash of rounded values, which may differ on another processor
        fingerprint = self.fingerprint if self.name == BUILTIN_MODEL else ""
        expected = {
            "fingerprint": fingerprint,
            "precision": self._local.precision,
            "probe": PROBE,
            "vector": vector.tolist(),
        }
        try:
            self._send([expected])
            self.workers = self._answer(_START)["ready"]
        finally:
            if not self.workers:
                self._stop(kill=True)
        self._on_start(self.workers)

    def _send(self, lines: Iterable[dict[str, Any]]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the driver ended; reading its answers reports that
            for line in lines:
                self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()

    def _answer(self, seconds: float) -> dict[str, Any]:
        """Return the driver's next line. Raise RayClusterError if it is an error or does not come within
        ``seconds``."""
        while b"\n" not in self._unread:
            self._unread += self._read(seconds)
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RayClusterError(answer["error"])
        return answer

    def _bytes(self, size: int, seconds: float) -> bytes:
        """Return the driver's next ``size`` bytes."""
        while len(self._unread) < size:
            self._unread += self._read(seconds)
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def _read(self, seconds: float) -> bytes:
        """Return what the driver has written. Raise RayClusterError if it ended or is silent for ``seconds``."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        late = not wait_readable(pipe, seconds)
        if late or not (found := os.read(pipe, 1 << 20)):
            if not self.workers:
                raise RayClusterError(
                    f"The server at {self._address} is not a Ray cluster, or it accepts no new machine: {_ADVICE}."
                )
            what = "does not answer" if late else "went down"
            raise RayClusterError(
                f"The Ray cluster at {self._address} {what}: see `ray status`, start it again, then run it again."
            )
        return found

    def _stop(self, kill: bool) -> None:
        if self._process is None:
            return
        if kill:
            self._process.kill()
        if self._writer is not None:
            self._writer.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        try:
            self._process.wait(_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _host_and_port(address: str) -> tuple[str, int]:
    """Return both parts of HOST:PORT. Raise BadInput for anything else."""
    try:
        parts = urlsplit(f"//{address}")
        if parts.hostname and parts.port and parts.netloc == address and "@" not in address:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise BadInput(f"{address!r} is not the address of a Ray cluster: {_ADVICE}.")
