"""Records as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.cli.effort_lines import effort_lines
from harness.cli.exhibit_tables import print_exhibits
from harness.cli.numbers import ROUGH, interval, number, signed
from harness.cli.remarks import clusters_said, left_out, lost, print_remarks, remarks_of
from harness.cli.summary_notes import print_notes
from harness.cli.text_table import print_line, print_table
from harness.compare.sides import Side
from harness.exhibits import Shown, exhibits_of
from harness.metrics.cards import asides
from harness.metrics.intervals.base import METHODS
from harness.records.amounts import duration, rate
from harness.records.invariance_words import lines_of
from harness.records.record import Difference, MetricValue, Record
from harness.records.systems import system_names, task_names

MOST_NOTES = 50
"""Counts of a data set that are told one by one."""


def print_summary(records: Sequence[Record]) -> None:
    """One line per record: task, system, primary metric, what must stand beside it."""
    staged = any(record.first_stage for record in records)
    accompanied = any(record.task.beside for record in records)
    rows: list[Sequence[str]] = [
        (
            *("task", "system", "metric", "value", "95% interval", "n"),
            *["vs first stage"] * staged,
            *["beside it"] * accompanied,
        )
    ]
    named = zip(records, task_names(records), system_names(records), strict=True)
    for record, task, system in named:
        primary = record.primary
        rows.append(
            (
                task,
                system,
                primary.name + asides(True, primary.unit),
                number(primary.value),
                interval(primary),
                str(primary.n),
                *[_against_first_stage(record)] * staged,
                *[_beside(record)] * accompanied,
            )
        )
    print_table(rows, right=(3, 5))
    shown = [part for record in records for part in (record.primary, record.gain) if part]
    if any(part.basis is not None and part.basis.rough for part in shown):
        print_line(f"  {ROUGH} rough: it may cover less than it says; `show` of the run says why")
    print_remarks(records)
    print_notes(records)


def remarks(record: Record) -> list[str]:
    """What must be said beside a record's figures: of the file it is of, and of its part."""
    return [*lost(record), *remarks_of(record)]


def print_record(record: Record, folder: Path) -> None:
    """Everything a reader asks of one record first; its tables lie in ``folder``, if anywhere."""
    (task,) = task_names([record])
    print_line(f"{record.model.name} on {record.task.title}: {task}")
    print_line(_facts(record))
    stage = record.first_stage
    first = {m.name: m for m in stage.metrics} if stage else {}
    columns = 7 if stage else 4
    rows: list[Sequence[str]] = [
        ("metric", "value", "95% interval", "n", "first stage", "difference", "win/loss/tie")[
            :columns
        ]
    ]
    for metric in record.metrics:
        row = _metric_row(metric, first.get(metric.name), record.difference(metric.name))
        rows.append(row[:columns])
    print_table(rows, right=(1, 3, 4)[: 3 if stage else 2])
    _print_intervals(record)
    _print_ceiling(record, first)
    print_exhibits(exhibits_of([Shown(record.model.name, Side(record, folder))]))
    if record.task.members is None:
        print_line(f"  {clusters_said(record)}")
    for remark in left_out(record):
        print_line(f"  note: {remark}")
    for remark in remarks(record):
        print_line(f"  ! {remark}")
    origin = record.model.details.get("origin")
    if isinstance(origin, str):
        print_line(f"  note: {origin}")
    notes = [f"{name} = {count}" for name, count in record.task.notes.items() if count]
    for note in notes[:MOST_NOTES]:
        print_line(f"  note: {note}")
    if len(notes) > MOST_NOTES:
        print_line(f"  note: and {len(notes) - MOST_NOTES:,} counts more, see --json")
    for name, reason in _reasons(record):
        print_line(f"  – {name}: {reason}")
    _print_run(record)


def _beside(record: Record) -> str:
    found = [metric for name in record.task.beside if (metric := record.metric(name))]
    return ", ".join(f"{m.name} {number(m.value)} {m.unit}".rstrip() for m in found)


def _against_first_stage(record: Record) -> str:
    gain = record.gain
    if gain is None or gain.value is None:
        return "–"
    return f"{signed(gain.value)} {interval(gain)}"


def _facts(record: Record) -> str:
    model = record.model
    words = [f"adapter {model.adapter}", f"dtype {model.dtype or '–'}"]
    words += [f"{key}={value}" for key, value in sorted(model.options.items())]
    if record.first_stage:
        words.append(f"first stage {record.first_stage.name}, top {record.first_stage.depth}")
    words.append(f"task {record.task.fingerprint[:8]}, model {model.fingerprint[:8]}")
    return "  " + "; ".join(words)


def _metric_row(
    metric: MetricValue, first: MetricValue | None, moved: Difference | None
) -> tuple[str, ...]:
    return (
        metric.name + asides(metric.higher_is_better, metric.unit),
        number(metric.value),
        interval(metric),
        str(metric.n),
        number(first.value if first else None),
        f"{signed(moved.value)} {interval(moved)}" if moved and moved.value is not None else "–",
        f"{moved.wins}/{moved.losses}/{moved.ties}" if moved else "–",
    )


def _print_ceiling(record: Record, first: dict[str, MetricValue]) -> None:
    own = {metric.name for metric in record.metrics}
    for name, metric in first.items():
        if name not in own:
            print_line(f"  ceiling: {name} of the candidate lists is {number(metric.value)}")


def _print_intervals(record: Record) -> None:
    """Why some are rough, and by which methods they are, over how many units."""
    parts: list[MetricValue | Difference] = [*record.metrics]
    parts += record.first_stage.differences if record.first_stage else []
    told: dict[str, list[str]] = {}
    for part in parts:
        if part.basis is not None and part.basis.rough:
            names = told.setdefault(part.basis.rough, [])
            names += [part.name] * (part.name not in names)
    for reason, names in told.items():
        print_line(f"  {ROUGH} rough, {reason}: {', '.join(names)}")
    made: dict[tuple[str, int], list[str]] = {}
    for metric in record.metrics:
        if metric.basis is not None:
            made.setdefault((metric.basis.method, metric.basis.units), []).append(metric.name)
    for (method, units), names in made.items():
        title = METHODS[method].title if method in METHODS else method
        print_line(f"  intervals: {', '.join(names)} by {title}, {units:,} units")


def _reasons(record: Record) -> list[tuple[str, str]]:
    return [(m.name, m.reason) for m in record.metrics if m.reason is not None]


def _print_run(record: Record) -> None:
    if record.run is None:
        return
    run = record.run
    items = "pairs" if record.first_stage else "items"
    speed = "–" if run.items_per_second is None else f"{rate(run.items_per_second)} {items}/s"
    parts = [f"{run.device_name}", duration(run.wall_seconds), speed]
    if run.latency is not None:
        parts.append(
            f"{duration(run.latency.median_seconds)} each "
            f"(95th percentile {duration(run.latency.p95_seconds)}; {run.latency.protocol})"
        )
    print_line("  run: " + ", ".join(parts))
    for said in effort_lines(run.effort, record.task.groups):
        print_line("  " + said)
    for line in lines_of(run, record.model.dtype):
        print_line(f"  {line.key}: {line.whole}")
