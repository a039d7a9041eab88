"""Two sides -> a comparison: paired, judged by a policy, with an exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.compare.correlations import DependentCorrelation, correlations_of
from harness.compare.deltas import Delta, deltas
from harness.compare.outcomes import Flips, Outcomes, count_flips, outcomes_of
from harness.compare.policy import Budget, Policy
from harness.compare.resources import Resource, resource_failures, resources, unchecked
from harness.compare.sides import Side
from harness.compare.verdicts import (
    Judged,
    Verdict,
    flip_failure,
    flips_unchecked,
    judge,
    never_passes,
)
from harness.errors import IncompleteError, UsageError, first_ids
from harness.metrics.flips import seed_floor
from harness.metrics.intervals import holm
from harness.nouns import Suite
from harness.records.record import Record

SuiteOf = Callable[[str], Suite | None]


@dataclass(frozen=True, slots=True)
class TaskComparison:
    """Both sides on one task. ``failures`` are grounds for worse, ``gaps`` for incomplete."""

    task: str
    title: str
    baseline: str
    candidate: str
    deltas: tuple[Delta, ...]
    judged: Mapping[str, Judged]
    flips: tuple[Flips, ...]
    correlations: tuple[DependentCorrelation, ...]
    seed_floor: float | None
    resources: tuple[Resource, ...]
    failures: tuple[str, ...]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The word for the task as a whole."""
        if self.failures:
            return Verdict.WORSE
        if self.gaps:
            return Verdict.INCOMPLETE
        primary = next((d for d in self.deltas if d.primary), None)
        found = self.judged[primary.name].verdict if primary else None
        return found or Verdict.CANNOT_TELL


