"""Records as tables in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from harness.cli.class_tables import print_consistency, print_flips
from harness.cli.detection_tables import print_detection
from harness.cli.numbers import interval, number, signed
from harness.cli.opinion_tables import print_opinion
from harness.cli.text_table import print_table
from harness.records.record import Difference, MetricValue, Record
from harness.records.systems import system_names, task_names

PRINTERS: dict[str, Callable[[Any], None]] = {
    "detection": print_detection,
    "image-quality": print_opinion,
    "consistency": print_consistency,
    "flips": print_flips,
}


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
                primary.name,
                number(primary.value),
                interval(primary),
                str(primary.n),
                *[_against_first_stage(record)] * staged,
                *[_beside(record)] * accompanied,
            )
        )
    print_table(rows, right=(3, 5))


def print_record(record: Record) -> None:
    """Everything a reader asks of one record first."""
    (task,) = task_names([record])
    click.echo(f"{record.model.name} on {record.task.title}: {task}")
    click.echo(_facts(record))
    stage = record.first_stage
    first = {m.name: m for m in stage.metrics} if stage else {}
    moved = {d.name: d for d in stage.differences} if stage else {}
    columns = 7 if stage else 4
    rows: list[Sequence[str]] = [
        ("metric", "value", "95% interval", "n", "first stage", "difference", "win/loss/tie")[
            :columns
        ]
    ]
    for metric in record.metrics:
        row = _metric_row(metric, first.get(metric.name), moved.get(metric.name))
        rows.append(row[:columns])
    print_table(rows, right=(1, 3, 4)[: 3 if stage else 2])
    _print_ceiling(record, first)
    _print_part(record)
    origin = record.model.details.get("origin")
    if isinstance(origin, str):
        click.echo(f"  note: {origin}")
    for name, count in record.task.notes.items():
        if count:
            click.echo(f"  note: {name} = {count}")
    for name, reason in _reasons(record):
        click.echo(f"  – {name}: {reason}")
    _print_run(record)


def _print_part(record: Record) -> None:
    if isinstance(record.part, dict):
        click.echo(f"  ! suite {record.task.suite} is not installed here: its part is not shown")
        return
    if record.task.suite == "detection" and record.model.details.get("in_sample_calibration"):
        click.echo("  ! fitted on the calibration texts: mind the FPR realised")
    printer = PRINTERS.get(record.task.suite)
    if printer is not None and record.part is not None:
        printer(record.part)


def _beside(record: Record) -> str:
    found = [metric for name in record.task.beside if (metric := record.metric(name))]
    return ", ".join(f"{metric.name} {number(metric.value)}" for metric in found)


def _against_first_stage(record: Record) -> str:
    stage = record.first_stage
    name = record.task.primary_metric
    found = next((d for d in stage.differences if d.name == name), None) if stage else None
    if found is None or found.value is None:
        return "–"
    return f"{signed(found.value)} {interval(found)}"


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
    arrow = "" if metric.higher_is_better else " (lower is better)"
    return (
        metric.name + arrow,
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
            click.echo(f"  ceiling: {name} of the candidate lists is {number(metric.value)}")


def _reasons(record: Record) -> list[tuple[str, str]]:
    return [(m.name, m.reason) for m in record.metrics if m.reason is not None]


def _print_run(record: Record) -> None:
    if record.run is None:
        return
    run = record.run
    items = "items" if record.task.groups == record.task.items else "pairs"
    rate = "–" if run.items_per_second is None else f"{run.items_per_second:,.1f} {items}/s"
    parts = [f"{run.device_name}", f"{run.wall_seconds:,.1f} s", rate]
    if run.latency is not None:
        parts.append(
            f"{run.latency.median_seconds * 1000:,.1f} ms each "
            f"(95th percentile {run.latency.p95_seconds * 1000:,.1f} ms; {run.latency.protocol})"
        )
    click.echo("  run: " + ", ".join(parts))
