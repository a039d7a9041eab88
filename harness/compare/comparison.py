"""Two sides -> a comparison: paired, judged by a policy, with an exit code."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from harness.compare.caught import Caught, caught
from harness.compare.correlations import DependentCorrelation, correlations_of
from harness.compare.deltas import Delta, deltas
from harness.compare.derived import check_agreement, check_sides
from harness.compare.evidence import check_files
from harness.compare.fitting import check_budget, check_policy, facts_of
from harness.compare.grounds import (
    floor_of,
    gone,
    hopeless,
    known,
    new_metrics,
    untold,
    worse_metrics,
)
from harness.compare.margins import margins
from harness.compare.missing import (
    BASELINE,
    CANDIDATE,
    Checked,
    unchecked_metrics,
    unknown_figures,
    unsettled,
    without_answers,
)
from harness.compare.outcomes import Flips, count_flips, outcomes_of
from harness.compare.policy import BH, HOLM, Budget, Policy
from harness.compare.resources import Resource, resource_failures, resources, unchecked
from harness.compare.sides import Side
from harness.compare.slices import (
    Slices,
    check_columns,
    settled,
    slices_of,
    unsliced,
    worse_slices,
)
from harness.compare.verdicts import (
    Judged,
    Verdict,
    flip_failure,
    flips_unchecked,
    judge,
)
from harness.compare.work import aligned, check_same_work, matched, told_apart, twin
from harness.errors import UsageError, first_ids
from harness.metrics.intervals import benjamini_hochberg, holm
from harness.nouns import Suite

SuiteOf = Callable[[str], Suite | None]
K = TypeVar("K", bound=Hashable)


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
    slices: tuple[Slices, ...] = ()

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
    """All tasks; the baseline's that the candidate lacks; what the policy would have caught."""

    tasks: tuple[TaskComparison, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    policy: Policy
    caught: Caught | None = None

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
    by: Sequence[str] = (),
    power: bool = False,
) -> Comparison:
    """Compare every task that both sides have, by its id or by the work that it is.

    ``suite_of`` gives a suite by its name, such as :func:`harness.registry.suite_named`: it says
    what is right, and which metrics are correlations. ``same_recipe`` are runs of the baseline's
    recipe, whose flips among themselves are the noise floor. ``by`` names columns whose slices are
    compared as well (:mod:`harness.compare.slices`). With ``power`` the losses that would have been
    caught are simulated, and false alarms are counted.

    Before anything is compared, every file beside either record is held against its digest, and the
    records against each other and against their tables.

    Raises :class:`UsageError` when there is no common task, the work differs, the policy fits
    nothing, no task can be sliced by a column, or a record says something else than its tables;
    :class:`InvalidError` when a file is not the one that its record was made with;
    :class:`IncompleteError` when items are missing or stand twice.
    """
    made = prepare(baseline, candidate, policy, suite_of, by=by)
    return sliced([finish(made, adjusted(made.found, policy), same_recipe, power=power)])[0]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Two sides, checked and held together, p not yet adjusted: ``found`` by task."""

    baseline: Mapping[str, Side]
    candidate: Mapping[str, Side]
    policy: Policy
    suite_of: SuiteOf
    by: Sequence[str]
    checked: Mapping[str, tuple[Checked, Checked]]
    found: Mapping[str, Sequence[Delta]]


def prepare(
    baseline: Mapping[str, Side],
    candidate: Mapping[str, Side],
    policy: Policy,
    suite_of: SuiteOf,
    *,
    by: Sequence[str] = (),
) -> Prepared:
    """All that comes before p is adjusted, which is done over all that is compared together.

    Raises as :func:`compare` does.
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
        check_budget(both[0], policy.budget(task))
    held = {task: (record, record) for task, record in policy.made_for.items()} | records
    check_policy(policy, list(held), facts_of(held, suite_of))
    checked = _checked(pairs, suite_of)
    pairs = {task: (old.side, new.side) for task, (old, new) in checked.items()}
    check_columns({task: [*policy.budget(task).by, *by] for task in pairs}, pairs)
    found = {}
    for task, (old, new) in pairs.items():
        margin = margins(policy.budget(task), suite_of(old.record.task.suite))
        found[task] = deltas(old, new, pairs, margin)
    return Prepared(baseline, candidate, policy, suite_of, by, checked, found)


