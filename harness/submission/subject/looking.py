"""What is to be known of submissions before anything is scored, read by children with limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from harness.files import sha256_file
from harness.strict_json import Json
from harness.submission.catalogue.places import place_of
from harness.submission.confined.child import Watch
from harness.submission.confined.pool import Ended, confined
from harness.submission.evidence.facts import TableFacts, TableKey, facts_of
from harness.submission.evidence.sketches import Sketch
from harness.submission.evidence.tables import IDS, has_lists, telling_of
from harness.submission.folders.gather import id_of
from harness.submission.layout import table_file
from harness.submission.subject.jobs import Job, job_of
from harness.submission.subject.manifests import READING, Manifests
from harness.submission.subject.subject import Claim, Subject, open_subject
from harness.submission.untrusted.parquet_tables import TableError, load_table

Facts = Mapping[TableKey, TableFacts | TableError]

NAMED = "names its items, whose order the task pins: in any other order a copy would not be told"


@dataclass(frozen=True)
class Looked:
    """Facts of each table and the runs to be scored again.

    ``stopped`` are submissions that cost more than any may, by id; ``lost`` are those that this
    machine failed at.
    """

    tables: Facts
    jobs: tuple[Job, ...]
    stopped: Mapping[str, Ended]
    lost: Mapping[str, Ended]


def look(folders: Sequence[Path], manifests: Manifests) -> Looked:
    """Read each table of every submission once, and let go of it again."""

    def work(folder: Path, watch: Watch) -> Json:
        return _look(folder, manifests, watch)

    tables: dict[TableKey, TableFacts | TableError] = {}
    jobs: list[Job] = []
    bad: dict[str, Ended] = {}
    for folder, ended in zip(folders, confined(work, folders, lambda _: READING), strict=True):
        if ended.stopped or ended.lost:
            bad[id_of(folder)] = ended
            continue
        facts, runs = ended.value
        tables |= {(id_of(folder), *key): fact_of_plain(fact) for key, fact in facts}
        jobs += [_job_of_plain(folder, run) for run in runs]
    return Looked(
        tables,
        tuple(jobs),
        {id: ended for id, ended in bad.items() if ended.stopped},
        {id: ended for id, ended in bad.items() if ended.lost},
    )


def _look(folder: Path, manifests: Manifests, watch: Watch) -> Json:
    id = id_of(folder)
    watch.at(f"{id}/records")
    subject = open_subject(folder, manifests)
    facts, runs = [], []
    for claim in subject.claims:
        own = {}
        for name in _present(subject, claim):
            watch.at(subject.at(claim.tables[name]))
            own[name] = _facts(subject, claim, name)
            facts.append([(claim.task_id, name), fact_as_plain(own[name])])
        job = job_of(subject, claim, own)
        runs.append([job.path, job.task_id, job.on_error, job.tables, job.obstacle])
    return facts, runs


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
    if set(IDS) & set(table.column_names) and not claim.may_name_items:
        return TableError("predictions-columns", NAMED)
    suite = claim.place.suite if claim.place else None
    telling = telling_of(suite, name) if suite else None
    lists = claim.task is not None and has_lists(claim.task)
    return facts_of(table, sha256=sha256_file(path), telling=telling, lists=lists)


def fact_as_plain(fact: TableFacts | TableError) -> Json:
    """Facts, or why there are none, as JSON can hold them."""
    if isinstance(fact, TableError):
        return ["error", fact.rule, fact.message, fact.fix]
    return ["facts", *astuple(fact)]


def fact_of_plain(value: Json) -> TableFacts | TableError:
    """What :func:`fact_as_plain` made this of."""
    kind, *rest = value
    if kind == "error":
        rule, message, fix = rest
        return TableError(rule, message, fix=fix)
    rest[-1] = tuple(Sketch(*one) for one in rest[-1])
    return TableFacts(*rest)


def _job_of_plain(folder: Path, value: Json) -> Job:
    path, task_id, on_error, tables, obstacle = value
    return Job(
        id=id_of(folder),
        folder=folder,
        path=path,
        task_id=task_id,
        on_error=on_error,
        place=place_of(task_id),
        tables=tuple(tables),
        obstacle=obstacle,
    )
