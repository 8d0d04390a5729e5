"""A Milvus server: its address, and calls to it. Needs the extra ``milvus``."""

from __future__ import annotations

import logging
import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from rag.errors import BadInput, IndexMissing, RagError, VectorServerError

_OLDEST = (2, 3)  # the first version with arrays in a row, which array_contains searches
READ, WRITE = 10.0, 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Address:
    """A server and ``base``, with which the name of every collection of this index begins."""

    host: str
    port: int
    base: str

    @classmethod
    def of(cls, text: str) -> Address:
        """Parse ``milvus+http://host:port/collection``. Raise BadInput for anything else."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if (
            not host
            or not port
            or parts.scheme != "milvus+http"
            or parts.username
            or parts.query
            or parts.fragment
            or not re.fullmatch(r"/[A-Za-z_]\w{0,99}", parts.path, re.ASCII)
        ):
            raise BadInput(
                f"{text!r} is no address of a vector server: write milvus+http://HOST:PORT/COLLECTION, "
                "the collection in letters, digits and underscores."
            )
        return cls(host, port, parts.path[1:])

    def __str__(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class Connection:
    """Calls to one server. Every call has a deadline in seconds, and every failure is one line.

    Threads may call at the same time. The connection outlives the server: calls succeed again once the server is back.
    """

    _answered = False  # whether Milvus has answered at this address

    def __init__(self, address: Address) -> None:
        """Use ``connected``."""
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise VectorServerError("Milvus needs a client: install it with `pip install 'baowen[milvus]'`.") from error
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs a traceback before it raises
        self.address = address
        self._client = self._call(MilvusClient, f"http://{address}", timeout=READ, dedicated=True)
        version = str(self("get_server_version"))
        found = re.match(r"v?(\d+)\.(\d+)", version)
        if not found or (int(found[1]), int(found[2])) < _OLDEST:
            raise VectorServerError(f"The vector server at {address} is Milvus {version}: it must be 2.3 or newer.")
        self._answered = True

    def __call__(self, method: str, *arguments: Any, seconds: float = READ, **named: Any) -> Any:
        """Call ``method`` of pymilvus's ``MilvusClient``. Raise VectorServerError, or IndexMissing when the collection
        is gone."""
        return self._call(getattr(self._client, method), *arguments, timeout=seconds, **named)

    def _call(self, function: Any, *arguments: Any, **named: Any) -> Any:
        import grpc
        from pymilvus import MilvusException

        try:
            return function(*arguments, **named)
        except grpc.RpcError as error:  # pymilvus lets the error of a missed deadline pass
            raise self._error(None, "") from error
        except MilvusException as error:
            raise self._error(error.code, error.message) from error

    def _error(self, code: Any, message: str) -> RagError:
        server = f"The vector server at {self.address}"
        if code == 2 or not isinstance(code, int):  # not connected, or an error of gRPC
            if not self._answered:
                return _no_milvus(self.address)
            return VectorServerError(
                f"{server} is down or does not answer: start it, or wait, or "
                "unset RAG_VECTOR_STORE to search on this machine."
            )
        if code == 100:
            return IndexMissing(
                f"{server} no longer has these vectors: start again, or run `rag index` to build them anew."
            )
        if code in (101, 103, 503):
            return VectorServerError(f"{server} is still loading: wait and try again.")
        return VectorServerError(f"{server} refuses: {' '.join(str(message).split())[:300]}")


def _no_milvus(address: Address) -> VectorServerError:
    """Return the error for an address where no Milvus answers."""
    try:
        socket.create_connection((address.host, address.port), timeout=READ).close()
        cause = f"What listens at {address} does not answer as Milvus does: start Milvus there, "
    except socket.gaierror:
        cause = f"There is no host {address.host}: "
    except OSError:
        cause = f"Nothing answers at {address}: start Milvus there, "
    return VectorServerError(f"{cause}correct RAG_VECTOR_STORE, or unset it to search on this machine.")


@lru_cache(maxsize=8)
def connected(address: Address) -> Connection:
    """Return the one connection to an address; the first call makes it. Raise VectorServerError when the server is down
    or too old."""
    return Connection(address)
