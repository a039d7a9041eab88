"""Checking submissions: everything is looked at, and all that is found is told at once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness.files import sha256_file
from harness.submission.evidence.facts import TableFacts, TableKey, facts_of
from harness.submission.folders.gather import Gathered, gather, id_of, manifests
from harness.submission.layout import table_file
from harness.submission.manifest.manifest import Manifest
from harness.submission.recompute.kept import Kept
from harness.submission.recompute.recomputer import Recomputer
from harness.submission.recompute.tasks import TaskLoader
from harness.submission.rules.book import RULES
from harness.submission.subject.around import Board, Outcome
from harness.submission.subject.finding import Fault, Finding, finding
from harness.submission.subject.jobs import Job, job_of
from harness.submission.subject.subject import Claim, Subject, open_subject
from harness.submission.subject.twins import twins_of
from harness.submission.untrusted.parquet_tables import TableError, load_table

MOST_ALIKE = 20
"""Findings of one rule in one submission that are told one by one."""

Facts = dict[TableKey, TableFacts | TableError]


class Report(NamedTuple):
    """What came of it: findings in order, and the evidence of each run by submission and task.

    ``unchanged`` counts the submissions that are as they were merged; nothing is asked of them.
    """

    findings: tuple[Finding, ...]
    evidence: Mapping[str, Mapping[str, Outcome]]
    unchanged: int


def validate(
    paths: Sequence[Path],
    *,
    base: Path | None = None,
    data: Path | None = None,
    recomputed: Path | None = None,
) -> Report:
    """Check the submissions at or below ``paths``; see ``docs/submit.md`` for the rules.

    ``base`` is the folder of submissions as it was merged, ``data`` what tasks are loaded from,
    ``recomputed`` where run folders are kept (see
    :mod:`harness.submission.recompute.kept`). Never raises for what a submission holds.
    """
    found = gather(paths, base=base)
    known = manifests(found, base)
    tables, jobs = _look(found.subjects)
    board = Board(
        root=found.root,
        whole=found.whole,
        subjects=tuple(map(id_of, found.subjects)),
        known=known,
        strays=found.strays,
        base=base,
        merged=found.merged,
        tables=tables,
        twins=twins_of(jobs, tables, found.others, known),
    )
    with _kept(recomputed, jobs) as kept:
        outcomes = Recomputer(TaskLoader(data), kept).all(jobs)
        if recomputed is not None and kept is not None and found.whole:
            kept.sweep(_wanted(jobs, found, known))
    board = replace(board, outcomes=outcomes)
    return Report(
        findings=tuple(sorted(_findings(board, found.subjects))),
        evidence=_evidence(found.subjects, outcomes),
        unchanged=len(set(board.merged) & {id_of(folder) for folder in found.others}),
    )


def _look(folders: Sequence[Path]) -> tuple[Facts, list[Job]]:
    """Each table read once, and the jobs; records are let go of again."""
    tables: Facts = {}
    jobs = []
    for folder in folders:
        subject = open_subject(folder)
        for claim in subject.claims:
            own = {name: _facts(subject, claim, name) for name in _present(subject, claim)}
            tables |= {(subject.id, claim.task_id, name): found for name, found in own.items()}
            jobs.append(job_of(subject, claim, own))
    return tables, jobs


def _present(subject: Subject, claim: Claim) -> list[str]:
    return [
        name
        for name, path in claim.tables.items()
        if path in subject.tree.files and name not in claim.larger
    ]


def _facts(subject: Subject, claim: Claim, name: str) -> TableFacts | TableError:
    path = table_file(subject.folder, claim.task_id, name)
    # Side tables have rows of their own: classes, thresholds.
    rows = claim.record.task.items if name in ("", "groups") else None
    try:
        table = load_table(path, claim.columns[name], rows=rows)
    except TableError as error:
        return error
    return facts_of(table, sha256=sha256_file(path))


@contextmanager
def _kept(recomputed: Path | None, jobs: Sequence[Job]) -> Iterator[Kept | None]:
    if recomputed is not None:
        yield Kept(recomputed)
    elif any(job.aggregate for job in jobs):
        with tempfile.TemporaryDirectory() as folder:  # means are made of their members' folders
            yield Kept(Path(folder))
    else:
        yield None


def _wanted(
    jobs: Sequence[Job], found: Gathered, known: Mapping[str, Manifest | None]
) -> Iterator[tuple[str, str]]:
    yield from (job.key for job in jobs)
    for id in map(id_of, found.others):
        manifest = known.get(id)
        yield from ((id, run.task) for run in manifest.runs) if manifest else ()


def _findings(board: Board, folders: Sequence[Path]) -> Iterator[Finding]:
    for rule in RULES:
        if rule.whole is not None:
            yield from (finding(rule.id, fault) for fault in rule.whole(board))
    for folder in folders:
        subject = open_subject(folder)
        for rule in RULES:
            if rule.each is not None:
                yield from _some(rule.id, list(rule.each(subject, board)), subject.id)


def _some(rule: str, faults: list[Fault], id: str) -> Iterator[Finding]:
    """The first of a rule's findings in one submission: a thousand alike help nobody."""
    yield from (finding(rule, fault) for fault in sorted(faults)[:MOST_ALIKE])
    if len(faults) > MOST_ALIKE:
        said = f"has {len(faults) - MOST_ALIKE:,} more of these"
        yield finding(rule, Fault(id, said, "Mend those that are named, and validate again"))


def _evidence(
    folders: Sequence[Path], outcomes: Mapping[tuple[str, str], Outcome]
) -> dict[str, dict[str, Outcome]]:
    found: dict[str, dict[str, Outcome]] = {id_of(folder): {} for folder in folders}
    for (id, task), outcome in sorted(outcomes.items()):
        found[id][task] = outcome
    return found
