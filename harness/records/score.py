"""Predictions + task -> record. Pure CPU; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.data import TaskData
from harness.files import sha256_file, write_atomic
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Uncertainty
from harness.predictions.answers import answer_of
from harness.predictions.answers.base import Rows
from harness.predictions.of_task import read_answers, read_rows
from harness.records.migrations import SCHEMA_VERSION
from harness.records.parts import check_part
from harness.records.record import Basis, Evidence, MetricValue, ModelRef, Record, TaskRef, to_json
from harness.records.run_info import Environment, RunInfo
from harness.records.scored import Scored, Scoring
from harness.records.white_box import WHITE_BOX, white_box
from harness.registry import blaming
from harness.runs.folder import RunFolder
from harness.tasks.arrow import from_values
from harness.tasks.load import LoadedTask
from harness.tasks.parquet import read_parquet, to_parquet

REPLICATES, JACKKNIFE = "replicates", "jackknife"
"""Names of the side tables of bootstrap values, and of values without one unit each."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who made the predictions, how, with what software, and when they were finished."""

    model: ModelRef
    run: RunInfo | None
    environment: Environment
    created: str


def score_folder(
    folder: RunFolder, loaded: LoadedTask, made: Provenance, *, written: bool = False
) -> Record:
    """Score the folder's predictions; writes per-group values, side files and the record.

    ``written`` says that this process has just written them, in the task's order, so that their
    ids need no second look.

    Raises :class:`~harness.errors.InvalidError` or :class:`~harness.errors.IncompleteError` when
    the predictions do not cover the task exactly once with finite scores.
    """
    read = read_rows if written else read_answers
    scores = read(folder.predictions, loaded)
    how = Scoring(
        comparable=made.model.scores_compare_across_queries,
        direction=made.model.direction,
        draws=loaded.draws,
    )
    evidence = Evidence(
        file=folder.predictions.name, sha256=sha256_file(folder.predictions), rows=len(scores)
    )
    with blaming(loaded.task.suite, f"scoring {loaded.task.id}"):
        scored: Scored = loaded.task.score(loaded.to_score, loaded.data, scores, how)
        record = make_record(
            loaded,
            with_failed(with_white_box(made, loaded), loaded, scores),
            scored,
            predictions=evidence,
            groups=_write_table(folder.groups, _group_columns(loaded.data, scored)),
            files=_write_files(folder, scored),
        )
    write_atomic(folder.record, to_json(record).encode())
    return record


def with_white_box(made: Provenance, loaded: LoadedTask) -> Provenance:
    """What made the predictions, with the generators of the task's texts that it reads with.

    What a claim says of that is not believed.
    """
    kept = {key: value for key, value in made.model.details.items() if key != WHITE_BOX}
    found = white_box(kept, loaded.data)
    details = {**kept, WHITE_BOX: found} if found else kept
    return replace(made, model=made.model.model_copy(update={"details": details}))


MOST_NAMED = 100
"""Items without an answer that a record names."""


def with_failed(made: Provenance, loaded: LoadedTask, rows: Rows) -> Provenance:
    """What made the predictions, with the items that it has no answer for and that count as worst.

    Candidates that a run says nothing of are counted elsewhere.
    """
    lost = np.flatnonzero(answer_of(loaded.task, loaded.data).failed(rows))
    if not len(lost) or "candidates_without_a_score" in made.model.details:
        return made
    keys = list(loaded.data.keys().values())
    named = [" / ".join(values[row] for values in keys) for row in lost[:MOST_NAMED].tolist()]
    details = {**made.model.details, "items_failed": len(lost), "failed": named}
    return replace(made, model=made.model.model_copy(update={"details": details}))


def make_record(
    loaded: LoadedTask,
    made: Provenance,
    scored: Scored,
    *,
    predictions: Evidence,
    groups: Evidence,
    files: Sequence[Evidence] = (),
) -> Record:
    """Put scored metrics and provenance into a record.

    Raises :class:`InvalidError` when the part is not of the model that the task's suite names.
    """
    check_part(loaded.task.suite, scored.part)
    return Record(
        schema_version=SCHEMA_VERSION,
        task=task_ref(loaded),
        model=made.model,
        metrics=[metric_value(result) for result in scored.metrics],
        first_stage=scored.first_stage,
        intervals=scored.intervals,
        part=scored.part,
        predictions=predictions,
        groups=groups,
        files=list(files),
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
        groups=data.group_count,
        items=data.item_count,
        limit=loaded.limit,
        on_error=loaded.on_error,
        primary_metric=task.primary_metric,
        beside=list(task.beside),
        title=card.title,
        description=card.description,
        source=card.source,
        revision=card.revision,
        licence=card.licence,
        citation=card.citation,
        caveats=list(card.caveats),
        notes=dict(data.notes),
        origin=dict(data.origin),
        members=None,
    )


def metric_value(result: MetricResult) -> MetricValue:
    """A metric result as it stands in a record."""
    return MetricValue(
        name=result.name,
        value=result.value,
        unit=result.card.unit,
        interval=result.interval,
        n=result.n,
        higher_is_better=result.card.higher_is_better,
        reason=result.reason,
        basis=basis_of(result.sure),
        column=result.column,
    )


def basis_of(found: Uncertainty | None) -> Basis | None:
    """What an interval rests on, as it stands in a record."""
    if found is None or found.interval is None or found.method is None:
        return None
    return Basis(method=found.method, units=found.units, rough=found.rough)


def as_array(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Per-group values with NaN for undefined, for arithmetic only."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def read_table(path: Path) -> Mapping[str, list[Any]]:
    """Columns of a table beside a record; :class:`InvalidError` when it is damaged."""
    fix = f"Score it again: marginbench score {path.parent}"
    columns: Mapping[str, list[Any]] = read_parquet(path, fix=fix).to_pydict()
    return columns


def _group_columns(data: TaskData, scored: Scored) -> dict[str, Sequence[Any]]:
    return {
        **_group_ids(data),
        "cluster": data.group_clusters,
        **scored.columns,
    }


def _group_ids(data: TaskData) -> dict[str, Sequence[str]]:
    keys = data.keys()
    if "group" not in keys:
        return {"item": keys["item"]}
    groups: Any = data
    return {"group": [group.id for group in groups.groups]}


def _write_files(folder: RunFolder, scored: Scored) -> list[Evidence]:
    tables: dict[str, Mapping[str, Sequence[Any]]] = dict(scored.files)
    for table, rows in ((REPLICATES, scored.replicates), (JACKKNIFE, scored.jackknife)):
        if rows:
            tables[table] = {
                name: [None if v != v else v for v in values.tolist()]
                for name, values in rows.items()
            }
    written = [
        _write_table(folder.path / f"{name}.parquet", columns) for name, columns in tables.items()
    ]
    for name, content in scored.extra.items():
        path = folder.path / name
        write_atomic(path, content)
        written.append(Evidence(file=name, sha256=sha256_file(path), rows=content.count(b"\n")))
    return sorted(written, key=lambda evidence: evidence.file)


def _write_table(path: Path, columns: Mapping[str, Sequence[Any]]) -> Evidence:
    import pyarrow as pa

    table = pa.table({name: from_values(values) for name, values in columns.items()})
    write_atomic(path, to_parquet(table))
    return Evidence(file=path.name, sha256=sha256_file(path), rows=table.num_rows)
