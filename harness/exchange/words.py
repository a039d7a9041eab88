"""A figure in words, for formats that have a place for a number and a note."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from harness.errors import UsageError
from harness.exchange.base import Run
from harness.records.record import MetricValue, Record

_REPOSITORY = re.compile(r"hf:([A-Za-z0-9][\w.-]*/[\w.-]+)")
_COMMIT = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")


def note_of(record: Record, metric: MetricValue) -> str:
    """Metric, interval, n and what made them, in a line."""
    parts = [metric.name + (f" in {metric.unit}" if metric.unit else "")]
    if metric.interval is not None:
        low, high = metric.interval
        level = f"{record.intervals.level:.0%} interval {low:.4f} to {high:.4f}"
        rough = metric.basis is not None and metric.basis.rough is not None
        parts.append(level + (" (rough)" if rough else ""))
    parts.append(f"n {metric.n:,}")
    if record.task.limit is not None:
        parts.append(f"a quick look at the first {record.task.limit:,}, no result")
    parts.append(f"MarginBench {record.environment.marginbench}, {record.task.id}")
    parts.append(f"protocol {record.task.version}, work {record.task.fingerprint[:12]}")
    return "; ".join(parts)


def short_note(record: Record, metric: MetricValue) -> str:
    """Metric, interval and n alone."""
    told = note_of(record, metric).partition(f"; MarginBench {record.environment.marginbench}")[0]
    return told.replace("; ", ", ")


def once_each(runs: Sequence[Run]) -> None:
    """Raise :class:`UsageError` where two runs would be one figure of one model."""
    counts = Counter((run.record.model.name, run.record.task.id) for run in runs)
    twice = next((key for key, count in counts.items() if count > 1), None)
    if twice is not None:
        raise UsageError(
            f"{counts[twice]} runs of {twice[0][:80]!r} on {twice[1]}",
            fix="Give one of them: a card has one figure for each",
        )


def repository_of(record: Record) -> str:
    """The hub's data set that a task's data came from, ``""`` for any other place."""
    found = _REPOSITORY.match(record.task.source)
    return found[1] if found else ""


def commit_of(record: Record) -> str:
    """The pinned commit of data from the hub, ``""`` where no single one is pinned."""
    if not repository_of(record):
        return ""
    found = _COMMIT.findall(record.task.revision)
    return found[0] if len(set(found)) == 1 else ""
