"""Whether a record says what follows from the tables beside it, so that an edited one is found.

The tables are held against the digests in the record when they are read; here the figures of the
record are held against the tables. A mean of a column is derived to the last digits, with its n and
its interval. A figure of a whole set is held against its jackknife or bootstrap values, which say
where it can lie. What nothing beside the record tells is returned, never passed over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.compare.derived_again import figures_again
from harness.compare.derived_drawn import allowed
from harness.compare.derived_means import Column, column_of, mean_interval_fits
from harness.compare.sides import Side
from harness.errors import UsageError
from harness.metrics.cards import beyond
from harness.metrics.intervals import mean_of
from harness.nouns import MetricCard, Suite
from harness.records.record import FirstStageRef, MetricValue, Record
from harness.records.scored import FIRST_STAGE_PREFIX
from harness.runs.folder import MANIFEST_FILE, RECORD_FILE

Reals = NDArray[np.float64]

RELATIVE = 1e-9
"""How far a figure may lie from what is derived, as a share of it: rounding, and no more."""

MOST_ROWS = 20_000
"""Rows up to which the interval of every mean is made again; beyond, of those that decide."""

NO_TABLE = "no table of per-group values lies beside the record"
OTHER_INTERVAL = "its interval is by a method that is not computed again here"
TOO_MANY = "its value is derived; its interval is not, with so many rows and nothing to decide"
ROUGHLY = "it lies where its jackknife or bootstrap values allow, which is not to the last digit"
NOTHING = "it is no mean of a column, and no jackknife or bootstrap values of it lie beside"
NO_MEMBERS = "it is a mean over tasks that are not all here"


@dataclass(frozen=True, slots=True)
class Underived:
    """A figure of a record that what lies beside it does not settle, and why.

    ``roughly``: its value was held against values that only bound it, or its interval alone is
    not known; otherwise nothing at all is known of it.
    """

    metric: str
    reason: str
    roughly: bool


def check_sides(
    sides: Mapping[str, Side], suite_of: Callable[[str], Suite | None]
) -> dict[str, list[Underived]]:
    """:func:`check_record` of one side's records by task; means over tasks by their members."""
    found = {}
    for task, side in sides.items():
        suite = suite_of(side.record.task.suite)
        cards = () if suite is None else suite.described
        if side.record.task.members is not None:
            found[task] = _check_mean(side, sides, cards)
        else:
            if "underived" not in side.memory:
                side.memory["underived"] = _settled(side, suite, check_record(side, cards))
            found[task] = side.memory["underived"]
    return found


def _settled(side: Side, suite: Suite | None, left: Sequence[Underived]) -> list[Underived]:
    """What is left once the suite has derived its figures anew, which must be those claimed."""
    values = figures_again(side, suite)
    for metric in side.record.metrics:
        found = values.get(metric.name)
        if metric.name in values and not _equal(metric.value, found, scale=1.0):
            raise _differs(
                side,
                f"{metric.name} is {_shown(metric.value)}, what lies beside it gives "
                f"{_shown(found)}",
            )
    return [one for one in left if one.metric not in values]


def check_record(side: Side, cards: Sequence[MetricCard] = ()) -> list[Underived]:
    """Hold every metric of a record against the tables beside it; ``cards`` are those of its suite.

    Returns what could not be derived. Raises :class:`UsageError` that names record, metric, both
    values and what to type when the record says something else than its tables do, and
    :class:`~harness.errors.InvalidError` when a table is not the record's own.
    """
    _check_named(side)
    _check_rows(side)
    found = []
    for metric in side.record.metrics:
        card = next((card for card in cards if card.matches(metric.name)), None)
        _check_card(side, metric, card)
        found += _check_metric(side, metric, card, metric.column or metric.name)
    if side.record.first_stage is not None:
        _check_first_stage(side, side.record.first_stage)
    return found


