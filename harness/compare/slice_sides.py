"""Both sides of a comparison cut into the slices of one column, as sides that compare like any.

A column slices where both sides carry it and say the same in every row: it tells of the items, not
of the answers. Figures that are means over items are means over those of the slice; others are
derived anew by their suite (:attr:`harness.nouns.Suite.within`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.pairing import values_behind
from harness.compare.sides import Side
from harness.metrics.intervals import mean_of
from harness.nouns import Suite
from harness.predictions.answers import ANSWERS
from harness.records.record import MetricValue
from harness.records.score import metric_value
from harness.records.scored import FIRST_STAGE_PREFIX, Scored
from harness.registry import blaming

Rows = NDArray[np.int64]

OTHER_NAMES = {"class": "label", "source": "cluster"}
"""What people call a column -> the name that it has in tables; a column of that name goes first."""

UNNAMED = "(none)"
"""The slice of items of which a column says nothing."""

NOT_KEPT = "it is no mean over items, and nothing that pairs is derived of it within slices"
NO_FIGURE = "undefined within the slice"


@dataclass(frozen=True)
class SliceSide(Side):
    """The items of a slice of one side. Without rows it is the whole.

    ``alone``: items count for themselves, as where the slices are the sources that they share.
    """

    whole: Side | None = field(default=None, compare=False)
    rows: Rows | None = field(default=None, compare=False)
    alone: bool = field(default=False, compare=False)
    drawn: Mapping[str, NDArray[np.float64]] = field(default_factory=dict, compare=False)
    deleted: Mapping[str, NDArray[np.float64]] = field(default_factory=dict, compare=False)

    @cached_property
    def groups(self) -> Any:
        """The table of the slice's items."""
        return self._taken(None if self.whole is None else self.whole.groups)

    @cached_property
    def replicates(self) -> Mapping[str, NDArray[np.float64]]:
        """Bootstrap values of figures that were derived anew."""
        return self.drawn

    @cached_property
    def jackknife(self) -> Mapping[str, NDArray[np.float64]]:
        """Their values without one unit each."""
        return self.deleted

    @cached_property
    def cluster_codes(self) -> NDArray[np.int64] | None:
        """A number for the source of each item, its own where items count for themselves."""
        if self.groups is None or self.whole is None:
            return None
        if self.alone:
            return np.arange(self.groups.num_rows)
        codes = self.whole.cluster_codes
        if codes is None or self.rows is None:
            return codes
        return np.unique(codes[self.rows], return_inverse=True)[1].astype(np.int64)

    @property
    def clusters(self) -> NDArray[Any] | None:
        """The source of each item."""
        return self.ids if self.alone else super().clusters

    def file(self, name: str) -> Any:
        """Of other tables nobody knows which rows are of the slice."""
        return None

    def predictions(self) -> Any:
        """The predictions of the slice's items, where each item has one row."""
        table = None if self.whole is None else self.whole.predictions()
        if table is None or self.groups is None or self.whole is None:
            return None
        return self._taken(table) if table.num_rows == self.whole.groups.num_rows else None

    def _taken(self, table: Any) -> Any:
        return table if table is None or self.rows is None else table.take(self.rows)


@dataclass(frozen=True, slots=True)
class Column:
    """A column to slice by: its name in the tables, its slices in order, and each one's rows.

    ``alone``: every slice lies within one source, so that items count for themselves.
    """

    name: str
    slices: Mapping[str, Rows]
    alone: bool


def sliceable(old: Side, new: Side) -> dict[str, NDArray[np.str_]]:
    """Columns that both sides carry alike, with what they say of each item, by what one may type.

    There are at least two slices, and not every item is one of its own.
    """
    found = {}
    for name in _candidates(old):
        values = _names(old, name)
        if values is None:
            continue
        other = _names(new, name)
        if other is None or not np.array_equal(values, other):
            continue
        if 2 <= len(np.unique(values)) < len(values):
            found[name] = values
    for said, name in OTHER_NAMES.items():
        if name in found:
            found.setdefault(said, found[name])
    return found


def typed(names: Collection[str]) -> list[str]:
    """Those of :func:`sliceable` names to tell people of: the word where there is one."""
    hidden = {name for said, name in OTHER_NAMES.items() if said in names}
    return [name for name in names if name not in hidden]


def column_of(asked: str, side: Side, values: NDArray[np.str_]) -> Column:
    """The slices of one column of :func:`sliceable`, in the order of their names."""
    names, codes = np.unique(values, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])
    table = side.groups.column_names
    real = asked if asked in table else OTHER_NAMES.get(asked, asked)
    return Column(real, dict(zip(names.tolist(), parts, strict=True)), _alone(side, codes))


