"""Rules about the files that a record tells of: their names are the format's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.records.record import Evidence
from harness.runs.folder import GROUPS_FILE, PREDICTIONS_FILE
from harness.submission.layout import table_name
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Claim, Subject

PACK_AGAIN = "Pack the run again with marginbench submit"
MOST_TABLES = 20
_BESIDE = re.compile(r"[a-z][a-z0-9_-]{0,39}\.(?:parquet|csv|json|jsonl|txt)")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def fixed(subject: Subject, board: Board) -> Iterator[Fault]:
    """No record names a file that ``submit`` would not have named so."""
    for claim in (claim for claim in subject.claims if claim.place is not None):
        for said in list(file_faults(claim))[:5]:
            yield Fault(subject.at(claim.path), said, PACK_AGAIN)


def file_faults(claim: Claim) -> Iterator[str]:
    """Files of one record that are called otherwise, stand twice, or have no digest."""
    record = claim.record
    named = {"predictions": record.predictions, "groups": record.groups}
    for place, evidence in named.items():
        if claim.task is None and evidence is not None:
            yield f"{place}: a mean over tasks has none"
        elif evidence is not None:
            yield from _evidence_faults(place, evidence, {_own_name(claim, place)})
    if record.groups is not None and record.groups.rows != record.task.groups:
        yield f"groups.rows: {record.groups.rows:,}, the task has {record.task.groups:,} groups"
    if record.groups is None and claim.task is not None:
        yield "groups: is null"
    names = [evidence.file for evidence in record.files]
    if len(names) > MOST_TABLES or len(set(names)) < len(names):
        yield f"files: {len(names):,} of them, or one of them twice"
    tables = {table_name(claim.task_id, name).rpartition("/")[2] for name in claim.tables if name}
    for number, evidence in enumerate(record.files[:MOST_TABLES]):
        allowed = tables if evidence.file in tables else None
        yield from _evidence_faults(f"files[{number}]", evidence, allowed)


def _own_name(claim: Claim, place: str) -> str:
    """What ``submit`` calls it: its own tables by the task, others as they lay beside the run."""
    carried, own = claim.tables, "" if place == "predictions" else "groups"
    if own in carried:
        return carried[own].rpartition("/")[2]
    return PREDICTIONS_FILE if place == "predictions" else GROUPS_FILE


def _evidence_faults(place: str, found: Evidence, allowed: set[str] | None) -> Iterator[str]:
    if allowed is not None and found.file not in allowed:
        yield f"{place}.file: {found.file[:80]!r}, and it is called {min(allowed)}"
    if allowed is None and not _BESIDE.fullmatch(found.file):
        yield f"{place}.file: {found.file[:80]!r} is no name of a file beside a run"
    if not _DIGEST.fullmatch(found.sha256):
        yield f"{place}.sha256: is no sha256"
