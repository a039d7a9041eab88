"""Many runs as one table for a paper: a row for each system, a column for each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.metrics.cards import asides
from harness.records.record import MetricValue, Record
from harness.records.systems import system_names, task_names


class Column(NamedTuple):
    """A task and a metric; ``aside`` is what its name has to say for itself, such as its unit."""

    task: str
    metric: str
    aside: str

    @property
    def title(self) -> str:
        """What stands above the column."""
        return f"{self.task} {self.metric}{self.aside}"


@dataclass(frozen=True, slots=True)
class Wide:
    """Systems by columns of a task and a metric; ``None`` where a system has no such figure."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[MetricValue | None, ...]], ...]


def wide_table(records: Sequence[Record], metrics: Sequence[str] = ()) -> Wide:
    """The metric that ranks on each task, or the ``metrics`` that are named, of every system.

    Systems and tasks stand in the records' order. Of two records of one system on one task the
    later one counts, in that order.
    """
    found: dict[str, dict[Column, MetricValue]] = {}
    columns: dict[Column, None] = {}
    named = zip(records, system_names(records), task_names(records), strict=True)
    for record, system, task in named:
        for metric in metrics_of(record, metrics):
            column = Column(task, metric.name, asides(metric.higher_is_better, metric.unit))
            columns[column] = None
            found.setdefault(system, {})[column] = metric
    return Wide(
        tuple(columns),
        tuple((name, tuple(map(cells.get, columns))) for name, cells in found.items()),
    )


def metrics_of(record: Record, names: Sequence[str]) -> list[MetricValue]:
    """The record's metrics of these names in their order; without any name the primary one."""
    if not names:
        return [record.primary]
    return [metric for name in names if (metric := record.metric(name)) is not None]
