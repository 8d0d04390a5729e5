"""Sorted terms -> one block of bytes, searched by bisection. A look-up reads only the terms that it compares."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


class Vocabulary:
    """Terms, numbered in the order of their code points.

    ``blob`` (bytes,) uint8 holds all terms in UTF-8. Term i is at ``offsets[i]:offsets[i + 1]``; ``offsets`` has shape
    (n + 1,), int64.
    """

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.blob = blob
        self.offsets = offsets
        self._bytes = memoryview(blob.data)  # gives one number in a tenth of an array's time
        self._ends = memoryview(offsets.data)

    @classmethod
    def from_sorted(cls, terms: Sequence[str]) -> Vocabulary:
        """Return the vocabulary of ``terms``, which are sorted and have no duplicates."""
        encoded = [term.encode("utf-8") for term in terms]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(term) for term in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, number: int) -> str:
        return self._encoded(number).decode("utf-8", "replace")  # bytes of a damaged file may not be UTF-8

    def __iter__(self) -> Iterator[str]:
        blob = self.blob.tobytes()
        return (blob[start:end].decode("utf-8") for start, end in itertools.pairwise(self.offsets.tolist()))

    def find(self, term: str) -> int:
        """Return the number of ``term``, or -1."""
        sought = term.encode("utf-8", "surrogatepass")
        low = self._first_from(sought)
        return low if low < len(self) and self._encoded(low) == sought else -1

    def starting_with(self, character: str) -> list[str]:
        """Return the terms that begin with a character, in order."""
        sought = character.encode("utf-8", "surrogatepass")
        found = itertools.takewhile(
            lambda term: term.startswith(character), map(self.__getitem__, range(self._first_from(sought), len(self)))
        )
        return list(found)

    def _first_from(self, sought: bytes) -> int:
        """Return the number of the first term that is not before ``sought``. UTF-8 bytes sort in the order of code points."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._encoded(middle) < sought:
                low = middle + 1
            else:
                high = middle
        return low

    def _encoded(self, number: int) -> bytes:
        return bytes(self._bytes[self._ends[number] : self._ends[number + 1]])
