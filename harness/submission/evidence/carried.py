"""The tables that a submission carries in place of predictions, as a suite reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.records.record import Record
from harness.submission.layout import table_file
from harness.submission.untrusted.parquet_tables import load_table

GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class Carried:
    """A record and its tables by name; columns as :class:`harness.compare.sides.Side` gives them.

    ``tables`` are Arrow tables.
    """

    record: Record
    tables: Mapping[str, Any]

    def file(self, name: str) -> Any:
        """The table that is called ``NAME.parquet`` beside a record, or ``None``."""
        return self.tables.get(name.removesuffix(".parquet"))

    def column(self, name: str) -> list[Any] | None:
        """A column of the per-item table, or ``None``."""
        table = self.tables.get(GROUPS)
        if table is None or name not in table.column_names:
            return None
        found: list[Any] = table[name].to_pylist()
        return found


def read_carried(folder: Path, record: Record, columns: Mapping[str, Mapping[str, str]]) -> Carried:
    """The tables of a run in the folder of a submission; see :func:`load_table` for errors."""
    task = record.task.id
    return Carried(
        record,
        {
            name: load_table(table_file(folder, task, name), kinds)
            for name, kinds in columns.items()
        },
    )
