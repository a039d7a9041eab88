"""From finished runs to the folder that a pull request adds."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError
from harness.files import make_folder, write_atomic
from harness.nouns import Suite
from harness.records import Record, read_record, to_json
from harness.rescore import run_folders
from harness.store import RunFolder, read_json
from harness.submission.evidence import strip_ids
from harness.submission.layout import MANIFEST_FILE, record_file, table_file
from harness.submission.manifest import Manifest, parse_manifest
from harness.submission.manifest_text import manifest_text
from harness.submission.slugs import SLUG_RULE, is_slug, to_slug

TODO = "TODO"
"""Stands where only the submitter knows what belongs there; ``validate`` names it."""


@dataclass(frozen=True, slots=True)
class About:
    """What a submitter says of a system. ``revision`` is ``None`` for one made of its content."""

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


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished run on its way into a submission."""

    folder: RunFolder
    record: Record
    request: Mapping[str, Any]


def pack(
    paths: Sequence[Path],
    about: About,
    *,
    out: Path,
    suite_of: Callable[[str], Suite | None],
) -> Path:
    """Write ``out/ORG__MODEL/REVISION`` from the runs at or below ``paths``; returns it.

    Raises :class:`UsageError` when there is nothing to submit, runs are of several models, or the
    folder is there already; :class:`InvalidError` for a run that is unfinished or a quick look.
    """
    runs = read_runs(paths)
    manifest = make_manifest(runs, about)
    target = out / manifest.system / manifest.revision
    if target.exists():
        raise UsageError(
            f"{target} is there already, and a revision is never changed",
            fix="Give another name with --revision",
        )
    for run in runs:
        _write_run(run, target, suite_of(run.record.task.suite))
    write_atomic(target / MANIFEST_FILE, manifest_text(manifest).encode())
    return target


def read_runs(paths: Sequence[Path]) -> list[Packed]:
    """Finished full runs of one model, in order of their task ids."""
    found: dict[str, Packed] = {}
    for folder in (folder for path in paths for folder in run_folders(path)):
        if not folder.record.is_file():
            raise InvalidError(f"{folder.path} has no record", fix="Finish it: run evaluate again")
        record = read_record(folder.record)
        task = record.task.id
        if record.task.limit is not None:
            raise InvalidError(
                f"{folder.path} is a quick look at {record.task.limit} of {task}",
                fix="Evaluate without --limit",
            )
        if task in found:
            raise UsageError(
                f"two runs of {task}: {found[task].folder.path} and {folder.path}",
                fix="Give one run of each task",
            )
        found[task] = Packed(folder, record, read_json(folder.manifest)["request"])
    runs = [found[task] for task in sorted(found)]
    names = sorted({(run.record.model.adapter, run.record.model.name) for run in runs})
    if len(names) > 1:
        raise UsageError(
            "the runs are of several models: " + ", ".join(f"{n} ({a})" for a, n in names[:5]),
            fix="Submit one model at a time",
        )
    return runs


def make_manifest(runs: Sequence[Packed], about: About) -> Manifest:
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
    }
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
    options = {key: value for key, value in model.options.items() if value is not None}
    return {
        "task": run.record.task.id,
        "adapter": model.adapter,
        "checkpoint": model.checkpoint,
        "options": options,
        "command": command_of(run),
    }


def command_of(run: Packed) -> str:
    """The command that makes a run's predictions again; files are named, not located."""
    record, request = run.record, run.request
    words = ["marginbench"]
    if record.model.adapter == "predictions":
        words += ["score", "--predictions", record.model.checkpoint, "--model-name",
                  record.model.name]  # fmt: skip
    else:
        model = record.model
        words += ["evaluate", "--model", f"{model.adapter}:{model.checkpoint}".rstrip(":")]
        for key, value in sorted(model.options.items()):
            if value is not None:
                said = str(value).lower() if isinstance(value, bool) else value
                words += ["--option", f"{key}={said}"]
    words += ["--task", record.task.id]
    if request.get("data"):
        words += ["--data", Path(request["data"]).name]
    if request.get("first_stage"):
        words += ["--first-stage", Path(request["first_stage"]).name]
    if request.get("on_error", "error") != "error":
        words += ["--on-error", request["on_error"]]
    return shlex.join(words)


def _write_run(run: Packed, target: Path, suite: Suite | None) -> None:
    task = run.record.task.id
    make_folder(record_file(target, task).parent)
    make_folder(table_file(target, task).parent)
    write_atomic(record_file(target, task), to_json(run.record).encode())
    instead = suite.evidence if suite else None
    if instead is None:
        own_lists = Path(run.request.get("first_stage") or "").is_file()
        drop: tuple[str, ...] = () if own_lists else ("group", "item")
        strip_ids(run.folder.predictions, table_file(target, task), drop)
        return
    for table, drop in instead.tables.items():
        source = run.folder.path / f"{table}.parquet"
        if source.is_file():
            strip_ids(source, table_file(target, task, table), drop)