def check_agreement(old: Record, new: Record) -> None:
    """Raise :class:`UsageError` unless both records mean the same by what they have in common.

    Direction, unit and column of each metric, and which one is primary: whoever turns one of
    them turns a loss into a gain.
    """
    task = old.task.id
    _agree(task, "the primary metric", old.task.primary_metric, new.task.primary_metric)
    for before in old.metrics:
        after = new.metric(before.name)
        if after is None:
            continue
        _agree(
            task,
            f"whether more of {before.name} is better",
            before.higher_is_better,
            after.higher_is_better,
        )
        _agree(task, f"the unit of {before.name}", before.unit, after.unit)
        if before.column is not None and after.column is not None:
            _agree(task, f"the column of {before.name}", before.column, after.column)


def _agree(task: str, what: str, old: object, new: object) -> None:
    if old != new:
        raise UsageError(
            f"{task}: the two records do not agree on {what} ({old!r} and {new!r})",
            fix="Score both sides again with one version of MarginBench: marginbench score RUN",
        )


def _check_named(side: Side) -> None:
    record = side.record
    names = [metric.name for metric in record.metrics]
    for name in (record.task.primary_metric, *record.task.beside):
        if name not in names:
            raise _differs(side, f"the metric {name}, by which it is judged, is not there")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _differs(side, f"the metric {twice[0]} stands there twice")


def _check_rows(side: Side) -> None:
    if side.groups is None or side.record.groups is None:
        return
    rows = side.groups.num_rows
    claims = {"groups.rows": side.record.groups.rows, "task.groups": side.record.task.groups}
    for what, claimed in claims.items():
        if claimed != rows:
            raise _differs(side, f"{what} is {claimed:,}, and {_table(side)} has {rows:,} rows")


def _check_card(side: Side, metric: MetricValue, card: MetricCard | None) -> None:
    if card is None:
        return
    if metric.higher_is_better != card.higher_is_better or metric.unit != card.unit:
        raise _differs(
            side,
            f"{metric.name} has higher_is_better {metric.higher_is_better} and unit "
            f"{metric.unit!r}, and the suite says {card.higher_is_better} and {card.unit!r}",
        )
    known = [metric.value] if metric.value is not None else []
    if out := beyond(card, known):
        raise _differs(side, f"{metric.name} is {out[0]!r}, which no value of it can be")


def _check_metric(
    side: Side, metric: MetricValue, card: MetricCard | None, column: str
) -> list[Underived]:
    values = column_of(side, column)
    if values is None and metric.column is not None and side.groups is not None:
        raise _differs(
            side, f"{metric.name} is the mean of {column!r}, and {_table(side)} has no such numbers"
        )
    if metric.basis is not None:
        _check_around(side, metric)
    if values is not None:
        return _check_column(side, metric, values, card)
    if metric.value is None:
        return []
    return _check_drawn(side, metric, card)


def _check_around(side: Side, metric: MetricValue) -> None:
    if metric.interval is None or metric.value is None:
        return
    low, high = metric.interval
    slack = RELATIVE * max(1.0, abs(metric.value))
    if not low - slack <= metric.value <= high + slack:
        raise _differs(
            side, f"{metric.name} is {metric.value!r}, outside its interval {_said(metric)}"
        )


def _check_column(
    side: Side, metric: MetricValue, values: Column, card: MetricCard | None
) -> list[Underived]:
    found, n = side.mean(values.name)
    place = f"the mean of {values.name!r} in {_table(side)}"
    if not _equal(metric.value, found):
        raise _differs(side, f"{metric.name} is {_shown(metric.value)}, {place} {_shown(found)}")
    # Shares of some of the items alone are told to be of so many, or of all there are.
    if metric.value is not None and metric.n not in (n, len(values.numbers)):
        raise _differs(
            side, f"{metric.name} has n {metric.n:,}, and {n:,} rows of {_table(side)} have a value"
        )
    task = side.record.task
    if len(values.numbers) > MOST_ROWS and metric.name not in (task.primary_metric, *task.beside):
        return [Underived(metric.name, TOO_MANY, roughly=True)]
    fits = mean_interval_fits(side, metric, values.numbers, card)
    if fits is None:
        return [Underived(metric.name, OTHER_INTERVAL, roughly=True)]
    if not fits:
        raise _differs(
            side,
            f"{metric.name} has the interval {_said(metric)}, which does not follow from the "
            f"column {values.name!r} in {_table(side)}",
        )
    return []


