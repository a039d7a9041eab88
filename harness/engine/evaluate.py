"""From a named model and named tasks to records: check, load, run, score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.data.asked import LoadRequest
from harness.engine.cluster.asked import Cluster
from harness.engine.cluster.start import check_cluster, ray_crew
from harness.engine.crew import Crew
from harness.engine.devices import parse_devices
from harness.engine.hands import Hands
from harness.engine.held import HeldModel, device_of, prepare_held
from harness.engine.named import PreparedModel, checked_name, model_ref, prepare_model
from harness.engine.progress import say, say_all
from harness.engine.refused import PartsError
from harness.engine.run import run_shard, run_task
from harness.engine.together import Report, answers_of, keep_answers, mean_of
from harness.engine.watch import Watch
from harness.engine.work import check_fit
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.files import read_names
from harness.nouns import Aggregate, Task
from harness.records.provenance import manifest_of, read_provenance
from harness.records.record import Record
from harness.records.score import score_folder
from harness.records.signed import check_predictions
from harness.runs.batches import batch_settings
from harness.runs.folder import RunFolder, run_folder
from harness.runs.shards import ENTRY, Entry
from harness.tasks.load import LoadedTask, load_task, resolved


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """What was asked for.

    ``model`` is named, ``ADAPTER:CHECKPOINT``, or held in memory. ``batch_tokens`` and
    ``batch_items`` are ``None`` for the device's own. ``trained_on`` is a file of classes that
    the model has learned, one a line. ``name`` is what tables call the model; identity, folder and
    fingerprint do not depend on it. ``guest`` as in :class:`~harness.engine.crew.Crew`; ``quiet``
    shows no progress. ``shard`` asks for one share of every task, which ``merge`` puts together
    with the others. ``cluster`` asks for workers of Ray in place of processes of this machine.
    ``part_timeout`` as in :class:`~harness.engine.crew.Crew`. ``several``: other models are asked
    in the same call, so that a single task's error stands in the outcome too. ``watch`` is told of
    everything that happens.
    """

    model: str | HeldModel
    options: tuple[str, ...]
    tasks: tuple[Task, ...]
    aggregates: tuple[Aggregate, ...]
    load: LoadRequest
    device: str
    dtype: str
    batch_tokens: int | None
    batch_items: int | None
    out: Path
    trained_on: Path | None = None
    name: str | None = None
    guest: bool = False
    quiet: bool = False
    shard: Entry | None = None
    cluster: Cluster | None = None
    part_timeout: float | None = None
    several: bool = False
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True, slots=True)
class ShareDone:
    """One share of a task, done: where its parts are, how many they are, and of how many."""

    folder: RunFolder
    parts: int
    total: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: records by task id (means included), and tasks that failed.

    ``absent`` are those of the failed whose data are not at hand, ``unfit`` those that this model
    cannot do: neither says anything against model or data. ``shares`` are those of a shard, which
    has no records.
    """

    records: Mapping[str, Record]
    failed: Mapping[str, MarginBenchError]
    absent: frozenset[str] = frozenset()
    unfit: frozenset[str] = frozenset()
    shares: Mapping[str, ShareDone] = field(default_factory=dict)

    @property
    def left_out(self) -> frozenset[str]:
        """Failed tasks that say nothing against model or data."""
        return self.absent | self.unfit


def evaluate(request: EvaluateRequest, report: Report) -> Outcome:
    """Evaluate one model on tasks; ``report`` is called as each record is finished.

    Everything about the model that can be wrong is found before data or weights are loaded. When
    one of several tasks cannot be loaded, or the model's answers to it cannot be used, the others
    are still evaluated; a single task's error is raised.
    """
    if request.cluster is not None:
        check_cluster(request.cluster, request.model, request.device)
    tasks = [resolved(task, request.load) for task in request.tasks]
    model = prepared_for(request, tasks)
    watch = request.watch
    shard = None if request.shard is None else str(request.shard.shard)
    watch.begins([task.id for task in tasks], shard)
    done: dict[str, tuple[RunFolder, Record]] = {}
    shares: dict[str, ShareDone] = {}
    failed: dict[str, TaskError] = {}

    def told(folder: RunFolder, record: Record) -> None:
        watch.task_done(record, folder.record, mean=record.task.id in means)
        report(folder, record)

    means = {aggregate.id for aggregate in request.aggregates}
    with _crew(request, model) as crew:
        for task in tasks:
            before = watch.items
            try:
                with _watched(request, task):
                    found = _evaluate_task(request, model, crew, task)
            except TaskError as error:
                if len(tasks) == 1 and not request.several:
                    raise error.cause from error.cause.__cause__
                failed[task.id] = error
            else:
                if isinstance(found, ShareDone):
                    shares[task.id] = found
                    watch.share_done(task.id, found.folder.path)
                else:
                    done[task.id] = found
                    told(*found)
            if watch.items > before and not request.quiet:
                say_all(watch)
    records = {task: record for task, (_, record) in done.items()}
    for aggregate in request.aggregates:
        if done.keys() >= set(aggregate.members):
            records[aggregate.id] = mean_of(aggregate, done, told)
    return Outcome(
        records,
        {name: error.cause for name, error in failed.items()},
        absent=frozenset(name for name, error in failed.items() if error.stage == LOADING),
        unfit=frozenset(name for name, error in failed.items() if error.stage == FITTING),
        shares=shares,
    )