@dataclass(frozen=True, slots=True)
class Comparison:
    """All tasks. ``missing`` are tasks of the baseline that the candidate lacks."""

    tasks: tuple[TaskComparison, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    policy: Policy

    @property
    def exit_code(self) -> int:
        """0 fine, 1 worse, 3 incomplete; worse goes before incomplete."""
        verdicts = {task.verdict for task in self.tasks}
        if Verdict.WORSE in verdicts:
            return 1
        return 3 if self.missing or Verdict.INCOMPLETE in verdicts else 0


def compare(
    baseline: Mapping[str, Side],
    candidate: Mapping[str, Side],
    policy: Policy,
    suite_of: SuiteOf,
    *,
    same_recipe: Sequence[Mapping[str, Side]] = (),
) -> Comparison:
    """Compare every task that both sides have.

    ``suite_of`` gives a suite by its name, such as :func:`harness.registry.suite_named`: it says
    what is right, and which metrics are correlations. ``same_recipe`` are runs of the baseline's
    recipe, whose flips among themselves are the noise floor.

    Raises :class:`UsageError` when there is no common task or the work differs, and
    :class:`IncompleteError` when items are missing or stand twice.
    """
    common = [task for task in baseline if task in candidate]
    if not common:
        raise UsageError(
            f"no task in common: the baseline has {first_ids(list(baseline))}, the candidate "
            f"{first_ids(list(candidate))}"
        )
    pairs = {task: (baseline[task], candidate[task]) for task in common}
    for task, (old, new) in pairs.items():
        check_same_work(task, old.record, new.record)
        _check_budget(old.record, policy.budget(task))
    found = {task: deltas(old, new, pairs) for task, (old, new) in pairs.items()}
    found = adjusted(found, policy)
    tasks = []
    for task, (old, new) in pairs.items():
        suite = suite_of(old.record.task.suite)
        seeds = [sides[task] for sides in same_recipe if task in sides]
        tasks.append(_compare(old, new, found[task], policy.budget(task), suite, seeds))
    return Comparison(
        tasks=tuple(tasks),
        missing=tuple(task for task in baseline if task not in candidate),
        added=tuple(task for task in candidate if task not in baseline),
        policy=policy,
    )


def check_same_work(task: str, old: Record, new: Record) -> None:
    """Raise :class:`UsageError` that names the first difference of what was evaluated."""
    if old.task.fingerprint == new.task.fingerprint:
        return
    pairs = {
        "the task's version": (old.task.version, new.task.version),
        "the number of items": (old.task.items, new.task.items),
        "--limit": (old.task.limit, new.task.limit),
        "--on-error": (old.task.on_error, new.task.on_error),
        "the set of classes": tuple(getattr(r.part, "classes", None) for r in (old, new)),
        "the data's revision": (old.task.revision, new.task.revision),
    }
    for what, (before, after) in pairs.items():
        if before != after:
            said = f"{what}: {before} and {after}"
            break
    else:
        said = "items, labels or candidates differ"
    raise UsageError(
        f"{task}: the two sides did not do the same work ({said}; fingerprints "
        f"{old.task.fingerprint[:8]} and {new.task.fingerprint[:8]})",
        fix="Evaluate the candidate on the baseline's data, or update the baseline",
    )


def adjusted(found: Mapping[str, Sequence[Delta]], policy: Policy) -> dict[str, list[Delta]]:
    """Holm's rule over families of differences, tasks with their metrics as they were given.

    All that can fail the comparison is one family: the metrics that decide, of all tasks, and every
    metric of a task whose budget says so. Any other metric is a family of its own, over the tasks.
    """
    families: dict[str, list[tuple[str, int]]] = {}
    for task, rows in found.items():
        every = policy.budget(task).all_metrics
        for place, row in enumerate(rows):
            failing = (row.decides or every) and row.higher_is_better is not None
            family = "" if failing else row.name
            families.setdefault(family, []).append((task, place))
    made = {task: list(rows) for task, rows in found.items()}
    for places in families.values():
        values = [found[task][place].p for task, place in places]
        size = sum(p is not None for p in values)
        for (task, place), p in zip(places, holm(values), strict=True):
            made[task][place] = replace(found[task][place], holm=p, family=max(1, size))
    return made


def _compare(
    old: Side,
    new: Side,
    rows: list[Delta],
    budget: Budget,
    suite: Suite | None,
    seeds: Sequence[Side],
) -> TaskComparison:
    check_ids(old, new)
    rows, unknown = _known(rows)
    judged = {row.name: judge(row, budget) for row in rows}
    flips = [count_flips(outcomes) for outcomes in outcomes_of(suite, old, new)]
    used = resources(old.record, new.record)
    notes = [*_new_metrics(old.record, new.record), *unknown]
    gaps = _gone(old.record, new.record) + _undefined(rows)
    blind = flips_unchecked(flips, budget)
    if blind and old.record.task.members is not None:
        notes.append("a mean over tasks: limits on flips are checked on each of them")
        blind = None
    small = None if blind else _hopeless(flips, budget)
    gaps += [reason for reason in (blind, small) if reason]
    failures = _worse(rows, judged, budget)
    if flips and not blind and not small:
        broken = flip_failure(flips[0], budget)
        failures += [broken] if broken else []
    return TaskComparison(
        task=old.record.task.id,
        title=old.record.task.title,
        baseline=old.label,
        candidate=new.label,
        deltas=tuple(rows),
        judged=judged,
        flips=tuple(flips),
        correlations=correlations_of(suite, old, new),
        seed_floor=_floor(old, seeds, suite),
        resources=tuple(used),
        failures=tuple(failures + resource_failures(used, budget)),
        gaps=tuple(gaps + unchecked(used, budget)),
        notes=tuple(notes),
    )


def _check_budget(record: Record, budget: Budget) -> None:
    """Raise :class:`UsageError` for a drop that no fraction can make: percent were meant."""
    primary = record.metric(record.task.primary_metric)
    if budget.min_drop > 1 and primary is not None and not primary.unit:
        raise UsageError(
            f"{record.task.id}: min_drop is {budget.min_drop:g}, but {primary.name} is a fraction",
            fix=f"Write {budget.min_drop:g}% or {budget.min_drop / 100:g}",
        )


def _worse(rows: list[Delta], judged: Mapping[str, Judged], budget: Budget) -> list[str]:
    return [
        f"{row.name}: {judged[row.name].why}"
        for row in rows
        if judged[row.name].verdict is Verdict.WORSE and (row.decides or budget.all_metrics)
    ]


def _undefined(rows: list[Delta]) -> list[str]:
    return [
        f"{row.name} is undefined on one side: {row.reason}"
        for row in rows
        if row.primary and row.difference is None
    ]


def _hopeless(flips: Sequence[Flips], budget: Budget) -> str | None:
    return never_passes(flips[0], budget) if flips else None


def _known(rows: list[Delta]) -> tuple[list[Delta], list[str]]:
    """Metrics that one side at least has, and a note on those that are undefined on both."""
    known = [row for row in rows if row.baseline is not None or row.candidate is not None]
    lost = [row for row in rows if row not in known]
    reasons = dict.fromkeys(row.reason or "" for row in lost)
    return known, [
        f"undefined on both sides: {', '.join(r.name for r in lost if (r.reason or '') == reason)}"
        f" ({reason})"
        for reason in reasons
    ]


def check_ids(old: Side, new: Side) -> None:
    """Raise :class:`IncompleteError` unless both tables hold the same ids once, in one order."""
    if old.groups is None or new.groups is None or (old.same_ids(new) and old.distinct_ids):
        return
    before, after = old.ids, new.ids
    if before is None or after is None:
        return
    for side, ids in ((old, before), (new, after)):
        twice = [name for name, count in Counter(ids.tolist()).items() if count > 1]
        if twice:
            _refuse(side, twice, "twice")
    lost = sorted(set(before.tolist()) - set(after.tolist()))
    if lost:
        _refuse(new, lost, "missing")
    extra = sorted(set(after.tolist()) - set(before.tolist()))
    if extra:
        _refuse(old, extra, "missing")
    if before.tolist() != after.tolist():
        raise IncompleteError(
            f"{old.record.task.id}: the two sides hold the same items in another order",
            fix=f"Score the candidate again: marginbench score {new.folder}",
        )


def _refuse(side: Side, ids: Sequence[str], how: str) -> None:
    said = "stand twice" if how == "twice" else "are missing"
    raise IncompleteError(
        f"{side.record.task.id}: {len(ids)} items {said} in {side.folder}: {first_ids(list(ids))}",
        fix=f"Score it again: marginbench score {side.folder}",
    )


def _gone(old: Record, new: Record) -> list[str]:
    there = {metric.name for metric in new.metrics}
    lost = [metric.name for metric in old.metrics if metric.name not in there]
    return [f"the candidate lacks the metric {name}" for name in lost]


def _new_metrics(old: Record, new: Record) -> list[str]:
    there = {metric.name for metric in old.metrics}
    return [f"new metric: {m.name}" for m in new.metrics if m.name not in there]


def _floor(old: Side, seeds: Sequence[Side], suite: Suite | None) -> float | None:
    """Mean NFR among runs of one recipe by the first definition of right."""
    if not seeds:
        return None
    rights: list[Any] = []
    for seed in seeds:
        check_same_work(old.record.task.id, old.record, seed.record)
        check_ids(old, seed)
        first = next(iter(outcomes_of(suite, old, seed)), None)
        if not isinstance(first, Outcomes) or first.right is None:
            return None
        rights = rights or [first.right[0]]
        rights.append(first.right[1])
    return seed_floor(rights)
