"""Two sides -> a comparison: paired, judged by a policy, with an exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.compare.correlations import DependentCorrelation, correlations_of
from harness.compare.deltas import Delta, deltas
from harness.compare.derived import check_agreement, check_sides
from harness.compare.evidence import check_files
from harness.compare.fitting import check_policy, facts_of
from harness.compare.margins import margins
from harness.compare.missing import (
    BASELINE,
    CANDIDATE,
    Checked,
    unchecked_metrics,
    unknown_figures,
    unsettled,
)
from harness.compare.outcomes import Flips, Outcomes, count_flips, outcomes_of
from harness.compare.policy import BH, Budget, Policy
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
from harness.compare.work import aligned, check_same_work, matched, told_apart, twin
from harness.errors import UsageError, first_ids
from harness.metrics.flips import seed_floor
from harness.metrics.intervals import benjamini_hochberg, holm
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
    policy_from: str = ""
    """The file of the policy, where it was read from one."""

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
    policy_from: str = "",
    made_for: Mapping[str, Record] | None = None,
) -> Comparison:
    """Compare every task that both sides have, by its id or by the work that it is.

    ``suite_of`` gives a suite by its name, such as :func:`harness.registry.suite_named`: it says
    what is right, and which metrics are correlations. ``same_recipe`` are runs of the baseline's
    recipe, whose flips among themselves are the noise floor. ``policy_from`` is the policy's file,
    and ``made_for`` the records of a whole baseline that it stands in: it need not fit more.

    Before anything is compared, every file beside either record is held against its digest, and the
    records against each other and against their tables.

    Raises :class:`UsageError` when there is no common task, the work differs, the policy fits
    nothing, or a record says something else than its tables; :class:`InvalidError` when a file is
    not the one that its record was made with; :class:`IncompleteError` when items are missing or
    stand twice.
    """
    pairs = matched(baseline, candidate)
    if not pairs:
        raise UsageError(
            f"no task in common: the baseline has {first_ids(list(baseline))}, the candidate "
            f"{first_ids(list(candidate))}"
        )
    records = {task: (old.record, new.record) for task, (old, new) in pairs.items()}
    for task, both in records.items():
        check_same_work(task, *both)
        _check_budget(both[0], policy.budget(task))
    held = {task: (record, record) for task, record in (made_for or {}).items()} | records
    check_policy(policy, list(held), facts_of(held, suite_of))
    checked = _checked(pairs, suite_of)
    pairs = {task: (old.side, new.side) for task, (old, new) in checked.items()}
    found = {}
    for task, (old, new) in pairs.items():
        margin = margins(policy.budget(task), suite_of(old.record.task.suite))
        found[task] = deltas(old, new, pairs, margin)
    found = adjusted(found, policy)
    tasks = []
    for task, (old, _) in pairs.items():
        suite = suite_of(old.record.task.suite)
        seeds = [seed for sides in same_recipe if (seed := twin(old, sides)) is not None]
        tasks.append(_compare(*checked[task], found[task], policy.budget(task), suite, seeds))
    used = {new.record.task.id for _, new in pairs.values()}
    return Comparison(
        tasks=tuple(tasks),
        missing=tuple(task for task in baseline if task not in pairs),
        added=tuple(task for task in candidate if task not in used),
        policy=policy,
        policy_from=policy_from,
    )


def _checked(
    pairs: Mapping[str, tuple[Side, Side]], suite_of: SuiteOf
) -> dict[str, tuple[Checked, Checked]]:
    """Both sides of each task, their files and figures checked, with what could not be."""
    absent = {task: [check_files(side) for side in both] for task, both in pairs.items()}
    for old, new in pairs.values():
        check_agreement(old.record, new.record)
    left = [
        check_sides({task: both[place] for task, both in pairs.items()}, suite_of)
        for place in (0, 1)
    ]
    return {
        task: (
            Checked(BASELINE, old, absent[task][0], left[0][task]),
            Checked(CANDIDATE, aligned(old, new), absent[task][1], left[1][task]),
        )
        for task, (old, new) in pairs.items()
    }


def adjusted(found: Mapping[str, Sequence[Delta]], policy: Policy) -> dict[str, list[Delta]]:
    """Holm's rule over families of differences, tasks with their metrics as they were given.

    Or that of Benjamini and Hochberg, where the policy says so. Of p that there is none, and of p
    that there is no loss beyond the margin, each by itself.

    All that can fail the comparison is one family: the metrics that decide, of all tasks, and every
    metric of a task whose budget says so. Any other metric is a family of its own, over the tasks.
    """
    adjust = benjamini_hochberg if policy.correction == BH else holm
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
        losses = [found[task][place].loss_p for task, place in places]
        size = sum(pair != (None, None) for pair in zip(values, losses, strict=True))
        for (task, place), p, loss in zip(places, adjust(values), adjust(losses), strict=True):
            row = replace(found[task][place], holm=p, loss_holm=loss, family=max(1, size))
            made[task][place] = row
    return made


def _compare(
    before: Checked,
    after: Checked,
    rows: list[Delta],
    budget: Budget,
    suite: Suite | None,
    seeds: Sequence[Side],
) -> TaskComparison:
    old, new = before.side, after.side
    rows, unknown = _known(rows)
    judged = {row.name: judge(row) for row in rows}
    flips = [count_flips(outcomes) for outcomes in outcomes_of(suite, old, new)]
    used = resources(old.record, new.record)
    notes = [*told_apart(old, new), *_new_metrics(old.record, new.record), *unknown]
    notes += unknown_figures(before, after)
    gaps = _gone(old.record, new.record) + unchecked_metrics(rows, judged, before, after)
    if budget.all_metrics and (said := unsettled(rows)):
        notes.append(said)
    if budget.strict:
        gaps += _untold(rows, judged)
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


def _worse(rows: list[Delta], judged: Mapping[str, Judged], budget: Budget) -> list[str]:
    return [
        f"{row.name}: {judged[row.name].why}"
        for row in rows
        if judged[row.name].verdict is Verdict.WORSE and (row.decides or budget.all_metrics)
    ]


def _untold(rows: list[Delta], judged: Mapping[str, Judged]) -> list[str]:
    """What a strict budget does not let pass: metrics that decide and of which nothing is known."""
    return [
        f"{row.name}: cannot tell, and strict wants a loss excluded: {judged[row.name].why}"
        for row in rows
        if row.decides
        and row.interval is not None
        and judged[row.name].verdict is Verdict.CANNOT_TELL
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
        first = next(iter(outcomes_of(suite, old, aligned(old, seed))), None)
        if not isinstance(first, Outcomes) or first.right is None:
            return None
        rights = rights or [first.right[0]]
        rights.append(first.right[1])
    return seed_floor(rights)
