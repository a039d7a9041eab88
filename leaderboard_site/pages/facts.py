"""What the page of a task says beyond its tables: the data, the method, each system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.metrics.intervals.base import METHODS
from harness.records.amounts import cost
from harness.records.bars import stage_name
from harness.records.invariance_words import lines_of
from harness.records.record import FirstStageRef, IntervalMethod, Record
from harness.records.run_info import Effort, Requests
from leaderboard_site.board.systems import arrow
from leaderboard_site.pages.captions import ceiling_of
from leaderboard_site.reading.summary import FIRST_STAGE_CAPABILITY
from leaderboard_site.tables.figures import (
    DifferenceCell,
    Figure,
    Notes,
    difference_cell,
    metric_figure,
    scale_text,
)
from leaderboard_site.text import (
    DASH,
    clip,
    count,
    duration,
    pairs,
    percent,
    plural,
    rate,
    size,
)

MOST_METHODS, MOST_NAMES = 12, 8
"""Methods of intervals that are told of, and metrics that each is told for."""

Pairs = tuple[tuple[str, str], ...]


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
    scale: str
    metrics: tuple[MetricLine, ...]
    ceiling: str | None


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
    """How intervals were made: a sentence for each method, with what it made and over how much.

    Of records that do not say what their intervals rest on, one for each way, with their number.
    """
    ways: dict[IntervalMethod, int] = {}
    found: dict[tuple[str, float, str], _Made] = {}
    for record in records:
        way = record.intervals
        if any(metric.interval and not metric.basis for metric in record.metrics):
            ways[way] = ways.get(way, 0) + 1
        for metric in record.metrics:
            if metric.interval and metric.basis:
                key = (metric.basis.method, way.level, _draws(metric.basis.method, way))
                found.setdefault(key, _Made({}, set())).add(metric.name, metric.basis.units)
    return (
        *(_by_method(*key, made) for key, made in list(found.items())[:MOST_METHODS]),
        *(
            f"{way.method}: {percent(way.level)} coverage, {plural(way.replicates, 'replicate')}, "
            f"seed {way.seed}, {plural(way.clusters, 'cluster')} resampled "
            f"({plural(number, 'record')})."
            for way, number in ways.items()
        ),
    )


class _Made(NamedTuple):
    """Names of the metrics that a method made, in order, and over how many units."""

    names: dict[str, None]
    units: set[int]

    def add(self, name: str, units: int) -> None:
        self.names[name] = None
        self.units.add(units)


def _draws(method: str, way: IntervalMethod) -> str:
    known = METHODS.get(method)
    if known is None or not known.draws:
        return ""
    return f", {plural(way.replicates, 'replicate')}, seed {way.seed}"


def _by_method(method: str, level: float, drawn: str, made: _Made) -> str:
    names = [clip(name, most=40) for name in made.names]
    more = f" and {count(len(names) - MOST_NAMES)} more" if len(names) > MOST_NAMES else ""
    low, high = min(made.units), max(made.units)
    units = plural(high, "unit") if low == high else f"{count(low)} to {plural(high, 'unit')}"
    title = METHODS[method].title if method in METHODS else clip(method)
    said = f"{', '.join(names[:MOST_NAMES])}{more}: {title}, {units}"
    return f"{said}, {percent(level)} coverage{drawn}."


def stage_view(stage: FirstStageRef, notes: Notes) -> StageView:
    """The block on the first stage."""
    ceiling = ceiling_of(stage)
    lines = [
        MetricLine(
            name=metric.name,
            arrow=arrow(metric),
            value=metric_figure(metric, notes, decimals=2),
            n=count(metric.n),
            difference=None,
        )
        for metric in stage.metrics
    ]
    return StageView(
        name=clip(stage_name(stage.name)),
        depth=count(stage.depth),
        parameters=pairs(stage.parameters),
        scale=scale_text(metric.unit for metric in stage.metrics),
        metrics=tuple(lines),
        ceiling=ceiling.name if ceiling else None,
    )


def system_facts(record: Record) -> tuple[tuple[str, Pairs], ...]:
    """Everything one record says of its system beside figures, in titled blocks."""
    blocks: Sequence[tuple[str, Pairs]] = [
        ("Model", _model_facts(record)),
        ("Options", pairs(record.model.options)),
        ("Details from the adapter", pairs(record.model.details)),
        ("Run", _run_facts(record)),
        ("Software", _software_facts(record)),
        ("Evidence", _evidence_facts(record)),
    ]
    return tuple((title, facts) for title, facts in blocks if facts)


def is_paired(record: Record) -> bool:
    """Whether a system is set beside a first stage that is not its own."""
    return record.first_stage is not None and record.model.capability != FIRST_STAGE_CAPABILITY


def metric_lines(record: Record, notes: Notes) -> tuple[MetricLine, ...]:
    """Every metric of a record, in its order."""
    lines = []
    for metric in record.metrics:
        paired = record.difference(metric.name)
        lines.append(
            MetricLine(
                name=metric.name,
                arrow=arrow(metric),
                value=metric_figure(metric, notes, decimals=2),
                n=count(metric.n),
                difference=difference_cell(paired, metric, notes, decimals=2) if paired else None,
            )
        )
    return tuple(lines)


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


def _run_facts(record: Record) -> Pairs:
    run = record.run
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
        *((line.key.capitalize(), line.whole) for line in lines_of(run, record.model.dtype)),
    ) + _effort_facts(run.effort, record.task.groups)  # fmt: skip


def _effort_facts(effort: Effort | None, queries: int) -> Pairs:
    """What asking a language model cost: for one query, and over all."""
    if effort is None or not queries:
        return ()

    def both(total: int | None) -> str | None:
        return None if total is None else f"{rate(total / queries)} a query, {count(total)} in all"

    asked = effort.requests is None or effort.completion_tokens is not None
    return _known(
        ("Questions asked", both(effort.calls) if asked else None),
        ("Tokens read", both(effort.prompt_tokens) or "not counted by the server"),
        ("Tokens written", both(effort.completion_tokens)),
        ("Answers repaired", f"{both(effort.repairs)}, in {count(effort.groups_repaired)} of "
         f"{plural(queries, 'query')}" if asked or effort.repairs else None),
    ) + _request_facts(effort.requests)  # fmt: skip


def _request_facts(requests: Requests | None) -> Pairs:
    """What was asked of a server."""
    if requests is None:
        return ()
    median, late = requests.median_seconds, requests.p95_seconds
    return _known(
        ("Requests answered", count(requests.answered)),
        ("Requests made again", count(requests.retries)),
        ("Time of a request, median", None if median is None else duration(median)),
        ("Time of a request, 95th percentile", None if late is None else duration(late)),
        ("Prompts shortened", count(requests.shortened) if requests.shortened else None),
        ("Labels not among the likeliest tokens",
         count(requests.unseen) if requests.unseen else None),
        ("Billed units", None if requests.billed_units is None else count(requests.billed_units)),
        ("Cost, by the stated price", None if requests.cost is None else cost(requests.cost)),
    )  # fmt: skip


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
