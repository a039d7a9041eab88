"""Asking one door in several ways, or two doors the same, and saying what that means."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from harness.data import RankingData
from harness.engine.devices import parse_devices
from harness.engine.doctor.doors import Door
from harness.engine.doctor.report import Report
from harness.engine.doctor.request import DoctorRequest, Side
from harness.engine.doctor.resizings import sizes_of
from harness.engine.doctor.sample import Sample, chosen_task, load_sample
from harness.engine.doctor.steadiness import steadiness
from harness.engine.doctor.two_doors import two_doors
from harness.engine.held import HeldModel, device_of, prepare_held
from harness.engine.named import PreparedModel, prepare_model, shown_checkpoint
from harness.errors import UsageError
from harness.runs.batches import batch_settings
from harness.tasks.load import resolved


def examine(request: DoctorRequest) -> Report:
    """Ask and judge.

    Raises :class:`~harness.errors.UsageError` before weights are loaded for an unknown model,
    option or task, and for doors that cannot be asked the same question.
    """
    sides = [side for side in (request.first, request.second) if side is not None]
    models = [prepared(side) for side in sides]
    task, with_gold = chosen_task(request.task, [model.have for model in models])
    task = resolved(task, request.load)
    models = [model.on(task) for model in models]
    sample = load_sample(
        task, request.load, count=request.count, depth=request.depth, with_gold=with_gold
    )
    with ExitStack() as stack:
        doors = []
        for letter, side, model in zip("AB", sides, models, strict=False):
            doors.append(stack.enter_context(opened(letter, side, model, request)))
            doors[-1].check(sample)

        def again(letter: str, *, options: tuple[str, ...] = (), dtype: str = "") -> Door:
            return _again(request, letter, options, dtype)

        if len(doors) == 1:
            found = steadiness(doors[0], sample, again)
        else:
            found = two_doors(doors[0], doors[1], sample, again)
        metric, sizes = sizes_of(doors[0], sample)
    return Report(
        doors=tuple((door.letter, shown(door.model)) for door in doors),
        task=task.id,
        asked=_asked(sample),
        kind=found.kind,
        rows=found.rows,
        verdict=found.verdict,
        sizes=sizes,
        sized_metric=metric,
        notes=found.notes,
    )


def prepared(side: Side) -> PreparedModel:
    """The model of a side, checked as far as that goes without a task."""
    if isinstance(side.model, HeldModel):
        return prepare_held(side.model, tasks=())
    return prepare_model(side.model, side.options, dtype=side.dtype, tasks=())


def opened(letter: str, side: Side, model: PreparedModel, request: DoctorRequest) -> Door:
    """A door on the one device that a side has."""
    if isinstance(side.model, HeldModel):
        devices = parse_devices(device_of(side.model.model, side.device))
    else:
        devices = parse_devices(side.device, usable=model.adapter.devices)[:1]
    batch = batch_settings(devices[0], request.batch_tokens, request.batch_items)
    return Door(letter, model, devices[0], batch, guest=request.guest, quiet=request.quiet)


def shown(model: PreparedModel) -> str:
    """A model as a line tells it: adapter, checkpoint, and the options that were set by hand."""
    checkpoint = shown_checkpoint(model.spec.checkpoint)
    named = f"{model.adapter.name}:{checkpoint}" if checkpoint else model.name
    known = model.adapter.options
    own = {k: v for k, v in model.spec.options.items() if k not in known or v != known[k].default}
    words = [named, *(f"{name}={value}" for name, value in sorted(own.items()))]
    if model.spec.dtype not in (None, "float32"):
        words.append(str(model.spec.dtype))
    return " ".join(words)


def _again(request: DoctorRequest, letter: str, options: tuple[str, ...], dtype: str) -> Door:
    """The door of a letter with other options, or in another number format.

    Raises :class:`~harness.errors.MarginBenchError` where it cannot be had so.
    """
    side = request.second if letter == "B" else request.first
    assert side is not None, "there is such a side"
    if isinstance(side.model, HeldModel):
        raise UsageError("an object in memory has no options")
    side = replace(side, options=(*side.options, *options), dtype=dtype or side.dtype)
    return opened(letter, side, prepared(side), request)


def _asked(sample: Sample) -> str:
    data = sample.data
    if isinstance(data, RankingData):
        return f"{data.group_count} queries, {data.item_count} candidates"
    return f"{data.item_count} {sample.task.input_kind}"
