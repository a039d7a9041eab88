"""The figure that a task is asked for, in a line as soon as it is there."""

from __future__ import annotations

from harness.cli.numbers import interval, number
from harness.metrics.cards import asides
from harness.records.record import Record
from harness.records.systems import task_names


def headline(record: Record) -> str:
    """``reranking/folder/x, bm25: nDCG@10 0.4190 [0.3801, 0.4512], n 225``."""
    primary = record.primary
    (task,) = task_names([record])
    figure = f"{primary.name}{asides(True, primary.unit)} {number(primary.value)}"
    bounds = f" {interval(primary)}" if primary.interval else ""
    why = f" ({primary.reason})" if primary.value is None and primary.reason else ""
    return f"{task}, {record.model.name}: {figure}{bounds}, n {primary.n}{why}"
