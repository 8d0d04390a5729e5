"""The owner of an address in a Milvus server: the index to which its collections belong.

The description of ``BASE_owner``, an empty collection beside those of ``rag.vectors.milvus_collection``, holds the id
of that index. There is one place to read and to change, and a server does not create the same collection twice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import suppress

from rag.errors import IndexIncompatible
from rag.vectors.milvus_collection import SEGMENT, describe, foreign
from rag.vectors.milvus_connection import WRITE, Address, connected


def owner_of(address: Address) -> str:
    """Return the id of the index that owns the address, "" if nothing is there, "?" if segments are there but no owner
    is known.

    Raise IndexIncompatible when another program's collection has the name ``BASE_owner``.
    """
    server, name = connected(address), _owner_collection(address)
    if not server("has_collection", name):
        return "?" if any(_segment_collections(address)) else ""
    try:
        return str(json.loads(server("describe_collection", name)["description"])["index"])
    except (ValueError, TypeError, KeyError) as error:
        raise foreign(server, name) from error


def set_owner(address: Address, index: str) -> None:
    """Give the address to an index, whoever owned it. If two indexes do so at the same time, ``owner_of`` names the
    winner."""
    from pymilvus import DataType, MilvusClient

    server, name = connected(address), _owner_collection(address)
    if server("has_collection", name):
        server("drop_collection", name, seconds=WRITE)
    schema = MilvusClient.create_schema(auto_id=False, description=json.dumps({"index": index}))
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)  # a server requires a vector field
    server("create_collection", name, schema=schema, seconds=WRITE)


def drop_segments(address: Address, keep: Collection[str], known: Collection[str] | None = None) -> None:
    """Drop the collections of all segments but those to ``keep``; with ``known``, drop only segments that are in it.

    Only the owner of the address may ask for this. Collections of other programs stay."""
    for name in _segment_collections(address):
        segment = name.removeprefix(f"{address.base}_")
        if segment not in keep and (known is None or segment in known):
            connected(address)("drop_collection", name, seconds=WRITE)


def _owner_collection(address: Address) -> str:
    return f"{address.base}_owner"


def _segment_collections(address: Address) -> Iterator[str]:
    """Yield the collections of segments that this program made at the address, complete or not."""
    server = connected(address)
    for name in server("list_collections"):
        if name.startswith(f"{address.base}_") and SEGMENT.fullmatch(name[len(address.base) + 1 :]):
            with suppress(IndexIncompatible):
                describe(server, name)
                yield name
