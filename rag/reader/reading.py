"""What the reader says of one passage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` of a passage, and its score: the logits of its start and end above those of no answer."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage as read for a question.

    ``answers``: the logit that the passage answers. ``spans``: the words that answer, the best first, none overlapping.
    ``places``: (tokens, 2), the (start, end) of each token in the text. ``mass``: (tokens,), the probability that an answer
    starts or ends at the token, given that there is one; it sums to 1.
    """

    answers: float
    spans: tuple[Span, ...]
    places: NDArray[np.int32]
    mass: NDArray[np.float32]

    @property
    def margin(self) -> float:
        """The score of the best span; a very low one if there is no token to choose from."""
        return self.spans[0].score if self.spans else -30.0

    def mass_in(self, start: int, end: int) -> float:
        """Return the mass of the tokens in ``text[start:end]``."""
        inside = (self.places[:, 0] >= start) & (self.places[:, 1] <= end)
        return float(self.mass[inside].sum())
