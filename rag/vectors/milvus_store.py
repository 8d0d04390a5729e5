"""Vectors -> nearest passages, for one segment in a Milvus server. Needs the extra ``milvus``.

The vectors also stay in the index on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress

import numpy as np

from rag.errors import IndexDamaged, IndexIncompatible, IndexMissing, VectorServerError
from rag.text.filters import Facts, folded, number_of
from rag.vectors import milvus_collection as collection
from rag.vectors.milvus_connection import WRITE, Address, Connection, connected
from rag.vectors.store import NO_SCORE, Matrix, Rows, RowSelection, VectorStore

_WIDTH, _FILTERED = 128, 512  # of the search beam in the graph; wider with a filter, which leaves few rows


class MilvusVectors:
    """One segment: approximate inner product over unit rows, which is the cosine, by an HNSW graph. ``rows`` asks
    ``local``.

    Raise VectorServerError when the server is down, slow or refuses, and IndexMissing when the collection was dropped.
    """

    remote = True

    def __init__(self, server: Connection, name: str, local: VectorStore, sources: frozenset[str]) -> None:
        """Use ``build`` or ``open``."""
        self._server, self.name, self._local, self._sources = server, name, local, sources
        self.size, self.dimension = local.size, local.dimension

    @classmethod
    def build(
        cls, address: Address, segment: str, model: str, vectors: VectorStore, facts: Iterable[Facts]
    ) -> MilvusVectors:
        """Make the collection of ``segment`` (16 hexadecimal digits): ``vectors``, made by the embedder whose
        fingerprint is ``model``, and the ``facts`` of each row.

        A complete collection stays as it is; an incomplete one of this program is built anew. Raise IndexIncompatible
        when another program's collection has the name.
        """
        server, name = connected(address), collection.collection_name(address, segment)
        if server("has_collection", name):
            collection.describe(server, name)
            with suppress(IndexDamaged, IndexIncompatible):
                return cls.open(address, segment, model, vectors)
            server("drop_collection", name, seconds=WRITE)
        collection.create(server, name, model, vectors)
        sources = collection.fill(server, name, vectors, facts)
        collection.mark_complete(server, name, sources)
        return cls(server, name, vectors, sources)

    @classmethod
    def open(cls, address: Address, segment: str, model: str, local: VectorStore) -> MilvusVectors:
        """Open the collection of ``segment``; ``local`` holds the same vectors.

        Raise IndexMissing when there is no such collection, IndexIncompatible when another model or another program
        made it, IndexDamaged when it is unfinished or rows are missing.
        """
        server, name = connected(address), collection.collection_name(address, segment)
        if not server("has_collection", name):
            raise IndexMissing(f"The vector server at {address} has no {name}: run `rag index` to build it.")
        found = collection.describe(server, name)
        if (found.model, found.dimension) != (model, local.dimension):
            raise IndexIncompatible(
                f"{name} at {address} was made by another model, {str(found.model)[:12]} of {found.dimension} "
                "dimensions: run `rag index` to build it anew."
            )
        if found.sources is None or found.format != collection.FORMAT:
            raise IndexDamaged(f"{name} at {address} is unfinished: run `rag index` to build it anew.")
        collection.load(server, name)
        count = collection.count_written(server, name, local.size)
        if count != local.size:
            raise IndexDamaged(
                f"{name} at {address} has {count} of {local.size} vectors: run `rag index` to build it anew."
            )
        return cls(server, name, local, found.sources)

    def search(self, queries: Matrix, k: int, among: RowSelection | None = None) -> tuple[Matrix, Rows]:
        """As ``VectorStore.search``. The server applies ``among.only`` itself. It gets ``among.gone`` as a list of
        rows, 7 bytes each."""
        scores = np.full((len(queries), k), NO_SCORE, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        if not self.size or not len(queries):
            return scores, rows
        condition = _expression(among, self._sources) if among else ""
        width = max(_FILTERED if condition else _WIDTH, k)
        found = self._server(
            "search",
            self.name,
            np.ascontiguousarray(queries, np.float32),
            filter=condition,
            limit=k,
            search_params={"metric_type": "IP", "params": {"ef": width}},
        )
        due = min(k, self.size if among is None else int(among.mask.sum()))
        if min(map(len, found)) < due:
            # a node that takes over from a dead one finds nothing, without an error, until it has loaded the rows (2.3.5)
            if collection.count_visible(self._server, self.name) != self.size:
                raise VectorServerError(
                    f"The vector server at {self._server.address} is still loading: wait and try again."
                )
            return self._local.search(
                queries, k, among
            )  # loading has just ended, or the filter has cut the graph apart
        for i, hits in enumerate(found):
            scores[i, : len(hits)] = [hit["distance"] for hit in hits]
            rows[i, : len(hits)] = [hit["id"] for hit in hits]
        return scores, rows

    def rows(self, numbers: Rows) -> Matrix:
        """As ``VectorStore.rows``."""
        return self._local.rows(numbers)


def _expression(among: RowSelection, sources: Iterable[str]) -> str:
    """Return ``rag.text.filters.passes`` and the rows that are gone in Milvus's language, or "" when every row
    passes."""
    only, terms = among.only, []
    if only.since:
        terms.append(f"until >= {number_of(only.since)}")
    if only.until:
        terms.append(f"since <= {number_of(only.until)}")
    if only.source:
        names = sorted(collection.stored_name(name) for name in sources if folded(only.source) in name)
        terms.append(f"source in {_quoted(names)}")
    if only.byline:
        terms.append(f"array_contains(byline, {_quoted(collection.stored_name(folded(only.byline)))})")
    if only.kind:
        terms.append(f"kind == {_quoted(only.kind)}")
    if only.page:
        terms.append(f"page == {_quoted(collection.stored_name(only.page))}")
    if len(among.gone):
        terms.append(f"row not in {among.gone.tolist()}")
    return " and ".join(terms)


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
