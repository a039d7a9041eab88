"""What a call would do: items and parts of each task, those that are done, and what is left costs.

Nothing is run, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.engine.evaluate import EvaluateRequest, devices_for, prepared_for
from harness.engine.named import PreparedModel
from harness.engine.together import plan_of
from harness.engine.work import Work, check_fit, make_work
from harness.errors import MarginBenchError, UsageError
from harness.nouns import Task
from harness.records.finding import read_records
from harness.records.record import Record
from harness.runs.batches import batch_settings
from harness.runs.folder import RunFolder, run_folder
from harness.tasks.cache import still
from harness.tasks.load import LoadedTask, load_task, resolved


@dataclass(frozen=True, slots=True)
class Planned:
    """One model on one task. ``calls`` are what the model is given one by one: pairs, lists, texts.

    ``parts_done`` of ``parts`` are there from an earlier call. ``seconds`` and ``tokens`` are what
    the rest will take if it goes as the run of the same model did that is called ``like``; ``None``
    where there is none. ``why`` tells why nothing is known of the task's items.
    """

    model: str
    task: str
    items: int | None = None
    calls: int | None = None
    parts: int | None = None
    parts_done: int = 0
    seconds: float | None = None
    tokens: int | None = None
    like: str = ""
    why: str = ""

    @property
    def done(self) -> bool:
        """Whether nothing is left to be asked of the model."""
        return self.parts is not None and self.parts_done == self.parts


def plan(request: EvaluateRequest) -> list[Planned]:
    """What :func:`~harness.engine.evaluate.evaluate` would do of a request, task by task.

    Data are read as they are there. What would have to be downloaded is not; a task of which
    nothing is known says why. Raises :class:`UsageError` for a model that cannot be had.
    """
    with still():
        tasks = [resolved(task, request.load) for task in request.tasks]
        model = prepared_for(request, tasks)
        earlier = _earlier(request.out, model.fingerprint)
        return [_planned(request, model.on(task), task, earlier) for task in tasks]


def _planned(
    request: EvaluateRequest, model: PreparedModel, task: Task, earlier: Sequence[Record]
) -> Planned:
    try:
        loaded = load_task(task, request.load)
        check_fit(model.capability, model.adapter, loaded, model.identity.details)
    except MarginBenchError as error:
        return Planned(model.name, task.id, why=error.message)
    work = make_work(loaded, model.capability)
    count, whole = len(work.sizes), max(sum(work.sizes), 1)
    own = range(count) if request.shard is None else request.shard.shard.parts(count)
    asked = sum(work.sizes[index] for index in own)
    found = Planned(
        model.name,
        loaded.task.id,
        items=round(loaded.data.item_count * asked / whole),
        calls=asked,
        parts=len(own),
    )
    folder = run_folder(
        request.out,
        model=model.identity.name,
        model_fingerprint=model.fingerprint,
        task=loaded.task.id,
        task_fingerprint=loaded.fingerprint,
    )
    if request.shard is not None:
        folder = request.shard.shard.folder(folder)
    elif folder.predictions.exists() and folder.journal.exists():
        return replace(found, parts_done=len(own), seconds=0.0)
    there = _there(request, model, folder, work)
    left = sum(work.sizes[index] for index in own if index not in there)
    found = replace(found, parts_done=len([index for index in own if index in there]))
    return _estimated(found, loaded, left / whole, earlier)


def _there(
    request: EvaluateRequest, model: PreparedModel, folder: RunFolder, work: Work
) -> frozenset[int]:
    """Parts that an earlier call has kept; of a cluster, whose batches nobody knows yet, none."""
    if request.cluster is not None:
        return frozenset()
    device = devices_for(request, model)[0]
    batch = batch_settings(device, request.batch_tokens, request.batch_items)
    name = plan_of(work, model.capability, batch)
    parts = {index: folder.read_part(name, index) for index in range(len(work.sizes))}
    return frozenset(
        index for index, rows in parts.items() if rows is not None and work.accepts(index, rows)
    )


def _estimated(
    found: Planned, loaded: LoadedTask, share: float, earlier: Sequence[Record]
) -> Planned:
    """With the time and the tokens of what is left, by the most alike of the earlier runs."""
    alike = next(_alike(loaded.task, earlier), None)
    run = None if alike is None else alike.run
    if alike is None or run is None or not run.items_per_second:
        return found
    seconds = run.load_seconds + share * loaded.data.item_count / run.items_per_second
    tokens = None
    effort = run.effort
    if effort is not None and effort.prompt_tokens is not None:
        each = (effort.prompt_tokens + (effort.completion_tokens or 0)) / alike.task.groups
        tokens = round(share * loaded.data.group_count * each)
    return replace(found, seconds=seconds, tokens=tokens, like=alike.task.id)


def _alike(task: Task, earlier: Sequence[Record]) -> Iterator[Record]:
    """Earlier runs of which something is known, the same task first, then its suite's others."""
    timed = [record for record in earlier if record.run and record.run.items_per_second]
    newest = sorted(timed, key=lambda record: record.created, reverse=True)
    yield from (record for record in newest if record.task.id == task.id)
    yield from (record for record in newest if record.task.suite == task.suite)


def _earlier(out: Path, fingerprint: str) -> list[Record]:
    """Finished runs of the same model below the folder, as far as they can be read."""
    try:
        found = read_records([out])
    except UsageError:  # there are none
        return []
    except MarginBenchError:  # one that is damaged says nothing of the others' speed
        found = []
        for file in out.rglob("record.json"):
            try:
                found += read_records([file])
            except MarginBenchError:
                continue
    return [record for _, record in found if record.model.fingerprint == fingerprint]
