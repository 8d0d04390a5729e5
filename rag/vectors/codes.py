"""Candidates for the nearest rows of many vectors, from two bits a dimension.

Every code is looked at, so no row is out of reach, however the vectors are clustered and whatever a filter leaves.
The codes are RaBitQ's: vectors less their mean, turned by a random rotation, one bit for the sign and one for the
size of each dimension (Gao and Long 2024, arXiv:2405.12497 and 2409.09913), read 32 rows at a time by FAISS's fast scan.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
_faiss: Any = faiss  # its stubs lack what is built at run time


class Nearest:
    def __init__(self, index: Any) -> None:
        self._index = index
        self.size = int(index.ntotal)
        self.dimension = int(index.d)

    @classmethod
    def build(cls, blocks: Iterable[Matrix], mean: Matrix) -> Nearest:
        """The rows of ``blocks`` (n, d), numbered through; ``mean`` (d,) of them all. Equal input gives equal codes.
        Holds one block and twice the codes."""
        index = _faiss.index_factory(len(mean), f"RR{len(mean)},IVF1,RaBitQfs2", _faiss.METRIC_INNER_PRODUCT)
        _faiss.extract_index_ivf(index).cp.min_points_per_centroid = 1
        index.train(mean[np.newaxis])  # one list, whose centre is the one vector it is trained with
        for block in blocks:
            index.add(np.ascontiguousarray(block, np.float32))
        return cls(index)

    def candidates(self, queries: Matrix, count: int, mask: Mask | None) -> Rows:
        """(n, count) rows for queries (n, d), in no order, of those that ``mask`` (size,) keeps; -1 where there are fewer."""
        chosen = {} if mask is None else {"sel": _faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))}
        params = _faiss.SearchParametersPreTransform(index_params=_faiss.SearchParametersIVF(**chosen))
        rows: Rows = self._index.search(np.ascontiguousarray(queries, np.float32), count, params=params)[1]
        return rows

    def save(self, path: Path) -> None:
        """Raises OSError, with its number, when the disk is full: FAISS's own writing would raise RuntimeError."""
        with path.open("wb") as file:
            _faiss.write_index(self._index, _faiss.PyCallbackIOWriter(file.write, 1 << 20))

    @classmethod
    def open(cls, path: Path) -> Nearest:
        """Raises ValueError or OSError for a file that ``save`` did not write."""
        with path.open("rb"):  # FAISS would report a missing file as damage
            pass
        try:
            index = _faiss.read_index(str(path))
            codes = _faiss.downcast_index(_faiss.extract_index_ivf(index))
            if (
                not isinstance(codes, _faiss.IndexIVFRaBitQFastScan)
                or codes.nlist != 1
                or codes.invlists.list_size(0) != index.ntotal
            ):
                raise ValueError("another index")
        except (
            RuntimeError,
            AttributeError,
            MemoryError,
            TypeError,
        ) as error:  # whichever FAISS meets first in such a file
            raise ValueError(str(error)) from error
        return cls(index)
