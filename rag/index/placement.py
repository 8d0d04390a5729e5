"""Which segments' vectors a server searches: the large ones, and the largest whatever its size.

A small segment is scanned here in less time than a server takes to answer, and needs no collection, which takes seconds to
make: what was added a moment ago is found at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag.errors import IndexIncompatible
from rag.index.segment import Segment
from rag.text.filters import Facts, facts_of
from rag.vectors.flat import VectorStore
from rag.vectors.milvus_connection import Address
from rag.vectors.milvus_owner import own, owner_of, sweep
from rag.vectors.milvus_store import MilvusVectors

_LARGE = 10_000  # passages: scanned in 0.4 ms, where a server answers in 3


def remote(segments: Mapping[str, Sequence[int]]) -> set[str]:
    """Of the segments of a manifest, name -> [articles, passages], those that belong on a server."""
    largest = max(segments, key=lambda name: (segments[name][1], name), default="")
    return {name for name, (_, size) in segments.items() if size and (size >= _LARGE or name == largest)}


def stores_of(segments: Sequence[Segment], model: str, server: str) -> list[VectorStore]:
    """The store that searches each segment. ``server`` is an address as ``rag.vectors.milvus_connection.Address`` reads it, empty where
    there is none. Raises what ``MilvusVectors.open`` raises."""
    far = remote(_sizes(segments)) if server else set()
    return [
        MilvusVectors.open(Address.of(server), each.name, model, each.vectors) if each.name in far else each.vectors
        for each in segments
    ]


def place(segments: Sequence[Segment], model: str, server: str) -> None:
    """Bring to the server what belongs there and is not there yet. Raises what ``MilvusVectors.build`` raises."""
    far = remote(_sizes(segments)) if server else set()
    for each in segments:
        if each.name in far:
            MilvusVectors.build(Address.of(server), each.name, model, each.vectors, _facts(each))


def reach(server: str, index: str, anew: bool | None = None) -> str:
    """Whose the address is, empty where it is nobody's: to be asked before hours are spent on vectors. ``anew``: whether it may
    be taken from another index; None where that cannot be asked for. Raises BadInput for what is no address,
    VectorServerError when nobody answers there, IndexIncompatible when it belongs to another index than ``index``, an
    identity as ``rag.index.history.identity`` gives it."""
    if not server:
        return ""
    address = Address.of(server)
    owner = owner_of(address)
    if owner not in ("", index) and not anew:
        mend = "." if anew is None else ", or add --anew to take its place there, which drops them."
        raise IndexIncompatible(
            f"Another index has its vectors at {address}/{address.base}: "
            f"name another collection in RAG_VECTOR_STORE{mend}"
        )
    return owner


def claim(server: str, index: str, anew: bool | None = None) -> None:
    """As ``reach``; and the address belongs to ``index``, which must have been written down, from now on."""
    if reach(server, index, anew) != index and server:
        own(Address.of(server), index)
        reach(server, index)


def clear(server: str, index: str, keep: set[str], known: set[str] | None = None) -> None:
    """Drop the collections of other segments, unless another index has taken the address meanwhile. ``known``: and none but
    these, where copies of the index may have others."""
    if server and owner_of(Address.of(server)) == index:
        sweep(Address.of(server), keep, known)


def _sizes(segments: Sequence[Segment]) -> dict[str, list[int]]:
    return {each.name: [each.store.size, each.size] for each in segments}


def _facts(segment: Segment) -> Iterator[Facts]:
    """Of each passage's article."""
    for row in range(segment.store.size):
        facts = facts_of(segment.store.article(row))
        for _ in range(int(segment.first[row + 1] - segment.first[row])):
            yield facts
