"""One run of a submission scored again, with or without the files that come of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from harness.errors import InvalidError
from harness.files import write_atomic
from harness.nouns import EvidenceTables
from harness.predictions.of_task import write_answers
from harness.records.parts import check_part
from harness.records.record import Evidence, Record, to_json
from harness.records.score import (
    JACKKNIFE,
    REPLICATES,
    Provenance,
    make_record,
    metric_value,
    score_folder,
)
from harness.records.scored import Scored, Scoring
from harness.runs.folder import RunFolder
from harness.submission.evidence.carried import GROUPS, Carried, read_carried
from harness.submission.evidence.tables import columns_of, read_evidence
from harness.submission.layout import table_file
from harness.submission.recompute.differences import bare_name
from harness.submission.subject.jobs import Job
from harness.tasks.load import LoadedTask
from harness.tasks.parquet import to_parquet


def rescore(job: Job, claimed: Record, loaded: LoadedTask) -> Record:
    """The record that follows from a run's predictions; nothing is written.

    Raises :class:`InvalidError` or :class:`~harness.errors.IncompleteError` as scoring does.
    """
    instead, tables = _instead(job), {}
    if instead is not None:
        carried = _carried(job, claimed)
        tables = {name: table.num_rows for name, table in carried.tables.items()}
        scored = instead.score(loaded.task, carried, loaded.data)
    else:
        how = Scoring(
            comparable=claimed.model.scores_compare_across_queries,
            direction=claimed.model.direction,
        )
        scored = loaded.task.score(loaded.task, loaded.data, _rows(job, loaded), how)
    record = record_of(claimed, loaded, scored)
    return record.model_copy(update={"files": files_of(scored, tables, claimed)})


def files_of(scored: Scored, tables: Mapping[str, int], claimed: Record) -> list[Evidence]:
    """The files that scoring writes beside a record, by their names and rows.

    ``tables`` are those that were read in place of predictions, with their rows. Digests are the
    claim's: those of Parquet are of the library that wrote it as well as of what is in it.
    """
    rows = {name: count for name, count in tables.items() if name != GROUPS}
    rows |= {name: len(next(iter(table.values()), ())) for name, table in scored.files.items()}
    for name, drawn in ((REPLICATES, scored.replicates), (JACKKNIFE, scored.jackknife)):
        if drawn:
            rows[name] = len(next(iter(drawn.values())))
    named = {f"{name}.parquet": count for name, count in rows.items()}
    named |= {name: content.count(b"\n") for name, content in scored.extra.items()}
    told = {bare_name(file, claimed): file.sha256 for file in claimed.files}
    return [
        Evidence(file=name, sha256=told.get(name, ""), rows=named[name]) for name in sorted(named)
    ]


def recount(job: Job, claimed: Record) -> Record:
    """The claimed record with what follows from its tables alone, without the task's data."""
    instead, task = _instead(job), job.place.task if job.place else None
    assert instead is not None, "the run carries tables"
    assert task is not None, "its task is known"
    scored: Scored = instead.score(task, _carried(job, claimed), None)
    check_part(task.suite, scored.part)
    made = {
        "metrics": [metric_value(result) for result in scored.metrics],
        "intervals": scored.intervals,
        "first_stage": scored.first_stage or claimed.first_stage,
        "part": scored.part or claimed.part,
    }
    return claimed.model_copy(update=made)


def record_of(claimed: Record, loaded: LoadedTask, scored: Scored) -> Record:
    """What was scored, with what the claim tells of its making and of its files."""
    if claimed.predictions is None or claimed.groups is None:
        raise InvalidError("the record names no predictions")
    return make_record(
        loaded,
        provenance(claimed),
        scored,
        predictions=claimed.predictions,
        groups=claimed.groups,
        files=claimed.files,
    )


def provenance(claimed: Record) -> Provenance:
    """How the claim says that its predictions were made."""
    return Provenance(claimed.model, claimed.run, claimed.environment, claimed.created)


def rescore_into(folder: RunFolder, job: Job, claimed: Record, loaded: LoadedTask) -> Record:
    """Like :func:`rescore`; writes a whole run folder as ``evaluate`` leaves it."""
    instead = _instead(job)
    if instead is not None:
        return _write_carried(folder, _carried(job, claimed), instead, loaded)
    rows, model = _rows(job, loaded), claimed.model.fingerprint
    write_answers(folder.predictions, loaded, rows, model_fingerprint=model)
    return score_folder(folder, loaded, provenance(claimed))


def _write_carried(
    folder: RunFolder, carried: Carried, instead: EvidenceTables, loaded: LoadedTask
) -> Record:
    scored: Scored = instead.score(loaded.task, carried, loaded.data)
    ids = instead.ids(loaded.data)
    tables = {name: _with_ids(table, ids.get(name, {})) for name, table in carried.tables.items()}
    for name, rows in ((REPLICATES, scored.replicates), (JACKKNIFE, scored.jackknife)):
        if rows:
            tables[name] = _numbers(rows)
    written = {name: _write(folder, name, table) for name, table in tables.items()}
    groups = written.pop(GROUPS)
    record = record_of(carried.record, loaded, scored).model_copy(
        update={"groups": groups, "files": [written[name] for name in sorted(written)]}
    )
    write_atomic(folder.record, to_json(record).encode())
    return record


def _instead(job: Job) -> EvidenceTables | None:
    return job.place.suite.evidence if job.place else None


def _columns(job: Job) -> Mapping[str, Mapping[str, str]]:
    assert job.place is not None, "its task is known"
    assert job.place.task is not None, "its task is no mean"
    return columns_of(job.place.task, job.place.suite)


def _carried(job: Job, claimed: Record) -> Carried:
    return read_carried(job.folder, claimed, _columns(job))


def _rows(job: Job, loaded: LoadedTask) -> Any:
    path = table_file(job.folder, job.task_id)
    return read_evidence(path, _columns(job)[""], loaded)


def _with_ids(table: Any, ids: Mapping[str, Any]) -> Any:
    """The table as ``score`` writes it: ids first, texts as texts."""
    import pyarrow as pa

    def plain(kind: Any) -> Any:
        if pa.types.is_list(kind):
            return pa.list_(pa.int64())  # Parquet calls what is in it by another name
        return pa.string() if pa.types.is_dictionary(kind) else kind

    table = table.cast(pa.schema(pa.field(one.name, plain(one.type)) for one in table.schema))
    for place, (name, values) in enumerate(ids.items()):
        table = table.add_column(place, name, pa.array(values, pa.string()))
    return table


def _numbers(rows: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    return pa.table(
        {
            name: pa.array(values, pa.float64(), from_pandas=True)  # NaN becomes null
            for name, values in rows.items()
        }
    )


def _write(folder: RunFolder, name: str, table: Any) -> Evidence:
    data = to_parquet(table)
    path = folder.path / f"{name}.parquet"
    write_atomic(path, data)
    digest = hashlib.sha256(data).hexdigest()
    return Evidence(file=path.name, sha256=digest, rows=table.num_rows)
