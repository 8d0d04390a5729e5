"""To which index the collections at an address of a Milvus server belong.

``BASE_owner``, an empty collection beside those of `rag.vectors.milvus_store`, says it in its description: one place to ask and to
change, and a server that has made it does not make a second one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import suppress

from rag.errors import IndexIncompatible
from rag.vectors.milvus_connection import WRITE, Address, connected
from rag.vectors.milvus_store import SEGMENT, described, foreign


def owner_of(address: Address) -> str:
    """The identity of the index; empty where nothing is there, "?" where nothing says whose it is. Raises IndexIncompatible
    where another program's collection has the name that tells."""
    server, name = connected(address), _owner(address)
    if not server("has_collection", name):
        return "?" if any(_segments(address)) else ""
    try:
        return str(json.loads(server("describe_collection", name)["description"])["index"])
    except (ValueError, TypeError, KeyError) as error:
        raise foreign(server, name) from error


def own(address: Address, index: str) -> None:
    """Give the address to an index, whoever had it. Where two do so at once, `owner_of` tells who has it."""
    from pymilvus import DataType, MilvusClient

    server, name = connected(address), _owner(address)
    if server("has_collection", name):
        server("drop_collection", name, seconds=WRITE)
    schema = MilvusClient.create_schema(auto_id=False, description=json.dumps({"index": index}))
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)  # a server wants one
    server("create_collection", name, schema=schema, seconds=WRITE)


def sweep(address: Address, keep: Collection[str], known: Collection[str] | None = None) -> None:
    """Drop the collections of segments other than those to ``keep``; ``known``: and none but these. It is for the owner of
    the address to ask for. Collections that this program did not make stay."""
    for name in _segments(address):
        segment = name.removeprefix(f"{address.base}_")
        if segment not in keep and (known is None or segment in known):
            connected(address)("drop_collection", name, seconds=WRITE)


def _owner(address: Address) -> str:
    return f"{address.base}_owner"


def _segments(address: Address) -> Iterator[str]:
    """The collections of segments that this program made there, whole or not."""
    server = connected(address)
    for name in server("list_collections"):
        if name.startswith(f"{address.base}_") and SEGMENT.fullmatch(name[len(address.base) + 1 :]):
            with suppress(IndexIncompatible):
                described(server, name)
                yield name
