"""Records of committed submissions with something changed, looked at as ``validate`` does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from harness.errors import InvalidError
from harness.records.record import Record, parse_record
from harness.submission.folders.gather import gather
from harness.submission.recompute.differences import differences
from harness.submission.recompute.rescoring import rescore
from harness.submission.recompute.tasks import TaskLoader
from harness.submission.rules.book import RULES
from harness.submission.subject.around import Board
from harness.submission.subject.jobs import Job
from harness.submission.subject.looking import Looked, look
from harness.submission.subject.manifests import Manifests, read_manifests
from harness.submission.subject.subject import Subject, open_subject
from harness.tasks.load import LoadedTask
from tests.hostile.leaves import as_data

SEEDS = Path(__file__).resolve().parents[2] / "submissions"
SAMPLES = {
    "reranking": "marginbench__all-minilm-l6-v2-int8/max-length-64",
    "detection": "marginbench__lmscan/v0-6-1",
    "consistency": "marginbench__fisherfaces/px-32",
    "flips": "marginbench__logistic-regression-on-pixels/px-4",
    "image-quality": "marginbench__laplacian-variance/v1",
}
"""A committed submission of each suite."""

REQUESTS = {
    "answered": 120, "retries": 2, "median_seconds": 0.2, "p95_seconds": 0.5,
    "billed_units": None, "shortened": 0, "unseen": 0, "cost": None,
}  # fmt: skip
EFFORT = {
    "calls": 120, "prompt_tokens": 9000, "completion_tokens": 400, "repairs": 3,
    "groups_repaired": 2, "requests": REQUESTS,
}  # fmt: skip
MOVED = {
    "n": 8, "one_sided": 0, "changed": 0.25, "first_changed": 0.125, "difference": 0.01,
    "tau": 0.9, "reason": None,
}  # fmt: skip
INVARIANCE = {
    "lists": 8, "items": 80, "judged": "top 10", "measured": "score", "batch_size": 8,
    "turned": "batch", "batch": MOVED, "batch_reason": None, "order": MOVED,
    "order_reason": None, "repeat": {**MOVED, "changed": 0.0, "first_changed": 0.0},
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A submission with one record, and what follows from its predictions."""

    subject: Subject
    board: Board
    job: Job
    loaded: LoadedTask
    record: Record
    data: dict[str, Any]

    def found(self, record: Record, *, with_data: bool = True) -> list[str]:
        """``rule: what it says`` of a submission that claims this record instead."""
        (path,) = self.subject.records
        subject = replace(self.subject, records={path: record})
        told = [
            f"{rule.id}: {fault.message}"
            for rule in RULES
            if rule.each is not None
            for fault in rule.each(subject, self.board)
        ]
        if with_data:
            try:
                follows = rescore(self.job, record, self.loaded)
            except InvalidError as error:
                return [*told, f"recompute: {error}"]
            told += [f"recompute: {said}" for said in differences(record, follows, beside=True)]
        return told

    def quickly(self, record: Record, follows: Record) -> list[str]:
        """The same where what follows does not depend on what was changed."""
        said = [f"recompute: {one}" for one in differences(record, follows, beside=True)]
        return said or self.found(record, with_data=False)

    @property
    def follows(self) -> Record:
        """What follows from the predictions."""
        return rescore(self.job, self.record, self.loaded)


def looked_at(id: str) -> tuple[Manifests, Looked]:
    """The manifest of a committed submission, and what its tables are."""
    found = gather([SEEDS / id])
    manifests = read_manifests(found, None)
    return manifests, look(found.subjects, manifests)


@cache
def sample(suite: str) -> Sample:
    """The committed submission of a suite; its run tells all that a run can tell."""
    id = SAMPLES[suite]
    manifests, looked = looked_at(id)
    subject = open_subject(SEEDS / id, manifests)
    ((path, record),) = subject.records.items()
    data = as_data(record)
    if suite == "reranking":
        data["run"].update(effort=EFFORT, invariance=INVARIANCE, invariance_reason=None)
    record = parse_record(json.dumps(data), where=suite)
    subject = replace(subject, records={path: record})
    (job,) = looked.jobs
    assert job.place is not None
    loaded = TaskLoader(None).load(job.place, on_error="error")
    assert isinstance(loaded, LoadedTask)
    board = Board(SEEDS, False, (id,), {id: subject.manifest}, tables=looked.tables)
    return Sample(subject, board, job, loaded, record, data)


def forged(suite: str, change: Callable[[dict[str, Any]], object]) -> Record:
    """The record of a suite's sample with its JSON changed."""
    data = copy.deepcopy(sample(suite).data)
    change(data)
    return parse_record(json.dumps(data), where=suite)


def places(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """Every field of a model and of those in it, as :func:`tests.hostile.leaves.pattern` has it."""
    for name, field in model.model_fields.items():
        yield from _places(field.annotation, f"{above}.{name}".lstrip("."))


def _places(kind: Any, place: str) -> Iterator[str]:
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    for option in options:
        inner = get_args(option)
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield from places(option, place)
        elif get_origin(option) in (list, tuple) and inner:
            yield from _places(inner[0], f"{place}[]")
        elif option is not NoneType:
            yield place
