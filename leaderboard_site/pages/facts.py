"""What the page of a task says beyond its tables: the data, the method, each system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.records.record import FirstStageRef, IntervalMethod, Record, RunInfo
from leaderboard_site.pages.captions import ceiling_of
from leaderboard_site.reading.parts import part_of
from leaderboard_site.reading.summary import FIRST_STAGE_CAPABILITY
from leaderboard_site.tables.figures import (
    DifferenceCell,
    Figure,
    Notes,
    difference_cell,
    metric_figure,
)
from leaderboard_site.text import (
    DASH,
    clip,
    command_line,
    count,
    duration,
    pairs,
    percent,
    plural,
    rate,
    size,
    value_text,
)

Pairs = tuple[tuple[str, str], ...]
SCORED_FILE = "predictions"


@dataclass(frozen=True, slots=True)
class DataCard:
    """Where a task's data came from and what to know of it; one per task fingerprint."""

    fingerprint: str
    facts: Pairs
    description: str
    citation: str
    caveats: tuple[str, ...]
    notes: Pairs
    members: Pairs


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One metric of one system: value, interval, n and the paired difference."""

    name: str
    arrow: str
    value: Figure
    n: str
    difference: DifferenceCell | None


@dataclass(frozen=True, slots=True)
class StageView:
    """The first stage: parameters, its own values, and which of them is the ceiling."""

    name: str
    depth: str
    parameters: Pairs
    metrics: tuple[MetricLine, ...]
    ceiling: str | None


@dataclass(frozen=True, slots=True)
class SystemDetail:
    """All facts of one record in titled blocks, and the command that makes it again.

    ``is_paired`` is false when there is no other system to compare with.
    """

    is_paired: bool
    metrics: tuple[MetricLine, ...]
    blocks: tuple[tuple[str, Pairs], ...]
    command: str
    command_note: str


def data_card(record: Record) -> DataCard:
    """The card of the task as the record tells it."""
    task = record.task
    facts = [
        ("Task", task.id),
        ("Protocol version", task.version),
        ("Fingerprint", task.fingerprint),
        ("Source", task.source),
        ("Revision", task.revision),
        ("Licence", task.licence),
        ("Groups", count(task.groups)),
        ("Items", count(task.items)),
    ]
    if task.limit is not None:
        facts.append(("Limit", f"only the first {plural(task.limit, 'group')}: a quick look"))
    return DataCard(
        fingerprint=task.fingerprint[:8],
        facts=tuple((key, value or DASH) for key, value in facts),
        description=task.description,
        citation=task.citation,
        caveats=tuple(task.caveats),
        notes=tuple((key.replace("_", " "), count(task.notes[key])) for key in sorted(task.notes)),
        members=tuple(sorted((task.members or {}).items())),
    )


def interval_sentences(records: Iterable[Record]) -> tuple[str, ...]:
    """How intervals were made, one sentence for each different way, with its systems' count."""
    ways: dict[IntervalMethod, int] = {}
    for record in records:
        ways[record.intervals] = ways.get(record.intervals, 0) + 1
    return tuple(
        f"{way.method}: {percent(way.level)} coverage, {plural(way.replicates, 'replicate')}, "
        f"seed {way.seed}, {plural(way.clusters, 'cluster')} resampled "
        f"({plural(number, 'record')})."
        for way, number in ways.items()
    )


def stage_view(stage: FirstStageRef, notes: Notes) -> StageView:
    """The block on the first stage."""
    ceiling = ceiling_of(stage)
    lines = [
        MetricLine(
            name=metric.name,
            arrow="↑" if metric.higher_is_better else "↓",
            value=metric_figure(metric, notes, decimals=2),
            n=count(metric.n),
            difference=None,
        )
        for metric in stage.metrics
    ]
    return StageView(
        name=clip(stage.name),
        depth=count(stage.depth),
        parameters=pairs(stage.parameters),
        metrics=tuple(lines),
        ceiling=ceiling.name if ceiling else None,
    )


def system_detail(record: Record, notes: Notes) -> SystemDetail:
    """Everything one record says of its system."""
    blocks: Sequence[tuple[str, Pairs]] = [
        ("Model", _model_facts(record)),
        ("Options", pairs(record.model.options)),
        ("Details from the adapter", pairs(record.model.details)),
        ("Run", _run_facts(record.run)),
        ("Checks", _check_facts(record)),
        ("Software", _software_facts(record)),
        ("Evidence", _evidence_facts(record)),
    ]
    return SystemDetail(
        is_paired=record.first_stage is not None
        and record.model.capability != FIRST_STAGE_CAPABILITY,
        metrics=_metric_lines(record, notes),
        blocks=tuple((title, facts) for title, facts in blocks if facts),
        command=command(record),
        command_note=_command_note(record),
    )


