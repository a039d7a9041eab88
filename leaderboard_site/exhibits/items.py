"""Items that an update lost, as ``marginbench compare`` counts them."""

from __future__ import annotations

from typing import Any

from harness.compare.outcomes import Flips, count_flips, outcomes_of
from harness.compare.sides import Side
from harness.errors import MarginBenchError
from harness.exhibits import Cell, Figure, Table
from harness.registry import suite_named

MOST_ITEMS = 12


def lost_items(before: Side, after: Side) -> tuple[Table, ...]:
    """Items that the run before had right and this one has wrong, as ``marginbench compare`` says.

    Empty where the two did other work, or lack their tables.
    """
    suite = suite_named(after.record.task.suite)
    same = before.record.task.fingerprint == after.record.task.fingerprint
    if not same:
        return ()
    try:
        flips = [count_flips(outcomes) for outcomes in outcomes_of(suite, before, after)]
    except MarginBenchError:
        return ()
    return tuple(_lost(flip) for flip in flips if flip.items)


def _lost(flip: Flips) -> Table:
    return Table(
        title=f"Right before the update and wrong now ({flip.definition})",
        columns=tuple(_headed(name) for name in flip.items[0]),
        rows=tuple(tuple(map(_cell, item.values())) for item in flip.items[:MOST_ITEMS]),
        of=flip.lost,
    )


def _headed(name: str) -> str:
    """``RR@10 before`` as it is, ``score_before`` as ``Score before``."""
    return name[:1].upper() + name[1:].replace("_", " ")


def _cell(value: Any) -> Cell:
    """A number as it is, since nobody says what it is a share of; anything else as a text."""
    if isinstance(value, float):
        return Figure(value, unit="number")
    return value if value is None or type(value) is int else str(value)
