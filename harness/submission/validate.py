"""Checking submissions: everything is looked at, and all that is found is told at once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from harness.errors import InvalidError
from harness.submission.catalogue.preloading import preload
from harness.submission.folders.gather import Gathered, gather, id_of
from harness.submission.manifest.keepers import Author, read_owners, read_waivers
from harness.submission.manifest.manifest import Manifest
from harness.submission.recompute.earlier import held, read_earlier
from harness.submission.recompute.kept import Kept
from harness.submission.recompute.recomputer import Recomputer
from harness.submission.recompute.tasks import TaskLoader
from harness.submission.rules.judging import judge
from harness.submission.subject.around import Board, Outcome
from harness.submission.subject.copies import copies_of
from harness.submission.subject.finding import Finding
from harness.submission.subject.jobs import Job
from harness.submission.subject.looking import look
from harness.submission.subject.manifests import read_manifests
from harness.submission.subject.twins import twins_of

K = TypeVar("K")
V = TypeVar("V")


class Report(NamedTuple):
    """What came of it: findings in order, and the evidence of each run by submission and task.

    ``unchanged`` counts the submissions that are as they were merged; nothing is asked of them.
    ``lost`` says what this machine failed at before anything was scored; nothing is found of that.
    """

    findings: tuple[Finding, ...]
    evidence: Mapping[str, Mapping[str, Outcome]]
    unchanged: int
    lost: tuple[str, ...] = ()


def validate(
    paths: Sequence[Path],
    *,
    base: Path | None = None,
    data: Path | None = None,
    recomputed: Path | None = None,
    author: Author | None = None,
    changed: Sequence[str] = (),
) -> Report:
    """Check the submissions at or below ``paths``; see ``docs/submit.md`` for the rules.

    ``base`` is the folder of submissions as it was merged, ``data`` what tasks are loaded from,
    ``recomputed`` where run folders are kept (see
    :mod:`harness.submission.recompute.kept`), ``author`` who sends a pull request and ``changed``
    every path that it changes. Never raises for what a submission holds.
    """
    found = gather(paths, base=base)
    manifests = read_manifests(found, base)
    preload(manifests.tasks(map(id_of, found.subjects)))
    looked = look(found.subjects, manifests)
    jobs, known = looked.jobs, manifests.known
    twins, sketches = twins_of(jobs, looked.tables, found.others, known)
    keepers = found.root if base is None else base
    waived = _or_nothing(read_waivers, keepers)
    apart = [id for id, rules in waived.items() if "identity-copied" in rules]
    board = Board(
        root=found.root,
        whole=found.whole,
        subjects=tuple(map(id_of, found.subjects)),
        known=known,
        strays=found.strays,
        base=base,
        merged=found.merged,
        tables=looked.tables,
        twins=twins,
        copies=copies_of(jobs, looked.tables, sketches, known, apart),
        stopped=looked.stopped,
        owners=_or_nothing(read_owners, keepers),
        waived=waived,
        author=author,
        changed=tuple(changed),
    )
    with _kept(recomputed, jobs) as kept:
        outcomes = Recomputer(TaskLoader(data), kept).all(jobs)
        if recomputed is not None and kept is not None and found.whole:
            kept.sweep(_wanted(jobs, found, known))
    outcomes = held(outcomes, jobs, _or_nothing(read_earlier, keepers))
    board = replace(board, outcomes=outcomes)
    sane = [f for f in found.subjects if id_of(f) not in {*looked.stopped, *looked.lost}]
    judged = judge(board, sane, manifests)
    lost = [f"{id}: {ended.lost}" for id, ended in looked.lost.items()]
    return Report(
        findings=judged.findings,
        evidence=_evidence(found.subjects, outcomes),
        unchanged=len(set(board.merged) & {id_of(folder) for folder in found.others}),
        lost=tuple(dict.fromkeys([*manifests.lost, *lost, *judged.lost])),
    )


def _or_nothing(read: Callable[[Path], dict[K, V]], root: Path) -> dict[K, V]:
    """What maintainers keep; nothing where it cannot be read, which ``beside-schema`` tells."""
    try:
        return read(root)
    except InvalidError:
        return {}


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


def _evidence(
    folders: Sequence[Path], outcomes: Mapping[tuple[str, str], Outcome]
) -> dict[str, dict[str, Outcome]]:
    found: dict[str, dict[str, Outcome]] = {id_of(folder): {} for folder in folders}
    for (id, task), outcome in sorted(outcomes.items()):
        found[id][task] = outcome
    return found
