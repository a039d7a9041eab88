"""``merge``: shards in, the folders of whole runs out, as one process would have left them.

A shard of every task is read, checked against the others, and its parts are put together with
theirs. No model is loaded. The whole run goes where evaluate without ``--shard`` would have
written it; merging again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from harness.engine.merging.journals import merged
from harness.engine.merging.parts import gather
from harness.engine.merging.shards import (
    Kept,
    check_alike,
    check_one_model,
    manifest_of_whole,
    read_shards,
    root_of,
)
from harness.engine.together import Report, answers_of, assembled, keep_answers, mean_of, plan_of
from harness.engine.work import make_work, serving
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.files import sha256_file
from harness.fingerprint import SHORT
from harness.nouns import Aggregate, Task
from harness.records.provenance import keep_metrics, read_asked, read_provenance
from harness.records.record import ModelRef, Record
from harness.records.score import score_folder
from harness.registry import suites
from harness.runs.batches import BatchSettings
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.tasks.load import LoadedTask, load_task
from harness.tasks.selection import find_task

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Merged:
    """Records by task id (means included), tasks that could not be merged and why.

    ``tasks`` is how many were merged. ``without``: means that were asked for -> the members that
    are not here.
    """

    records: Mapping[str, Record]
    tasks: int
    failed: Mapping[str, MarginBenchError]
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def merge(
    paths: Sequence[Path], *, data: Path | None, out: Path | None, report: Report, say: Say
) -> Merged:
    """Put the shards at or below ``paths`` together, task by task, and score the runs.

    ``data`` replaces the data that the shards were made with, ``out`` the folder that they were
    written to. ``report`` is called as each record is finished, ``say`` with what a person should
    know beside. Raises :class:`UsageError` for shards of several models; a single task's error is
    raised, those of several are returned while the others are merged.
    """
    shards = read_shards(paths)
    check_one_model(shards)
    root = out or root_of(shards)
    tasks: dict[str, list[Kept]] = {}
    for kept in shards:
        tasks.setdefault(kept.task, []).append(kept)
    done: dict[str, tuple[RunFolder, Record]] = {}
    failed: dict[str, MarginBenchError] = {}
    for task, of_task in tasks.items():
        try:
            done[task] = _merge_task(of_task, data, root, say)
        except MarginBenchError as error:
            if len(tasks) == 1:
                raise
            failed[task] = error
        else:
            report(*done[task])
    records = {task: record for task, (_, record) in done.items()}
    without: dict[str, tuple[str, ...]] = {}
    for mean in _means(shards):
        lost = tuple(member for member in mean.members if member not in done)
        if lost:
            without[mean.id] = lost
        else:
            records[mean.id] = mean_of(mean, done, report)
    return Merged(records, len(done), failed, without)


def _means(shards: Sequence[Kept]) -> list[Aggregate]:
    asked = {name for kept in shards for name in kept.entry.means}
    return [mean for suite in suites() for mean in suite.aggregates if mean.id in asked]


def _merge_task(
    shards: Sequence[Kept], data: Path | None, root: Path, say: Say
) -> tuple[RunFolder, Record]:
    check_alike(shards)
    first = shards[0]
    whole = RunFolder(root / first.entry.run)
    metrics = _metrics(whole, first)
    loaded = _loaded(first, data, metrics)
    model, capability = _model_of(first, loaded.task)
    work = make_work(loaded, capability)
    gathered = gather(shards, work, plan_of(work, capability, _batch_of(shards)))
    journal, lines = merged(gathered.used)
    for line in lines:
        say(f"{first.task}: {line}")
    done = assembled(work, gathered.rows, gathered.spent, journal)
    answers = answers_of(loaded, done, model.fingerprint)
    with whole.locked():
        if not _there(whole, journal.predictions):
            whole.open(manifest_of_whole(first, data))
            keep_answers(whole, loaded, done, answers)
        if read_asked(whole).request.metrics != metrics:
            keep_metrics(whole, metrics)
        return whole, score_folder(whole, loaded, read_provenance(whole, loaded))


def _metrics(whole: RunFolder, kept: Kept) -> tuple[str, ...]:
    """Metrics beside the task's own: those that the run has already, then those asked for."""
    there = read_asked(whole).request.metrics if whole.manifest.is_file() else ()
    return tuple(dict.fromkeys((*there, *read_asked(kept.folder).request.metrics)))


def _there(whole: RunFolder, wanted: str) -> bool:
    """Whether a folder holds the answers that are ``wanted`` already, whoever made them.

    Raises :class:`InvalidError` when it holds others.
    """
    if not whole.predictions.exists():
        return False
    signed = Journal.read(whole)
    if signed.predictions != wanted and sha256_file(whole.predictions) != wanted:
        raise InvalidError(
            f"{whole.path} holds a run with other answers than those of the shards",
            fix="Choose another folder with --out, or delete that one",
        )
    # Signed and another by now: it has rotted, and what is wanted is at hand.
    return signed.predictions == sha256_file(whole.predictions) and bool(signed.finished)


def _model_of(kept: Kept, task: Task) -> tuple[ModelRef, str]:
    """The model, and the capability by which it served the task.

    ``task`` is the one that was loaded: what it gives may hang on the data, as a folder of one's
    own may hold pictures or a table of texts.
    """
    try:
        model = ModelRef.model_validate({"direction": "higher", **kept.manifest["model"]})
    except ValidationError:
        model = None
    if model is None or model.capability not in serving(task):
        raise InvalidError(
            f"{kept.folder.manifest} is damaged (model)", fix="Delete it and run evaluate again"
        )
    return model, str(model.capability)


def _batch_of(shards: Sequence[Kept]) -> BatchSettings:
    """How the parts were batched; any settings where no shard has begun."""
    known = sorted(shards, key=lambda kept: not kept.finished)
    batch = next((kept.journal.batch for kept in known if kept.journal.batch), {})
    return BatchSettings(batch.get("tokens", 1), batch.get("items", 1))


def _loaded(kept: Kept, data: Path | None, metrics: Sequence[str]) -> LoadedTask:
    asked = read_asked(kept.folder)
    request = replace(asked.request, data=data or asked.request.data, metrics=tuple(metrics))
    if data is None and request.data is not None and not request.data.exists():
        raise UsageError(
            f"{asked.task}: its data were at {request.data}, where nothing is now",
            fix="Say where they are with --data PATH",
        )
    loaded = load_task(find_task(asked.task), request)
    if loaded.fingerprint != asked.fingerprint:
        raise InvalidError(
            f"{asked.task}: the data at hand are not those of the shards (fingerprint "
            f"{loaded.fingerprint[:SHORT]}, shards {asked.fingerprint[:SHORT]})",
            fix="Give the shards' own data with --data PATH",
        )
    return loaded
