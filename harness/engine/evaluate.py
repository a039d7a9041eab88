"""From a named model and named tasks to records: check, load, run, score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.engine.batching import batch_settings
from harness.engine.crew import Crew
from harness.engine.devices import parse_devices
from harness.engine.named import PreparedModel, manifest, prepare_model
from harness.engine.run import run_task
from harness.engine.work import check_fit
from harness.errors import InvalidError, MarginBenchError
from harness.nouns import Aggregate, LoadRequest, Task
from harness.predictions.of_task import write_answers
from harness.records.aggregate import aggregate_folder, read_member, write_aggregate
from harness.records.provenance import read_provenance
from harness.records.record import Record
from harness.records.score import score_folder
from harness.runs.folder import RunFolder, run_folder
from harness.tasks.load import LoadedTask, load_task, settled

Report = Callable[[RunFolder, Record], None]


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """What ``marginbench evaluate`` was asked for. ``batch_tokens`` and ``batch_items``
    are ``None`` for the device's own. ``trained_on`` are classes that the model has learned."""

    model: str
    options: tuple[str, ...]
    tasks: tuple[Task, ...]
    aggregates: tuple[Aggregate, ...]
    load: LoadRequest
    device: str
    dtype: str
    batch_tokens: int | None
    batch_items: int | None
    out: Path
    trained_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: records by task id (means included), and tasks that failed."""

    records: Mapping[str, Record]
    failed: Mapping[str, MarginBenchError]


def evaluate(request: EvaluateRequest, report: Report) -> Outcome:
    """Evaluate one model on tasks; ``report`` is called as each record is finished.

    Everything about the model that can be wrong is found before data or weights are loaded. When
    one of several tasks cannot be loaded, or the model's answers to it cannot be used, the others
    are still evaluated; a single task's error is raised.
    """
    tasks = [settled(task, request.load) for task in request.tasks]
    model = prepare_model(request.model, request.options, dtype=request.dtype, tasks=tasks)
    if request.trained_on:
        learned = [*model.identity.details.get("classes_learned", ()), *request.trained_on]
        details = {**model.identity.details, "classes_learned": learned}
        model = replace(model, identity=replace(model.identity, details=details))
    devices = parse_devices(request.device, usable=model.adapter.devices)
    batch = batch_settings(devices[0], request.batch_tokens, request.batch_items)
    done: dict[str, tuple[RunFolder, Record]] = {}
    failed: dict[str, MarginBenchError] = {}
    with Crew(model.spec, devices, batch) as crew:
        for task in tasks:
            try:
                done[task.id] = _evaluate_task(request, model, crew, task)
            except TaskError as error:
                if len(tasks) == 1:
                    raise error.cause from None
                failed[task.id] = error.cause
            else:
                report(*done[task.id])
    records = {task: record for task, (_, record) in done.items()}
    for aggregate in request.aggregates:
        if done.keys() >= set(aggregate.members):
            records[aggregate.id] = _aggregate(aggregate, done, report)
    return Outcome(records, failed)


class TaskError(Exception):
    """An error that concerns one task only: the next one may well succeed."""

    def __init__(self, cause: MarginBenchError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _evaluate_task(
    request: EvaluateRequest, model: PreparedModel, crew: Crew, task: Task
) -> tuple[RunFolder, Record]:
    model = model.on(task)
    try:
        loaded = load_task(task, request.load)
        details = model.identity.details
        check_fit(model.capability, model.adapter, loaded, details)
    except MarginBenchError as error:
        raise TaskError(error) from error
    folder = run_folder(
        request.out,
        model=model.identity.name,
        model_fingerprint=model.fingerprint,
        task=loaded.task.id,
        task_fingerprint=loaded.fingerprint,
    )
    with folder.locked():
        folder.open(manifest(model, loaded, request.load))
        try:
            if not folder.predictions.exists():
                _predict(crew, folder, model, loaded)
            return folder, score_folder(folder, loaded, read_provenance(folder, loaded))
        except InvalidError as error:
            raise TaskError(error) from error


def _predict(crew: Crew, folder: RunFolder, model: PreparedModel, loaded: LoadedTask) -> None:
    title = f"{loaded.task.id} · {model.identity.name}"
    scores, _ = run_task(crew, folder, loaded, capability=model.capability, title=title)
    write_answers(folder.predictions, loaded, scores, model_fingerprint=model.fingerprint)


def _aggregate(
    aggregate: Aggregate, done: dict[str, tuple[RunFolder, Record]], report: Report
) -> Record:
    found = [done[name] for name in aggregate.members]
    members = [read_member(folder, record) for folder, record in found]
    folder = aggregate_folder(found[0][0], aggregate)
    record = write_aggregate(aggregate, members, folder)
    report(folder, record)
    return record
