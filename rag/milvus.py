"""Vectors in a Milvus server, behind the protocol of ``rag.vectors``. Needs the extra ``milvus``.

A generation is a collection of its own, ``BASE_g000001``, and ``BASE`` an alias of the one in use. What never changes
(model, dimension, rows as built) is in the collection's description; its property ``baowen`` is written when it is
whole: the newspapers, for servers before 2.4 cannot look for a part of a name, and whether rows were changed since.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from rag.errors import (
    BadInput,
    IndexDamaged,
    IndexIncompatible,
    IndexMissing,
    IndexNotWritable,
    RagError,
    VectorServerError,
)
from rag.filters import days, folded, page_key
from rag.schema import EVERYTHING, Article, Filter
from rag.vectors import Matrix

_OLDEST = (2, 3)  # arrays in a row, asked with array_contains
_BATCH = 1000  # rows a call: 1.6 MB of 384 dimensions
_GRAPH = {"M": 32, "efConstruction": 200}
_WIDTH, _FILTERED = 128, 512  # of the beam through the graph; the graph thins out where a filter lets few rows through
_READ, _WRITE = 10.0, 600.0  # seconds
_GENERATION = re.compile(r"g\d{6}")
_NONE = float(np.finfo(np.float32).min)  # the score where there is no row, as FAISS has it


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    base: str

    @classmethod
    def of(cls, text: str) -> Address:
        """From ``milvus+http://host:port/collection``. Raises BadInput for anything else."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or not port or parts.scheme != "milvus+http" or parts.username or parts.query or parts.fragment \
                or not re.fullmatch(r"/[A-Za-z_]\w{0,99}", parts.path, re.ASCII):
            raise BadInput(f"{text!r} is no address of a vector server: write milvus+http://HOST:PORT/COLLECTION, "
                           "the collection in letters, digits and underscores.")
        return cls(host, port, parts.path[1:])

    def __str__(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class _Server:
    """A connection. Every call has a deadline, every failure is one line."""

    def __init__(self, address: Address) -> None:
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise VectorServerError("Milvus needs a client: install it with `pip install 'baowen[milvus]'`.") from error
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs a traceback before it raises
        self.address = address
        self._client = self._asked(MilvusClient, f"http://{address}", timeout=_READ, dedicated=True)
        version = str(self("get_server_version"))
        found = re.match(r"v?(\d+)\.(\d+)", version)
        if not found or (int(found[1]), int(found[2])) < _OLDEST:
            raise VectorServerError(f"The vector server at {address} is Milvus {version}: it must be 2.3 or newer.")

    def __call__(self, method: str, *arguments: Any, seconds: float = _READ, **named: Any) -> Any:
        return self._asked(getattr(self._client, method), *arguments, timeout=seconds, **named)

    def _asked(self, call: Any, *arguments: Any, **named: Any) -> Any:
        import grpc
        from pymilvus import MilvusException
        try:
            return call(*arguments, **named)
        except grpc.RpcError as error:  # a deadline passes through the client as it is
            raise self._error(None, "") from error
        except MilvusException as error:
            raise self._error(error.code, error.message) from error

    def _error(self, code: Any, message: str) -> RagError:
        what = f"The vector server at {self.address}"
        if code == 2 or not isinstance(code, int):  # not connected, or what gRPC says
            return VectorServerError(f"{what} is down or does not answer: start it, or wait and try again.")
        if code == 100:
            return IndexMissing(f"{what} no longer has these vectors: start again, or run `rag index` to build them anew.")
        if code in (101, 103, 503):
            return VectorServerError(f"{what} is still loading: wait and try again.")
        return VectorServerError(f"{what} refuses: {' '.join(str(message).split())[:300]}")


class MilvusVectors:
    """One generation. Approximate inner product over unit rows, that is cosine, by an HNSW graph. Readers keep the
    generation that they opened. Every method raises VectorServerError when the server is down, slow or refuses, and
    IndexMissing when the generation was dropped."""

    def __init__(self, server: _Server, name: str, dimension: int, sources: frozenset[str], size: int) -> None:
        """Use ``build`` or ``open``."""
        self._server, self.name, self.dimension, self._sources, self.size = server, name, dimension, sources, size

    @classmethod
    def build(
        cls, address: Address, generation: str, model: str, vectors: Matrix, articles: Sequence[Article]
    ) -> MilvusVectors:
        """A new generation (``g000001``) of ``vectors`` (n, d), row by row of ``articles``, made by the embedder of
        fingerprint ``model``. It is in use only after ``publish``. One of that name is built anew; raises IndexNotWritable
        when it is in use."""
        if not _GENERATION.fullmatch(generation):
            raise ValueError(f"{generation!r} is no name of a generation")
        server, name = _Server(address), f"{address.base}_{generation}"
        from pymilvus import DataType, MilvusClient
        if server("has_collection", address.base) and server("describe_collection", address.base)["collection_name"] == name:
            raise IndexNotWritable(f"{name} at {address} is in use: give the new index another collection.")
        if server("has_collection", name):
            server("drop_collection", name, seconds=_WRITE)
        described = {"format": 1, "model": model, "dimension": vectors.shape[1], "rows": len(vectors)}
        schema = MilvusClient.create_schema(auto_id=False, description=json.dumps(described))
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
        schema.add_field("since", DataType.INT64)
        schema.add_field("until", DataType.INT64)
        schema.add_field("source", DataType.VARCHAR, max_length=4096)
        schema.add_field("byline", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=1024, max_length=4096)
        schema.add_field("kind", DataType.VARCHAR, max_length=64)
        schema.add_field("page", DataType.VARCHAR, max_length=64)
        server("create_collection", name, schema=schema, consistency_level="Session", seconds=_WRITE)
        built = cls(server, name, vectors.shape[1], frozenset(), 0)
        built._upsert(range(len(vectors)), vectors, articles)
        server("flush", name, seconds=_WRITE)
        graph = MilvusClient.prepare_index_params()
        graph.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
        server("create_index", name, graph, seconds=_WRITE)
        server("load_collection", name, seconds=_WRITE)
        built.size = built._count()
        if built.size != len(vectors):
            raise IndexDamaged(f"{name} has {built.size} of {len(vectors)} vectors: run `rag index` to build them anew.")
        built._whole(_sources(articles), False)
        return built

    @classmethod
    def open(cls, address: Address, model: str, dimension: int) -> MilvusVectors:
        """The generation in use. Raises IndexMissing when there is none, IndexIncompatible when another model made it
        or another program, IndexDamaged when rows are missing."""
        server = _Server(address)
        if not server("has_collection", address.base):
            raise IndexMissing(f"The vector server at {address} has no {address.base}: run `rag index` to build it.")
        found = server("describe_collection", address.base)
        name = str(found["collection_name"])
        try:
            described = json.loads(found["description"])
            made = (int(described["format"]), str(described["model"]), int(described["dimension"]))
            rows = int(described["rows"])
            state = json.loads(found["properties"]["baowen"]) if "baowen" in found["properties"] else None
            sources, changed = (frozenset(state["sources"]), bool(state["changed"])) if state else (frozenset(), False)
        except (ValueError, TypeError, KeyError) as error:
            raise IndexIncompatible(f"{name} at {address} is none of this program's: give another collection.") from error
        if made != (1, model, dimension):
            raise IndexIncompatible(f"{name} at {address} was made by another model, {made[1][:12]} of {made[2]} dimensions: "
                                    "run `rag index` to build it anew.")
        server("load_collection", name, seconds=_WRITE)  # at once where it is loaded; after a restart it takes a while
        opened = cls(server, name, dimension, sources, 0)
        opened.size = opened._count()
        if state is None or (not changed and opened.size != rows):
            raise IndexDamaged(f"{name} at {address} has {opened.size} of {rows} vectors or is unfinished: run `rag index`.")
        return opened

    def search(
        self, queries: Matrix, k: int, among: NDArray[np.bool_] | None = None, only: Filter = EVERYTHING
    ) -> tuple[Matrix, NDArray[np.int64]]:
        """As ``VectorStore``. ``only`` is worked out by the server; ``among`` is sent as a list of rows, 7 bytes each."""
        scores = np.full((len(queries), k), _NONE, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        wanted = " and ".join(filter(None, [_expression(only, self._sources), _listed(among)]))
        if not self.size or not len(queries):
            return scores, rows
        width = max(_FILTERED if wanted else _WIDTH, k)
        found = self._server(
            "search", self.name, np.ascontiguousarray(queries, np.float32), filter=wanted, limit=k,
            search_params={"metric_type": "IP", "params": {"ef": width}})
        for i, hits in enumerate(found):
            scores[i, :len(hits)] = [hit["distance"] for hit in hits]
            rows[i, :len(hits)] = [hit["id"] for hit in hits]
        return scores, rows

    def rows(self, numbers: NDArray[np.int64]) -> Matrix:
        """As ``VectorStore``. Raises IndexDamaged when one is missing."""
        vectors: dict[int, Any] = {}
        for batch in _batches([int(n) for n in numbers]):
            for row in self._server("query", self.name, f"row in {batch}", output_fields=["row", "vector"]):
                vectors[row["row"]] = row["vector"]
        missing = [int(n) for n in numbers if int(n) not in vectors]
        if missing:
            raise IndexDamaged(f"{self.name} at {self._server.address} lacks vector {missing[0]}: run `rag index`.")
        return np.array([vectors[int(n)] for n in numbers], np.float32).reshape(len(numbers), self.dimension)

    def update(
        self, numbers: Sequence[int], vectors: Matrix, articles: Sequence[Article], gone: Sequence[int] = ()
    ) -> None:
        """Add rows or put others in their place, then take ``gone`` away. What returns is kept, and found by searches
        from here on; readers in between see part of it, and find a newspaper that is new by its name once they open again.
        A call that raises may have done part of it: repeat it."""
        self._whole(self._sources | _sources(articles), True)  # first: a newspaper too many harms no search
        self._upsert(numbers, vectors, articles)
        for batch in _batches([int(n) for n in gone]):
            self._server("delete", self.name, ids=batch, seconds=_WRITE)
        self.size = self._count()

    def publish(self, keep: int = 2) -> None:
        """Put this generation in use, by one switch of the alias, and drop all but the newest ``keep``."""
        base = self._server.address.base
        there = self._server("has_collection", base)
        self._server("alter_alias" if there else "create_alias", self.name, base, seconds=_WRITE)
        generations = sorted(name for name in self._server("list_collections")
                             if name.startswith(f"{base}_") and _GENERATION.fullmatch(name[len(base) + 1:]))
        for old in generations[:-keep]:
            if old != self.name:
                self._server("drop_collection", old, seconds=_WRITE)

    def _upsert(self, numbers: Iterable[int], vectors: Matrix, articles: Sequence[Article]) -> None:
        if vectors.shape != (len(articles), self.dimension):
            raise ValueError(f"{vectors.shape} vectors for {len(articles)} articles and {self.dimension} dimensions")
        lengths = np.linalg.norm(vectors, axis=1)
        if len(vectors) and not np.allclose(lengths, 1.0, atol=1e-3):
            raise ValueError(f"rows must have unit length, found {lengths.min():.4f} to {lengths.max():.4f}")
        for batch in _batches(list(zip(numbers, vectors, articles, strict=True))):
            rows = [{"row": int(number), "vector": vector, **_facts(article)} for number, vector, article in batch]
            self._server("upsert", self.name, rows, seconds=_WRITE)  # insert would leave the old row beside the new

    def _count(self) -> int:
        """Strong: when it returns, the server has seen all that was written before, and so do later searches."""
        counted = self._server("query", self.name, "", output_fields=["count(*)"], consistency_level="Strong", seconds=_WRITE)
        return int(counted[0]["count(*)"])

    def _whole(self, sources: frozenset[str], changed: bool) -> None:
        state = json.dumps({"sources": sorted(sources), "changed": changed}, ensure_ascii=False)
        for _ in range(2):  # 2.3.5 puts on disk what stood there before the call, and a kill brings that back
            self._server("alter_collection_properties", self.name, {"baowen": state}, seconds=_WRITE)
        self._sources = sources


def _batches(items: list[Any]) -> Iterable[list[Any]]:
    return (items[at:at + _BATCH] for at in range(0, len(items), _BATCH))


def _sources(articles: Iterable[Article]) -> frozenset[str]:
    return frozenset(folded(source) for source in {article.source for article in articles})


def _facts(article: Article) -> dict[str, Any]:
    """What a filter asks of a row. Without a date it lies after every day and ends before it."""
    first, last = (int(day.replace("-", "")) for day in days(article.date)) if article.date else (99999999, 0)
    return {"since": first, "until": last, "source": folded(article.source),
            "byline": [folded(name) for name in article.byline], "kind": article.kind,
            "page": page_key(article.page)[:16]}


def _expression(only: Filter, sources: Iterable[str]) -> str:
    """``rag.filters.passes`` in the server's words; empty where everything passes."""
    asked = []
    if only.since:
        asked.append(f"until >= {int(only.since.replace('-', ''))}")
    if only.until:
        asked.append(f"since <= {int(only.until.replace('-', ''))}")
    if only.source:
        asked.append(f"source in {_quoted(sorted(name for name in sources if folded(only.source) in name))}")
    if only.byline:
        asked.append(f"array_contains(byline, {_quoted(folded(only.byline))})")
    if only.kind:
        asked.append(f"kind == {_quoted(only.kind)}")
    if only.page:
        asked.append(f"page == {_quoted(only.page[:16])}")
    return " and ".join(asked)


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(among: NDArray[np.bool_] | None) -> str:
    """The shorter of the rows wanted and those not wanted."""
    if among is None or among.all():
        return ""
    negated = int(among.sum()) * 2 > len(among)
    return f"row {'not ' if negated else ''}in {np.flatnonzero(among != negated).tolist()}"
