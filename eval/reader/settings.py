"""What the reader is fitted on and how: every amount and rate of ``python -m eval.reader.fit``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EPOCHS: Mapping[str, float] = MappingProxyType(
    {
        "twins": 3.5,  # written by hand; what teaches most
        "cmrc": 0.4,
        "cmrc_other": 0.15,  # another paragraph that looks alike
        "cmrc_dateswap": 1.0,
        "drcd": 0.2,
        "xquad_en": 2.0,
        "xquad_zh": 1.0,
        "chronoqa": 1.0,
        "chronoqa_other": 0.1,
        "chronoqa_dateswap": 1.0,
        "fewfc": 0.12,
    }
)
"""How often the examples of each source are read; a fraction reads that share of them, chosen at random."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """The rates of a fit.

    ``tokens``: of a batch. ``crop``: the most tokens of a passage that is longer than ours are, cut around the answer.
    ``off_topic``, ``cut_answer``: the share of answerable examples from which a negative is made, with a passage of
    another example or with the sentence of the answer removed. ``headline``: how often a known headline is shown.
    ``null``, ``pairs``: weight of the loss of the span (no answer: the first token), and of the loss over pairs of
    examples that share their passage or their question.
    """

    seed: int = 20261125
    rate: float = 1e-4
    heads_rate: float = 6e-4
    warm_up: float = 0.06
    decay: float = 0.01
    tokens: int = 5120
    dropout: float = 0.1
    crop: tuple[int, int] = (60, 220)
    off_topic: float = 0.06
    cut_answer: float = 0.10
    headline: float = 0.6
    span: float = 0.5
    pairs: float = 0.5
    epochs: Mapping[str, float] = field(default_factory=lambda: EPOCHS)
