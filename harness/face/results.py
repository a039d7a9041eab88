"""Runs as a program holds them: records, frames, and a table in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from harness.compare.sides import Side
from harness.errors import InvalidError, UsageError, first_ids
from harness.face.tables import frame_of, html_table, joined, pandas
from harness.records.record import MetricValue, Record
from harness.records.rows import COLUMNS, metric_rows, shown_rows
from harness.records.systems import system_names, task_names
from harness.tasks.arrow import as_numpy

if TYPE_CHECKING:
    import pandas as pd

MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Run:
    """One model on one task: its record, and the folder with the tables beside it."""

    record: Record
    folder: Path

    @property
    def task(self) -> str:
        """The task's id."""
        return self.record.task.id

    @property
    def system(self) -> str:
        """The model's name."""
        return self.record.model.name

    def metric(self, name: str | None = None) -> MetricValue:
        """A metric by its name, or the one that ranks systems; :class:`UsageError` for none."""
        found = self.record.primary if name is None else self.record.metric(name)
        if found is None:
            known = first_ids([metric.name for metric in self.record.metrics], most=12)
            raise UsageError(f"{self.task} has no metric {name!r}", fix=f"Known: {known}")
        return found

    def frame(self) -> pd.DataFrame:
        """A row for every metric; see :meth:`Results.frame`."""
        return Results([self]).frame()

    def items(self) -> pd.DataFrame:
        """A row for every query or item with its values; see :meth:`Results.items`."""
        return Results([self]).items()

    def predictions(self) -> pd.DataFrame:
        """A row for every answer of the model; see :meth:`Results.predictions`."""
        return Results([self]).predictions()

    def _repr_html_(self) -> str:
        return Results([self])._repr_html_()


class Results(Sequence[Run]):
    """Some runs. ``results[0]`` is the first, ``results["TASK"]`` the only one of a task."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = tuple(runs)

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, key: int | str) -> Run: ...

    @overload
    def __getitem__(self, key: slice) -> Results: ...

    def __getitem__(self, key: int | str | slice) -> Run | Results:
        if isinstance(key, slice):
            return Results(self._runs[key])
        return self._of_task(key) if isinstance(key, str) else self._runs[key]

    @property
    def records(self) -> tuple[Record, ...]:
        """The records themselves."""
        return tuple(run.record for run in self._runs)

    def frame(self) -> pd.DataFrame:
        """A pandas data frame with a row for every metric of every run.

        Its columns are those of ``marginbench show --format csv``. Raises :class:`UsageError`
        where pandas is not installed.
        """
        return frame_of(metric_rows(self.records), COLUMNS)

    def items(self) -> pd.DataFrame:
        """A data frame with a row for every query or item of every run: ``groups.parquet``.

        Means over tasks have no items of their own. Raises :class:`InvalidError` when the table is
        not beside its record, or is another one.
        """
        return self._tables("groups")

    def predictions(self) -> pd.DataFrame:
        """A data frame with a row for every answer, in the task's order: ``predictions.parquet``.

        Raises as :meth:`items`.
        """
        return self._tables("predictions")

    def __repr__(self) -> str:
        names = zip(self._runs, task_names(self.records), system_names(self.records), strict=True)
        lines = [_count(self._runs), *(f"  {_line(*named)}" for named in names)]
        more = len(lines) - 1 - MOST_LINES
        return "\n".join(lines[: MOST_LINES + 1] + ([f"  and {more} more"] if more > 0 else []))

    def _repr_html_(self) -> str:
        rows = shown_rows(metric_rows(self.records))
        return html_table(rows, _count(self._runs), rest=".frame() has all of them")

    def _of_task(self, task: str) -> Run:
        found = [run for run in self._runs if run.task == task]
        if len(found) != 1:
            known = first_ids(list(dict.fromkeys(run.task for run in self._runs)))
            raise UsageError(f"there are {len(found)} runs of {task!r} here", fix=f"Known: {known}")
        return found[0]

    def _tables(self, kind: str) -> pd.DataFrame:
        module = pandas()
        names = system_names(self.records)
        frames = []
        for run, system in zip(self._runs, names, strict=True):
            if run.record.task.members is None:
                columns = {"system": system, "task": run.task, **_columns(run, kind)}
                frames.append(module.DataFrame(columns))
        return joined(frames)


def _count(runs: Sequence[Run]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"


def _columns(run: Run, kind: str) -> dict[str, Any]:
    side = Side(run.record, run.folder)
    table = side.groups if kind == "groups" else side.predictions()
    if table is None:
        raise InvalidError(
            f"{run.folder} lacks the table {kind}.parquet of its record",
            fix=f"Make it again with: marginbench score {run.folder}",
        )
    return {name: as_numpy(table[name]) for name in table.column_names}


def _line(run: Run, task: str, system: str) -> str:
    metric = run.record.primary
    if metric.value is None:
        return f"{task}  {system}  {metric.name} – ({metric.reason})"
    bounds = "" if metric.interval is None else " [{:.4f}, {:.4f}]".format(*metric.interval)
    return f"{task}  {system}  {metric.name} {metric.value:.4f}{bounds}, n {metric.n:,}"