@contextmanager
def _watched(request: EvaluateRequest, task: Task) -> Iterator[None]:
    """Tell whoever watches that a task begins, and why it failed."""
    request.watch.task_begins(task.id)
    try:
        yield
    except BaseException as error:
        request.watch.task_failed(task.id, error.cause if isinstance(error, TaskError) else error)
        raise


def prepared_for(request: EvaluateRequest, tasks: Sequence[Task]) -> PreparedModel:
    """The model that was asked for, checked against tasks without loading its weights."""
    if isinstance(request.model, HeldModel):
        model = prepare_held(request.model, tasks=tasks)
    else:
        model = prepare_model(
            request.model,
            request.options,
            dtype=request.dtype,
            tasks=tasks,
            # What nodes have is not known yet, and who the model is must not hang on it.
            device=request.device if request.cluster is None else "cpu",
        )
    if request.name is not None:
        model = replace(model, name=checked_name(request.name))
    if request.trained_on is None:
        return model
    learned = model.identity.details.get("classes_learned", ())
    learned = [*learned, *read_names(request.trained_on)]
    details = {**model.identity.details, "classes_learned": learned}
    return replace(model, identity=replace(model.identity, details=details))


def _crew(request: EvaluateRequest, model: PreparedModel) -> Hands:
    tokens, items, limit = request.batch_tokens, request.batch_items, request.part_timeout
    if request.cluster is not None:
        return ray_crew(
            request.cluster, model, device=request.device, tokens=tokens, items=items,
            quiet=request.quiet, part_timeout=limit,
        )  # fmt: skip
    devices = devices_for(request, model)
    batch = batch_settings(devices[0], tokens, items)
    return Crew(model.spec, devices, batch, guest=request.guest, part_timeout=limit)


def devices_for(request: EvaluateRequest, model: PreparedModel) -> list[str]:
    """The devices of this machine that were asked for."""
    if not isinstance(request.model, HeldModel):
        return parse_devices(request.device, usable=model.adapter.devices)
    devices = parse_devices(device_of(request.model.model, request.device))
    if len(devices) > 1:
        raise UsageError(
            f"an object in memory is on one device, not on {len(devices)}",
            fix="Name that one, or give 'ADAPTER:CHECKPOINT', which every worker loads by itself",
        )
    return devices


LOADING, FITTING, RUNNING = "loading", "fitting", "running"
"""What a task was at when it failed: its data are not here, the model is not for it, or worse."""


class TaskError(Exception):
    """An error that concerns one task only: the next one may well succeed."""

    def __init__(self, cause: MarginBenchError, stage: str = RUNNING) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.stage = stage if isinstance(cause, UsageError) else RUNNING


def _evaluate_task(
    request: EvaluateRequest, model: PreparedModel, crew: Hands, task: Task
) -> tuple[RunFolder, Record] | ShareDone:
    model = model.on(task)
    try:
        loaded = load_task(task, request.load)
    except MarginBenchError as error:
        raise TaskError(error, LOADING) from error
    try:
        check_fit(model.capability, model.adapter, loaded, model.identity.details)
    except MarginBenchError as error:
        raise TaskError(error, FITTING) from error
    folder = run_folder(
        request.out,
        model=model.identity.name,
        model_fingerprint=model.fingerprint,
        task=loaded.task.id,
        task_fingerprint=loaded.fingerprint,
    )
    about = manifest_of(
        model_ref(model), loaded, request.load, trained_on=request.trained_on, name=request.name
    )
    title = None if request.quiet else f"{loaded.task.id} · {model.name}"
    if request.shard is not None:
        return _share(crew, folder, request.shard, model, loaded, about, title, request.watch)
    with folder.locked():
        folder.open(about)
        try:
            if not (folder.predictions.exists() and folder.journal.exists()):
                _predict(crew, folder, model, loaded, title, request.watch)
            else:
                check_predictions(folder)
                if isinstance(request.model, HeldModel):
                    said = f"what version {request.model.version} answered before is used again"
                    say(title, said)
            return folder, score_folder(folder, loaded, read_provenance(folder, loaded))
        except (InvalidError, PartsError) as error:
            raise TaskError(error) from error


def _share(
    crew: Hands,
    whole: RunFolder,
    entry: Entry,
    model: PreparedModel,
    loaded: LoadedTask,
    about: Mapping[str, Any],
    title: str | None,
    watch: Watch,
) -> ShareDone:
    folder = entry.shard.folder(whole)
    with folder.locked():
        folder.open({**about, ENTRY: entry.as_json(whole)})
        try:
            own, total = run_shard(
                crew,
                folder,
                loaded,
                entry.shard,
                capability=model.capability,
                title=None if title is None else f"{title}, shard {entry.shard}",
                direction=model.identity.direction,
                watch=watch,
            )
        except (InvalidError, PartsError) as error:
            raise TaskError(error) from error
    return ShareDone(folder, own, total)


def _predict(
    crew: Hands,
    folder: RunFolder,
    model: PreparedModel,
    loaded: LoadedTask,
    title: str | None,
    watch: Watch,
) -> None:
    done = run_task(
        crew,
        folder,
        loaded,
        capability=model.capability,
        title=title,
        direction=model.identity.direction,
        watch=watch,
    )
    keep_answers(folder, loaded, done, answers_of(loaded, done, model.fingerprint))
