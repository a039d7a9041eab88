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
from harness.records.record import MetricValue
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


@dataclass(frozen=True, slots=True)
class Labels:
    """What a column says of each item: a number of one of ``names``, which are sorted."""

    names: tuple[str, ...]
    codes: Rows

    @property
    def words(self) -> NDArray[np.str_]:
        """The name of each item."""
        return np.array(self.names, dtype=np.str_)[self.codes]

    def same_as(self, other: Labels) -> bool:
        """Whether both say the same of every item."""
        return self.names == other.names and np.array_equal(self.codes, other.codes)


def sliceable(old: Side, new: Side) -> dict[str, Labels]:
    """Columns that both sides carry alike, with what they say of each item, by what one may type.

    There are at least two slices, and not every item is one of its own.
    """
    found = {}
    for name in _candidates(old):
        labels = _labels(old, name)
        if labels is None or not 2 <= len(labels.names) < len(labels.codes):
            continue
        other = _labels(new, name)
        if other is not None and labels.same_as(other):
            found[name] = labels
    for said, name in OTHER_NAMES.items():
        if name in found:
            found.setdefault(said, found[name])
    return found


def why_not(asked: str, old: Side, new: Side) -> str:
    """Why a column that lies beside a record does not slice; empty where neither side has it."""
    tables = [side.groups for side in (old, new)]
    there = [t is not None and _real(asked, t.column_names) in t.column_names for t in tables]
    if not any(there):
        return ""
    if not all(there):
        return f"the {'candidate' if there[0] else 'baseline'} does not have it"
    name = _real(asked, tables[0].column_names)
    labels, other = _labels(old, name), _labels(new, name)
    if name not in _candidates(old) or labels is None or other is None:
        return "it is an id, an answer or a figure, and groups no items"
    if not labels.same_as(other):
        return "it does not say the same of every item on both sides"
    return "all items share one value" if len(labels.names) < 2 else "no two items share a value"


def _real(asked: str, columns: Collection[str]) -> str:
    """The name in the tables of what was typed."""
    return asked if asked in columns else OTHER_NAMES.get(asked, asked)


def typed(names: Collection[str]) -> list[str]:
    """Those of :func:`sliceable` names to tell people of: the word where there is one."""
    hidden = {name for said, name in OTHER_NAMES.items() if said in names}
    return [name for name in names if name not in hidden]


def column_of(asked: str, side: Side, labels: Labels) -> Column:
    """The slices of one column of :func:`sliceable`, in the order of their names."""
    order = np.argsort(labels.codes, kind="stable")
    sizes = np.bincount(labels.codes, minlength=len(labels.names))
    parts = dict(zip(labels.names, np.split(order, np.cumsum(sizes)[:-1]), strict=True))
    return Column(_real(asked, side.groups.column_names), parts, _alone(side, labels.codes))


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
    from harness.predictions.answers import all_columns  # few comparisons have slices

    if side.groups is None:
        return []
    others = {name for metric in side.record.metrics for name in (metric.name, metric.column)}
    others |= {name for name, _ in all_columns()}
    return [
        name
        for name in side.groups.column_names
        if name not in ("group", "item")
        and name not in others
        and not name.startswith(FIRST_STAGE_PREFIX)
    ]


def _labels(side: Side, column: str) -> Labels | None:
    """A column of names or whole numbers, ``(none)`` where it says nothing."""
    import pyarrow as pa

    table = side.groups
    if table is None or column not in table.column_names or not table.num_rows:
        return None
    values = table[column].combine_chunks()
    if not pa.types.is_dictionary(values.type):
        kind = values.type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)
                or pa.types.is_integer(kind)):  # fmt: skip
            return None
        values = values.dictionary_encode()
    known = values.dictionary.to_pylist()
    words = [UNNAMED if word is None or word == "" else str(word) for word in known] + [UNNAMED]
    rows = np.asarray(values.indices.fill_null(len(known))).astype(np.int64)
    used = sorted({words[code] for code in np.unique(rows).tolist()})
    number = {word: code for code, word in enumerate(used)}
    return Labels(tuple(used), np.array([number.get(word, 0) for word in words])[rows])


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
            made = dict(suite.within(whole, column.name, metrics))
            if wrong := [one for one in made.values() if not isinstance(one, Scored)]:
                raise TypeError(f"{type(wrong[0]).__name__} is not what scoring gives")
            side.memory[known] = made
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
    from harness.records.score import metric_value

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
