"""``compare``: two sides in, a verdict for every task out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.compare import comparison
from harness.compare.comparison import TaskComparison
from harness.compare.policy import Policy, limits
from harness.compare.reports.json import to_json
from harness.compare.reports.markdown import to_markdown
from harness.compare.reports.rows import COLUMNS, flip_rows, metric_rows
from harness.compare.reports.text import HEADER, summary_line
from harness.compare.reports.text import metric_rows as worded
from harness.compare.sides import Side, all_sides, one_side, two_sides
from harness.compare.standing import Rules, policy_of, with_files
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


def compare(
    baseline: Runs,
    candidate: Runs | None = None,
    *,
    policy: Policy | str | PathLike[str] | None = None,
    same_recipe: Sequence[Runs] = (),
    min_drop: float | str | None = None,
    max_nfr: float | str | None = None,
    strict: bool | None = None,
    max_new_failures: int | None = None,
    max_latency_ratio: float | None = None,
    max_memory_ratio: float | None = None,
    all_metrics: bool | None = None,
    correction: str | None = None,
) -> Comparison:
    """Compare two models item by item on every task that both have.

    Each side is what :func:`evaluate` or :func:`runs` gave, a path, or several of these; without a
    candidate the first holds two models, and the one that was run first is the baseline. ``policy``
    is a :class:`Policy` or the path of its TOML file; without one, that which stands in the
    baseline holds. The limits go before it, and mean what the options of ``marginbench compare``
    mean.

    Raises :class:`UsageError` when the two did not do the same work, when the limits fit nothing,
    and when a record says something else than its tables; :class:`InvalidError` when a file is not
    the one that its record was made with; :class:`IncompleteError` when items are missing.
    """
    given = limits(
        min_drop=min_drop,
        max_nfr=max_nfr,
        strict=strict,
        max_new_failures=max_new_failures,
        max_latency_ratio=max_latency_ratio,
        max_memory_ratio=max_memory_ratio,
        all_metrics=all_metrics,
    )
    old, new = (
        two_sides(_sides(baseline), _where(baseline))
        if candidate is None
        else (_one(baseline), _one(candidate))
    )
    rules = _rules(old, policy)
    found = comparison.compare(
        *with_files(old, new),
        rules.policy.override(**given).corrected(correction),
        suite_named,
        same_recipe=[_one(one) for one in _several(same_recipe)],
        policy_from=rules.where,
        made_for=rules.made_for,
    )
    return Comparison(found)


def _rules(old: Mapping[str, Side], policy: Policy | str | PathLike[str] | None) -> Rules:
    if isinstance(policy, Policy):
        return Rules(policy)
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
