"""``compare``: two sides in, a verdict for every task out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack, overload

from harness.compare import comparison, several
from harness.compare.comparison import TaskComparison
from harness.compare.policy import Policy, limits
from harness.compare.reports.caught import COLUMNS as POWER_COLUMNS
from harness.compare.reports.caught import detectable_dict
from harness.compare.reports.json import to_json
from harness.compare.reports.markdown import to_markdown
from harness.compare.reports.rows import COLUMNS, flip_rows, metric_rows
from harness.compare.reports.several import overviews, several_json, several_markdown, summary
from harness.compare.reports.slices import COLUMNS as SLICE_COLUMNS
from harness.compare.reports.slices import slice_rows
from harness.compare.reports.text import HEADER, summary_line
from harness.compare.reports.text import metric_rows as worded
from harness.compare.sides import Side, all_sides, one_side, two_sides
from harness.compare.standing import policy_of, with_files, with_several
from harness.errors import UsageError
from harness.face.asked import a_path, listed
from harness.face.results import Results, Run
from harness.face.tables import frame_of, html_table
from harness.registry import suite_named

if TYPE_CHECKING:
    import pandas as pd

OneOrMore: TypeAlias = Results | Run | str | PathLike[str]
Runs: TypeAlias = OneOrMore | Sequence[OneOrMore]
"""Runs in hand, or where they lie."""


class Comparison:
    """What got better, what got worse and what flipped, task by task."""

    def __init__(self, found: comparison.Comparison) -> None:
        self._found = found

    @property
    def tasks(self) -> tuple[TaskComparison, ...]:
        """Every task that both sides have."""
        return self._found.tasks

    @property
    def missing(self) -> tuple[str, ...]:
        """Tasks of the baseline that the candidate lacks."""
        return self._found.missing

    @property
    def exit_code(self) -> int:
        """As of ``marginbench compare``: 0 fine, 1 worse by the policy, 3 incomplete."""
        return self._found.exit_code

    def frame(self) -> pd.DataFrame:
        """A pandas data frame with a row for every metric of every task."""
        return frame_of(metric_rows(self._found), COLUMNS)

    def flips(self) -> pd.DataFrame:
        """A data frame with a row for every item that was right and is wrong, worst first.

        Up to 1,000 of each task and definition of right; the columns are those that explain them.
        """
        rows = flip_rows(self._found)
        names = dict.fromkeys(["task", "right", *(name for row in rows for name in row)])
        return frame_of(rows, names)

    def slices(self) -> pd.DataFrame:
        """A data frame with a row for every metric of every slice that was asked for, worst first.

        ``by`` of :func:`compare` asks for them.
        """
        return frame_of(slice_rows(self._found), SLICE_COLUMNS)

    def power(self) -> pd.DataFrame:
        """A data frame with a row for every budget: the smallest loss that it would have caught."""
        caught = self._found.caught
        rows = [] if caught is None else [detectable_dict(row) for row in caught.rows]
        return frame_of(rows, POWER_COLUMNS)

    def to_json(self) -> str:
        """As ``marginbench compare --json`` writes it."""
        return to_json(self._found)

    def to_markdown(self) -> str:
        """As ``marginbench compare --markdown`` writes it."""
        return to_markdown(self._found)

    def __repr__(self) -> str:
        lines = [f"  {task.candidate} against {task.baseline}: {task.task}" for task in self.tasks]
        return "\n".join([summary_line(self._found), *lines])

    def _repr_html_(self) -> str:
        rows: list[tuple[str, ...]] = [("task", *HEADER)]
        rows += [(task.task, *row) for task in self.tasks for row in worded(task)]
        return html_table(rows, summary_line(self._found), rest=".frame() has all of them")


class Comparisons:
    """Several candidates against one baseline, with a :class:`Comparison` of each."""

    def __init__(self, found: several.Several, each: Mapping[str, Comparison]) -> None:
        self._found, self._each = found, each

    @property
    def candidates(self) -> Mapping[str, Comparison]:
        """The comparison of each candidate by its name, in the order in which they were given."""
        return self._each

    @property
    def refused(self) -> Mapping[str, str]:
        """Why candidates could not be compared (items of theirs are missing), by name."""
        return {one.name: one.refused for one in self._found.candidates if one.refused is not None}

    @property
    def exit_code(self) -> int:
        """The worst of all: 1 worse by the policy, then 3 incomplete, then 0 fine."""
        return self._found.exit_code

    def frame(self) -> pd.DataFrame:
        """A pandas data frame with a row for every metric of every task of every ``model``."""
        rows = [
            {"model": one.name, **row}
            for one, found in self._found.compared
            for row in metric_rows(found)
        ]
        return frame_of(rows, ["model", *COLUMNS])

    def to_json(self) -> str:
        """As ``marginbench compare --json`` writes it."""
        return several_json(self._found)

    def to_markdown(self) -> str:
        """As ``marginbench compare --markdown`` writes it."""
        return several_markdown(self._found)

    def __repr__(self) -> str:
        return summary(self._found)

    def _repr_html_(self) -> str:
        rows: list[tuple[str, ...]] = [
            ("task", "figure", "baseline", *(one.name for one in self._found.candidates))
        ]
        for table in overviews(self._found):
            if table.of_task:
                rows += [(table.title, *row) for row in table.rows]
        return html_table(rows, summary(self._found), rest=".frame() has all of them")


class Options(TypedDict, total=False):
    """What may be said beside the sides; see :func:`compare`."""

    policy: Policy | str | PathLike[str] | None
    same_recipe: Sequence[Runs]
    by: str | Sequence[str]
    min_drop: float | str | None
    max_nfr: float | str | None
    strict: bool | None
    max_new_failures: int | None
    max_latency_ratio: float | None
    max_memory_ratio: float | None
    all_metrics: bool | None
    correction: str | None
    power: bool


@overload
def compare(
    baseline: Runs, candidate: Runs | None = None, **options: Unpack[Options]
) -> Comparison: ...


@overload
def compare(
    baseline: Runs, candidate: Runs, second: Runs, /, *more: Runs, **options: Unpack[Options]
) -> Comparisons: ...


def compare(
    baseline: Runs,
    candidate: Runs | None = None,
    *more: Runs,
    policy: Policy | str | PathLike[str] | None = None,
    same_recipe: Sequence[Runs] = (),
    by: str | Sequence[str] = (),
    min_drop: float | str | None = None,
    max_nfr: float | str | None = None,
    strict: bool | None = None,
    max_new_failures: int | None = None,
    max_latency_ratio: float | None = None,
    max_memory_ratio: float | None = None,
    all_metrics: bool | None = None,
    correction: str | None = None,
    power: bool = False,
) -> Comparison | Comparisons:
    """Compare two models item by item on every task that both have.

    Each side is what :func:`evaluate` or :func:`runs` gave, a path, or several of these; without a
    candidate the first holds two models, and the one that was run first is the baseline. ``policy``
    is a :class:`Policy` or the path of its TOML file; without one, that which stands in the
    baseline holds. The limits go before it, and mean what the options of ``marginbench compare``
    mean. ``by`` names columns whose slices are compared as well.
    With several candidates, each is compared with the baseline, and all of them are one family.
    With ``power`` the losses that would have been caught are simulated, and false alarms counted.

    Raises :class:`UsageError` when the two did not do the same work, when the limits fit nothing,
    and when a record says something else than its tables; :class:`InvalidError` when a file is not
    the one that its record was made with; :class:`IncompleteError` when items are missing.
    """
    columns = (by,) if isinstance(by, str) else listed("by", by)
    given = limits(
        min_drop=min_drop,
        max_nfr=max_nfr,
        strict=strict,
        max_new_failures=max_new_failures,
        max_latency_ratio=max_latency_ratio,
        max_memory_ratio=max_memory_ratio,
        all_metrics=all_metrics,
    )
    seeds = [_one(one) for one in _several(same_recipe)]
    old, new = (
        two_sides(_sides(baseline), _where(baseline))
        if candidate is None
        else (_one(baseline), _one(candidate))
    )
    rules = _rules(old, policy).override(**given).corrected(correction)
    if candidate is not None and more:
        return _many(old, (candidate, *more), rules, seeds, columns, power)
    return Comparison(
        comparison.compare(
            *with_files(old, new), rules, suite_named, same_recipe=seeds, by=columns, power=power
        )
    )


def _many(
    old: Mapping[str, Side],
    candidates: Sequence[Runs],
    rules: Policy,
    seeds: Sequence[Mapping[str, Side]],
    columns: Sequence[str],
    power: bool,
) -> Comparisons:
    named = {
        str(one) if isinstance(one, str | PathLike) else f"candidate {place}": _one(one)
        for place, one in enumerate(candidates, 1)
    }
    if len(named) < len(candidates):
        raise UsageError("a candidate is given twice", fix="Give it once")
    found = several.compare_several(
        *with_several(old, named),
        rules,
        suite_named,
        same_recipe=seeds,
        by=columns,
        power=power,
    )
    return Comparisons(found, {one.name: Comparison(made) for one, made in found.compared})


def _rules(old: Mapping[str, Side], policy: Policy | str | PathLike[str] | None) -> Policy:
    if isinstance(policy, Policy):
        return policy
    return policy_of(old, None if policy is None else a_path("policy", policy))


def _one(given: Runs) -> Mapping[str, Side]:
    return one_side(_sides(given), _where(given))


def _sides(given: Runs) -> list[Side]:
    found = [side for one in _several(given) for side in _of_one(one)]
    if not found:
        raise UsageError("there is no run to compare", fix="Give runs, or where they lie")
    return found


def _of_one(given: OneOrMore) -> list[Side]:
    if isinstance(given, Run):
        return [Side(given.record, given.folder)]
    if isinstance(given, Results):
        return [Side(run.record, run.folder) for run in given]
    return all_sides([a_path("a side", given)])


def _several(given: Runs | Sequence[Runs]) -> list[Any]:
    return [given] if isinstance(given, Run | str | PathLike) else listed("a side", given)


def _where(given: Runs) -> str:
    return str(given) if isinstance(given, str | PathLike) else "one side"
