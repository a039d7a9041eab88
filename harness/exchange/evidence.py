"""Values and answers that lie beside a record, in a run folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.exchange.base import Run
from harness.tasks.arrow import as_numpy


class Column(NamedTuple):
    """A metric that is the mean of values of items: its name, and a value for each item or none."""

    metric: str
    values: Sequence[float | None]


class ItemTable(NamedTuple):
    """The items of a record, their clusters, and the metrics that are means over them."""

    items: list[str]
    clusters: list[str] | None
    columns: list[Column]


def side_of(run: Run) -> Side:
    """The run with the tables beside it, each held against the record's digest when it is read.

    A submission has none: its predictions name no items, as the task has them in order.
    """
    return Side(run.record, run.folder)


def item_table(side: Side) -> ItemTable | None:
    """The values of items beside a record; ``None`` where they do not lie there."""
    table = side.groups
    if table is None:
        return None
    key = next((name for name in ("group", "item") if name in table.column_names), None)
    if key is None:
        raise InvalidError(f"{side.folder}: the table of items names none")
    columns = []
    for metric in side.record.metrics:
        values = None if metric.column is None else side.numbers(metric.column)
        if values is not None and metric.value is not None:
            told = [None if value != value else value for value in values.tolist()]
            columns.append(Column(metric.name, told))
    clusters = table["cluster"].to_pylist() if "cluster" in table.column_names else None
    return ItemTable(table[key].to_pylist(), clusters, columns)


def answers(side: Side) -> dict[str, list[dict[str, Any]]]:
    """What the model said, by group or item, in the task's order; empty where it is not there.

    Vectors are left out: they are evidence of another size.
    """
    import pyarrow as pa

    table = side.predictions()
    if table is None:
        return {}
    plain = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    key = "group" if "group" in plain else "item"
    if key not in plain or len(plain) < 2:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table.select(plain).to_pylist():
        found.setdefault(str(row.pop(key)), []).append(row)
    return found


def ranked(side: Side) -> Iterator[tuple[str, list[str], list[float]]]:
    """Query, documents and scores of a ranking, the best first; ties stay in the task's order.

    Nothing where no answers of that kind lie beside the record.
    """
    import numpy as np

    table = side.predictions()
    if table is None or not {"group", "item", "score"} <= set(table.column_names):
        return
    groups, items = table["group"].to_pylist(), table["item"].to_pylist()
    scores = np.asarray(as_numpy(table["score"]), dtype=np.float64)
    sign = -1.0 if side.record.model.direction == "lower" else 1.0
    for start, end in _spans(groups):
        own = sign * scores[start:end]
        kept = np.argsort(-own, kind="stable")
        kept = kept[~np.isnan(own[kept])]  # what could not be scored holds no rank
        yield groups[start], [items[start + i] for i in kept], own[kept].tolist()


def _spans(groups: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in range(1, len(groups) + 1):
        if end == len(groups) or groups[end] != groups[start]:
            yield start, end
            start = end