def cut(
    column: Column, sides: tuple[Side, Side], metrics: Collection[str], suite: Suite | None
) -> tuple[dict[str, tuple[SliceSide, SliceSide]], dict[str, str]]:
    """Both sides by slice, with the figures of ``metrics`` that can be had, and why others cannot.

    Raises :class:`~harness.errors.SuiteError` where a suite of somebody else fails.
    """
    behind = [_behind(side, metrics) for side in sides]
    left = [name for name in metrics if any(name not in known for known in behind)]
    derived = [_derived(side, column, left, suite) for side in sides]
    told = [_told(scored) for scored in derived]
    lost = {name: NOT_KEPT for name in left if any(name not in names for names in told)}
    made = {
        value: (
            _slice(sides[0], column, rows, behind[0], derived[0].get(value)),
            _slice(sides[1], column, rows, behind[1], derived[1].get(value)),
        )
        for value, rows in column.slices.items()
    }
    return made, lost


def _candidates(side: Side) -> list[str]:
    """Columns that tell something of items by their names: no ids, no figures, no answers."""
    if side.groups is None:
        return []
    others = {name for metric in side.record.metrics for name in (metric.name, metric.column)}
    others |= {column.name for kind in ANSWERS.values() for column in kind.columns}
    return [
        name
        for name in side.groups.column_names
        if name not in ("group", "item")
        and name not in others
        and not name.startswith(FIRST_STAGE_PREFIX)
    ]


def _names(side: Side, column: str) -> NDArray[np.str_] | None:
    """A column of names or whole numbers as text, ``(none)`` where it says nothing."""
    import pyarrow as pa

    table = side.groups
    if table is None or column not in table.column_names:
        return None
    kind = table[column].type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
    ):
        return None
    values = table[column].to_pylist()
    return np.array([UNNAMED if v is None or v == "" else str(v) for v in values], dtype=np.str_)


def _alone(side: Side, codes: Rows) -> bool:
    """Whether every slice lies within one source, and some source has several items."""
    sources = side.cluster_codes
    if sources is None or len(np.unique(sources)) == len(sources):
        return False
    return len(np.unique(np.stack([codes, sources]), axis=1).T) == len(np.unique(codes))


def _behind(side: Side, metrics: Collection[str]) -> dict[str, NDArray[np.float64]]:
    """Values by item of those metrics that are their mean."""
    found = {}
    for name in metrics:
        metric = side.record.metric(name)
        values = None if metric is None else values_behind(metric, side)
        if values is not None:
            found[name] = values
    return found


def _derived(
    side: Side, column: Column, metrics: Sequence[str], suite: Suite | None
) -> Mapping[str, Scored]:
    """What the suite derives anew within the slices; each side is asked once."""
    if suite is None or suite.within is None or not metrics or side.groups is None:
        return {}
    known = f"within {column.name}: {', '.join(metrics)}"
    if known not in side.memory:
        whole = SliceSide(side.record, side.folder, whole=side, alone=column.alone)
        with blaming(suite.name, "its figures within slices"):
            side.memory[known] = dict(suite.within(whole, column.name, metrics))
    found: Mapping[str, Scored] = side.memory[known]
    return found


def _told(derived: Mapping[str, Scored]) -> set[str]:
    return {metric.name for scored in derived.values() for metric in scored.metrics}


def _slice(
    side: Side,
    column: Column,
    rows: Rows,
    behind: Mapping[str, NDArray[np.float64]],
    derived: Scored | None,
) -> SliceSide:
    record = side.record
    own = {} if derived is None else {m.name: metric_value(m) for m in derived.metrics}
    metrics = [
        _mean(metric, behind[metric.name][rows]) if metric.name in behind
        else own.get(metric.name) or _without(metric)
        for metric in record.metrics
    ]  # fmt: skip
    changed: dict[str, Any] = {"metrics": metrics}
    if derived is not None:
        changed["intervals"] = derived.intervals
    return SliceSide(
        record.model_copy(update=changed),
        side.folder,
        whole=side,
        rows=rows,
        alone=column.alone,
        drawn={} if derived is None else derived.replicates,
        deleted={} if derived is None else derived.jackknife,
    )


def _mean(metric: MetricValue, values: NDArray[np.float64]) -> MetricValue:
    value = mean_of(values)
    return metric.model_copy(
        update={
            "value": value,
            "interval": None,
            "basis": None,
            "n": int((~np.isnan(values)).sum()),
            "reason": NO_FIGURE if value is None else None,
            "column": metric.column or metric.name,
        }
    )


def _without(metric: MetricValue) -> MetricValue:
    nothing = {"value": None, "interval": None, "basis": None, "n": 0, "reason": NO_FIGURE}
    return metric.model_copy(update=nothing)
