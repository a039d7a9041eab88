"""One side of a comparison: a record with the tables beside it, or several of them by task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.records import Evidence, Record, read_record


@dataclass(frozen=True)
class Side:
    """A record, and the folder that holds the files it names."""

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
            name: np.asarray(table[name].to_numpy(), dtype=np.float64)
            for name in table.column_names
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
        return np.asarray(table[name].to_numpy())

    @property
    def ids(self) -> NDArray[Any] | None:
        """Ids of the groups, or ``None``."""
        name = (
            "group" if self.groups is not None and "group" in self.groups.column_names else "item"
        )
        return self.column(name)

    def _table(self, evidence: Evidence | None) -> Any:
        if evidence is None or not (self.folder / evidence.file).is_file():
            return None
        path = self.folder / evidence.file
        if sha256_file(path) != evidence.sha256:
            raise InvalidError(
                f"{path} is not the file its record was made with",
                fix=f"Score it again: marginbench score {self.folder}",
            )
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            return file.read()


def read_sides(path: Path) -> dict[str, Side]:
    """Every record at or below a path, by task id: a record, a run folder, a submission.

    Raises :class:`UsageError` when there is none, or two of one task.
    """
    files = [path] if path.is_file() else sorted(_records(path))
    if not files:
        raise UsageError(
            f"{path} holds no record", fix="Give a record.json, a run folder or a submission"
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
    return [*path.rglob("record.json"), *path.glob("**/records/*.json")]
