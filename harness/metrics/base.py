"""What a metric returns, and the flat layout of scores that metrics read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.data import Group
from harness.errors import InvalidError
from harness.metrics.intervals.base import Uncertainty
from harness.nouns import MetricCard


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric of one model on one task, in the unit of its card.

    ``value`` is ``None`` where it is undefined, for the ``reason`` given.
    ``per_group`` runs parallel to the task's groups, ``None`` where a group has no value; it is
    ``None`` as a whole for pooled metrics. ``n`` counts the groups behind ``value``. ``card`` says
    which end is better. ``reason`` also explains a null ``interval`` of a defined value. ``sure``
    says what the interval rests on, where that is known, and ``column`` names the column of the
    per-group table that the value is the mean of, where it is one.
    """

    name: str
    value: float | None
    per_group: tuple[float | None, ...] | None
    interval: tuple[float, float] | None
    n: int
    card: MetricCard
    reason: str | None
    sure: Uncertainty | None = None
    column: str | None = None

    @classmethod
    def of(
        cls,
        name: str,
        value: float | None,
        sure: Uncertainty | None,
        n: int,
        card: MetricCard,
        *,
        reason: str | None = None,
        per_group: tuple[float | None, ...] | None = None,
        column: str | None = None,
    ) -> MetricResult:
        """A metric with its interval; ``reason`` goes before that of the missing interval."""
        interval = sure.interval if sure is not None and value is not None else None
        said = reason or (sure.reason if sure is not None else None)
        return cls(name, value, per_group, interval, n, card, said, sure, column)


def group_starts(groups: Sequence[Group]) -> NDArray[np.int64]:
    """Where each group starts in the canonical flat order, and the end: shape (groups + 1,)."""
    sizes = np.fromiter((len(group.candidates) for group in groups), np.int64, len(groups))
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


def flat_scores(groups: Sequence[Group], scores: ArrayLike) -> NDArray[Any]:
    """The scores as a flat array of float32 or float64, as they came, in canonical order.

    Raises :class:`InvalidError` when there are more or fewer than one per candidate, or when one
    of them is NaN or infinite.
    """
    flat = np.asarray(scores)
    if flat.dtype != np.float32:
        flat = flat.astype(np.float64)
    expected = sum(len(group.candidates) for group in groups)
    if flat.shape != (expected,):
        raise InvalidError(
            f"scores have shape {flat.shape}, but {len(groups)} groups hold {expected} candidates",
            fix="Give one score per candidate, group after group, in first-stage order",
        )
    bad = np.flatnonzero(~np.isfinite(flat))
    if bad.size:
        group = groups[int(np.searchsorted(group_starts(groups), bad[0], side="right")) - 1]
        raise InvalidError(
            f"{bad.size} of {expected} scores are NaN or infinite, first in group {group.id!r}",
            fix="Give finite scores",
        )
    return flat


def as_values(values: Sequence[float | None] | NDArray[Any]) -> NDArray[np.float64]:
    """Per-group values as float64, NaN standing for ``None`` inside computations only."""
    return np.asarray(values, dtype=np.float64)


def as_optional(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    """The reverse of :func:`as_values`: NaN becomes ``None``."""
    return tuple(None if value != value else value for value in values.tolist())
