"""What a model that is asked for whole lists says of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import InvalidError


@dataclass(frozen=True, slots=True)
class ScoredList:
    """One score per document of a list, in order.

    ``refused`` says why of each document (by index) that could not be scored and whose score is
    NaN. ``error`` is why there is no list at all; ``scores`` then say nothing.
    """

    scores: Sequence[float] = ()
    refused: Mapping[int, str] = field(default_factory=dict)
    error: InvalidError | None = None
