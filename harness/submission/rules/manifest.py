"""Rules about what the manifest says."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from harness.errors import did_you_mean
from harness.records.again import split
from harness.submission.catalogue.places import board_tasks, place_of
from harness.submission.layout import LARGEST_FILE, MANIFEST_FILE, record_name
from harness.submission.manifest.licence import licence_fault, licence_hint
from harness.submission.manifest.manifest import Manifest
from harness.submission.pack import TODO
from harness.submission.rules.markup import markup_fault
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

SEE_DOCS = "See the fields in docs/submit.md"


def readable(subject: Subject, board: Board) -> Iterator[Fault]:
    """There is a manifest and it holds to its schema."""
    if subject.manifest is None:
        yield Fault(subject.at(MANIFEST_FILE), subject.manifest_fault, SEE_DOCS)


def todo(subject: Subject, board: Board) -> Iterator[Fault]:
    """Nothing is left to be filled in."""
    if subject.manifest is None:
        return
    said = subject.manifest.model_dump(include={"name", "description", "licence", "contact"})
    for name, text in said.items():
        if text.strip().upper() == TODO:
            yield Fault(
                subject.at(MANIFEST_FILE), f"{name} still says {TODO}", f"Say the {name} there"
            )


def markup(subject: Subject, board: Board) -> Iterator[Fault]:
    """Texts are for people."""
    for name in ("name", "description", "licence", "contact"):
        text = getattr(subject.manifest, name, "")
        what = markup_fault(text)
        if what:
            yield Fault(subject.at(MANIFEST_FILE), f"{name} holds {what}", "Say it in plain words")


def licence(subject: Subject, board: Board) -> Iterator[Fault]:
    """The licence is one that others can look up."""
    said = subject.manifest.licence if subject.manifest else ""
    fault = licence_fault(said) if said and said.strip().upper() != TODO else ""
    if fault:
        yield Fault(
            subject.at(MANIFEST_FILE), f"licence {said[:60]!r} {fault}", licence_hint(said[:60])
        )


def predecessor(subject: Subject, board: Board) -> Iterator[Fault]:
    """The revision that is updated exists, is of the same organisation, and is older."""
    manifest = subject.manifest
    if manifest is None or manifest.predecessor is None:
        return
    before = board.known.get(manifest.predecessor)
    said = ""
    if manifest.predecessor == manifest.id:
        said = "is the submission itself"
    elif manifest.predecessor not in board.known:
        said = "is not there"
    elif before is not None and before.org != manifest.org:
        said = "is of another organisation"
    elif before is not None and before.date > manifest.date:
        said = f"is of a later day ({before.date})"
    elif _in_circle(manifest, board):
        said = "goes back to this submission"
    if said:
        yield Fault(
            subject.at(MANIFEST_FILE),
            f"predecessor {manifest.predecessor} {said}",
            "Name the ORG__MODEL/REVISION that this one updates, or leave the line out",
        )


def _in_circle(manifest: Manifest, board: Board) -> bool:
    seen: set[str] = set()
    before = manifest.predecessor
    while before is not None and before not in seen:
        seen.add(before)
        found = board.known.get(before)
        before = found.predecessor if found else None
    return manifest.id in seen


def trained_on(subject: Subject, board: Board) -> Iterator[Fault]:
    """Declared training data are tasks that the board has."""
    for task in subject.manifest.trained_on if subject.manifest else ():
        if place_of(task) is None:
            yield Fault(
                subject.at(MANIFEST_FILE),
                f"trained_on: {task!r} is no task of the board",
                f"{did_you_mean(task, board_tasks())} See: marginbench list tasks",
            )


def runs(subject: Subject, board: Board) -> Iterator[Fault]:
    """One run, one record, one place for it."""
    readable = {*subject.records, *subject.json_faults, *subject.schema_faults}
    tasks = Counter(record.task.id for record in subject.records.values())
    for path, record in subject.records.items():
        wanted = record_name(record.task.id)
        if path != wanted:
            yield Fault(subject.at(path), f"is of {record.task.id}", f"Its place is {wanted}")
        if tasks[record.task.id] > 1:
            yield Fault(subject.at(path), f"{record.task.id} has several records", "Keep one")
    if subject.manifest is None:
        return
    named = {record_name(run.task): run.task for run in subject.manifest.runs}
    for path, task in named.items():
        if path not in readable:
            yield Fault(
                subject.at(MANIFEST_FILE),
                f"names a run of {task}, whose record is not there",
                f"Add {path}, or take the run out",
            )
    for path in sorted(subject.records.keys() - named.keys()):
        yield Fault(
            subject.at(path),
            f"is a record that {MANIFEST_FILE} names no run for",
            "Remove it, or add an entry [[runs]]",
        )


def commands(subject: Subject, board: Board) -> Iterator[Fault]:
    """Commands call marginbench alone, as a shell cannot misread, and name the run's task."""
    for run in subject.manifest.runs if subject.manifest else ():
        try:
            words = split(run.command)
        except ValueError as error:
            said = str(error)
        else:
            if run.task in words[-1]:
                continue
            said = f"does not name the task {shlex.quote(run.task)}"
        yield Fault(
            subject.at(MANIFEST_FILE),
            f"the command of {run.task}: {said}",
            "Write: marginbench evaluate --model ... --task ID, several commands joined by ' && '",
        )


def larger(subject: Subject, board: Board) -> Iterator[Fault]:
    """What is kept elsewhere belongs to a run, and is what the record tells of."""
    claims = {claim.task_id: claim for claim in subject.claims}
    for file in subject.manifest.larger if subject.manifest else ():
        claim, said = claims.get(file.task), ""
        if claim is None or file.table not in claim.columns:
            what = f"table {file.table!r} of {file.task}" if file.table else file.task
            said = f"{what} is none of the tables of a run here"
        elif claim.evidence(file.table) != file.sha256:
            said = f"the sha256 of {file.task} is not the one that its record tells"
        elif file.bytes <= LARGEST_FILE or (claim.place is not None and claim.place.is_embedded):
            said = f"{file.task} is small enough to be here, where it is computed again"
        if said:
            yield Fault(
                subject.at(MANIFEST_FILE), f"larger: {said}", "Pack again with marginbench submit"
            )
