"""Sides of a comparison with tables of one's own, made from a committed record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from harness.compare.sides import Side
from harness.files import sha256_file
from harness.records.record import Basis, Evidence, MetricValue, read_record, to_json
from harness.tasks.parquet import to_parquet

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / ".github" / "baseline"
RECORD = COMMITTED / "reranking.code-search.networkx" / "record.json"


def metric(name: str, value: float | None, **changes: Any) -> MetricValue:
    """A metric whose higher values are better, without an interval unless one is given."""
    basis = changes.pop("method", None)
    made: dict[str, Any] = {
        "name": name, "value": value, "unit": "", "interval": None, "n": 0,
        "higher_is_better": True, "reason": None, "column": None,
        "basis": Basis(method=basis, units=changes.pop("units", 0), rough=None) if basis else None,
    }  # fmt: skip
    return MetricValue(**{**made, **changes})


def write_table(path: Path, columns: Mapping[str, Sequence[Any]]) -> Evidence:
    """A table with its digest."""
    table = pa.table(dict(columns))
    path.write_bytes(to_parquet(table))
    return Evidence(file=path.name, sha256=sha256_file(path), rows=table.num_rows)


def made_side(
    folder: Path,
    metrics: Sequence[MetricValue],
    columns: Mapping[str, Sequence[Any]] | None,
    **tables: Mapping[str, Sequence[Any]],
) -> Side:
    """A record with a table of groups, and further tables by name, written and read again."""
    folder.mkdir(parents=True, exist_ok=True)
    record = read_record(RECORD)
    groups = None
    rows = record.task.groups
    if columns is not None:
        rows = len(next(iter(columns.values())))
        ids = [f"g{n:04d}" for n in range(rows)]
        groups = write_table(folder / "groups.parquet", {"group": ids, "cluster": ids, **columns})
    record = record.model_copy(
        update={
            "task": record.task.model_copy(
                update={"groups": rows, "primary_metric": metrics[0].name, "beside": []}
            ),
            "metrics": list(metrics),
            "first_stage": None,
            "groups": groups,
            "predictions": None,
            "files": [write_table(folder / f"{k}.parquet", v) for k, v in tables.items()],
        }
    )
    (folder / "record.json").write_text(to_json(record))
    return Side(read_record(folder / "record.json"), folder)


def edited(side: Side, place: int = 0, **changes: Any) -> Side:
    """The side with one metric of its record edited, and nothing else."""
    metrics = list(side.record.metrics)
    metrics[place] = metrics[place].model_copy(update=changes)
    return Side(side.record.model_copy(update={"metrics": metrics}), side.folder)
