"""One side of a comparison: a record with the tables beside it, or several of them by task."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.records.record import Evidence, Record, read_record
from harness.runs.folder import RECORD_FILE
from harness.tasks.arrow import as_numpy

NOWHERE = Path(os.devnull)
"""The folder of a record that stands alone, as a mere claim does: no file ever lies below it."""


@dataclass(frozen=True)
class Side:
    """A record, and the folder that holds the files it names (:data:`NOWHERE` without any)."""

    record: Record
    folder: Path

    @property
    def label(self) -> str:
        """Model name and the first digits of its fingerprint."""
        return f"{self.record.model.name} ({self.record.model.fingerprint[:8]})"

    @cached_property
    def groups(self) -> Any:
        """The Arrow table of per-item values, or ``None`` when it is not beside the record.

        Raises :class:`InvalidError` when it is not the file that the record was made with.
        """
        return self._table(self.record.groups)

    @cached_property
    def replicates(self) -> Mapping[str, NDArray[np.float64]]:
        """Bootstrap values by metric, NaN where undefined; empty when there are none."""
        table = self.file("replicates.parquet")
        if table is None:
            return {}
        return {
            name: np.asarray(as_numpy(table[name]), dtype=np.float64) for name in table.column_names
        }

    def file(self, name: str) -> Any:
        """The Arrow table of a side file, or ``None``."""
        evidence = next((e for e in self.record.files if e.file == name), None)
        return self._table(evidence)

    def predictions(self) -> Any:
        """The Arrow table of the predictions, or ``None``."""
        return self._table(self.record.predictions)

    def column(self, name: str) -> NDArray[Any] | None:
        """A column of :attr:`groups` as NumPy (null is NaN in numbers), or ``None``."""
        table = self.groups
        if table is None or name not in table.column_names:
            return None
        return as_numpy(table[name])

    @cached_property
    def ids(self) -> NDArray[Any] | None:
        """Ids of the groups, or ``None``."""
        found = self.column("group")
        return self.column("item") if found is None else found

    @property
    def clusters(self) -> NDArray[Any] | None:
        """The cluster of each group; the ids where each is one of its own."""
        table = self.groups
        if table is None or "cluster" not in table.column_names:
            return None
        for name in ("group", "item"):
            if name in table.column_names and table[name].equals(table["cluster"]):
                return self.ids
        return self.column("cluster")

    @property
    def distinct_ids(self) -> bool:
        """Whether no id stands twice."""
        for name in ("group", "item"):
            if self.groups is not None and name in self.groups.column_names:
                column = self.groups[name].combine_chunks()
                return len(column.dictionary) == len(column)
        return False

    def same_ids(self, other: Side) -> bool:
        """Whether both tables hold the same ids in one order."""
        for name in ("group", "item"):
            tables = [side.groups for side in (self, other)]
            if all(table is not None and name in table.column_names for table in tables):
                return bool(tables[0][name].equals(tables[1][name]))
        return False

    def _table(self, evidence: Evidence | None) -> Any:
        # A record may name any file: only one that lies right beside it is its own.
        if evidence is None or Path(evidence.file).name != evidence.file:
            return None
        path = self.folder / evidence.file
        if not path.is_file():
            return None
        if sha256_file(path) != evidence.sha256:
            raise InvalidError(
                f"{path} is not the file its record was made with",
                fix=f"Score it again: marginbench score {self.folder}",
            )
        return _read_table(path)


def _read_table(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            texts = [field.name for field in file.schema_arrow if str(field.type) == "string"]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            return file.read()
    except (pa.ArrowException, OSError) as error:
        raise InvalidError(f"{path}: cannot be read as a table ({error})") from error


def read_sides(path: Path) -> dict[str, Side]:
    """Every record at or below a path, by task id: a record, a run folder, a submission.

    Raises :class:`UsageError` when there is none, or two of one task.
    """
    files = [path] if path.is_file() else sorted(set(_records(path)))
    if not files:
        raise UsageError(
            f"{path} holds no record", fix=f"Give a {RECORD_FILE}, a run folder or a submission"
        )
    found: dict[str, Side] = {}
    for file in files:
        side = Side(read_record(file), file.parent)
        task = side.record.task.id
        if task in found:
            raise UsageError(
                f"{path} holds several records of {task}: {found[task].folder.name} and "
                f"{file.parent.name}",
                fix="Give the folder of one model",
            )
        found[task] = side
    return found


def _records(path: Path) -> list[Path]:
    return [*path.rglob(RECORD_FILE), *path.glob("**/records/*.json")]
