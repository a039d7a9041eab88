"""What a suite's part of a record may be held against where nobody can compute it again.

A part that can contradict itself, its record or its predictions has a method
``contradictions(told)``, which yields ``field: what is wrong`` for each of them. Where the data of
the task are at hand everything is computed again, and this is only the first to say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SLACK = 1e-9
"""By so much a figure may differ from what follows from others beside it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What stands beside the part: counts of the task, values of the metrics, what the answers are.

    ``distinct`` counts the distinct scores among the predictions, ``nulls`` those that are null;
    both are ``None`` where there are no predictions with scores.
    """

    groups: int
    items: int
    metrics: Mapping[str, float | None]
    distinct: int | None = None
    nulls: int | None = None


def contradictions(part: Any, told: Told) -> Iterator[str]:
    """What a part cannot say beside the rest; nothing of a part that does not know itself."""
    known = getattr(part, "contradictions", None)
    for said in known(told) if known is not None else ():
        yield f"part.{said}"


def not_share(place: str, share: float | None, count: int | None, of: int) -> Iterator[str]:
    """A share that is not ``count`` of ``of``; null where ``count`` is, or where ``of`` is 0."""
    if count is not None and count > of:
        yield f"{place}: {count:,} of {of:,}"
    elif (share is None) != (count is None or of == 0):
        yield f"{place}: {share!r} is claimed of {count} of {of:,}"
    elif share is not None and count is not None and abs(share - count / of) > SLACK:
        yield f"{place}: {share!r} is no {count:,} of {of:,}"


def not_held(
    place: str, value: float | None, interval: tuple[float, float] | None
) -> Iterator[str]:
    """An interval that ends before it begins, stands without a value, or leaves it out."""
    if interval is None:
        return
    low, high = interval
    if low > high:
        yield f"{place}: its interval ends before it begins"
    elif value is None:
        yield f"{place}: an interval without a value"
    elif not low - SLACK <= value <= high + SLACK:
        yield f"{place}: {value!r} lies outside its interval {low!r} to {high!r}"


def not_value(place: str, value: float | None, other: float | None, of: str) -> Iterator[str]:
    """A figure that stands twice with different values."""
    if value is None or other is None:
        if value is not other:
            yield f"{place}: {value!r} is claimed, {of} is {other!r}"
    elif abs(value - other) > SLACK:
        yield f"{place}: {value!r} is claimed, {of} is {other!r}"


def beyond(place: str, values: Iterator[float | None], low: float, high: float) -> Iterator[str]:
    """Values outside their range; ``None`` is none."""
    for value in values:
        if value is not None and not low <= value <= high:
            yield f"{place}: {value!r} is not within {low:g} to {high:g}"
