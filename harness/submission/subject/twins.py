"""Which submissions hold the very same answers to a task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import IncompleteError
from harness.files import sha256_file
from harness.strict_json import Json
from harness.submission.catalogue.places import place_of
from harness.submission.confined.child import Watch
from harness.submission.confined.pool import confined
from harness.submission.evidence.facts import TableFacts, TableKey, facts_of
from harness.submission.evidence.sketches import Sketch
from harness.submission.evidence.tables import columns_of, has_lists, telling_of
from harness.submission.folders.gather import id_of
from harness.submission.layout import table_file
from harness.submission.manifest.manifest import Manifest
from harness.submission.subject.jobs import Job
from harness.submission.subject.manifests import READING
from harness.submission.untrusted.parquet_tables import TableError, load_table

Facts = Mapping[TableKey, TableFacts | TableError]


Twins = dict[tuple[str, str], tuple[str, ...]]
Sketches = dict[tuple[str, str], tuple[Sketch, ...]]


def twins_of(
    jobs: Sequence[Job],
    tables: Facts,
    others: Sequence[Path],
    known: Mapping[str, Manifest | None],
) -> tuple[Twins, Sketches]:
    """Task and digest of answers -> ids, those that were here before first, then by their day.

    Beside it the sketches of the others' answers, by id and task, which tell copies with noise.
    Of the ``others`` only tasks that somebody submits now are read, by children with limits. One
    that cannot be read is nobody's twin. Raises :class:`IncompleteError` where this machine failed.
    """
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    sketches: Sketches = {}
    tasks = sorted({job.task_id for job in jobs})

    def work(folder: Path, watch: Watch) -> Json:
        manifest = known.get(id_of(folder))
        return [[task, *_of_other(folder, task, manifest)] for task in tasks]

    looked = others if tasks else ()
    for folder, ended in zip(looked, confined(work, looked, lambda _: READING), strict=True):
        if ended.lost:
            raise IncompleteError(f"{id_of(folder)} could not be read: {ended.lost}")
        for task, digest, drawn in ended.value or ():
            if digest:
                found[task, digest].append(id_of(folder))
                sketches[id_of(folder), task] = tuple(Sketch(*one) for one in drawn)
    days = {id: manifest.date if manifest else "" for id, manifest in known.items()}
    for job in sorted(jobs, key=lambda job: (days.get(job.id, ""), job.id)):
        digest = joined_digest(job.id, job.task_id, tables)
        if digest:
            found[job.task_id, digest].append(job.id)
    return {key: tuple(ids) for key, ids in found.items()}, sketches


def joined_digest(id: str, task: str, tables: Facts) -> str:
    """The digests of all tables of a run in one; ``""`` when one of them cannot be read."""
    place = place_of(task)
    if place is None or place.task is None:
        return ""
    found = [tables.get((id, task, name)) for name in columns_of(place.task, place.suite)]
    return _join(found)


def _join(found: Sequence[TableFacts | TableError | None]) -> str:
    digests = [facts.digest for facts in found if isinstance(facts, TableFacts)]
    return "+".join(digests) if len(digests) == len(found) else ""


def _of_other(folder: Path, task: str, manifest: Manifest | None) -> tuple[str, list[Sketch]]:
    """The digest of somebody's answers, ``""`` where they cannot be read, and their sketches."""
    place = place_of(task)
    runs = {run.task for run in manifest.runs} if manifest else set()
    if place is None or place.task is None or task not in runs:
        return "", []
    found: list[TableFacts] = []
    for name, columns in columns_of(place.task, place.suite).items():
        path, telling = table_file(folder, task, name), telling_of(place.suite, name)
        try:
            table = load_table(path, columns)
        except TableError:
            return "", []
        facts = facts_of(
            table, sha256=sha256_file(path), telling=telling, lists=has_lists(place.task)
        )
        found.append(facts)
    return _join(found), [one for facts in found for one in facts.sketches]
