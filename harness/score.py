"""Predictions + task -> record. Pure CPU; the same input gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.capabilities import Floats
from harness.files import sha256_file, write_atomic
from harness.metrics.base import MetricResult
from harness.metrics.checks import groups_without_relevant, score_checks
from harness.metrics.intervals import Bootstrap, paired_difference
from harness.metrics.ranking import compute_ranking_metrics
from harness.nouns import Task, TaskData
from harness.predictions import align, read_predictions, refuse_constant
from harness.records import (
    SCHEMA_VERSION,
    Checks,
    Difference,
    Environment,
    Evidence,
    FirstStageRef,
    IntervalMethod,
    MetricValue,
    ModelRef,
    Record,
    RunInfo,
    TaskRef,
    to_json,
)
from harness.store import RunFolder

FIRST_STAGE_PREFIX = "first_stage:"
"""Prefix of the first stage's columns in the per-group file."""


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """A task with its data, as loaded for one request."""

    task: Task
    data: TaskData
    fingerprint: str
    limit: int | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who made the predictions, how, with what software, and when they were finished."""

    model: ModelRef
    run: RunInfo | None
    environment: Environment
    created: str


def score_folder(folder: RunFolder, loaded: LoadedTask, made: Provenance) -> Record:
    """Score the folder's predictions; writes the per-group values and the record beside them.

    Raises :class:`~harness.errors.InvalidError` or :class:`~harness.errors.IncompleteError` when
    the predictions do not cover the task exactly once with finite, non-constant scores.
    """
    group_ids, item_ids, raw, _ = read_predictions(folder.predictions)
    scores = align(loaded.data.groups, group_ids, item_ids, raw)
    refuse_constant(scores)
    evidence = Evidence(
        file=folder.predictions.name, sha256=sha256_file(folder.predictions), rows=len(scores)
    )
    scored = score_ranking(loaded, scores, comparable=made.model.scores_compare_across_queries)
    write_groups(folder.groups, loaded.data, scored)
    groups = Evidence(
        file=folder.groups.name,
        sha256=sha256_file(folder.groups),
        rows=len(loaded.data.groups),
    )
    record = make_record(loaded, made, scored, predictions=evidence, groups=groups)
    write_atomic(folder.record, to_json(record).encode())
    return record


@dataclass(frozen=True, slots=True)
class Scored:
    """Metrics of a model and of the first stage over the same groups."""

    metrics: tuple[MetricResult, ...]
    first_stage: tuple[MetricResult, ...]
    differences: tuple[Difference, ...]
    intervals: IntervalMethod
    checks: Checks


def score_ranking(loaded: LoadedTask, scores: Floats, *, comparable: bool) -> Scored:
    """Compute a reranking task's metrics for flat canonical ``scores`` and for the first stage."""
    task, data = loaded.task, loaded.data
    bootstrap = Bootstrap([group.cluster for group in data.groups])
    metrics = compute_ranking_metrics(
        task.metrics,
        data.groups,
        data.gold,
        scores,
        scores_comparable=comparable,
        bootstrap=bootstrap,
    )
    ceiling = ceiling_name(task, data.first_stage.depth)
    first = compute_ranking_metrics(
        [*task.metrics, ceiling],
        data.groups,
        data.gold,
        first_stage_scores(data),
        scores_comparable=False,
        bootstrap=bootstrap,
    )
    return Scored(
        metrics=tuple(metrics),
        first_stage=tuple(first),
        differences=tuple(
            _difference(ours, theirs, bootstrap)
            for ours, theirs in zip(metrics, first, strict=False)
            if ours.per_group is not None and theirs.per_group is not None
        ),
        intervals=IntervalMethod(**bootstrap.describe()),
        checks=Checks(
            **asdict(score_checks(data.groups, scores)),
            groups_without_relevant=groups_without_relevant(data.groups, data.gold),
        ),
    )


def ceiling_name(task: Task, depth: int) -> str:
    """Name of the recall that no reranker of ``depth`` candidates can exceed."""
    recall = next((name for name in task.metrics if name.startswith("R") and "@" in name
                   and not name.startswith("RR")), "R@10")  # fmt: skip
    return f"{recall.partition('@')[0]}@{depth}"


def first_stage_scores(data: TaskData) -> Floats:
    """The first stage's own scores, flat in canonical order."""
    scores = [score for group in data.groups for score in group.first_stage_scores]
    return np.array(scores, dtype=np.float32)


def make_record(
    loaded: LoadedTask,
    made: Provenance,
    scored: Scored,
    *,
    predictions: Evidence,
    groups: Evidence,
) -> Record:
    """Put scored metrics and provenance into a record."""
    stage = loaded.data.first_stage
    return Record(
        schema_version=SCHEMA_VERSION,
        task=task_ref(loaded),
        model=made.model,
        metrics=[metric_value(result) for result in scored.metrics],
        first_stage=FirstStageRef(
            name=stage.name,
            depth=stage.depth,
            parameters=dict(stage.parameters),
            metrics=[metric_value(result) for result in scored.first_stage],
            differences=list(scored.differences),
        ),
        intervals=scored.intervals,
        checks=scored.checks,
        predictions=predictions,
        groups=groups,
        run=made.run,
        environment=made.environment,
        created=made.created,
    )


def task_ref(loaded: LoadedTask) -> TaskRef:
    """The record's description of a loaded task."""
    task, data, card = loaded.task, loaded.data, loaded.task.card
    return TaskRef(
        id=task.id,
        suite=task.suite,
        version=task.version,
        fingerprint=loaded.fingerprint,
        groups=len(data.groups),
        items=data.item_count,
        limit=loaded.limit,
        primary_metric=task.primary_metric,
        title=card.title,
        description=card.description,
        source=card.source,
        revision=card.revision,
        licence=card.licence,
        citation=card.citation,
        caveats=list(card.caveats),
        notes=dict(data.notes),
        members=None,
    )


def metric_value(result: MetricResult) -> MetricValue:
    """A metric result as it stands in a record."""
    return MetricValue(
        name=result.name,
        value=result.value,
        interval=result.interval,
        n=result.n,
        higher_is_better=result.higher_is_better,
        reason=result.reason,
    )


def _difference(ours: MetricResult, theirs: MetricResult, bootstrap: Bootstrap) -> Difference:
    assert ours.per_group is not None
    assert theirs.per_group is not None
    paired = paired_difference(
        ours.per_group,
        theirs.per_group,
        bootstrap,
        higher_is_better=ours.higher_is_better,
    )
    return Difference(name=ours.name, **asdict(paired))


def as_array(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Per-group values with NaN for undefined, for arithmetic only."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def write_groups(path: Path, data: TaskData, scored: Scored) -> None:
    """Write per-group values: ``group``, ``cluster``, a column per metric, first stage prefixed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "group": pa.array([group.id for group in data.groups], pa.string()),
        "cluster": pa.array([group.cluster for group in data.groups], pa.string()),
    }
    prefixed = [("", r) for r in scored.metrics]
    prefixed += [(FIRST_STAGE_PREFIX, r) for r in scored.first_stage]
    for prefix, result in prefixed:
        if result.per_group is not None:
            columns[prefix + result.name] = pa.array(result.per_group, pa.float64())
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    write_atomic(path, buffer.getvalue())


def read_groups(path: Path) -> Mapping[str, list[Any]]:
    """Columns of a per-group values file."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        columns: Mapping[str, list[Any]] = file.read().to_pydict()
    return columns
