"""Vectors -> nearest passages, of one segment."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.files import mapped
from rag.schema import EVERYTHING, Filter
from rag.vectors.codes import Nearest

Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
_VECTORS, _NEAREST = "vectors.npy", "nearest.faiss"
_BLOCK = 1 << 14  # rows read at once: 25 MB
_SCORES = 1 << 24  # held at once: 64 MB
_CODED_FROM = 30_000  # below, every vector is read in a millisecond
_FEW = 2_000  # rows left by a filter of which each vector is read
_PER_WANTED, _MORE = 4, 200  # candidates: 240 for the nearest 10, 440 for 60
_ROUNDING = 1e-5  # more than the error of a sum in float32
NO_SCORE = np.finfo(np.float32).min
"""Where there is no row."""


@dataclass(frozen=True, slots=True)
class Among:
    """Which rows count: those for which ``mask`` (size,) is true. A server that knows the articles' facts can be told the
    same in fewer words: those that pass ``only``, less the rows ``gone``, ascending."""

    mask: Mask
    only: Filter = EVERYTHING
    gone: Rows = field(default_factory=lambda: np.zeros(0, np.int64))


class VectorStore(Protocol):
    """What retrieval asks of a vector engine: rows are numbered as they were added."""

    size: int
    dimension: int
    remote: bool
    """Whether another machine works, so that several may be asked at once."""

    def search(self, queries: Matrix, k: int, among: Among | None = None) -> tuple[Matrix, Rows]:
        """(scores, rows), each (n, k) for queries (n, d), best first; -1 where there are fewer."""

    def rows(self, numbers: Rows) -> Matrix:
        """The vectors of some rows, (len(numbers), d)."""


class Vectors:
    """The vectors of one segment: written once, mapped into memory, never changed. From ``_CODED_FROM`` rows on the
    candidates come from codes; scores are always of the vectors themselves. Equal scores: the lower row first."""

    remote = False

    def __init__(self, vectors: Matrix, nearest: Nearest | None, file: Path, offset: int) -> None:
        """``vectors`` are mapped from ``file``, where they begin at ``offset``."""
        self._vectors = vectors
        self._nearest = nearest
        self._offset = offset
        if nearest:
            self._file = os.open(file, os.O_RDONLY)
            weakref.finalize(self, os.close, self._file)
        self.size, self.dimension = vectors.shape

    @staticmethod
    def write(blocks: Iterable[Matrix], shape: tuple[int, int], folder: Path) -> None:
        """``blocks`` of (n, d), which make up a matrix of ``shape``: one is held at a time. Raises ValueError for rows that
        are not of unit length, for inner product would no longer be cosine, and OSError when the disk is full."""
        size, dimension = shape
        total = np.zeros(dimension, np.float64)
        with (folder / _VECTORS).open("wb") as file:
            header = {
                "descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)),
                "fortran_order": False,
                "shape": shape,
            }
            np.lib.format.write_array_header_1_0(file, header)
            for block in (part for whole in blocks for part in _blocks(whole)):
                _demand_unit(block)
                total += block.sum(axis=0, dtype=np.float64)
                file.write(np.ascontiguousarray(block, np.float32).data)
        if size >= _CODED_FROM:
            Nearest.build(_blocks(mapped(folder / _VECTORS)), (total / size).astype(np.float32)).save(folder / _NEAREST)

    @classmethod
    def open(cls, folder: Path, size: int, dimension: int) -> Vectors:
        """What ``write`` wrote of ``size`` rows. Raises IndexDamaged when the files are anything else."""
        try:
            vectors = mapped(folder / _VECTORS)
            if vectors.dtype != np.float32 or vectors.shape != (size, dimension):
                raise ValueError(_VECTORS)
            nearest = Nearest.open(folder / _NEAREST) if size >= _CODED_FROM else None
            if nearest and (nearest.size, nearest.dimension) != (size, dimension):
                raise ValueError(_NEAREST)
        except (OSError, ValueError) as error:
            raise IndexDamaged(
                f"The vectors in {folder} cannot be read: run `rag index` to build them anew."
            ) from error
        return cls(vectors, nearest, folder / _VECTORS, (folder / _VECTORS).stat().st_size - vectors.nbytes)

    def search(self, queries: Matrix, k: int, among: Among | None = None) -> tuple[Matrix, Rows]:
        """As ``VectorStore``. With codes at least 98 of 100 of the nearest are found (DECISIONS.md), without them all."""
        scores = np.full((len(queries), k), NO_SCORE, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        mask = None if among is None else among.mask
        passing = self.size if mask is None else int(np.count_nonzero(mask))
        if not passing or not k:
            return scores, rows
        count = _PER_WANTED * k + _MORE
        if self._nearest and passing > max(_FEW, count):
            found: Iterable[Rows] = self._nearest.candidates(queries, count, mask)
        else:
            found = self._scanned(queries, min(k, passing), mask)
        for at, candidates in enumerate(found):
            held = candidates[candidates >= 0]
            exact = products(self._some(held), queries[at]).astype(np.float32)
            order = np.lexsort((held, -exact))[:k]
            scores[at, : len(order)], rows[at, : len(order)] = exact[order], held[order]
        return scores, rows

    def rows(self, numbers: Rows) -> Matrix:
        return self._some(numbers) if len(numbers) < _BLOCK else self._vectors[numbers]

    def _some(self, numbers: Rows) -> Matrix:
        """Of many vectors only these are read, and nothing is mapped: the system maps 16 pages for each one touched, and
        after a thousand questions the process would seem to hold them all."""
        if not self._nearest:
            return self._vectors[numbers]
        width = self._vectors.itemsize * self.dimension
        read = (os.pread(self._file, width, self._offset + n * width) for n in numbers.tolist())
        return np.frombuffer(b"".join(read), np.float32).reshape(len(numbers), self.dimension)

    def _scanned(self, queries: Matrix, k: int, mask: Mask | None) -> Iterator[Rows]:
        """For each query the nearest k of the rows that ``mask`` keeps, and what a rounding error might put before them."""
        few = None if mask is None else np.flatnonzero(mask)
        if few is not None and len(few) > self.size // 4:  # reading all in order is then faster
            few = None
        count = self.size if few is None else len(few)
        step = max(1, _SCORES // count)
        for first in range(0, len(queries), step):
            some = queries[first : first + step].astype(np.float32)
            scores = np.empty((len(some), count), np.float32)
            for at in range(0, count, _BLOCK):
                span = slice(at, at + _BLOCK)
                block = self._vectors[span] if few is None else self._some(few[span])
                for line, query in zip(
                    scores, some, strict=True
                ):  # BLAS would want both cores, and wait for a busy one
                    np.einsum("nd,d->n", block, query, out=line[span])
            if few is None and mask is not None:
                scores[:, ~mask] = -np.inf
            for row in scores:
                enough = np.partition(row, count - k)[count - k] - _ROUNDING
                places = np.flatnonzero(row >= enough)
                yield places if few is None else few[places]


def products(rows: Matrix, query: Matrix) -> NDArray[np.float64]:
    """The inner product of each row (n, d) with the query (d,). Equal rows have equal ones: BLAS gives them unequal last digits,
    depending on where they stand."""
    found: NDArray[np.float64] = (rows * query.astype(np.float64)).sum(axis=1)
    return found


def _blocks(matrix: Matrix) -> Iterator[Matrix]:
    return (matrix[at : at + _BLOCK] for at in range(0, len(matrix), _BLOCK))


def _demand_unit(rows: Matrix) -> None:
    lengths = np.linalg.norm(rows, axis=1)
    if not np.allclose(lengths, 1.0, atol=1e-3):
        raise ValueError(f"rows must have unit length, found {lengths.min():.4f} to {lengths.max():.4f}")


class FlatVectors:
    """All in memory, exact, by FAISS: what others are compared with."""

    remote = False

    def __init__(self, index: faiss.Index) -> None:
        self._index = index
        self.size = int(index.ntotal)
        self.dimension = int(index.d)

    @classmethod
    def build(cls, vectors: Matrix) -> FlatVectors:
        """``vectors`` (n, d). Raises ValueError for rows that are not of unit length: inner product
        would no longer be cosine."""
        _demand_unit(vectors)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    def search(self, queries: Matrix, k: int, among: Among | None = None) -> tuple[Matrix, Rows]:
        params: Any = None
        if among is not None:
            chosen: Any = (
                faiss.IDSelectorBitmap
            )  # the Python wrapper takes the bits as an array, its stub does not know
            params = cast("Any", faiss).SearchParameters(sel=chosen(np.packbits(among.mask, bitorder="little")))
        scores, rows = self._index.search(np.ascontiguousarray(queries, np.float32), k, params=params)
        return scores, rows

    def rows(self, numbers: Rows) -> Matrix:
        if not len(numbers):
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._index.reconstruct(int(n)) for n in numbers])

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> FlatVectors:
        """Raises IndexDamaged when the file is missing or no FAISS index."""
        try:
            return cls(faiss.read_index(str(path)))
        except (RuntimeError, AttributeError) as error:  # the latter where FAISS reads "no index"
            raise IndexDamaged(f"The vectors in {path} cannot be read: run `rag index` to build them anew.") from error
