"""Where a record that was computed here differs from the one that is claimed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.records.record import Record

PARTS = (
    *("metrics", "first_stage", "intervals", "checks"),
    *("detection", "opinion", "consistency", "flips"),
)
"""The fields of a record that follow from predictions and task alone."""

TOLERANCE = 1e-9
"""Numbers that differ by no more are equal. Everything is computed in float64 from equal scores,
but other builds of NumPy add up long arrays in another order; what that moves is below 1e-12."""

SEARCHED, SEARCH_TOLERANCE = "opinion.fit.parameters", 1e-4
"""The parameters of a fit are where a search stopped, which is flat around its best; relative."""

_ENVIRONMENT = ("first_stage.parameters",)
"""Library versions and the like: the candidate lists themselves are in the task's fingerprint."""


def differences(claimed: Record, found: Record) -> Iterator[str]:
    """``metrics[0].value: 0.91 is claimed, 0.88 follows``, one for each difference."""
    for name in ("groups", "items"):
        ours, theirs = getattr(claimed.task, name), getattr(found.task, name)
        yield from _compare(f"task.{name}", ours, theirs)
    for part in PARTS:
        ours, theirs = getattr(claimed, part), getattr(found, part)
        yield from _compare(part, _plain(ours), _plain(theirs))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _compare(place: str, claimed: Any, found: Any) -> Iterator[str]:
    if place in _ENVIRONMENT:
        return
    if isinstance(claimed, dict) and isinstance(found, dict):
        for key in sorted({*claimed, *found}):
            yield from _compare(f"{place}.{key}", claimed.get(key), found.get(key))
    elif isinstance(claimed, list) and isinstance(found, list):
        if len(claimed) != len(found):
            yield f"{place}: {len(claimed)} entries are claimed, {len(found)} follow"
            return
        for number, (ours, theirs) in enumerate(zip(claimed, found, strict=True)):
            yield from _compare(f"{place}[{number}]", ours, theirs)
    elif not _equal(place, claimed, found):
        yield f"{place}: {_said(claimed)} is claimed, {_said(found)} follows"


def _equal(place: str, claimed: Any, found: Any) -> bool:
    if isinstance(claimed, bool) or isinstance(found, bool):
        return claimed is found
    if isinstance(claimed, int | float) and isinstance(found, int | float):
        if place.startswith(SEARCHED):
            return abs(claimed - found) <= SEARCH_TOLERANCE * max(abs(claimed), abs(found))
        return claimed == found or abs(claimed - found) <= TOLERANCE
    return bool(claimed == found)


def _said(value: Any) -> str:
    return "null" if value is None else repr(value)[:80]
