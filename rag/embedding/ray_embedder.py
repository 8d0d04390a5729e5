"""Texts -> the embedder's vectors, worked out by the machines of a Ray cluster. `crew` is the process that speaks with it."""

from __future__ import annotations

import json
import os
import select
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
from rag.embedding.embedder import Embedder, Matrix
from rag.errors import BadInput, RayClusterError

_REACH = 5.0  # seconds to be answered on the address at all
_START = 420.0  # until workers are ready; `crew` says sooner what is wrong
_STALL = 660.0  # between two batches; likewise
_LEAVE = 10.0  # to say goodbye to the cluster
_PROBE = "人工智能 artificial intelligence 2025"
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(
    [0, 0, 0, 4, 0, 0, 0, 0, 0]
)  # RFC 9113, 3.4: then come settings, type 4
_MEND = "give the HOST:PORT that `ray start --head` prints"


class RayEmbedder:
    """``with RayEmbedder("10.0.0.1:6379") as fleet:`` stands in for ``Embedder`` where passages are indexed. Tokens are counted here;
    vectors are made on the cluster's machines, by the same batches and in the same precision as here, and come back in order.
    They see texts and give vectors, and have the program and the model installed. This machine is one of them, if only with no CPU to lend.
    They are called together, which takes some ten seconds, when there is a text to embed; ``joined`` is told how many there are.

    Raises BadInput for what is no address, RayClusterError for a cluster that cannot be used, ModelError as ``Embedder`` does.
    """

    def __init__(
        self, address: str, model: str = BUILTIN_MODEL, joined: Callable[[int], None] = lambda _: None
    ) -> None:
        self._address, self._joined = address, joined
        self._host, self._port = _host_and_port(address)
        self._local = Embedder(model)
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._count = 0  # of batches, since the start
        self._writer: threading.Thread | None = None
        self.workers = 0

    def __enter__(self) -> RayEmbedder:
        if find_spec("ray") is None:
            raise RayClusterError("Ray is not installed: run `pip install 'baowen[ray]'`.")
        try:
            with socket.create_connection((self._host, self._port), timeout=_REACH) as there:
                there.sendall(_HELLO)
                if there.recv(4)[3:] != b"\4":
                    raise RayClusterError(f"What answers at {self._address} is no Ray cluster: {_MEND}.")
        except OSError as error:
            raise RayClusterError(
                f"There is no Ray cluster at {self._address} ({error}): run `ray start --head` there, or {_MEND}."
            ) from error
        return self

    def _start(self) -> None:
        self.workers, self._rest = 0, b""
        vector = self._local.embed_passages([_PROBE])[0]
        self._process = subprocess.Popen(  # -P: a module of ours that is named as one of a library must not hide it
            [sys.executable, "-P", str(Path(__file__).with_name("ray_driver.py")), self._address, self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # another model's fingerprint is a hash of rounded values, which need not be the same on another processor
        fingerprint = self.fingerprint if self.name == BUILTIN_MODEL else ""
        try:
            self._send(
                [
                    {
                        "fingerprint": fingerprint,
                        "precision": self._local.precision,
                        "probe": _PROBE,
                        "vector": vector.tolist(),
                    }
                ]
            )
            self.workers = self._answer(_START)["ready"]
        finally:
            if not self.workers:
                self._end(kill=True)
        self._joined(self.workers)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(kill=kind is not None)

    @property
    def portion(self) -> int:
        """Of a size for the workers, who are called together."""
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
        """(n, d) unit rows in the order of ``texts``. ``progress`` is called with how many are done.

        Raises ValueError as ``Embedder`` does, RayClusterError when the cluster is lost.
        """
        plan = dict(enumerate(self._local.batches(texts), self._count))
        self._count += len(plan)
        if not plan:
            return np.zeros((0, self.dimension), np.float32)
        if self._process is None:
            self._start()
        batches = ({"batch": n, "texts": [texts[row] for row in rows]} for n, rows in plan.items())
        # a thread, for the other process reads only what its workers have room for
        self._writer = threading.Thread(target=self._send, args=(chain(batches, [{"end": True}]),), daemon=True)
        self._writer.start()
        out = np.zeros((len(texts), self.dimension), np.float32)
        done = 0
        for _ in plan:
            answer = self._answer(_STALL)
            rows = plan[answer["batch"]]
            out[rows] = np.frombuffer(self._take(answer["size"], _STALL), np.float32).reshape(len(rows), -1)
            done += len(rows)
            if progress:
                progress(done)
        self._writer.join()
        return out

    def _send(self, lines: Iterable[dict[str, Any]]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it ended: the reader of its answers says so
            for line in lines:
                self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()

    def _answer(self, seconds: float) -> dict[str, Any]:
        """Its next line."""
        while b"\n" not in self._rest:
            self._rest += self._more(seconds)
        line, _, self._rest = self._rest.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RayClusterError(answer["error"])
        return answer

    def _take(self, size: int, seconds: float) -> bytes:
        while len(self._rest) < size:
            self._rest += self._more(seconds)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def _more(self, seconds: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        late = not select.select([pipe], [], [], seconds)[0]
        if late or not (found := os.read(pipe, 1 << 20)):
            if not self.workers:
                raise RayClusterError(
                    f"What answers at {self._address} is no Ray cluster, or one that takes nobody in: {_MEND}."
                )
            what = "does not answer" if late else "went down"
            raise RayClusterError(
                f"The Ray cluster at {self._address} {what}: see `ray status`, start it again, then run it again."
            )
        return found

    def _end(self, kill: bool) -> None:
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
            self._process.wait(_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{address}")
        if parts.hostname and parts.port and parts.netloc == address and "@" not in address:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise BadInput(f"{address!r} is no address of a Ray cluster: {_MEND}.")
