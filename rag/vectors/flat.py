"""Vectors -> nearest passages, for one segment on this machine."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.files import mapped
from rag.vectors.codes import VectorCodes
from rag.vectors.store import NO_SCORE, Mask, Matrix, Rows, RowSelection

_VECTORS, _CODES = "vectors.npy", "nearest.faiss"
_BLOCK = 1 << 14  # rows read at once: 25 MB
_SCORES = 1 << 24  # scores in memory at once: 64 MB
_CODED_FROM = 30_000  # rows; below that every vector is read in a millisecond
_FEW = 2_000  # rows; when a filter leaves no more than that, every one of their vectors is read
_PER_WANTED, _MORE = 4, 200  # candidates: 240 for the nearest 10, 440 for the nearest 60
_ROUNDING = 1e-5  # more than the error of a sum in float32


class Vectors:
    """The vectors of one segment: written once, mapped into memory, never changed.

    From ``_CODED_FROM`` rows on, codes propose the candidates. Scores are always computed from the vectors themselves.
    Of two equal scores the lower row comes first.
    """

    remote = False

    def __init__(self, vectors: Matrix, codes: VectorCodes | None, file: Path, offset: int) -> None:
        """``vectors`` are mapped from ``file``, where they begin at the byte ``offset``."""
        self._vectors = vectors
        self._codes = codes
        self._offset = offset
        if codes:
            self._file = os.open(file, os.O_RDONLY)
            weakref.finalize(self, os.close, self._file)
        self.size, self.dimension = vectors.shape

    @staticmethod
    def write(blocks: Iterable[Matrix], shape: tuple[int, int], folder: Path) -> None:
        """Write ``blocks`` of (n, d), which make up a matrix of ``shape``. One block is in memory at a time.

        Raise ValueError for rows that are not of unit length, because their inner product is not the cosine, and
        OSError when the disk is full.
        """
        size, dimension = shape
        total = np.zeros(dimension, np.float64)
        with (folder / _VECTORS).open("wb") as file:
            header = {
                "descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)),
                "fortran_order": False,
                "shape": shape,
            }
            np.lib.format.write_array_header_1_0(file, header)
            for block in (part for matrix in blocks for part in _blocks(matrix)):
                demand_unit(block)
                total += block.sum(axis=0, dtype=np.float64)
                file.write(np.ascontiguousarray(block, np.float32).data)
        if size >= _CODED_FROM:
            mean = (total / size).astype(np.float32)
            VectorCodes.build(_blocks(mapped(folder / _VECTORS)), mean).save(folder / _CODES)

    @classmethod
    def open(cls, folder: Path, size: int, dimension: int) -> Vectors:
        """Open what ``write`` wrote for ``size`` rows. Raise IndexDamaged when the files are anything else."""
        try:
            vectors = mapped(folder / _VECTORS)
            if vectors.dtype != np.float32 or vectors.shape != (size, dimension):
                raise ValueError(_VECTORS)
            codes = VectorCodes.open(folder / _CODES) if size >= _CODED_FROM else None
            if codes and (codes.size, codes.dimension) != (size, dimension):
                raise ValueError(_CODES)
        except (OSError, ValueError) as error:
            raise IndexDamaged(
                f"The vectors in {folder} cannot be read: run `rag index` to build them anew."
            ) from error
        return cls(vectors, codes, folder / _VECTORS, (folder / _VECTORS).stat().st_size - vectors.nbytes)

    def search(self, queries: Matrix, k: int, among: RowSelection | None = None) -> tuple[Matrix, Rows]:
        """As ``VectorStore.search``. With codes, at least 98 of 100 of the nearest rows are found
        (docs/decisions/vectors.md); without codes, all of them."""
        scores = np.full((len(queries), k), NO_SCORE, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        mask = None if among is None else among.mask
        passing = self.size if mask is None else int(np.count_nonzero(mask))
        if not passing or not k:
            return scores, rows
        count = _PER_WANTED * k + _MORE
        if self._codes and passing > max(_FEW, count):
            candidates: Iterable[Rows] = self._codes.candidates(queries, count, mask)
        else:
            candidates = self._scan(queries, min(k, passing), mask)
        for at, proposed in enumerate(candidates):
            proposed = proposed[proposed >= 0]
            exact = products(self._read(proposed), queries[at]).astype(np.float32)
            order = np.lexsort((proposed, -exact))[:k]
            scores[at, : len(order)], rows[at, : len(order)] = exact[order], proposed[order]
        return scores, rows

    def rows(self, numbers: Rows) -> Matrix:
        """As ``VectorStore.rows``."""
        return self._read(numbers) if len(numbers) < _BLOCK else self._vectors[numbers]

    def _read(self, numbers: Rows) -> Matrix:
        """Return a few vectors. In a large segment they are read and not mapped: the system maps 16 pages for each page
        that is touched, and after a thousand questions the process would seem to hold the whole file."""
        if not self._codes:
            return self._vectors[numbers]
        width = self._vectors.itemsize * self.dimension
        read = (os.pread(self._file, width, self._offset + n * width) for n in numbers.tolist())
        return np.frombuffer(b"".join(read), np.float32).reshape(len(numbers), self.dimension)

    def _scan(self, queries: Matrix, k: int, mask: Mask | None) -> Iterator[Rows]:
        """Yield for each query the nearest ``k`` of the rows that ``mask`` keeps, and the rows that a rounding error
        might put before them."""
        few = None if mask is None else np.flatnonzero(mask)
        if few is not None and len(few) > self.size // 4:  # reading all rows in order is then faster
            few = None
        count = self.size if few is None else len(few)
        step = max(1, _SCORES // count)
        for first in range(0, len(queries), step):
            batch = queries[first : first + step].astype(np.float32)
            scores = np.empty((len(batch), count), np.float32)
            for at in range(0, count, _BLOCK):
                span = slice(at, at + _BLOCK)
                block = self._vectors[span] if few is None else self._read(few[span])
                for line, query in zip(scores, batch, strict=True):
                    # not by BLAS: it takes both cores, and waits when one of them is busy
                    np.einsum("nd,d->n", block, query, out=line[span])
            if few is None and mask is not None:
                scores[:, ~mask] = -np.inf
            for row in scores:
                enough = np.partition(row, count - k)[count - k] - _ROUNDING
                places = np.flatnonzero(row >= enough)
                yield places if few is None else few[places]


def products(rows: Matrix, query: Matrix) -> NDArray[np.float64]:
    """Return the inner product of each row (n, d) with the query (d,), in float64.

    Equal rows get equal products. BLAS gives them unequal last digits, depending on where they stand."""
    found: NDArray[np.float64] = (rows * query.astype(np.float64)).sum(axis=1)
    return found


def demand_unit(rows: Matrix) -> None:
    """Raise ValueError unless every row has unit length."""
    lengths = np.linalg.norm(rows, axis=1)
    if not np.allclose(lengths, 1.0, atol=1e-3):
        raise ValueError(f"rows must have unit length, found {lengths.min():.4f} to {lengths.max():.4f}")


def _blocks(matrix: Matrix) -> Iterator[Matrix]:
    return (matrix[at : at + _BLOCK] for at in range(0, len(matrix), _BLOCK))
