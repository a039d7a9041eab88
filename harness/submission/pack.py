"""From finished runs to the folder that a pull request adds."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError
from harness.files import make_folder, storage_errors, write_atomic
from harness.nouns import Suite
from harness.records.again import command_of
from harness.records.bars import control_of
from harness.records.record import Evidence, Record, to_json
from harness.submission.evidence.tables import IDS, keep_columns, matches
from harness.submission.layout import (
    LARGEST_FILE,
    MANIFEST_FILE,
    PREDICTIONS,
    RECORDS,
    record_file,
    table_file,
)
from harness.submission.manifest.manifest import Manifest, parse_manifest
from harness.submission.manifest.text import manifest_text
from harness.submission.ranked_metrics import without_extra
from harness.submission.runs import Packed, read_runs
from harness.submission.untrusted.slugs import SLUG_RULE, is_slug, to_slug

TODO = "TODO"
"""Stands where only the submitter knows what belongs there; ``validate`` names it."""

LARGER = "larger"
"""Folder beside that of the submissions for files that are to be kept elsewhere."""

SuiteOf = Callable[[str], Suite | None]


@dataclass(frozen=True, slots=True)
class About:
    """What a submitter says of a system. ``revision`` is ``None`` for one made of its content.

    ``larger``: a task, or ``TASK#TABLE``, -> the address where its table is kept.
    """

    org: str
    name: str
    date: str
    revision: str | None = None
    licence: str = TODO
    contact: str = TODO
    description: str = ""
    parameters: int | None = None
    predecessor: str | None = None
    trained_on: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    larger: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """The folder that was written, and files to upload: address -> file."""

    folder: Path
    uploads: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a run as it was written, by its name (``""`` for the predictions)."""

    task: str
    name: str
    path: Path
    evidence: Evidence

    @property
    def key(self) -> str:
        """How ``--larger`` names it."""
        return f"{self.task}#{self.name}" if self.name else self.task


def pack(paths: Sequence[Path], about: About, *, out: Path, suite_of: SuiteOf) -> Made:
    """Write ``out/ORG__MODEL/REVISION`` from the runs at or below ``paths``.

    Tables that are kept elsewhere go to a folder ``larger`` beside ``out``. Raises
    :class:`UsageError` when there is nothing to submit, runs are of several models, or the folder
    is there already; :class:`InvalidError` for a run that is unfinished or a quick look, a text
    that no page can show, and a table that is too large.
    """
    runs = read_runs(paths)
    plan = make_manifest(runs, about, larger=[])
    target = out / plan.system / plan.revision
    if target.exists():
        raise UsageError(
            f"{target} is there already, and a revision is never changed",
            fix=f"To change its words, edit {target / MANIFEST_FILE}; before it is merged you may "
            f"delete {target} and type this again; for new answers add --revision NAME",
        )
    building = target.with_name(f".{plan.revision}.tmp")
    try:
        tables = list(_write_runs(runs, building, suite_of))
        _check_sizes(tables, about)
        larger = [_larger(table, about) for table in tables if table.key in about.larger]
        manifest = make_manifest(runs, about, larger=larger)
        write_atomic(building / MANIFEST_FILE, manifest_text(manifest).encode())
        uploads = _move_larger(tables, about, out.parent / LARGER)
        with storage_errors(target):
            building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Made(target, uploads)


def make_manifest(
    runs: Sequence[Packed], about: About, *, larger: Sequence[Mapping[str, Any]]
) -> Manifest:
    """The manifest of a submission; :class:`InvalidError` names each fault in what was given."""
    model = to_slug(about.name)
    if not is_slug(about.org) or not is_slug(model):
        wrong = about.org if not is_slug(about.org) else about.name
        raise UsageError(f"{wrong[:80]!r} gives no name for a folder", fix=f"Use {SLUG_RULE}")
    data: dict[str, Any] = {
        "schema_version": 1,
        "org": about.org,
        "model": model,
        "revision": about.revision or content_revision(runs),
        "name": about.name,
        "description": about.description,
        "licence": about.licence,
        "contact": about.contact,
        "date": about.date,
        "parameters": about.parameters,
        "predecessor": about.predecessor,
        "trained_on": sorted(about.trained_on),
        "links": dict(about.links),
        "runs": [_run_again(run) for run in runs],
        "larger": list(larger),
    }
    if control := control_of(runs[0].record.model.details):
        data["control"] = control
    return parse_manifest(data, where=MANIFEST_FILE)


