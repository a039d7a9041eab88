"""Whether a policy fits what is compared: a budget that never applies is an error, not a pass."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.policy import Budget, Policy, bounded, fits
from harness.errors import UsageError, did_you_mean
from harness.nouns import Suite
from harness.records.record import Record
from harness.records.run_info import RunInfo

CHECKED = ("max_nfr", "max_new_failures", "max_latency_ratio", "max_memory_ratio")
"""Limits that need more than a metric: flips, or a run of which time and memory are known."""

WHY_NOT = {
    "max_nfr": "no suite of theirs says what is right",
    "max_new_failures": "no suite of theirs says what is right",
    "max_latency_ratio": "neither side has a latency, as scored files have none",
    "max_memory_ratio": "neither side was run, as scored files were not",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """What a task can be held to: its metrics with their units, and which of :data:`CHECKED`."""

    metrics: Mapping[str, str]
    checkable: Collection[str]


def facts_of(
    pairs: Mapping[str, tuple[Record, Record]], suite_of: Callable[[str], Suite | None]
) -> dict[str, Fact]:
    """The facts of tasks that are compared, from the records of both sides."""
    return {task: _fact(old, new, suite_of) for task, (old, new) in pairs.items()}


def check_policy(
    policy: Policy, tasks: Sequence[str], facts: Mapping[str, Fact] | None = None
) -> None:
    """Raise :class:`UsageError` when part of a policy fits nothing that is compared.

    ``tasks`` are the tasks compared; of those in ``facts`` metrics and limits are looked at too:
    a table must fit a task, a metric that is named must be one of its tasks', and a limit must be
    one that some side of some task it holds for can be held to. (Where one can and another cannot,
    the comparison is incomplete, which it says.) Numbers are bounded as those of a file are.
    """
    for budget in (policy.default, *policy.tasks.values()):
        bounded(budget)
    for pattern in policy.tasks:
        if not any(fits(task, pattern) for task in tasks):
            raise UsageError(
                f'the policy has a table [task."{pattern}"], which fits no task that is compared',
                fix=did_you_mean(pattern, tasks) or "Remove the table",
            )
    if facts:
        budgets = {task: policy.budget(task) for task in facts}
        _check_metrics(budgets, facts)
        _check_limits(budgets, facts)


def _check_metrics(budgets: Mapping[str, Budget], facts: Mapping[str, Fact]) -> None:
    for pattern in dict.fromkeys(p for budget in budgets.values() for p in budget.metrics):
        found = list(_named(pattern, budgets, facts))
        if not found:
            known = {name for fact in facts.values() for name in fact.metrics}
            raise UsageError(
                f"the policy names the metric {pattern!r}, which no task has that it is for",
                fix=did_you_mean(pattern, known),
            )
        for name, unit, drop in found:
            if drop > 1 and not unit:
                raise UsageError(
                    f"the policy's drop of {pattern!r} is {drop:g}, but {name} is a fraction",
                    fix=f"Write '{drop:g}%' or {drop / 100:g}",
                )


def _named(
    pattern: str, budgets: Mapping[str, Budget], facts: Mapping[str, Fact]
) -> Iterator[tuple[str, str, float]]:
    """Name, unit and drop of every metric that a pattern fits, of the tasks that have it."""
    for task, budget in budgets.items():
        if pattern in budget.metrics:
            for name, unit in facts[task].metrics.items():
                if fits(name, pattern):
                    yield name, unit, budget.metrics[pattern]


def _check_limits(budgets: Mapping[str, Budget], facts: Mapping[str, Fact]) -> None:
    for limit in CHECKED:
        # Tables take over what the default says, so equal values are one limit.
        for value in dict.fromkeys(getattr(budget, limit) for budget in budgets.values()):
            held = [task for task, budget in budgets.items() if getattr(budget, limit) == value]
            if value is None or any(limit in facts[task].checkable for task in held):
                continue
            raise UsageError(
                f"{limit} = {value:g} cannot be checked on any task that it is for: "
                f"{WHY_NOT[limit]} ({', '.join(held[:3])})",
                fix=f"Leave out {limit}, or compare runs of marginbench evaluate",
            )


def _fact(old: Record, new: Record, suite_of: Callable[[str], Suite | None]) -> Fact:
    suite = suite_of(old.task.suite)
    checkable: set[str] = set()
    # A mean over tasks has no items: limits on flips are checked on each of its members.
    if suite is not None and suite.right is not None and old.task.members is None:
        checkable |= {"max_nfr", "max_new_failures"}
    runs = [run for run in (old.run, new.run) if run is not None]
    if runs:
        checkable.add("max_memory_ratio")
    if any(_timed(run) for run in runs):
        checkable.add("max_latency_ratio")
    return Fact({metric.name: metric.unit for metric in old.metrics}, frozenset(checkable))


def _timed(run: RunInfo) -> bool:
    return run.latency is not None


def check_budget(record: Record, budget: Budget) -> None:
    """Raise :class:`UsageError` for a drop that no fraction can make: percent were meant."""
    primary = record.metric(record.task.primary_metric)
    if (
        budget.min_drop is not None
        and budget.min_drop > 1
        and primary is not None
        and not primary.unit
    ):
        raise UsageError(
            f"{record.task.id}: min_drop is {budget.min_drop:g}, but {primary.name} is a fraction",
            fix=f"Write {budget.min_drop:g}% or {budget.min_drop / 100:g}",
        )
