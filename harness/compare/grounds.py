"""Grounds for a word on a task: what fails it, what is missing, what is but noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.compare.deltas import Delta
from harness.compare.outcomes import Flips, Outcomes, outcomes_of
from harness.compare.policy import Budget
from harness.compare.sides import Side
from harness.compare.verdicts import Judged, Verdict, never_passes
from harness.compare.work import aligned, check_same_work
from harness.metrics.flips import seed_floor
from harness.nouns import Suite
from harness.records.record import Record


def worse_metrics(rows: list[Delta], judged: Mapping[str, Judged], budget: Budget) -> list[str]:
    """Grounds for worse: metrics that may fail the task, and did."""
    return [
        f"{row.name}: {judged[row.name].why}"
        for row in rows
        if judged[row.name].verdict is Verdict.WORSE and (row.decides or budget.all_metrics)
    ]


def untold(rows: list[Delta], judged: Mapping[str, Judged]) -> list[str]:
    """What a strict budget does not let pass: metrics that decide and of which nothing is known."""
    return [
        f"{row.name}: cannot tell, and strict wants a loss excluded: {judged[row.name].why}"
        for row in rows
        if row.decides
        and row.interval is not None
        and judged[row.name].verdict is Verdict.CANNOT_TELL
    ]


def hopeless(flips: Sequence[Flips], budget: Budget) -> str | None:
    """Why no candidate could meet a limit on flips, or ``None``."""
    return never_passes(flips[0], budget) if flips else None


def known(rows: list[Delta]) -> tuple[list[Delta], list[str]]:
    """Metrics that one side at least has, and a note on those that are undefined on both."""
    there = [row for row in rows if row.baseline is not None or row.candidate is not None]
    lost = [row for row in rows if row not in there]
    reasons = dict.fromkeys(row.reason or "" for row in lost)
    return there, [
        f"undefined on both sides: {', '.join(r.name for r in lost if (r.reason or '') == reason)}"
        f" ({reason})"
        for reason in reasons
    ]


def gone(old: Record, new: Record) -> list[str]:
    """Metrics that the candidate lacks: the task is incomplete."""
    there = {metric.name for metric in new.metrics}
    lost = [metric.name for metric in old.metrics if metric.name not in there]
    return [f"the candidate lacks the metric {name}" for name in lost]


def new_metrics(old: Record, new: Record) -> list[str]:
    """Notes on metrics that the baseline lacks."""
    there = {metric.name for metric in old.metrics}
    return [f"new metric: {m.name}" for m in new.metrics if m.name not in there]


def floor_of(old: Side, seeds: Sequence[Side], suite: Suite | None) -> float | None:
    """Mean NFR among runs of one recipe by the first definition of right."""
    if not seeds:
        return None
    rights: list[Any] = []
    for seed in seeds:
        check_same_work(old.record.task.id, old.record, seed.record)
        first = next(iter(outcomes_of(suite, old, aligned(old, seed))), None)
        if not isinstance(first, Outcomes) or first.right is None:
            return None
        rights = rights or [first.right[0]]
        rights.append(first.right[1])
    return seed_floor(rights)
