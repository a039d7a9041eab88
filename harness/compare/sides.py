"""One side of a comparison: a record with the tables beside it, or several of them by task."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.metrics.intervals import mean_of
from harness.records.finding import read_records
from harness.records.record import Evidence, Record
from harness.records.systems import told_models, told_runs, which
from harness.tasks.arrow import as_numpy, truths
from harness.tasks.own_shape import lists_of, texts_of, wholes_of
from harness.tasks.parquet import read_parquet
from harness.tasks.reading.content import check_bounds

NOWHERE = Path(os.devnull)
"""The folder of a record that stands alone, as a mere claim does: no file ever lies below it."""

LARGEST = 1e150
"""What means are made of: beyond it the sum of a few squares is no number."""


@dataclass(frozen=True)
class Side:
    """A record, and the folder that holds the files it names (:data:`NOWHERE` without any)."""

    record: Record
    folder: Path
    order: NDArray[np.int64] | None = field(default=None, compare=False)
    """Rows of the per-item tables in the order in which they are wanted; ``None`` as they lie."""
    elsewhere: Mapping[str, Path] = field(default_factory=dict, compare=False)
    """Files of the record that do not lie beside it, and where they are."""

    @property
    def label(self) -> str:
        """The model's name with the start of its fingerprint and when it was run."""
        return which(self.record)

    @cached_property
    def groups(self) -> Any:
        """The Arrow table of per-item values, or ``None`` when it is not beside the record.

        Raises :class:`InvalidError` when it is not the file that the record was made with.
        """
        return self._ordered(self._table(self.record.groups))

    @cached_property
    def replicates(self) -> Mapping[str, NDArray[np.float64]]:
        """Bootstrap values by metric, NaN where undefined; empty when there are none."""
        return self._numbers("replicates.parquet")

    @cached_property
    def jackknife(self) -> Mapping[str, NDArray[np.float64]]:
        """Values without one unit each by metric; empty when there are none."""
        return self._numbers("jackknife.parquet")

    @cached_property
    def memory(self) -> dict[str, Any]:
        """What was found of its files before: a side that is compared many times is read once."""
        return {}

    def sha256(self, name: str) -> str:
        """Digest of a file beside the record; raises as ``check_bounds`` does."""
        known: dict[str, str] = self.memory.setdefault("sha256", {})
        if name not in known:
            check_bounds(self.path(name))
            known[name] = sha256_file(self.path(name))
        return known[name]

    def path(self, name: str) -> Path:
        """Where a file of the record is, or would be."""
        return self.elsewhere.get(name, self.folder / name)

    def lies_there(self, evidence: Evidence | None) -> bool:
        """Whether a file that the record names lies right beside it.

        A record may name any file: only one that lies right beside it is its own.
        """
        if evidence is None or Path(evidence.file).name != evidence.file:
            return False
        return self.path(evidence.file).is_file()

    def _numbers(self, name: str) -> Mapping[str, NDArray[np.float64]]:
        table = self.file(name)
        if table is None:
            return {}
        return {
            column: self._bounded(self._real(table, name, column), name, column)
            for column in table.column_names
        }

    def figures(self, name: str, *columns: str) -> list[NDArray[np.float64]] | None:
        """Columns of numbers of a side file: true and false are 1 and 0, null is NaN.

        ``None`` without the file or one of them. Raises :class:`InvalidError` for anything else.
        """
        table = self.file(name)
        if table is None or not set(columns) <= set(table.column_names):
            return None
        return [self._real(table, name, column) for column in columns]

    def names(self, name: str, *columns: str) -> list[NDArray[Any]] | None:
        """Columns of names of a side file, as :meth:`figures` of numbers."""
        table = self.file(name)
        if table is None or not set(columns) <= set(table.column_names):
            return None
        return [self._asked(texts_of, name, column) for column in columns]

    def matrix(self, name: str, column: str, width: int) -> NDArray[np.int64]:
        """A column of a side file that is there, of lists of so many whole numbers each."""
        found: NDArray[np.int64] = self._asked(lambda one: lists_of(one, width), name, column)
        return found

    def wholes(self, name: str, column: str) -> NDArray[np.int64]:
        """A column of a side file that is there, of whole numbers."""
        found: NDArray[np.int64] = self._asked(wholes_of, name, column)
        return found

    def _asked(self, read: Callable[[Any], Any], name: str, column: str) -> Any:
        try:
            return read(self.file(name)[column])
        except ValueError as error:
            raise self._unlike(f"{column!r} of {name}: {error}") from None

    def _real(self, table: Any, name: str, column: str) -> NDArray[np.float64]:
        """A column as numbers: true and false are 1 and 0, null is NaN."""
        import pyarrow as pa

        values = table[column]
        if pa.types.is_boolean(values.type):
            return truths(values)
        types = (pa.types.is_floating, pa.types.is_integer, pa.types.is_null)
        if not any(is_one(values.type) for is_one in types):
            raise self._unlike(f"{column!r} of {name} holds {values.type}, and not numbers")
        found = np.asarray(as_numpy(values), dtype=np.float64)
        if np.isinf(found).any():
            raise self._unlike(f"{column!r} of {name} holds infinities")
        return found

    def _bounded(self, values: NDArray[np.float64], name: str, column: str) -> NDArray[np.float64]:
        if len(values) and np.nanmax(np.abs(values), initial=0.0) > LARGEST:
            raise self._unlike(f"{column!r} of {name} holds numbers beyond {LARGEST:g}")
        return values

    def _unlike(self, said: str) -> InvalidError:
        """That a table is none of ours, though its digest is what the record says."""
        return InvalidError(f"{self.folder}: {said}", fix=self._again)

    @property
    def _again(self) -> str:
        return f"Score it again: marginbench score {self.folder}"

    def file(self, name: str) -> Any:
        """The Arrow table of a side file, or ``None``."""
        evidence = next((e for e in self.record.files if e.file == name), None)
        return self._table(evidence)

    def predictions(self) -> Any:
        """The Arrow table of the predictions, or ``None``."""
        return self._ordered(self._table(self.record.predictions))

    def _ordered(self, table: Any) -> Any:
        """A table in the order that is wanted, if its rows are items."""
        if table is None or self.order is None or table.num_rows != len(self.order):
            return table
        return table.take(self.order)

    def column(self, name: str) -> NDArray[Any] | None:
        """A column of :attr:`groups` as NumPy (null is NaN in numbers), or ``None``.

        Raises :class:`InvalidError` for one of lists.
        """
        table = self.groups
        if table is None or name not in table.column_names:
            return None
        if table[name].type.num_fields:
            raise self._unlike(f"{name!r} of groups.parquet holds {table[name].type}")
        return as_numpy(table[name])

    def reals(self, name: str) -> NDArray[np.float64] | None:
        """A column of :attr:`groups` that is to hold numbers, ``None`` where it is not there.

        True and false are 1 and 0, null is NaN. Raises :class:`InvalidError` for anything else.
        """
        table = self.groups
        if table is None or name not in table.column_names:
            return None
        return self._real(table, "groups.parquet", name)

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """A column to make means of, true and false being 1 and 0, null NaN.

        ``None`` for one of anything else than numbers. Raises :class:`InvalidError` for numbers
        whose squares no sum can hold.
        """
        table = self.groups
        if table is None or name not in table.column_names:
            return None
        import pyarrow as pa

        values = table[name]
        types = (pa.types.is_boolean, pa.types.is_floating, pa.types.is_integer)
        if not any(is_one(values.type) for is_one in types):
            return None
        return self._bounded(self._real(table, "groups.parquet", name), "groups.parquet", name)

    def mean(self, name: str) -> tuple[float | None, int]:
        """Mean of :meth:`numbers` that are there, and how many these are; made once."""
        known: dict[str, tuple[float | None, int]] = self.memory.setdefault("mean", {})
        if name not in known:
            values = self.numbers(name)
            there = 0 if values is None else len(values) - int(np.isnan(values).sum())
            known[name] = (None if values is None else mean_of(values), there)
        return known[name]

    @cached_property
    def cluster_codes(self) -> NDArray[np.int64] | None:
        """A number for the cluster of each group, equal for those that share one; or ``None``."""
        table = self.groups
        if table is None or "cluster" not in table.column_names:
            return None
        import pyarrow as pa

        column = table["cluster"].combine_chunks()
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        return np.asarray(as_numpy(column.indices)).astype(np.int64)

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
        if evidence is None or not self.lies_there(evidence):
            return None
        path = self.path(evidence.file)
        if self.sha256(evidence.file) != evidence.sha256:
            raise InvalidError(f"{path} is not the file its record was made with", fix=self._again)
        return read_parquet(path, dictionaries=True, fix=self._again)


