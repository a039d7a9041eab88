"""From the parts of a task to its answers: the same bytes whoever did them, and in what order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.engine.effort import Columns, noticed, totals, write_effort
from harness.engine.work import Work
from harness.files import write_atomic
from harness.fingerprint import digest
from harness.nouns import Aggregate
from harness.predictions.answers.base import Rows
from harness.predictions.of_task import answers_bytes
from harness.records.aggregate import aggregate_folder, read_member, write_aggregate
from harness.records.record import Record
from harness.runs.batches import BatchSettings
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.tasks.load import LoadedTask

Report = Callable[[RunFolder, Record], None]
"""What is told of each finished record."""

SPENT = "spent"
"""What beside a part says what its requests cost."""


@dataclass(frozen=True, slots=True)
class Finished:
    """All answers of a task in canonical order, how they were made, and what each group cost."""

    rows: Rows
    journal: Journal
    effort: Columns | None = None


def plan_of(work: Work, capability: str, batch: BatchSettings) -> str:
    """The digest of how a task is cut into parts and batches: parts of another are no use."""
    return digest([["plan", capability, list(work.sizes), batch.tokens, batch.items]])


def assembled(
    work: Work, parts: Sequence[Rows], spent: Sequence[Rows | None], journal: Journal
) -> Finished:
    """The answers from every part in order, and what each took; the journal is completed."""
    effort = work.effort(parts, spent)
    journal.effort = totals(effort, spent)
    rows = work.assemble(parts)
    journal.details |= {**work.noticed(rows), **noticed(spent)}
    return Finished(rows, journal, effort)


def answers_of(loaded: LoadedTask, done: Finished, model_fingerprint: str) -> bytes:
    """The predictions file; signs the journal with its digest."""
    answers = answers_bytes(loaded, done.rows, model_fingerprint=model_fingerprint)
    done.journal.predictions = hashlib.sha256(answers).hexdigest()
    return answers


def keep_answers(folder: RunFolder, loaded: LoadedTask, done: Finished, answers: bytes) -> None:
    """Write predictions, what each group cost, and the journal.

    The journal is signed first: there are never predictions of which nobody can say whether they
    are whole.
    """
    if done.effort is not None:
        write_effort(folder, loaded.data, done.effort)
    done.journal.write(folder)
    write_atomic(folder.predictions, answers)


def mean_of(
    aggregate: Aggregate, done: Mapping[str, tuple[RunFolder, Record]], report: Report
) -> Record:
    """Write the record of a mean over tasks that are done, beside theirs."""
    found = [done[name] for name in aggregate.members]
    members = [read_member(folder, record) for folder, record in found]
    folder = aggregate_folder(found[0][0], aggregate)
    with folder.locked():
        record = write_aggregate(aggregate, members, folder)
    report(folder, record)
    return record
