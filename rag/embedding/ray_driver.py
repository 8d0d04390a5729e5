"""The process that hands batches of texts to workers on the machines of a Ray cluster; `fleet` starts it, as a script.

A process of its own because of what Ray does to the one that it is in: it ends it, without an exception, when the
cluster has been gone for a while, writes its log to stderr, and tries for two minutes to reach a cluster that is not there.
Being the script, it sends its classes to the workers by value, so that one who lacks the program can say so.

Asked in lines of JSON: first ``{"fingerprint", "precision", "probe", "vector"}``, then ``{"batch": n, "texts"}`` and, after some,
``{"end"}``. Answers ``{"ready": workers}``, ``{"batch": n, "size"}`` with as many bytes of float32 after it, or ``{"error"}``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections import deque
from typing import Any, BinaryIO

_CPUS = 1  # of a worker: two of one thread each do twice the work of one of two threads
_LIVES = 2  # how often a worker's process that died is started anew
_AHEAD = 2  # batches that a worker has: one at work, one waiting
_MUSTER, _FIRST = 20.0, 300.0  # seconds until those who are ready begin, and until there must be one
_STALL = 600.0  # seconds in which one batch must come back
_SAME = 0.999  # cosine with the vector made here


class Trouble(Exception):
    """What happened, in one line, as `fleet` is to say it."""


class Worker:
    """Lives in a process on some machine of the cluster; knows nothing but what its methods import."""

    def __init__(self, model: str, precision: str | None) -> None:
        self._model, self._precision = model, precision
        self._embedder: Any = None

    def hello(self, probe: str) -> dict[str, Any]:
        """``{"fingerprint", "vector"}`` of ``probe``; ``{"lacks"}`` a module, or ``{"error"}``."""
        try:
            from rag.embedding.embedder import Embedder
            from rag.errors import RagError
        except ImportError as error:
            return {"lacks": str(error)}
        self._embedder = Embedder(self._model, self._precision)
        try:
            return {
                "fingerprint": self._embedder.fingerprint,
                "vector": self._embedder.embed_passages([probe])[0].tolist(),
            }
        except RagError as error:
            return {"error": str(error)}

    def embed(self, texts: list[str]) -> bytes:
        if self._embedder is None:  # the process was started anew
            from rag.embedding.embedder import Embedder

            self._embedder = Embedder(self._model, self._precision)
        return bytes(self._embedder.embed_passages(texts).tobytes())


class Crew:
    """The workers of a cluster. Raises Trouble."""

    def __init__(self, address: str, model: str, expected: dict[str, Any]) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_gcs_server_request_timeout_seconds", "10")  # when joining
        os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "20")  # when the head is gone
        import ray
        from ray.exceptions import RayError

        self._ray: Any = ray
        self._model, self._expected = model, expected
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
            found: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
            nodes = [node for node in found if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
        except (ConnectionError, RuntimeError, ValueError, TimeoutError, SystemExit, RayError) as error:
            why = "" if isinstance(error, SystemExit) else f" ({_line(error)})"
            raise Trouble(
                f"This machine cannot join a Ray cluster at {address}{why}: if `ray start --head` printed that address, "
                f"run `ray start --address={address} --num-cpus=0` here."
            ) from error
        if not nodes:
            raise Trouble(
                f"The Ray cluster at {address} has no CPU to lend: run `ray start --address={address}` on its machines."
            )
        self._actors: dict[int, tuple[Any, str]] = {}  # by number: the worker and its machine's address
        self._ready: set[int] = set()
        self._pending: dict[Any, tuple[int, int]] = {}  # what is asked -> (worker, batch); batch -1 is its hello
        self._jobs: dict[int, list[str]] = {}  # batches handed out and not back
        self._again: deque[int] = deque()  # those of them that nobody has any more
        self._lost = ""
        for node in nodes:
            self._hire(node)
        self._muster()

    @property
    def size(self) -> int:
        return len(self._ready)

    def work(self, source: BinaryIO, answers: BinaryIO) -> bool:
        """Batches of ``source`` until its next end. False when there is nobody left to ask for more."""
        more = True
        while True:
            while self._load(number := min(self._ready, key=self._load)) < _AHEAD:
                if more and not self._again:
                    line = source.readline()
                    if not line:
                        return False
                    asked = json.loads(line)
                    if more := "batch" in asked:
                        self._jobs[asked["batch"]] = asked["texts"]
                        self._again.append(asked["batch"])
                batch = self._again.popleft() if self._again else self._behind(number)
                if batch is None:
                    break
                self._pending[self._actors[number][0].embed.remote(self._jobs[batch])] = number, batch
            if not self._jobs:
                return True
            for batch, vectors in self._collect(_STALL):
                answers.write(json.dumps({"batch": batch, "size": len(vectors)}).encode() + b"\n" + vectors)
                answers.flush()

    def _hire(self, node: dict[str, Any]) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        cpus = int(node["Resources"]["CPU"])
        options = {
            "num_cpus": min(cpus, _CPUS),
            "max_restarts": _LIVES,
            "max_task_retries": -1,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        }
        for _ in range(max(1, cpus // _CPUS)):
            actor: Any = self._ray.remote(Worker).options(**options).remote(self._model, self._expected["precision"])
            self._pending[actor.hello.remote(self._expected["probe"])] = len(self._actors), -1
            self._actors[len(self._actors)] = actor, node["NodeManagerAddress"]

    def _muster(self) -> None:
        """Wait for all, but not long for the last; who comes later joins in."""
        began = time.monotonic()
        while (waited := time.monotonic() - began) < _FIRST:
            if self._ready and (waited > _MUSTER or not self._pending):
                return
            self._collect(1.0, quiet=True)
        raise Trouble(
            f"No worker of the Ray cluster was ready within {_FIRST:g} s: see with `ray status` whether it has free CPUs."
        )

    def _load(self, number: int) -> int:
        return sum(worker == number for worker, _ in self._pending.values())

    def _behind(self, number: int) -> int | None:
        """For a worker with nothing left to do: the oldest batch that one other still has. So nobody waits until a dead
        machine is known to be dead (20 s), or for one that hangs."""
        if self._load(number):
            return None
        held = [batch for _, batch in self._pending.values() if batch in self._jobs]
        return next((batch for batch in self._jobs if held.count(batch) == 1), None)

    def _collect(self, seconds: float, quiet: bool = False) -> list[tuple[int, bytes]]:
        """Batches that came back within ``seconds``, each once. ``quiet``: none is no trouble."""
        from ray.exceptions import ActorUnschedulableError, RayActorError, RayError, RayTaskError

        done, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=seconds)
        if not done and not quiet:
            raise Trouble(
                f"No worker of the Ray cluster gave a vector for {seconds:g} s: see `ray status`, then run it again."
            )
        if len(done) < len(self._pending):  # all others that are ready too
            done, _ = self._ray.wait(list(self._pending), num_returns=len(self._pending), timeout=0)
        found = []
        for ref in done:
            number, batch = self._pending.pop(ref)
            try:
                value = self._ray.get(ref, timeout=60)
            except RayTaskError as error:
                raise Trouble(
                    f"A worker on {self._actors[number][1]} failed ({_line(error.cause)}): "
                    "install the same version of baowen there."
                ) from error
            except RayError as error:
                if isinstance(error, RayActorError | ActorUnschedulableError):
                    self._ready.discard(number)
                    self._lost = f" ({_line(error)})"
                if batch in self._jobs and batch not in [other for _, other in self._pending.values()]:
                    self._again.append(batch)
                continue
            if batch == -1:
                self._check(self._actors[number][1], value)
                self._ready.add(number)
            elif self._jobs.pop(batch, None) is not None:
                found.append((batch, value))
        if not self._ready and (self._jobs or not self._pending):
            raise Trouble(
                f"All workers of the Ray cluster died{self._lost}: "
                "see `ray status`, start its machines again, then run it again."
            )
        return found

    def _check(self, where: str, said: dict[str, Any]) -> None:
        if "lacks" in said:
            raise Trouble(
                f"The program is not installed on {where} ({said['lacks']}): run `pip install 'baowen[ray]'` there."
            )
        if "error" in said:
            raise Trouble(f"On {where}: {said['error']}")
        cosine = sum(a * b for a, b in zip(said["vector"], self._expected["vector"], strict=False))
        if cosine < _SAME or self._expected["fingerprint"] not in ("", said["fingerprint"]):
            raise Trouble(
                f"The model {self._model} on {where} is another one than here: install the same version of it there."
            )


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Ray prints is no answer
    source = sys.stdin.buffer
    address, model = sys.argv[1:]
    try:
        crew = Crew(address, model, json.loads(source.readline()))
        answers.write(json.dumps({"ready": crew.size}).encode() + b"\n")
        answers.flush()
        while crew.work(source, answers):
            pass
    except Trouble as trouble:
        answers.write(json.dumps({"error": str(trouble)}).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
