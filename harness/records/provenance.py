"""Who made a run folder's predictions, how, and with what software.

The manifest is written before a run, the journal during it; a record repeats both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from harness.capabilities import LOOKED_UP
from harness.data.asked import Draws, LoadRequest, Told
from harness.errors import IncompleteError, InvalidError
from harness.records.cost import with_cost
from harness.records.invariance import NOT_YET, Invariance
from harness.records.record import ModelRef, Record
from harness.records.run_info import Effort, Environment, Latency, RunInfo
from harness.records.score import Provenance
from harness.runs.folder import RunFolder, read_manifest
from harness.runs.journal import Journal
from harness.tasks.load import LoadedTask


def manifest_of(
    model: ModelRef,
    loaded: LoadedTask,
    request: LoadRequest,
    *,
    trained_on: Path | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """The manifest of a run folder: what identifies it, and how it was asked for.

    ``trained_on`` is the file of the classes that the model has learned, ``name`` what the model
    was to be called.
    """
    return {
        "task": loaded.task.id,
        "task_fingerprint": loaded.fingerprint,
        "model_fingerprint": model.fingerprint,
        "model": model.model_dump(mode="json"),
        "request": {
            **request_as_json(request),
            "trained_on": None if trained_on is None else str(trained_on.absolute()),
            "name": name,
        },
    }


def request_as_json(load: LoadRequest) -> dict[str, Any]:
    """A load request as a manifest keeps it (the manifest stays on this machine)."""
    values = asdict(load)
    values["data"] = None if load.data is None else str(load.data.absolute())
    if load.first_stage is not None and Path(load.first_stage).is_file():
        values["first_stage"] = str(Path(load.first_stage).absolute())
    return values


def asked_beside(place: Path, record: Record) -> dict[str, Any] | None:
    """How the run of the record in a folder was asked for, or ``None`` without its manifest.

    A mean over tasks was asked for as its members were, whose folders lie beside its own; what
    is ``made`` are their device and batches.
    """
    own = RunFolder(place)
    if own.manifest.is_file():
        return _request(read_manifest(own.manifest))
    for path in sorted(place.parent.glob("*/manifest.json")) if record.task.members else ():
        about = read_manifest(path)
        request = _request(about)
        if request is not None and about.get("task") in (record.task.members or ()):
            journal = Journal.read(RunFolder(path.parent))
            return {**request, "made": {"device": journal.device, "batch": journal.batch}}
    return None


def _request(manifest: dict[str, Any]) -> dict[str, Any] | None:
    found = manifest.get("request")
    return dict(found) if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which task a run folder is of, its fingerprint, and how its data were asked for."""

    task: str
    fingerprint: str
    request: LoadRequest


def read_asked(folder: RunFolder) -> Asked:
    """What a run folder's manifest asks for. Raises :class:`InvalidError` when it is damaged."""
    about = read_manifest(folder.manifest)
    with _undamaged(folder.manifest):
        task, fingerprint = about["task"], about["task_fingerprint"]
        if not (isinstance(task, str) and isinstance(fingerprint, str)):
            raise TypeError("task and task_fingerprint are texts")
        request = request_from_json(about["request"])
        _check_kinds(request)
        return Asked(task, fingerprint, request)