def _check_drawn(side: Side, metric: MetricValue, card: MetricCard | None) -> list[Underived]:
    told = allowed(side, metric, card)
    if told is None:
        why = NO_TABLE if side.groups is None else NOTHING
        return [Underived(metric.name, why, roughly=False)]
    if told.exactly:
        return []
    assert metric.value is not None
    if not told.low <= metric.value <= told.high:
        raise _differs(
            side,
            f"{metric.name} is {metric.value!r}, and {side.folder / told.file} allows "
            f"{told.low:.6g} to {told.high:.6g}",
        )
    return [Underived(metric.name, ROUGHLY, roughly=True)]


def _check_first_stage(side: Side, stage: FirstStageRef) -> None:
    """Values of the first stage, and the differences from it, by their columns."""
    if side.groups is None:
        return
    for metric in stage.metrics:
        values = column_of(side, metric.column or FIRST_STAGE_PREFIX + metric.name)
        if values is not None and not _equal(metric.value, found := side.mean(values.name)[0]):
            raise _differs(
                side,
                f"the first stage's {metric.name} is {_shown(metric.value)}, the mean of "
                f"{values.name!r} in {_table(side)} {_shown(found)}",
            )
    for difference in stage.differences:
        own = column_of(side, difference.name)
        theirs = column_of(side, FIRST_STAGE_PREFIX + difference.name)
        if own is None or theirs is None:
            continue
        found = mean_of(own.numbers - theirs.numbers)
        if not _equal(difference.value, found, scale=1.0):
            raise _differs(
                side,
                f"{difference.name} differs from the first stage by {_shown(difference.value)}, "
                f"in {_table(side)} by {_shown(found)}",
            )


def _check_mean(
    side: Side, sides: Mapping[str, Side], cards: Sequence[MetricCard]
) -> list[Underived]:
    """A mean over tasks is that of its members, where all of them are here as it saw them."""
    _check_named(side)
    members = side.record.task.members or {}
    here = [sides[task].record for task in members if task in sides]
    whole = len(here) == len(members) and all(
        record.task.fingerprint == members[record.task.id]
        and record.model.fingerprint == side.record.model.fingerprint
        for record in here
    )
    found = []
    for metric in side.record.metrics:
        card = next((card for card in cards if card.matches(metric.name)), None)
        _check_card(side, metric, card)
        if metric.value is None:
            continue
        if not whole:
            found.append(Underived(metric.name, NO_MEMBERS, roughly=False))
            continue
        parts = [one.value if (one := record.metric(metric.name)) else None for record in here]
        known = [value for value in parts if value is not None]
        derived = math.fsum(known) / len(known) if len(known) == len(parts) else None
        if not _equal(metric.value, derived):
            of_members = f"the mean of its members {_shown(derived)}"
            raise _differs(side, f"{metric.name} is {_shown(metric.value)}, {of_members}")
        found.append(Underived(metric.name, OTHER_INTERVAL, roughly=True))
    return found


def _equal(claimed: float | None, derived: float | None, scale: float = 0.0) -> bool:
    if claimed is None or derived is None:
        return claimed is derived
    size = max(abs(claimed), abs(derived), scale)
    return abs(claimed - derived) <= RELATIVE * size + 1e-15


def _differs(side: Side, what: str) -> UsageError:
    record, folder = side.folder / RECORD_FILE, side.folder
    if not record.is_file():
        record = folder
    again = f"score it again: marginbench score {folder}"
    if not (folder / MANIFEST_FILE).is_file():
        again = f"make it again from its run: marginbench baseline update RUN --to {folder.parent}"
    return UsageError(
        f"{record} ({side.record.task.id}): {what}",
        fix=f"The record was edited or is damaged: {again}",
    )


def _table(side: Side) -> str:
    return side.record.groups.file if side.record.groups else "its table"


def _said(metric: MetricValue) -> str:
    return str(list(metric.interval)) if metric.interval is not None else "null"


def _shown(value: float | None) -> str:
    return "null" if value is None else repr(value)
