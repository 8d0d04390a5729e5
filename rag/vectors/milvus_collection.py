"""One collection in a Milvus server: the vectors of one segment, and the facts of each row's article.

A collection is named ``BASE_0123456789abcdef`` after its segment. It never changes once it is complete. Its description
says how it was made (format, model, dimension, rows). Its property ``baowen`` is written last and lists the names of
the newspapers, because servers before 2.4 cannot search for a part of a name.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from rag.errors import IndexIncompatible, VectorServerError
from rag.text.filters import Facts
from rag.vectors.milvus_connection import READ, WRITE, Address, Connection
from rag.vectors.store import VectorStore

FORMAT = 2
SEGMENT = re.compile(r"[0-9a-f]{16}")
_BATCH = 1000  # rows a call: 1.6 MB of 384 dimensions
_GRAPH = {"M": 32, "efConstruction": 200}
_MAX_BYTES, _MAX_NAMES = 1024, 4096  # bytes of a name; names in a byline


@dataclass(frozen=True, slots=True)
class Description:
    """What a collection says of itself. ``sources``: the names of its newspapers, None as long as it is incomplete."""

    format: int
    model: str
    dimension: int
    sources: frozenset[str] | None = None


def collection_name(address: Address, segment: str) -> str:
    """Return the name of a segment's collection. Raise ValueError for a ``segment`` that is not 16 hexadecimal
    digits."""
    if not SEGMENT.fullmatch(segment):
        raise ValueError(f"{segment!r} is no name of a segment")
    return f"{address.base}_{segment}"


def describe(server: Connection, name: str) -> Description:
    """Read the description of a collection. Raise IndexIncompatible when another program made it."""
    found = server("describe_collection", name)
    try:
        made, properties = json.loads(found["description"]), found["properties"]
        if "rows" not in made:
            raise KeyError(name)
        sources = frozenset(json.loads(properties["baowen"])) if "baowen" in properties else None
        return Description(made["format"], made["model"], made["dimension"], sources)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise foreign(server, name) from error


def foreign(server: Connection, name: str) -> IndexIncompatible:
    """Return the error for a collection that another program made."""
    return IndexIncompatible(
        f"{name} at {server.address} was made by another program: name another collection in RAG_VECTOR_STORE."
    )


def create(server: Connection, name: str, model: str, vectors: VectorStore) -> None:
    """Create the collection, empty."""
    from pymilvus import DataType, MilvusClient

    made = {"format": FORMAT, "model": model, "dimension": vectors.dimension, "rows": vectors.size}
    schema = MilvusClient.create_schema(auto_id=False, description=json.dumps(made))
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.dimension)
    schema.add_field("since", DataType.INT64)
    schema.add_field("until", DataType.INT64)
    schema.add_field("source", DataType.VARCHAR, max_length=_MAX_BYTES)
    schema.add_field(
        "byline", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=_MAX_NAMES, max_length=_MAX_BYTES
    )
    schema.add_field("kind", DataType.VARCHAR, max_length=_MAX_BYTES)
    schema.add_field("page", DataType.VARCHAR, max_length=_MAX_BYTES)
    server("create_collection", name, schema=schema, consistency_level="Session", seconds=WRITE)


def fill(server: Connection, name: str, vectors: VectorStore, facts: Iterable[Facts]) -> frozenset[str]:
    """Send every row and build the graph. Return the names of the newspapers. Raise VectorServerError when rows are
    missing after.

    Rows are upserted: an insert that is sent twice would leave two rows.
    """
    sources = frozenset(_upsert(server, name, vectors, facts))
    server("flush", name, seconds=WRITE)
    from pymilvus import MilvusClient

    graph = MilvusClient.prepare_index_params()
    graph.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
    server("create_index", name, graph, seconds=WRITE)
    load(server, name)
    if count_written(server, name, vectors.size) != vectors.size:
        raise VectorServerError(
            f"The vector server at {server.address} did not keep every vector of {name}: run `rag index` again."
        )
    return sources


def mark_complete(server: Connection, name: str, sources: frozenset[str]) -> None:
    """Write the property that says that nothing is missing."""
    for _ in range(2):  # 2.3.5 saves the value before this call: after one call, a kill brings it back
        server("alter_collection_properties", name, {"baowen": json.dumps(sorted(sources))}, seconds=WRITE)


def load(server: Connection, name: str) -> None:
    """Wait until the collection is in the server's memory.

    Ask only for a collection that is not loaded and not loading: a server refuses the call when its operator has loaded
    the collection in several replicas.
    """
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


def count_visible(server: Connection, name: str) -> int:
    """Return how many rows a search sees now."""
    return _count(server, name, "Eventually", READ)


def count_written(server: Connection, name: str, expected: int) -> int:
    """Return how many rows were written. Only when fewer than ``expected`` are visible, wait 0.2 s until the server has
    seen all."""
    found = _count(server, name, "Eventually", WRITE)
    return found if found == expected else _count(server, name, "Strong", WRITE)


def stored_name(name: str) -> str:
    """Return what stands for a name in the server: the name, or its digest when the name is too long or not
    printable."""
    data = name.encode("utf-8", "surrogatepass")
    return name if len(data) <= _MAX_BYTES and name.isprintable() else hashlib.sha256(data).hexdigest()


def _upsert(server: Connection, name: str, vectors: VectorStore, facts: Iterable[Facts]) -> set[str]:
    sources: set[str] = set()
    left: Iterator[Facts] = iter(facts)
    for at in range(0, vectors.size, _BATCH):
        numbers = np.arange(at, min(at + _BATCH, vectors.size))
        batch = list(islice(left, len(numbers)))
        sources |= {row.source for row in batch}
        server(
            "upsert",
            name,
            [
                {
                    "row": int(number),
                    "vector": vector,
                    "since": row.since,
                    "until": row.until,
                    "source": stored_name(row.source),
                    "byline": [stored_name(author) for author in row.byline[:_MAX_NAMES]],
                    "kind": row.kind,
                    "page": stored_name(row.page),
                }
                for number, vector, row in zip(numbers, vectors.rows(numbers), batch, strict=True)
            ],
            seconds=WRITE,
        )
    if next(left, None) is not None:
        raise ValueError(f"more facts than the {vectors.size} vectors")
    return sources


def _count(server: Connection, name: str, level: str, seconds: float) -> int:
    return int(
        server("query", name, "", output_fields=["count(*)"], consistency_level=level, seconds=seconds)[0]["count(*)"]
    )
