"""The finished runs that a submission is packed from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.data.asked import USUAL
from harness.errors import InvalidError, UsageError, first_ids
from harness.metrics.intervals import Bootstrap
from harness.records.again import FITTED
from harness.records.provenance import asked_beside
from harness.records.record import Record, read_record
from harness.records.rescore import run_folders
from harness.records.systems import told_models, told_runs
from harness.runs.folder import RECORD_FILE, RunFolder

ELSEWHERE = "predictions"
"""Adapter of a file of answers, which is of one task."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished run, or a mean over several, on its way into a submission.

    ``request`` is how it was asked for; see :func:`harness.records.provenance.asked_beside`.
    """

    folder: RunFolder
    record: Record
    request: Mapping[str, Any]

    @property
    def is_aggregate(self) -> bool:
        """Whether it is a mean over several tasks, which has no predictions of its own."""
        return self.record.task.members is not None


def read_runs(paths: Sequence[Path]) -> list[Packed]:
    """Finished full runs of one model and the means over them, in order of their task ids.

    Raises :class:`UsageError` when there is none, when there are two of one task or of several
    models; :class:`InvalidError` for a run that is unfinished, a quick look, or has intervals of
    other draws than the usual ones.
    """
    found: dict[str, Packed] = {}
    for run in _all_runs(paths):
        task = run.record.task.id
        if run.record.task.limit is not None:
            raise InvalidError(
                f"{run.folder.path} is a quick look at {run.record.task.limit} of {task}",
                fix="Evaluate without --limit",
            )
        _check_draws(run)
        if task in found:
            raise UsageError(
                f"two runs of {task}: {_told(told_runs, [found[task], run])}",
                fix="Give the folders of one model's runs, each task once",
            )
        found[task] = run
    if not found:
        said = first_ids([str(path) for path in paths])
        raise UsageError(f"{said}: no finished run of a model", fix="Give folders of evaluate")
    _check_members(found)
    _check_one_model(list(found.values()))
    return [found[task] for task in sorted(found)]


def _all_runs(paths: Sequence[Path]) -> Iterator[Packed]:
    for path in paths:
        unfinished = [run for run in run_folders(path) if not run.record.is_file()]
        if unfinished:
            raise InvalidError(
                f"{unfinished[0].path} has no record", fix="Finish it: run evaluate again"
            )
        for place in sorted(path.rglob(RECORD_FILE)):
            record = read_record(place)
            folder, asked = RunFolder(place.parent), asked_beside(place.parent, record)
            if asked is not None or folder.manifest.is_file():
                yield Packed(folder, record, asked or {})


def _check_draws(run: Packed) -> None:
    """Raise for intervals of a seed or a number of replicates that somebody chose."""
    usual = Bootstrap([])
    if run.request.get("draws") in (None, asdict(USUAL)):
        return
    chosen = run.record.intervals
    if (chosen.seed, chosen.replicates) != (usual.seed, usual.replicates):
        raise InvalidError(
            f"{run.folder.path} has intervals of {chosen.replicates:,} draws from seed "
            f"{chosen.seed}, and a board's are of {usual.replicates:,} from {usual.seed}",
            fix=f"Score it again: marginbench score {run.folder.path} "
            "--replicates 2000 --seed 20261123",
        )


def _check_members(found: Mapping[str, Packed]) -> None:
    for task, run in found.items():
        lost = sorted(set(run.record.task.members or ()) - found.keys())
        if lost:
            raise UsageError(
                f"{task} is a mean over tasks that are not given: {first_ids(lost)}",
                fix="Give the folder that holds all runs of the model",
            )


def _check_one_model(runs: Sequence[Packed]) -> None:
    models = [run.record.model for run in runs]
    # What train-baseline fits differs from task to task, as do files of predictions made
    # elsewhere: they are one system all the same, by its name.
    by_name = (*FITTED, ELSEWHERE)
    known = {(m.adapter, m.name if m.adapter in by_name else m.fingerprint) for m in models}
    if len(known) > 1:
        raise UsageError(
            f"the runs are of several models: {_told(told_models, runs)}",
            fix="Submit one model at a time",
        )


def _told(say: Callable[[Sequence[Record], Sequence[Path]], str], runs: Sequence[Packed]) -> str:
    return say([run.record for run in runs], [run.folder.path for run in runs])
