"""Vectors in a Milvus server, behind the protocol of ``rag.vectors.flat``. Needs the extra ``milvus``.

A segment of the index is a collection of its own, ``BASE_0123456789abcdef``, and never changes once it is whole. What it
is made of (model, dimension, rows) is in its description; its property ``baowen`` is written when it is whole and
lists the newspapers, for servers before 2.4 cannot look for a part of a name. The vectors stay in the index as well.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import numpy as np

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, VectorServerError
from rag.text.filters import Facts, folded, number_of
from rag.vectors.flat import NO_SCORE, Among, Matrix, Rows, VectorStore
from rag.vectors.milvus_connection import READ, WRITE, Address, Connection, connected

_FORMAT = 2
_BATCH = 1000  # rows a call: 1.6 MB of 384 dimensions
_GRAPH = {"M": 32, "efConstruction": 200}
_WIDTH, _FILTERED = 128, 512  # of the beam through the graph; the graph thins out where a filter lets few rows through
SEGMENT = re.compile(r"[0-9a-f]{16}")
_LONGEST, _NAMES = 1024, 4096  # bytes of a name, names in a byline


class MilvusVectors:
    """One segment. Approximate inner product over unit rows, that is cosine, by an HNSW graph; ``rows`` are those of ``local``.
    Raises VectorServerError when the server is down, slow or refuses, and IndexMissing when the collection was dropped."""

    remote = True

    def __init__(self, server: Connection, name: str, local: VectorStore, sources: frozenset[str]) -> None:
        """Use ``build`` or ``open``."""
        self._server, self.name, self._local, self._sources = server, name, local, sources
        self.size, self.dimension = local.size, local.dimension

    @classmethod
    def build(
        cls, address: Address, segment: str, model: str, vectors: VectorStore, facts: Iterable[Facts]
    ) -> MilvusVectors:
        """The collection of ``segment``, 16 hexadecimal digits: ``vectors`` made by the embedder of fingerprint ``model``, and
        the ``facts`` of each row. One that is whole stays as it is, another that this program made is built anew. Raises
        IndexIncompatible where another program's has its name."""
        server, name = connected(address), _name(address, segment)
        if server("has_collection", name):
            described(server, name)
            with suppress(IndexDamaged, IndexIncompatible):
                return cls.open(address, segment, model, vectors)
            server("drop_collection", name, seconds=WRITE)
        _create(server, name, model, vectors)
        sources = frozenset(_upsert(server, name, vectors, facts))
        server("flush", name, seconds=WRITE)
        from pymilvus import MilvusClient

        graph = MilvusClient.prepare_index_params()
        graph.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
        server("create_index", name, graph, seconds=WRITE)
        _load(server, name)
        if _count(server, name, vectors.size) != vectors.size:
            raise VectorServerError(
                f"The vector server at {address} did not keep every vector of {name}: run `rag index` again."
            )
        for _ in range(2):  # 2.3.5 puts on disk what stood there before the call, and a kill brings that back
            server("alter_collection_properties", name, {"baowen": json.dumps(sorted(sources))}, seconds=WRITE)
        return cls(server, name, vectors, sources)

    @classmethod
    def open(cls, address: Address, segment: str, model: str, local: VectorStore) -> MilvusVectors:
        """The collection of ``segment``; ``local`` holds the same vectors. Raises IndexMissing when there is none,
        IndexIncompatible when another model or another program made it, IndexDamaged when it is unfinished or rows are missing."""
        server, name = connected(address), _name(address, segment)
        if not server("has_collection", name):
            raise IndexMissing(f"The vector server at {address} has no {name}: run `rag index` to build it.")
        made, sources = described(server, name)
        if (made["model"], made["dimension"]) != (model, local.dimension):
            raise IndexIncompatible(
                f"{name} at {address} was made by another model, {str(made['model'])[:12]} of {made['dimension']} "
                "dimensions: run `rag index` to build it anew."
            )
        if sources is None or made["format"] != _FORMAT:
            raise IndexDamaged(f"{name} at {address} is unfinished: run `rag index` to build it anew.")
        _load(server, name)
        count = _count(server, name, local.size)
        if count != local.size:
            raise IndexDamaged(
                f"{name} at {address} has {count} of {local.size} vectors: run `rag index` to build it anew."
            )
        return cls(server, name, local, sources)

    def search(self, queries: Matrix, k: int, among: Among | None = None) -> tuple[Matrix, Rows]:
        """As ``VectorStore``. The server works out ``among.only`` itself; ``among.gone`` is sent as a list of rows, 7 bytes each."""
        scores = np.full((len(queries), k), NO_SCORE, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        if not self.size or not len(queries):
            return scores, rows
        wanted = _expression(among, self._sources) if among else ""
        width = max(_FILTERED if wanted else _WIDTH, k)
        found = self._server(
            "search",
            self.name,
            np.ascontiguousarray(queries, np.float32),
            filter=wanted,
            limit=k,
            search_params={"metric_type": "IP", "params": {"ef": width}},
        )
        due = min(k, self.size if among is None else int(among.mask.sum()))
        if min(map(len, found)) < due:
            # where another node takes over for one that died, 2.3.5 answers with nothing, and no error, until it has loaded
            if _counted(self._server, self.name, "Eventually", READ) != self.size:
                raise VectorServerError(
                    f"The vector server at {self._server.address} is still loading: wait and try again."
                )
            return self._local.search(queries, k, among)  # that just ended, or the filter has cut the graph apart
        for i, hits in enumerate(found):
            scores[i, : len(hits)] = [hit["distance"] for hit in hits]
            rows[i, : len(hits)] = [hit["id"] for hit in hits]
        return scores, rows

    def rows(self, numbers: Rows) -> Matrix:
        return self._local.rows(numbers)


def described(server: Connection, name: str) -> tuple[dict[str, Any], frozenset[str] | None]:
    """What it is made of, and its newspapers once it is whole. Raises IndexIncompatible when this program did not make it."""
    found = server("describe_collection", name)
    try:
        made = {str(key): value for key, value in json.loads(found["description"]).items()}
        if not {"format", "model", "dimension", "rows"} <= made.keys():
            raise KeyError(name)
        return made, frozenset(json.loads(found["properties"]["baowen"])) if "baowen" in found["properties"] else None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise foreign(server, name) from error


def foreign(server: Connection, name: str) -> IndexIncompatible:
    return IndexIncompatible(
        f"{name} at {server.address} is none of this program's: name another collection in RAG_VECTOR_STORE."
    )


def _name(address: Address, segment: str) -> str:
    if not SEGMENT.fullmatch(segment):
        raise ValueError(f"{segment!r} is no name of a segment")
    return f"{address.base}_{segment}"


def _create(server: Connection, name: str, model: str, vectors: VectorStore) -> None:
    from pymilvus import DataType, MilvusClient

    made = {"format": _FORMAT, "model": model, "dimension": vectors.dimension, "rows": vectors.size}
    schema = MilvusClient.create_schema(auto_id=False, description=json.dumps(made))
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.dimension)
    schema.add_field("since", DataType.INT64)
    schema.add_field("until", DataType.INT64)
    schema.add_field("source", DataType.VARCHAR, max_length=_LONGEST)
    schema.add_field("byline", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=_NAMES, max_length=_LONGEST)
    schema.add_field("kind", DataType.VARCHAR, max_length=_LONGEST)
    schema.add_field("page", DataType.VARCHAR, max_length=_LONGEST)
    server("create_collection", name, schema=schema, consistency_level="Session", seconds=WRITE)


