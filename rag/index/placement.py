"""Which segments a vector server searches: the large ones, and the largest one whatever its size.

A small segment is scanned on this machine in less time than a server takes to answer. It needs no collection, which
takes seconds to make: a question finds at once what was added a moment ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag.errors import IndexIncompatible
from rag.index.manifest import SegmentSize
from rag.index.segment import Segment
from rag.text.filters import Facts, facts_of
from rag.vectors.milvus_connection import Address
from rag.vectors.milvus_owner import drop_segments, owner_of, set_owner
from rag.vectors.milvus_store import MilvusVectors
from rag.vectors.store import VectorStore

_LARGE = 10_000  # passages: scanned in 0.4 ms, while a server takes 3 ms to answer


def shown_address(server: str) -> str:
    """Return the server of an address as HOST:PORT. Raise BadInput for a malformed address."""
    return str(Address.of(server))


def remote_segments(segments: Mapping[str, SegmentSize]) -> set[str]:
    """Return the names of those segments of a manifest that belong on a server."""
    largest = max(segments, key=lambda name: (segments[name][1], name), default="")
    return {name for name, (_, size) in segments.items() if size and (size >= _LARGE or name == largest)}


def vector_stores(segments: Sequence[Segment], model: str, server: str) -> list[VectorStore]:
    """Return the store that searches each segment.

    ``server``: an address as ``rag.vectors.milvus_connection.Address`` reads it, "" for none. Raise what
    ``MilvusVectors.open`` raises.
    """
    remote = remote_segments(_sizes(segments)) if server else set()
    return [
        MilvusVectors.open(Address.of(server), segment.name, model, segment.vectors)
        if segment.name in remote
        else segment.vectors
        for segment in segments
    ]


def upload(segments: Sequence[Segment], model: str, server: str) -> None:
    """Bring to the server the segments that belong there and are missing. Raise what ``MilvusVectors.build`` raises."""
    remote = remote_segments(_sizes(segments)) if server else set()
    for segment in segments:
        if segment.name in remote:
            MilvusVectors.build(Address.of(server), segment.name, model, segment.vectors, _facts(segment))


def check_owner(server: str, index: str, anew: bool | None = None) -> str:
    """Return the id of the index that owns the address, or "" if it is free. Call it before hours are spent on vectors.

    ``index``: the id of this index, as ``rag.index.history.identity`` gives it. ``anew``: whether the address may be
    taken from another index; None where the caller has no such option. Raise BadInput for a malformed address,
    VectorServerError when no server answers there, IndexIncompatible when it belongs to another index.
    """
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


def claim_address(server: str, index: str, anew: bool | None = None) -> None:
    """Do what ``check_owner`` does, then make ``index`` the owner. A manifest on the disk must hold its id already."""
    if check_owner(server, index, anew) != index and server:
        set_owner(Address.of(server), index)
        check_owner(server, index)


def drop_others(server: str, index: str, keep: set[str], known: set[str] | None = None) -> None:
    """Drop the collections of segments that are not in ``keep``, unless another index has taken the address meanwhile.

    ``known``: drop only these, because copies of the index may have others."""
    if server and owner_of(Address.of(server)) == index:
        drop_segments(Address.of(server), keep, known)


def _sizes(segments: Sequence[Segment]) -> dict[str, SegmentSize]:
    return {segment.name: (segment.store.size, segment.size) for segment in segments}


def _facts(segment: Segment) -> Iterator[Facts]:
    """Yield the facts of each passage's article."""
    for row in range(segment.store.size):
        facts = facts_of(segment.store.article(row))
        for _ in range(int(segment.first_passages[row + 1] - segment.first_passages[row])):
            yield facts