def _check_kinds(values: Any) -> None:
    """Raise :class:`ValueError` unless every field of a dataclass is of its declared type."""
    hints = get_type_hints(type(values))
    for field in fields(values):
        value = getattr(values, field.name)
        TypeAdapter(hints[field.name]).validate_python(value, strict=True)
        if is_dataclass(value):
            _check_kinds(value)


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """A field that is not there, or not what it should be, is an :class:`InvalidError`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidError(
            f"{path} is damaged ({_damage(error)})", fix="Delete it and run again"
        ) from error


def _damage(error: Exception) -> str:
    """What is wrong with a field, in words of the file and not of Python."""
    if isinstance(error, KeyError):
        return f"{str(error.args[0])[:60]!r} is not in it"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "a field"
        return f"{field[:60]}: {first['msg'][:120]}"
    if isinstance(error, ValueError):
        return next(iter(str(error).splitlines()), "a field has no such value")[:200]
    return "a field of it is of another kind than is written there"


def request_from_json(values: dict[str, Any]) -> LoadRequest:
    """The inverse of :func:`request_as_json`."""
    data = values["data"]
    return LoadRequest(
        data=None if data is None else Path(data),
        first_stage=values["first_stage"],
        limit=values["limit"],
        on_error=values.get("on_error", "error"),  # runs made before there was a choice
        depth=values.get("depth"),
        missing=values.get("missing", "error"),
        metrics=tuple(values.get("metrics", ())),
        draws=Draws(**values.get("draws", {})),
        contents=values.get("contents", True),
        told=_told(values.get("told", {})),
    )


def _told(values: dict[str, Any]) -> Told:
    pairs = tuple((str(word), str(meaning)) for word, meaning in values.get("label_map", ()))
    return Told(
        label_map=pairs,
        opinion=str(values.get("opinion", "")),
        cluster=str(values.get("cluster", "")),
        bits=int(values.get("bits", 0)),
        column=tuple((str(role), str(name)) for role, name in values.get("column", ())),
    )


def keep_metrics(folder: RunFolder, names: Sequence[str], draws: Draws | None = None) -> None:
    """Keep with a run which metrics it is to have beside its task's own, and by which draws."""
    about = read_manifest(folder.manifest)
    with _undamaged(folder.manifest):
        request = {**about["request"], "metrics": list(names)}
    if draws is not None:
        request["draws"] = asdict(draws)
    folder.open({**about, "request": request})


def read_provenance(folder: RunFolder, loaded: LoadedTask) -> Provenance:
    """Who made a run folder's predictions and how, from its manifest and journal.

    Raises :class:`IncompleteError` when the run never finished, :class:`InvalidError` when one of
    them is damaged.
    """
    about = read_manifest(folder.manifest)
    with _undamaged(folder.manifest):
        model = ModelRef.model_validate({"direction": "higher", **about["model"]})
    if not folder.journal.exists():
        made = about.get("scored")
        if made is None:
            raise IncompleteError(f"{folder.path} was never run", fix="Run evaluate again")
        with _undamaged(folder.manifest):
            environment = Environment.model_validate(made["environment"])
            return Provenance(model, None, environment, str(made["created"]))
    journal = Journal.read(folder)
    if not journal.finished:
        raise IncompleteError(f"the run in {folder.path} is unfinished", fix="Run evaluate again")
    computed = model.capability not in LOOKED_UP
    with _undamaged(folder.journal):
        merged = {**model.details, **journal.details}
        return Provenance(
            model=model.model_copy(update={"details": merged}),
            run=_run_info(journal, loaded.data.item_count, model, computed=computed),
            environment=Environment.model_validate(journal.environment),
            created=str(journal.finished),
        )


def _run_info(journal: Journal, items: int, model: ModelRef, *, computed: bool) -> RunInfo:
    timed = computed and journal.wall_seconds > 0  # reading stored scores has no speed
    rate = items / journal.wall_seconds if timed else None
    effort = with_cost(journal.effort, model.options)
    held = journal.invariance
    return RunInfo(
        device=journal.device,
        device_name=journal.device_name,
        workers=journal.workers,
        batch={**journal.batch, "halvings": journal.halvings},
        wall_seconds=journal.wall_seconds,
        load_seconds=journal.load_seconds,
        items_per_second=rate,
        latency=None if journal.latency is None else Latency.model_validate(journal.latency),
        latency_reason=journal.latency_reason,
        peak_memory_bytes=journal.peak_memory,
        peak_device_memory_bytes=journal.peak_device_memory,
        attempts=journal.attempts,
        effort=None if effort is None else Effort.model_validate(effort),
        invariance=None if held is None else Invariance.model_validate(held),
        invariance_reason=None if held is not None else journal.invariance_reason or NOT_YET,
    )
