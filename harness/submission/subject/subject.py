"""A submission as the rules see it: every file read once, whatever is wrong with it kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.errors import InvalidError
from harness.nouns import Task
from harness.records.record import Record, parse_record
from harness.strict_json import load_strict
from harness.submission.catalogue.own_lists import own_lists
from harness.submission.catalogue.places import Place, place_of
from harness.submission.evidence.tables import columns_of
from harness.submission.folders.gather import id_of
from harness.submission.folders.tree import Tree, scan
from harness.submission.layout import LARGEST_RECORD, RECORDS, table_name
from harness.submission.manifest.manifest import Manifest, RunAgain
from harness.submission.subject.manifests import Manifests
from harness.submission.untrusted.plain_files import read_plain


@dataclass(frozen=True, slots=True)
class Claim:
    """What a submission claims of one task: a record, and what the manifest says of the run.

    ``path`` is that of the record below the submission. ``larger`` are names of tables (``""``
    for the predictions) that are kept elsewhere.
    """

    path: str
    record: Record
    run: RunAgain | None
    place: Place | None
    larger: frozenset[str]

    @property
    def task_id(self) -> str:
        """Id of the task."""
        return self.record.task.id

    @property
    def task(self) -> Task | None:
        """The task, ``None`` for a mean over several and for one that is not known."""
        return None if self.place is None else self.place.task

    @property
    def carries_tables(self) -> bool:
        """Whether tables of counts stand in place of the predictions."""
        return self.place is not None and self.place.suite.evidence is not None

    @property
    def may_name_items(self) -> bool:
        """Whether its tables may hold ids: where candidate lists are the submitter's own."""
        embedded = self.place is not None and self.place.is_embedded
        return own_lists(self.record) and not embedded

    @property
    def tables(self) -> dict[str, str]:
        """Name of a table -> its path below the submission."""
        return {name: table_name(self.task_id, name) for name in self.columns}

    @property
    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """The columns of each table; empty where there are no tables to be had."""
        if self.place is None or self.place.task is None:
            return {}
        return columns_of(self.place.task, self.place.suite)

    def evidence(self, table: str) -> str | None:
        """The sha256 that the record tells of a table, or ``None``."""
        record = self.record
        if not table:
            return record.predictions.sha256 if record.predictions else None
        name = table_name(self.task_id, table).rpartition("/")[2]
        files = [*record.files, *([record.groups] if record.groups else [])]
        return next((file.sha256 for file in files if file.file == name), None)


@dataclass(frozen=True)
class Subject:
    """A folder of a revision. Faults are texts, by path below the folder."""

    folder: Path
    tree: Tree
    manifest: Manifest | None
    manifest_fault: str
    records: Mapping[str, Record]
    json_faults: Mapping[str, str]
    schema_faults: Mapping[str, str]

    @property
    def id(self) -> str:
        """``ORG__MODEL/REVISION``, by the names of the folders."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    def at(self, path: str) -> str:
        """A path below this folder as a path below the folder of submissions."""
        return f"{self.id}/{path}" if path else self.id

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """One for each record that could be read, in order of their paths.

        Of two records that claim one task the later is left out: ``manifest-runs`` tells.
        """
        found: dict[str, Claim] = {}
        for path, record in self.records.items():
            found.setdefault(record.task.id, self._claim(path, record))
        return tuple(found.values())

    def _claim(self, path: str, record: Record) -> Claim:
        runs = self.manifest.runs if self.manifest else []
        larger = self.manifest.larger if self.manifest else []
        task = record.task.id
        return Claim(
            path=path,
            record=record,
            run=next((run for run in runs if run.task == task), None),
            place=place_of(task),
            larger=frozenset(file.table for file in larger if file.task == task),
        )


def open_subject(folder: Path, manifests: Manifests) -> Subject:
    """Look at a submission, whose manifest was read, and read its records.

    Never raises for content.
    """
    tree = scan(folder)
    id = id_of(folder)
    manifest, fault = manifests.known.get(id), manifests.faults.get(id, "")
    records: dict[str, Record] = {}
    json_faults: dict[str, str] = {}
    schema_faults: dict[str, str] = {}
    for path, entry in tree.files.items():
        if path.startswith(f"{RECORDS}/") and entry.belongs:
            try:
                records[path] = read_submitted(folder / path)
            except StrictError as error:
                json_faults[path] = error.message
            except InvalidError as error:
                schema_faults[path] = error.message.removeprefix("record: ")
    return Subject(folder, tree, manifest, fault, records, json_faults, schema_faults)


class StrictError(InvalidError):
    """A record that is no strict JSON, or larger than any record is."""


def read_submitted(path: Path) -> Record:
    """A record from a submission.

    Raises :class:`StrictError` when it is no strict JSON of at most 512 KiB in a plain file, and
    :class:`InvalidError` when it does not fit the schema.
    """
    try:
        data = read_plain(path, most=LARGEST_RECORD)
        load_strict(data)
    except InvalidError as error:
        raise StrictError(error.message.removeprefix(f"{path} ")) from error
    except (ValueError, RecursionError) as error:
        raise StrictError(f"is not strict JSON ({error})") from error
    return parse_record(data.decode("utf-8"), where="record")