def read_sides(path: Path) -> dict[str, Side]:
    """Every record at or below a path, by task id: a record, a run folder, a submission.

    Raises :class:`UsageError` when there is none, or two of one task.
    """
    return one_side(all_sides([path]), path)


def all_sides(paths: Sequence[Path]) -> list[Side]:
    """Every record at or below some paths, by task, the oldest first."""
    return [Side(record, folder) for folder, record in read_records(paths)]


def one_side(sides: Sequence[Side], where: Path | str) -> dict[str, Side]:
    """The records of one side by task id.

    Raises :class:`UsageError` that tells the runs apart when there are two of one task.
    """
    found: dict[str, Side] = {}
    for side in sides:
        task = side.record.task.id
        if task in found:
            twins = [other for other in sides if other.record.task.id == task]
            raise UsageError(
                f"{where} holds several runs of {task}: {told_runs(*_parted(twins))}",
                fix="Give the folder of one of them",
            )
        found[task] = side
    return found


def two_sides(sides: Sequence[Side], where: Path | str) -> tuple[dict[str, Side], dict[str, Side]]:
    """The records of the only two models among some records; that which was run first goes first.

    Raises :class:`UsageError` that names the models when there are not two of them.
    """
    by_model: dict[str, list[Side]] = {}
    for side in sorted(sides, key=lambda side: side.record.created):
        by_model.setdefault(side.record.model.fingerprint, []).append(side)
    if len(by_model) != 2:
        said = told_models(*_parted(sides))
        raise UsageError(
            f"{where} holds runs of {len(by_model)} models, and two can be compared: {said}",
            fix="Give the folders of two: marginbench compare BASELINE CANDIDATE",
        )
    older, newer = by_model.values()
    return one_side(older, where), one_side(newer, where)


def _parted(sides: Sequence[Side]) -> tuple[list[Record], list[Path]]:
    return [side.record for side in sides], [side.folder for side in sides]