def content_revision(runs: Sequence[Packed]) -> str:
    """A name that follows from models, tasks and predictions alone."""
    digest = hashlib.sha256()
    for run in runs:
        record = run.record
        evidence = record.predictions.sha256 if record.predictions else ""
        digest.update(f"{record.task.id} {record.model.fingerprint} {evidence}\n".encode())
    return f"r{digest.hexdigest()[:11]}"


def _run_again(run: Packed) -> dict[str, Any]:
    model = run.record.model
    return {
        "task": run.record.task.id,
        "adapter": model.adapter,
        "checkpoint": model.checkpoint,
        "options": {key: value for key, value in model.options.items() if value is not None},
        "command": command_of(run.record, run.request),
    }


def _write_runs(runs: Sequence[Packed], folder: Path, suite_of: SuiteOf) -> Iterator[_Table]:
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted command has left
    for part in (RECORDS, PREDICTIONS):
        make_folder(folder / part)
    for run in runs:
        task = run.record.task
        suite = suite_of(task.suite)
        tables = list(_write_tables(run, folder, suite))
        yield from tables
        record = without_extra(run.record, suite)
        record = bound(record, {table.name: table.evidence for table in tables})
        write_atomic(record_file(folder, task.id), to_json(record).encode())


def _write_tables(run: Packed, folder: Path, suite: Suite | None) -> Iterator[_Table]:
    if run.is_aggregate:
        return
    task = run.record.task.id
    instead = suite.evidence if suite else None
    if instead is None:
        own_lists = Path(run.request.get("first_stage") or "").is_file()
        path = table_file(folder, task)
        kept = keep_columns(run.folder.predictions, path, lambda name: own_lists or name not in IDS)
        yield _Table(task, "", path, kept)
        return
    for name, patterns in instead.tables.items():
        path = table_file(folder, task, name)
        source = run.folder.path / f"{name}.parquet"
        if not source.is_file():
            raise InvalidError(
                f"{source} is missing", fix=f"Score it again: marginbench score {run.folder.path}"
            )
        yield _Table(task, name, path, keep_columns(source, path, _among(patterns)))


def _among(patterns: Sequence[str]) -> Callable[[str], bool]:
    return lambda name: matches(name, patterns)


def bound(record: Record, tables: Mapping[str, Evidence]) -> Record:
    """The record of a submission: the files it names are those of the submission.

    So ``sha256sum`` alone tells that predictions and record belong together. Files that a
    submission does not carry keep the name and the digest that they had beside the run.
    """
    beside = {f"{name}.parquet": evidence for name, evidence in tables.items() if name}
    groups = record.groups
    return record.model_copy(
        update={
            "predictions": tables.get("", record.predictions),
            "groups": beside.get(groups.file, groups) if groups else None,
            "files": [beside.get(file.file, file) for file in record.files],
        }
    )


def _check_sizes(tables: Sequence[_Table], about: About) -> None:
    unknown = sorted(set(about.larger) - {table.key for table in tables})
    if unknown:
        known = ", ".join(table.key for table in tables)
        raise UsageError(f"--larger {unknown[0]} is none of the tables", fix=f"Known: {known}")
    for table in tables:
        size = table.path.stat().st_size
        if size > LARGEST_FILE and table.key not in about.larger:
            raise InvalidError(
                f"the table of {table.key} has {size:,} bytes, {LARGEST_FILE:,} at most",
                fix=f"Keep it elsewhere: --larger {table.key}=https://...",
            )


def _move_larger(tables: Sequence[_Table], about: About, folder: Path) -> dict[str, Path]:
    """Move what is kept elsewhere out of the submission: address -> file."""
    moved = {}
    for table in tables:
        if table.key in about.larger:
            target = make_folder(folder) / table.path.name
            with storage_errors(target):
                shutil.move(table.path, target)
            moved[about.larger[table.key]] = target
    return moved


def _larger(table: _Table, about: About) -> dict[str, Any]:
    return {
        "task": table.task,
        "table": table.name,
        "url": about.larger[table.key],
        "sha256": table.evidence.sha256,
        "bytes": table.path.stat().st_size,
    }
