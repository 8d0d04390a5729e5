"""The body with its weights -> readings. Importing this module imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from rag.embedding.e5_parts import packed, tokenizer
from rag.embedding.model_loader import cpu_has_bfloat16
from rag.embedding.word_table import WordTable
from rag.reader import weights
from rag.reader.body import Body
from rag.reader.reading import Reading, Span
from rag.reader.spans import best_spans
from rag.reader.tokens import Pair, PairTokens

MOST_SPANS = 6
_BATCH_TOKENS = 4096
_STEP = 16
"""Sequences are padded to a multiple of it."""


class Network:
    """A body, its word table and its tokens."""

    def __init__(self, body: Body, precision: torch.dtype, device: str = "cpu") -> None:
        self._body = body.to(device, precision).eval()
        self._table = WordTable(packed()).to(device)
        self._tokens = PairTokens(packed(), tokenizer())
        self._precision, self._device = precision, device

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """Return a reading of each (headline, text), in the order given."""
        return self.read_pairs([(question, headline, text) for headline, text in passages])

    @torch.inference_mode()
    def read_pairs(self, asked: Sequence[tuple[str, str, str]]) -> list[Reading]:
        """Return a reading of each (question, headline, text), in the order given. Sequences of about one length are read in
        one batch."""
        if not asked:
            return []
        questions, headlines, texts = (list(part) for part in zip(*asked, strict=True))
        pairs = self._tokens.join(questions, headlines, texts)
        found: dict[int, Reading] = {}
        for block in _batches([len(pair.ids) for pair in pairs]):
            answers, span = self._forward([pairs[i] for i in block])
            for i, logit, logits in zip(block, answers.tolist(), span, strict=True):
                found[i] = _reading(pairs[i], logit, logits)
        return [found[i] for i in range(len(pairs))]

    def _forward(self, pairs: Sequence[Pair]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        size = -(-max(len(pair.ids) for pair in pairs) // _STEP) * _STEP
        ids = torch.full((len(pairs), size), packed().pad)
        kinds = torch.zeros((len(pairs), size), dtype=torch.long)
        mask = torch.zeros((len(pairs), size), dtype=torch.bool)
        for row, pair in enumerate(pairs):
            ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
            kinds[row, pair.question : len(pair.ids)] = 1
            mask[row, : len(pair.ids)] = True
        rows = self._table(ids.to(self._device)).to(self._precision)
        answers, span = self._body(rows, kinds.to(self._device), mask.to(self._device))
        return answers.cpu().numpy(), span.cpu().numpy()


@cache
def shipped() -> Network:
    """Return the network with the shipped weights, in bfloat16 where the CPU has it. Raise ModelError without them."""
    with torch.device("meta"):
        body = Body()
    body.load_state_dict(weights.shipped(), assign=True)
    return Network(body, torch.bfloat16 if cpu_has_bfloat16() else torch.float32)


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Return positions in batches of one padded length each: a reading must not depend on the other passages."""
    by_size: dict[int, list[int]] = {}
    for i, length in enumerate(lengths):
        by_size.setdefault(-(-length // _STEP) * _STEP, []).append(i)
    return [
        members[at : at + max(1, _BATCH_TOKENS // size)]
        for size, members in sorted(by_size.items())
        for at in range(0, len(members), max(1, _BATCH_TOKENS // size))
    ]


def _reading(pair: Pair, answers: float, logits: NDArray[np.float32]) -> Reading:
    null = float(logits[0].sum())
    inside = logits[pair.text_at : pair.text_at + len(pair.places)]
    spans = tuple(
        Span(pair.places[a][0], pair.places[b][1], score - null) for a, b, score in best_spans(inside, MOST_SPANS)
    )
    shares = np.exp(inside - inside.max(0)) if len(inside) else inside
    mass = (shares / shares.sum(0)).mean(1) if len(inside) else np.zeros(0, np.float32)
    return Reading(answers, spans, np.array(pair.places, np.int32).reshape(-1, 2), mass)