def _metric_lines(record: Record, notes: Notes) -> tuple[MetricLine, ...]:
    stage = record.first_stage
    differences = {d.name: d for d in reversed(stage.differences)} if stage else {}
    lines = []
    for metric in record.metrics:
        paired = differences.get(metric.name)
        better = metric.higher_is_better
        lines.append(
            MetricLine(
                name=metric.name,
                arrow="↑" if better else "↓",
                value=metric_figure(metric, notes, decimals=2),
                n=count(metric.n),
                difference=difference_cell(paired, notes, higher_is_better=better, decimals=2)
                if paired
                else None,
            )
        )
    return tuple(lines)


def command(record: Record) -> str:
    """The command that makes the record again, with every word quoted where it has to be."""
    model, task = record.model, record.task
    if model.adapter == SCORED_FILE:
        words = ["marginbench", "score", "--task", task.id, "--predictions", "FILE"]
        return command_line([*words, "--model-name", model.name])
    wanted = [task.id] if task.members is None else sorted(task.members)
    name = f"{model.adapter}:{model.checkpoint}" if model.checkpoint else model.adapter
    words = ["marginbench", "evaluate", "--model", name]
    for key in sorted(model.options):
        if model.options[key] is not None:
            words += ["--option", f"{key}={value_text(model.options[key])}"]
    for task_id in wanted:
        words += ["--task", task_id]
    if model.dtype is not None:
        words += ["--dtype", model.dtype]
    if task.limit is not None:
        words += ["--limit", str(task.limit)]
    return command_line(words)


def _command_note(record: Record) -> str:
    said = []
    if record.model.adapter == SCORED_FILE:
        said.append("FILE is the predictions file, which is not part of the record.")
    elif record.model.checkpoint:
        said.append("A local checkpoint is shown by the last part of its path.")
    if record.first_stage is not None:
        said.append(
            "Add --data or a given first stage where the task needs one; the task fingerprint "
            "tells whether the work was the same."
        )
    return " ".join(said)


def _model_facts(record: Record) -> Pairs:
    model = record.model
    return _known(
        ("Name", model.name),
        ("Adapter", model.adapter),
        ("Checkpoint", model.checkpoint),
        ("Revision", model.revision),
        ("Number format", model.dtype),
        ("Capability used", model.capability),
        ("Scores compare across queries", _yes(model.scores_compare_across_queries)),
        ("Own code of the checkpoint was run", _yes(model.trust_remote_code)),
        ("Model fingerprint", model.fingerprint),
    )


def _run_facts(run: RunInfo | None) -> Pairs:
    if run is None:
        return ()
    latency = run.latency
    device_memory = run.peak_device_memory_bytes
    return _known(
        ("Device", f"{run.device} ({run.device_name})"),
        ("Workers", count(run.workers)),
        ("Batches", ", ".join(f"{key} {text}" for key, text in pairs(run.batch))),
        ("Time in the model", duration(run.wall_seconds)),
        ("Time to load", duration(run.load_seconds)),
        ("Items per second", None if run.items_per_second is None else rate(run.items_per_second)),
        ("Latency, median", duration(latency.median_seconds) if latency else None),
        ("Latency, 95th percentile", duration(latency.p95_seconds) if latency else None),
        ("Latency protocol", f"{latency.protocol}, {plural(latency.queries, 'query')}"
         if latency else f"not measured: {run.latency_reason or 'no reason was recorded'}"),
        ("Peak memory", size(run.peak_memory_bytes)),
        ("Peak device memory", None if device_memory is None else size(device_memory)),
        ("Attempts", count(run.attempts)),
    )  # fmt: skip


def _check_facts(record: Record) -> Pairs:
    checks = part_of(record, "reranking")
    if checks is None:
        return ()
    return tuple(
        (name.replace("_", " ").capitalize(), count(number))
        for name, number in checks.model_dump().items()
    )


def _software_facts(record: Record) -> Pairs:
    software = record.environment
    git = software.git
    state = "" if git is None else f"{git.commit[:12]}{', with local changes' if git.dirty else ''}"
    packages = ", ".join(f"{name} {text}" for name, text in pairs(software.packages))
    return _known(
        ("MarginBench", software.marginbench),
        ("Git commit", state or "not run from a checkout"),
        ("Python", software.python),
        ("Platform", software.platform),
        ("Packages", packages or None),
    )


def _evidence_facts(record: Record) -> Pairs:
    found = []
    for title, evidence in (("Predictions", record.predictions), ("Per-query", record.groups)):
        if evidence is not None:
            found.append((f"{title} sha256", evidence.sha256))
            found.append((f"{title} rows", count(evidence.rows)))
    found.append(("Finished", re.sub(r"\.\d+", "", record.created)))
    return tuple(found)


def _known(*facts: tuple[str, Any]) -> Pairs:
    return tuple((key, text) for key, text in facts if text)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
