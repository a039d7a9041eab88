"""What a gate would have caught, and what it would have called worse for nothing.

Always the first, by quick means; with ``draw`` the first by simulation, and the second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.deltas import Delta
from harness.compare.detectable import Detectable, at_once, detectable_of, limits_of
from harness.compare.false_alarms import Failing, FalseAlarms, false_alarms
from harness.compare.outcomes import Flips, Outcomes, outcomes_of
from harness.compare.policy import Budget, Policy
from harness.compare.sides import Side
from harness.nouns import Suite


@dataclass(frozen=True, slots=True)
class Caught:
    """Rows by task, metrics before limits; ``times`` is :func:`at_once`, of several tasks alone.

    ``alarms`` (the whole comparison first) are empty unless they were asked for.
    """

    rows: Sequence[Detectable]
    times: float | None
    alarms: Sequence[FalseAlarms] = ()

    @property
    def known(self) -> list[Detectable]:
        """Rows of which a loss is known, or that there is none."""
        return [row for row in self.rows if row.reason is None]

    @property
    def weak(self) -> list[Detectable]:
        """Rows that cannot see twice what they allow, the blindest first."""
        found = [row for row in self.rows if row.weak]
        return sorted(found, key=lambda row: row.caught or 0.0)


Compared = tuple[Side, Side, Sequence[Delta], Sequence[Flips]]
"""Baseline, candidate, the rows of a task, and what flipped."""


def caught(
    found: Mapping[str, Compared],
    policy: Policy,
    suite_of: Callable[[str], Suite | None],
    *,
    draw: bool,
) -> Caught:
    """What the policy would have caught on these tasks, and with ``draw`` its false alarms."""
    rows: list[Detectable] = []
    first: list[Detectable] = []
    failing: list[Failing] = []
    for task, (old, new, deltas, flips) in found.items():
        budget = policy.budget(task)
        those = may_fail(deltas, budget)
        made = [detectable_of(task, row, old, new, draw=draw) for row in those]
        # One of each task counts for all at once: what else may fail it hangs together with that.
        known = [row for row in made if row.chance is not None]
        if old.record.task.members is not None:
            known = []  # a mean over tasks says nothing that these do not
        first += sorted(known, key=lambda row: not row.primary)[:1]
        limits = limits_of(task, flips[0], budget) if flips else []
        rows += [*made, *limits]
        if draw:
            right = _right(old, new, suite_of) if limits else None
            failing.append(Failing(task, those, old, new, right, budget))
    times = at_once(first) if len(first) > 1 else None
    return Caught(rows, times, false_alarms(failing) if draw else ())


def may_fail(rows: Sequence[Delta], budget: Budget) -> list[Delta]:
    """The metrics whose loss fails a task."""
    return [
        row
        for row in rows
        if row.higher_is_better is not None
        and row.difference is not None
        and (row.decides or budget.all_metrics)
    ]


def _right(old: Side, new: Side, suite_of: Callable[[str], Suite | None]) -> Outcomes | None:
    first = next(iter(outcomes_of(suite_of(old.record.task.suite), old, new)), None)
    return first if isinstance(first, Outcomes) else None
