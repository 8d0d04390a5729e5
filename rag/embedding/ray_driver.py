"""Batches of texts -> vectors, by workers on the machines of a Ray cluster. ``ray_embedder`` starts this as a script.

It is a process of its own because Ray affects the process that joins a cluster. Ray ends it without an exception when
the cluster has been gone for a while, writes its log to stderr, and tries for two minutes to reach a missing cluster. A
script also sends its classes to the workers by value, so a worker on which the program is not installed can report it.

Input is lines of JSON: first ``{"fingerprint", "precision", "probe", "vector"}``, then ``{"batch": n, "texts"}`` and,
after a number of batches, ``{"end"}``. Output is ``{"ready": workers}``, then ``{"batch": n, "size"}`` followed by that
many bytes of float32, or ``{"error"}``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections import deque
from typing import Any, BinaryIO

_CPUS = 1  # per worker: two workers of one thread do twice the work of one worker of two threads
_RESTARTS = 2  # how often a dead worker process is started again
_AHEAD = 2  # batches per worker: one in work, one waiting
_START_WAIT, _START_LIMIT = 20.0, 300.0  # seconds to wait for all workers, and for the first one
_STALL = 600.0  # seconds within which one batch must come back
_SAME_MODEL = 0.999  # the least cosine with this machine's vector of the same text


class ClusterFailure(Exception):
    """The cluster cannot be used. The message is one line for the user."""


class Worker:
    """A process on a machine of the cluster. It knows only the modules that its own methods import."""

    def __init__(self, model: str, precision: str | None) -> None:
        self._model, self._precision = model, precision
        self._embedder: Any = None

    def load(self, probe: str) -> dict[str, Any]:
        """Load the model. Return ``{"fingerprint", "vector"}`` of ``probe``, ``{"missing": module}`` or
        ``{"error"}``."""
        try:
            from rag.embedding.embedder import Embedder
            from rag.errors import RagError
        except ImportError as error:
            return {"missing": str(error)}
        self._embedder = Embedder(self._model, self._precision)
        try:
            return {
                "fingerprint": self._embedder.fingerprint,
                "vector": self._embedder.embed_passages([probe])[0].tolist(),
            }
        except RagError as error:
            return {"error": str(error)}

    def embed(self, texts: list[str]) -> bytes:
        """Return the vectors of ``texts`` as float32 bytes."""
        if self._embedder is None:  # Ray restarted this process
            from rag.embedding.embedder import Embedder

            self._embedder = Embedder(self._model, self._precision)
        return bytes(self._embedder.embed_passages(texts).tobytes())


class WorkerPool:
    """All workers of a cluster. Its methods raise ClusterFailure."""

    def __init__(self, address: str, model: str, expected: dict[str, Any]) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_gcs_server_request_timeout_seconds", "10")  # while joining
        os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "20")  # after the head is gone
        import ray
        from ray.exceptions import RayError

        self._ray: Any = ray
        self._model, self._expected = model, expected
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
            found: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
            nodes = [node for node in found if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
        except (ConnectionError, RuntimeError, ValueError, TimeoutError, SystemExit, RayError) as error:
            why = "" if isinstance(error, SystemExit) else f" ({_one_line(error)})"
            raise ClusterFailure(
                f"This machine cannot join a Ray cluster at {address}{why}: if `ray start --head` printed that address, "
                f"run `ray start --address={address} --num-cpus=0` here."
            ) from error
        if not nodes:
            raise ClusterFailure(
                f"The Ray cluster at {address} offers no CPU: run `ray start --address={address}` on its machines."
            )
        self._actors: dict[int, tuple[Any, str]] = {}  # number of a worker -> its actor, the address of its machine
        self._ready: set[int] = set()
        self._pending: dict[Any, tuple[int, int]] = {}  # request -> (worker, batch); batch -1 loads the model
        self._jobs: dict[int, list[str]] = {}  # batch -> texts, for batches that have no vectors yet
        self._unassigned: deque[int] = deque()  # batches in ``_jobs`` that no worker has
        self._cause = ""  # why the last worker died
        for node in nodes:
            self._start_workers(node)
        self._wait_for_workers()

    @property
    def size(self) -> int:
        """Number of workers that are ready."""
        return len(self._ready)

    def work(self, source: BinaryIO, answers: BinaryIO) -> bool:
        """Embed the batches of ``source`` up to its next end. Return False if ``source`` is closed."""
        more = True
        while True:
            while self._load(number := min(self._ready, key=self._load)) < _AHEAD:
                if more and not self._unassigned:
                    line = source.readline()
                    if not line:
                        return False
                    asked = json.loads(line)
                    if more := "batch" in asked:
                        self._jobs[asked["batch"]] = asked["texts"]
                        self._unassigned.append(asked["batch"])
                batch = self._unassigned.popleft() if self._unassigned else self._batch_to_repeat(number)
                if batch is None:
                    break
                self._pending[self._actors[number][0].embed.remote(self._jobs[batch])] = number, batch
            if not self._jobs:
                return True
            for batch, vectors in self._collect(_STALL):
                answers.write(json.dumps({"batch": batch, "size": len(vectors)}).encode() + b"\n" + vectors)
                answers.flush()

    def _start_workers(self, node: dict[str, Any]) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        cpus = int(node["Resources"]["CPU"])
        options = {
            "num_cpus": min(cpus, _CPUS),
            "max_restarts": _RESTARTS,
            "max_task_retries": -1,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        }
        for _ in range(max(1, cpus // _CPUS)):
            actor: Any = self._ray.remote(Worker).options(**options).remote(self._model, self._expected["precision"])
            self._pending[actor.load.remote(self._expected["probe"])] = len(self._actors), -1
            self._actors[len(self._actors)] = actor, node["NodeManagerAddress"]

    def _wait_for_workers(self) -> None:
        """Wait for all workers, but not long for the last ones. They may join later."""
        began = time.monotonic()
        while (waited := time.monotonic() - began) < _START_LIMIT:
            if self._ready and (waited > _START_WAIT or not self._pending):
                return
            self._collect(1.0, may_be_empty=True)
        raise ClusterFailure(
            f"No worker of the Ray cluster was ready within {_START_LIMIT:g} s: see with `ray status` whether it has "
            "free CPUs."
        )

    def _load(self, number: int) -> int:
        """Return how many requests a worker has."""
        return sum(worker == number for worker, _ in self._pending.values())

    def _batch_to_repeat(self, number: int) -> int | None:
        """Return the oldest batch that exactly one other worker has, for a worker without work.

        So the pool waits neither for a machine that hangs, nor 20 s until Ray notices a dead one.
        """
        if self._load(number):
            return None
        assigned = [batch for _, batch in self._pending.values() if batch in self._jobs]
        return next((batch for batch in self._jobs if assigned.count(batch) == 1), None)

    def _collect(self, seconds: float, may_be_empty: bool = False) -> list[tuple[int, bytes]]:
        """Return the batches that come back within ``seconds``, each once. Without any it fails, unless it may be
        empty."""
        from ray.exceptions import ActorUnschedulableError, RayActorError, RayError, RayTaskError

        done, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=seconds)
        if not done and not may_be_empty:
            raise ClusterFailure(
                f"No worker of the Ray cluster returned a vector within {seconds:g} s: see `ray status`, then run it "
                "again."
            )
        if len(done) < len(self._pending):  # all other requests that are done too
            done, _ = self._ray.wait(list(self._pending), num_returns=len(self._pending), timeout=0)
        found = []
        for ref in done:
            number, batch = self._pending.pop(ref)
            try:
                value = self._ray.get(ref, timeout=60)
            except RayTaskError as error:
                raise ClusterFailure(
                    f"A worker on {self._actors[number][1]} failed ({_one_line(error.cause)}): "
                    "install the same version of baowen there."
                ) from error
            except RayError as error:
                if isinstance(error, RayActorError | ActorUnschedulableError):
                    self._ready.discard(number)
                    self._cause = f" ({_one_line(error)})"
                if batch in self._jobs and batch not in [other for _, other in self._pending.values()]:
                    self._unassigned.append(batch)
                continue
            if batch == -1:
                self._check(self._actors[number][1], value)
                self._ready.add(number)
            elif self._jobs.pop(batch, None) is not None:
                found.append((batch, value))
        if not self._ready and (self._jobs or not self._pending):
            raise ClusterFailure(
                f"All workers of the Ray cluster died{self._cause}: "
                "see `ray status`, start its machines again, then run it again."
            )
        return found

    def _check(self, address: str, loaded: dict[str, Any]) -> None:
        """Raise ClusterFailure unless the worker has the program and the same model as this machine."""
        if "missing" in loaded:
            raise ClusterFailure(
                f"The program is not installed on {address} ({loaded['missing']}): run `pip install 'baowen[ray]'` there."
            )
        if "error" in loaded:
            raise ClusterFailure(f"On {address}: {loaded['error']}")
        cosine = sum(a * b for a, b in zip(loaded["vector"], self._expected["vector"], strict=False))
        if cosine < _SAME_MODEL or self._expected["fingerprint"] not in ("", loaded["fingerprint"]):
            raise ClusterFailure(
                f"The model {self._model} on {address} differs from the one here: install the same version of it there."
            )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Ray prints to stdout too; that must not mix with the answers
    source = sys.stdin.buffer
    address, model = sys.argv[1:]
    try:
        pool = WorkerPool(address, model, json.loads(source.readline()))
        answers.write(json.dumps({"ready": pool.size}).encode() + b"\n")
        answers.flush()
        while pool.work(source, answers):
            pass
    except ClusterFailure as failure:
        answers.write(json.dumps({"error": str(failure)}).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
