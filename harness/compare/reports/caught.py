"""What a gate would have caught, in words and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from harness.compare.caught import Caught
from harness.compare.comparison import Comparison
from harness.compare.detectable import TWICE, Detectable
from harness.compare.false_alarms import FalseAlarms
from harness.compare.power import POWER

HEADER = ("task", "of", "allowed", f"worse in {POWER:.0%}", "twice the allowed is worse in")
LISTED = 3
"""So many losses are named one by one in a line; of more, the smallest and the largest."""

LEAST = 0.01
ALARMS_HEADER = ("task", "called worse", "share", "95% interval")


def power_lines(found: Comparison) -> list[str]:
    """What goes before the verdict: what would have been caught, and how that is too little.

    A comparison that is worse has caught something, so nothing is said of how weak it is.
    """
    if found.caught is None:
        return []
    lines = [caught_line(found.caught)]
    if found.exit_code != 1 and (weak := weak_line(found.caught)):
        lines.append(weak)
    return [line for line in lines if line]


def caught_line(caught: Caught) -> str:
    """The smallest losses that would be called worse, in a line; empty where none are known."""
    losses = [row for row in caught.known if not row.is_limit]
    place = len({row.task for row in losses}) > 1
    parts = []
    if caught.times is not None:
        parts.append(f"about {_two(caught.times)} times the margin lost on all tasks at once")
    if len(losses) <= LISTED:
        parts += [_loss(row, place=place) for row in losses]
    else:
        ordered = sorted(losses, key=_in_allowed)
        ends = [_loss(row, place=place) for row in (ordered[0], ordered[-1])]
        parts.append(f"{'on one alone, ' if place else ''}from {ends[0]} to {ends[1]}")
    parts += [_rate(row) for row in _worst_limits(caught)]
    return f"would have caught, four times in five: {'; '.join(parts)}" if parts else ""


def _loss(row: Detectable, *, place: bool) -> str:
    of = f"{row.name} on {row.task}" if place else row.name
    if row.loss is None:
        return f"no loss in {of}"
    return f"a loss of about {_amount(row.loss, row)} in {of}"


def _rate(row: Detectable) -> str:
    if row.loss is None:
        return f"no rate of flips above {row.name} of {row.allowed:.4g}"
    return f"flips of about {_two(100 * row.loss)}% ({row.name} is {row.allowed:.4g})"


def _worst_limits(caught: Caught) -> list[Detectable]:
    """Of each limit the task on which the most passes it."""
    found: dict[str, Detectable] = {}
    for row in sorted((row for row in caught.known if row.is_limit), key=_in_allowed):
        found[row.name] = row
    return list(found.values())


def weak_line(caught: Caught) -> str | None:
    """That the gate cannot see twice what it allows, in a line; ``None`` where it can."""
    weak = caught.weak
    if not weak:
        return None
    row = weak[0]
    many = ""
    if len(weak) > 1:
        many = f"{len(weak)} of {len(caught.known)} budgets cannot see twice what they allow; "
    twice = _exactly(TWICE * row.allowed, row)
    what = (
        f"twice {row.name} ({twice}) in flips"
        if row.is_limit
        else (f"a loss of twice the margin ({twice}) in {row.name}")
    )
    seldom = row.caught is None or row.caught < LEAST
    often = f"less than {LEAST:.0%}" if seldom else f"{row.caught:.0%}"
    return f"weak gate: {many}{what} on {row.task} would be called worse in {often} of cases"


COLUMNS = {
    "task": "Id of the task.",
    "of": "Name of the metric, or of the limit on flips.",
    "unit": "Unit of the losses; empty for fractions.",
    "allowed": "The loss that does not matter: the margin, or the limit as a rate.",
    "loss": "The smallest true loss that is called worse four times in five; empty without one.",
    "named": "Twice what is allowed; empty where nothing is, or no loss is so large.",
    "caught_at_named": "How often a loss of that size is called worse.",
    "weak": "Whether twice what is allowed is called worse less often than four times in five.",
    "simulated": "Whether items were drawn; else the distribution of their sum was taken.",
    "reason": "Why nothing is known.",
}
"""Columns of a table of what would have been caught, with their meaning, in order."""


def rows_of(caught: Caught) -> list[tuple[str, ...]]:
    """A row for every budget, in the order of :data:`HEADER`."""
    return [
        (
            row.task,
            row.name,
            _exactly(row.allowed, row),
            (row.reason or "no loss") if row.loss is None else _amount(row.loss, row),
            "–" if row.caught is None else f"{row.caught:.0%}",
        )
        for row in caught.rows
    ]


def alarm_rows(caught: Caught) -> list[tuple[str, ...]]:
    """A row for the comparison and for each task, in the order of :data:`ALARMS_HEADER`."""
    return [_alarm_row(alarms) for alarms in caught.alarms]


def _alarm_row(alarms: FalseAlarms) -> tuple[str, ...]:
    low, high = alarms.interval
    what = "any task" if alarms.task is None else alarms.task
    if alarms.task is not None and alarms.unknown:
        what += f" (without {', '.join(alarms.unknown)})"
    return (
        what,
        f"{alarms.worse:,} of {alarms.exchanges:,}",
        f"{alarms.worse / alarms.exchanges:.2%}",
        f"[{low:.2%}, {high:.2%}]",
    )


def power_dict(caught: Caught | None) -> dict[str, Any] | None:
    """All of it as plain data."""
    if caught is None:
        return None
    return {
        "power": POWER,
        "times_margin_at_once": caught.times,
        "detectable": [detectable_dict(row) for row in caught.rows],
        "false_alarms": [
            {
                "task": alarms.task,
                "worse": alarms.worse,
                "exchanges": alarms.exchanges,
                "interval": list(alarms.interval),
                "by": dict(alarms.by),
                "unknown": list(alarms.unknown),
            }
            for alarms in caught.alarms
        ],
    }


def detectable_dict(row: Detectable) -> dict[str, Any]:
    """One row as plain data."""
    return {
        "task": row.task,
        "of": row.name,
        "unit": row.unit,
        "allowed": row.allowed,
        "loss": row.loss,
        "named": row.named,
        "caught_at_named": row.caught,
        "weak": row.weak,
        "simulated": row.simulated,
        "reason": row.reason,
    }


def _in_allowed(row: Detectable) -> tuple[float, float]:
    """The loss in multiples of what is allowed; then the loss itself."""
    if row.loss is None:
        return float("inf"), 0.0
    return (row.loss / row.allowed if row.allowed else float("inf")), row.loss


def _amount(value: float, row: Detectable) -> str:
    return f"{_two(value)} {row.unit}".rstrip()


def _exactly(value: float, row: Detectable) -> str:
    return f"{value:.4g} {row.unit}".rstrip()


def _two(value: float) -> str:
    """Two digits, never in the form with a power."""
    if not value:
        return "0"
    places = max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def task_rows(caught: Caught | None, task: str) -> Sequence[Detectable]:
    """The rows of one task."""
    return [] if caught is None else [row for row in caught.rows if row.task == task]
