"""Units of examples -> batches of token ids of about equal length, with what the reader should say of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random

import torch
from torch import Tensor

from eval.reader.examples import Example
from rag.reader.tokens import Pair, PairTokens

POOL = 400
"""Units that are sorted by length before they are cut into batches."""


@dataclass(frozen=True, slots=True)
class Batch:
    """``ids``, ``kinds``, ``mask``: (examples, tokens). ``answerable``: (examples,), 1.0 or 0.0.

    ``starts``, ``ends``: (examples, tokens), the shares of the places where an answer starts or ends: the first token if there
    is no answer, all zeros if its place is not known. ``spots``: (examples, tokens), whether a token may hold an answer.
    ``pairs``: (pairs, 2), numbers of examples of one unit, the first answerable, the second not.
    """

    ids: Tensor
    kinds: Tensor
    mask: Tensor
    answerable: Tensor
    starts: Tensor
    ends: Tensor
    spots: Tensor
    pairs: Tensor


def cut(
    units: Sequence[Sequence[Example]], joiner: PairTokens, tokens: int, random: Random
) -> list[list[tuple[Example, Pair]]]:
    """Return the examples in batches of at most ``tokens`` tokens, padding included, in random order.

    Examples of a unit stay together where a batch has room for them.
    """
    batches: list[list[tuple[Example, Pair]]] = []
    for at in range(0, len(units), POOL):
        pool = [list(unit) for unit in units[at : at + POOL]]
        flat = list(chain.from_iterable(pool))
        pairs = iter(joiner.join([e.question for e in flat], [e.headline for e in flat], [e.text for e in flat]))
        rows = [[(one, next(pairs)) for one in unit] for unit in pool]
        rows.sort(key=lambda unit: max(len(pair.ids) for _, pair in unit))
        batch: list[tuple[Example, Pair]] = []
        found = []
        for unit in rows:
            for row in unit:
                widest = max(len(pair.ids) for _, pair in [*batch, row])
                if batch and widest * (len(batch) + 1) > tokens:
                    found.append(batch)
                    batch = []
                batch.append(row)
        if batch:
            found.append(batch)
        random.shuffle(found)
        batches += found
    return batches


def tensors(rows: Sequence[tuple[Example, Pair]], pad: int) -> Batch:
    """Return one batch as tensors."""
    size = -(-max(len(pair.ids) for _, pair in rows) // 8) * 8
    ids = torch.full((len(rows), size), pad)
    kinds, mask, starts, ends, spots = (torch.zeros((len(rows), size)) for _ in range(5))
    answerable = torch.zeros(len(rows))
    for i, (one, pair) in enumerate(rows):
        length = len(pair.ids)
        ids[i, :length] = torch.tensor(pair.ids)
        kinds[i, pair.question : length] = 1
        mask[i, :length] = 1
        spots[i, pair.text_at : pair.text_at + len(pair.places)] = 1
        spots[i, 0] = 1
        answerable[i] = float(one.answerable)
        if not one.answerable:
            starts[i, 0] = ends[i, 0] = 1
        for start, end in one.spans:
            first = [t for t, (a, b) in enumerate(pair.places) if a <= start < b]
            last = [t for t, (a, b) in enumerate(pair.places) if a < end <= b]
            if first and last:  # the text may have been cut before it
                starts[i, pair.text_at + first[0]] += 1 / len(one.spans)
                ends[i, pair.text_at + last[0]] += 1 / len(one.spans)
    units = [one.unit for one, _ in rows]
    pairs = [
        (i, j)
        for i, (a, _) in enumerate(rows)
        for j, (b, _) in enumerate(rows)
        if units[i] == units[j] and a.answerable and not b.answerable
    ]
    return Batch(
        ids, kinds.long(), mask.bool(), answerable, starts, ends, spots.bool(), torch.tensor(pairs).reshape(-1, 2)
    )
