"""A figure in words, for formats that have a place for a number and a note."""

from __future__ import annotations

import re
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


def by_model(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs of each model by its name; where models of one name meet on a task, by fingerprint.

    A name is enough for files of scores, each of which is known by its own digest. Of runs that
    say the same the newest is taken. Raises :class:`UsageError` where two of one fingerprint would
    be different figures on one task.
    """
    named: dict[str, list[Run]] = {}
    for run in runs:
        named.setdefault(run.record.model.name, []).append(run)
    found: dict[str, list[Run]] = {}
    for name, own in sorted(named.items()):
        tasks: dict[str, set[str]] = {}
        for run in own:
            tasks.setdefault(run.record.task.id, set()).add(run.record.model.fingerprint)
        meet = any(len(models) > 1 for models in tasks.values())
        for run in own:
            label = f"{name}-{run.record.model.fingerprint[:8]}" if meet else name
            found.setdefault(label, []).append(run)
    return {label: _newest(own) for label, own in found.items()}


def _newest(runs: Sequence[Run]) -> list[Run]:
    kept: dict[str, Run] = {}  # in the order in which they came, whatever was made first
    for run in runs:
        task = run.record.task.id
        if task in kept and _said(kept[task]) != _said(run):
            raise UsageError(
                f"two runs of {run.record.model.name[:80]!r} on {task} that differ",
                fix="Give one of them: a card has one figure for each",
            )
        if task not in kept or run.record.created > kept[task].record.created:
            kept[task] = run
    return list(kept.values())


def _said(run: Run) -> object:
    """The work and the figures of a run."""
    record = run.record
    return record.task.fingerprint, [(one.name, one.value, one.n) for one in record.metrics]


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