def finish(
    made: Prepared,
    found: Mapping[str, Sequence[Delta]],
    same_recipe: Sequence[Mapping[str, Side]] = (),
    *,
    power: bool = False,
) -> Comparison:
    """The comparison, given differences whose p is adjusted. Slices wait for :func:`sliced`."""
    tasks, seen = [], {}
    for task, (before, after) in made.checked.items():
        suite = made.suite_of(before.side.record.task.suite)
        seeds = [seed for sides in same_recipe if (seed := twin(before.side, sides)) is not None]
        budget = made.policy.budget(task)
        tasks.append(_compare(before, after, list(found[task]), budget, suite, seeds, made.by))
        seen[task] = before.side, after.side, found[task], tasks[-1].flips
    used = {after.side.record.task.id for _, after in made.checked.values()}
    return Comparison(
        tasks=tuple(tasks),
        missing=tuple(task for task in made.baseline if task not in made.checked),
        added=tuple(task for task in made.candidate if task not in used),
        policy=made.policy,
        caught=caught(seen, made.policy, made.suite_of, draw=power),
    )


def sliced(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same with the slices of all of them adjusted and judged together."""
    done = iter(settled([one for c in comparisons for task in c.tasks for one in task.slices]))
    return [
        replace(
            found,
            tasks=tuple(
                _with_slices(task, [next(done) for _ in task.slices]) for task in found.tasks
            ),
        )
        for found in comparisons
    ]


def _with_slices(task: TaskComparison, slices: Sequence[Slices]) -> TaskComparison:
    failures = [line for one in slices if one.decides for line in worse_slices(one)]
    return replace(task, slices=tuple(slices), failures=(*task.failures, *failures))


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
    """:func:`together` of one comparison, by task."""
    return together(found, policy.budget, policy.correction)


def together(
    found: Mapping[K, Sequence[Delta]], budget_of: Callable[[K], Budget], correction: str = HOLM
) -> dict[K, list[Delta]]:
    """Holm's rule over families of differences, tasks with their metrics as they were given.

    Or that of Benjamini and Hochberg, where the policy says so. Of p that there is none, and of p
    that there is no loss beyond the margin, each by itself.

    All that can fail the comparison is one family: the metrics that decide, of all tasks, and every
    metric of a task whose budget says so. Any other metric is a family of its own, over the tasks.
    """
    adjust = benjamini_hochberg if correction == BH else holm
    families: dict[str, list[tuple[K, int]]] = {}
    for task, rows in found.items():
        every = budget_of(task).all_metrics
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
    by: Sequence[str],
) -> TaskComparison:
    old, new = before.side, after.side
    rows, unknown = known(rows)
    judged = {row.name: judge(row) for row in rows}
    outcomes = outcomes_of(suite, old, new)
    flips = [count_flips(one) for one in outcomes]
    used = resources(old.record, new.record)
    notes = [*told_apart(old, new), *new_metrics(old.record, new.record), *unknown]
    notes += unknown_figures(before, after)
    gaps = gone(old.record, new.record) + unchecked_metrics(rows, judged, before, after)
    if not gaps and (suite is None or suite.evidence is None):  # else tables stand in their place
        gaps += without_answers(after)
    if budget.all_metrics and (said := unsettled(rows)):
        notes.append(said)
    if budget.strict:
        gaps += untold(rows, judged)
    blind = flips_unchecked(flips, budget)
    if blind and old.record.task.members is not None:
        notes.append("a mean over tasks: limits on flips are checked on each of them")
        blind = None
    small = None if blind else hopeless(flips, budget)
    gaps += [reason for reason in (blind, small) if reason]
    told = [row for row in rows if row.decides or (budget.all_metrics and row.gain is not None)]
    margin = margins(budget, suite)
    held, lacking = slices_of(budget.by, (old, new), told, outcomes, suite, margin)
    slices = [replace(one, decides=True) for one in held]
    gaps += [*lacking, *unsliced(slices)]
    others = [name for name in by if name not in budget.by]
    shown, lacking = slices_of(others, (old, new), told, outcomes, suite, margin)
    slices += shown
    notes += lacking
    failures = worse_metrics(rows, judged, budget)
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
        seed_floor=floor_of(old, seeds, suite),
        resources=tuple(used),
        failures=tuple(failures + resource_failures(used, budget)),
        gaps=tuple(gaps + unchecked(used, budget)),
        notes=tuple(notes),
        slices=tuple(slices),
    )
