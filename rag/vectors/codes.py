"""Vectors -> codes of two bits a dimension -> candidates for the nearest rows.

A search reads every code. So every row can be found, however the vectors are clustered and whichever rows a filter
leaves. The codes are RaBitQ's (Gao and Long 2024, arXiv:2405.12497 and 2409.09913): the mean is subtracted, a random
rotation is applied, and each dimension keeps one bit for its sign and one for its size. FAISS's fast scan reads 32 rows
at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.vectors.store import Mask, Matrix, Rows

_faiss: Any = faiss  # its type stubs lack the names that are made at run time


class VectorCodes:
    """The codes of one segment, in the order of its rows."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.size = int(index.ntotal)
        self.dimension = int(index.d)

    @classmethod
    def build(cls, blocks: Iterable[Matrix], mean: Matrix) -> VectorCodes:
        """Return the codes of the rows of all ``blocks`` (n, d), given their ``mean`` (d,). Equal input gives equal
        codes.

        Needs memory for one block and for twice the codes.
        """
        index = _faiss.index_factory(len(mean), f"RR{len(mean)},IVF1,RaBitQfs2", _faiss.METRIC_INNER_PRODUCT)
        _faiss.extract_index_ivf(index).cp.min_points_per_centroid = 1
        index.train(mean[np.newaxis])  # one list; its centre is the one vector that it is trained with
        for block in blocks:
            index.add(np.ascontiguousarray(block, np.float32))
        return cls(index)

    def candidates(self, queries: Matrix, count: int, mask: Mask | None) -> Rows:
        """Return ``count`` rows (n, count) for each of the queries (n, d), unordered, among those that ``mask`` (size,)
        keeps.

        A place without a row holds -1.
        """
        selector = {} if mask is None else {"sel": _faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))}
        params = _faiss.SearchParametersPreTransform(index_params=_faiss.SearchParametersIVF(**selector))
        rows: Rows = self._index.search(np.ascontiguousarray(queries, np.float32), count, params=params)[1]
        return rows

    def save(self, path: Path) -> None:
        """Write the codes. Raise OSError with its number when the disk is full, where FAISS's own writer raises
        RuntimeError."""
        with path.open("wb") as file:
            _faiss.write_index(self._index, _faiss.PyCallbackIOWriter(file.write, 1 << 20))

    @classmethod
    def open(cls, path: Path) -> VectorCodes:
        """Read what ``save`` wrote. Raise ValueError or OSError for any other file."""
        with path.open("rb"):  # FAISS would report a missing file as a damaged one
            pass
        try:
            index = _faiss.read_index(str(path))
            codes = _faiss.downcast_index(_faiss.extract_index_ivf(index))
            if (
                not isinstance(codes, _faiss.IndexIVFRaBitQFastScan)
                or codes.nlist != 1
                or codes.invlists.list_size(0) != index.ntotal
            ):
                raise ValueError("another kind of index")
        except (
            RuntimeError,
            AttributeError,
            MemoryError,
            TypeError,
        ) as error:  # FAISS raises any of them for such a file
            raise ValueError(str(error)) from error
        return cls(index)