def _upsert(server: Connection, name: str, vectors: VectorStore, facts: Iterable[Facts]) -> set[str]:
    """The newspapers. Upsert, for an insert that is sent twice leaves two rows."""
    sources: set[str] = set()
    left: Iterator[Facts] = iter(facts)
    for at in range(0, vectors.size, _BATCH):
        numbers = np.arange(at, min(at + _BATCH, vectors.size))
        batch = list(islice(left, len(numbers)))
        sources |= {each.source for each in batch}
        server(
            "upsert",
            name,
            [
                {
                    "row": int(number),
                    "vector": vector,
                    "since": each.since,
                    "until": each.until,
                    "source": _key(each.source),
                    "byline": [_key(name) for name in each.byline[:_NAMES]],
                    "kind": each.kind,
                    "page": _key(each.page),
                }
                for number, vector, each in zip(numbers, vectors.rows(numbers), batch, strict=True)
            ],
            seconds=WRITE,
        )
    if next(left, None) is not None:
        raise ValueError(f"more facts than the {vectors.size} vectors")
    return sources


def _load(server: Connection, name: str) -> None:
    """Returns once it is loaded. One that is, or is about to be, is not asked for again: a server refuses that where its
    operator has loaded it in more replicas than one."""
    from pymilvus.client.types import LoadState

    if (state := server("get_load_state", name)["state"]) == LoadState.NotLoad:
        server("load_collection", name, seconds=WRITE)
    until = time.monotonic() + WRITE
    while state == LoadState.Loading:
        if time.monotonic() > until:
            raise VectorServerError(
                f"The vector server at {server.address} is still loading {name}: wait and try again."
            )
        time.sleep(0.2)
        state = server("get_load_state", name)["state"]


def _count(server: Connection, name: str, due: int) -> int:
    """A Strong count waits until the server has seen all that was written, 0.2 s: not needed where all of it is there."""
    found = _counted(server, name, "Eventually", WRITE)
    return found if found == due else _counted(server, name, "Strong", WRITE)


def _counted(server: Connection, name: str, level: str, seconds: float) -> int:
    return int(
        server("query", name, "", output_fields=["count(*)"], consistency_level=level, seconds=seconds)[0]["count(*)"]
    )


def _expression(among: Among, sources: Iterable[str]) -> str:
    """``rag.text.filters.passes`` and the rows that are gone in the server's words; empty where everything passes."""
    only, asked = among.only, []
    if only.since:
        asked.append(f"until >= {number_of(only.since)}")
    if only.until:
        asked.append(f"since <= {number_of(only.until)}")
    if only.source:
        asked.append(f"source in {_quoted(sorted(_key(name) for name in sources if folded(only.source) in name))}")
    if only.byline:
        asked.append(f"array_contains(byline, {_quoted(_key(folded(only.byline)))})")
    if only.kind:
        asked.append(f"kind == {_quoted(only.kind)}")
    if only.page:
        asked.append(f"page == {_quoted(_key(only.page))}")
    if len(among.gone):
        asked.append(f"row not in {among.gone.tolist()}")
    return " and ".join(asked)


def _key(name: str) -> str:
    """What stands for a name in the server: itself, or a digest where it is too long or none that a server takes."""
    data = name.encode("utf-8", "surrogatepass")
    return name if len(data) <= _LONGEST and name.isprintable() else hashlib.sha256(data).hexdigest()


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
