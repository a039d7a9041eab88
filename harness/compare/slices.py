"""What an update did within slices of the items: such as by domain, paired as the whole is.

Each slice is a comparison of its own, by the methods of the whole: figures, intervals, p and words.
p is adjusted by Holm's rule over all slices of one column, of all tasks, metrics and candidates:
that there is no difference, and that there is no loss beyond the margin, each by itself. Slices say
where something broke; they decide nothing, but for those of columns that a budget names (``by``).
All of these are one family, apart from that of the metrics that decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.compare.deltas import Delta, deltas
from harness.compare.outcomes import (
    Flips,
    Outcomes,
    PairOutcomes,
    Unknown,
    count_flips,
    outcomes_of,
)
from harness.compare.sides import Side
from harness.compare.slice_sides import (
    Column,
    Rows,
    SliceSide,
    column_of,
    cut,
    sliceable,
    typed,
    why_not,
)
from harness.compare.verdicts import Judged, Verdict, judge
from harness.errors import UsageError, first_ids
from harness.metrics.intervals import holm
from harness.nouns import Suite
from harness.records.record import MetricValue

LISTED = 20
"""Flipped items that are kept of each slice."""

LONGEST = 60
"""Letters of a slice's name in a line of words."""

MOST_NAMED = 12
"""Columns that a message names."""

Found = Outcomes | PairOutcomes | Unknown


@dataclass(frozen=True, slots=True)
class Slice:
    """Items that share a value. ``flips`` are by the first definition of right; see ``flips_p``."""

    value: str
    items: int
    deltas: tuple[Delta, ...]
    flips: Flips | None = None
    flips_p: float | None = None
    """p of the net change, adjusted over all slices of the column."""
    judged: Mapping[str, Judged] = field(default_factory=dict)

    def delta(self, metric: str) -> Delta | None:
        """The difference of a metric within the slice."""
        return next((row for row in self.deltas if row.name == metric), None)


@dataclass(frozen=True, slots=True)
class Slices:
    """One task by one column. ``unsliced`` says of metrics why they are not told by slices."""

    column: str
    slices: tuple[Slice, ...]
    unsliced: Mapping[str, str]
    alone: bool = False
    decides: bool = False

    @property
    def metrics(self) -> list[str]:
        """Metrics that slices tell of, in order."""
        return list(dict.fromkeys(row.name for one in self.slices for row in one.deltas))

    def worst_first(self, metric: str) -> list[tuple[Slice, Delta]]:
        """Slices by a metric: those called worse, then by what was lost; unknown ones last."""
        rows = [(one, row) for one in self.slices if (row := one.delta(metric)) is not None]

        def place(pair: tuple[Slice, Delta]) -> tuple[bool, bool, float]:
            one, row = pair
            worse = metric in one.judged and one.judged[metric].verdict is Verdict.WORSE
            gain = row.gain if row.gain is not None else row.difference
            return not worse, gain is None, gain or 0.0

        return sorted(rows, key=place)

    def by_flips(self) -> list[tuple[Slice, Flips]]:
        """Slices with the largest share of negative flips first."""
        rows = [(one, one.flips) for one in self.slices if one.flips is not None and one.flips.n]
        return sorted(rows, key=lambda pair: (-(pair[1].nfr or 0.0), -pair[1].lost))

    def worse(self) -> Iterator[tuple[str, str, str]]:
        """Value, metric and ground of every slice that is worse, worst first."""
        for metric in self.metrics:
            for one, _ in self.worst_first(metric):
                judged = one.judged.get(metric)
                if judged is not None and judged.verdict is Verdict.WORSE:
                    yield one.value, metric, judged.why


def check_columns(
    asked: Mapping[str, Sequence[str]], pairs: Mapping[str, tuple[Side, Side]]
) -> None:
    """Raise :class:`UsageError` for a column that no task can be sliced by, naming those that do.

    ``asked`` are the columns of each task, ``pairs`` its sides, their rows in one order.
    """
    known = {task: sliceable(*pairs[task]) for task, columns in asked.items() if columns}
    for name in dict.fromkeys(column for columns in asked.values() for column in columns):
        tasks = [task for task, columns in asked.items() if name in columns]
        if not any(name in known[task] for task in tasks):
            names = list(dict.fromkeys(other for task in tasks for other in known[task]))
            why = next(filter(None, (why_not(name, *pairs[task]) for task in tasks)), "")
            raise UsageError(
                f"{first_ids(tasks)} cannot be sliced by {name!r}" + (f": {why}" if why else ""),
                fix=_known(typed(names)),
            )


def _known(names: Sequence[str]) -> str:
    if not names:
        return "No table beside both records has a column that slices its items"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"It can be by {', '.join(names[:MOST_NAMED])}{more}"


def slices_of(
    asked: Sequence[str],
    sides: tuple[Side, Side],
    whole: Sequence[Delta],
    outcomes: Sequence[Found],
    suite: Suite | None,
    margin: Callable[[MetricValue], float],
) -> tuple[list[Slices], list[str]]:
    """One task by each column that it has, p not yet adjusted, and a line for those it lacks.

    ``whole`` are the metrics to tell of, ``outcomes`` what both sides got right.
    """
    found: list[Slices] = []
    lines: list[str] = []
    known = sliceable(*sides) if asked else {}
    for name in dict.fromkeys(asked):
        if name not in known:
            lines.append(_lacking(name, sides[0], list(known)))
            continue
        column = column_of(name, sides[0], known[name])
        found.append(replace(_by(column, sides, whole, outcomes, suite, margin), column=name))
    return found, lines


def _lacking(name: str, side: Side, known: Sequence[str]) -> str:
    if side.record.task.members is not None:
        return f"not sliced by {name}: it is a mean over tasks, each of which is by itself"
    told = ", ".join(typed(known))
    return f"not sliced by {name}: " + (f"it can be by {told}" if told else "no column slices it")


def _by(
    column: Column,
    sides: tuple[Side, Side],
    whole: Sequence[Delta],
    outcomes: Sequence[Found],
    suite: Suite | None,
    margin: Callable[[MetricValue], float],
) -> Slices:
    wanted = [row.name for row in whole]
    cuts, lost = cut(column, sides, wanted, suite)
    told = [name for name in wanted if name not in lost]
    flips = _flips(column, cuts, outcomes[:1], sides[0], suite)
    slices = []
    for value, both in cuts.items():
        rows = {row.name: row for row in deltas(*both, {}, margin)}
        slices.append(
            Slice(
                value=value,
                items=len(column.slices[value]),
                deltas=tuple(rows[name] for name in told if name in rows),
                flips=flips.get(value),
            )
        )
    return Slices(column.name, tuple(slices), lost, alone=column.alone)


def _flips(
    column: Column,
    cuts: Mapping[str, tuple[SliceSide, SliceSide]],
    outcomes: Sequence[Found],
    old: Side,
    suite: Suite | None,
) -> dict[str, Flips]:
    """Flips within each slice: items by what they are in the whole, pairs where both lie in it."""
    made: dict[str, Flips] = {}
    for found in outcomes:
        if isinstance(found, Outcomes):
            parts = _items_within(column, found, old)
            made = {value: count_flips(part) for value, part in parts.items()}
        elif isinstance(found, PairOutcomes):
            for value, both in cuts.items():
                same = (one for one in outcomes_of(suite, *both) if one.name == found.name)
                pairs = next(same, None)
                if isinstance(pairs, PairOutcomes):
                    made[value] = count_flips(pairs)
    return {value: replace(one, items=one.items[:LISTED]) for value, one in made.items()}


def _items_within(column: Column, found: Outcomes, old: Side) -> dict[str, Outcomes]:
    if old.ids is None:
        return {}
    number = np.zeros(len(old.ids), dtype=np.int64)
    for place, rows in enumerate(column.slices.values()):
        number[rows] = place
    of_id = dict(zip(old.ids.tolist(), number.tolist(), strict=True))
    if any(name not in of_id for name in found.ids):
        return {}  # whatever is counted, it is not the items of the table
    codes = np.array([of_id[name] for name in found.ids], dtype=np.int64)
    return {
        value: _only(found, np.flatnonzero(codes == place), alone=column.alone)
        for place, value in enumerate(column.slices)
    }


def _only(found: Outcomes, rows: Rows, *, alone: bool) -> Outcomes:
    ids = np.asarray(found.ids)[rows]
    return replace(
        found,
        ids=ids,
        clusters=ids if alone else np.asarray(found.clusters)[rows],
        lost=found.lost[rows],
        won=found.won[rows],
        severity=found.severity[rows],
        right=None if found.right is None else (found.right[0][rows], found.right[1][rows]),
        changed=None if found.changed is None else found.changed[rows],
        shown={name: np.asarray(values)[rows] for name, values in found.shown.items()},
        directions={name: mask[rows] for name, mask in found.directions.items()},
    )


def unsliced(deciding: Sequence[Slices]) -> list[str]:
    """Why a task is incomplete: figures that a budget wants held by slices, and that are not."""
    return [
        f"{metric} was not compared by {table.column}: {why}"
        for table in deciding
        for metric, why in table.unsliced.items()
    ]


def worse_slices(table: Slices) -> list[str]:
    """Grounds for worse of slices that decide."""
    return [
        f"{metric} within {table.column} {value[:LONGEST]!r}: {why}"
        for value, metric, why in table.worse()
    ]


def settled(tables: Sequence[Slices]) -> list[Slices]:
    """The same, p adjusted over each family, and judged. Tables stay in their order."""
    families: dict[str, list[int]] = {}
    for place, table in enumerate(tables):
        families.setdefault("" if table.decides else table.column, []).append(place)
    made = list(tables)
    for places in families.values():
        done = _adjusted([tables[place] for place in places])
        for place, table in zip(places, done, strict=True):
            made[place] = table
    return made


def _adjusted(tables: Sequence[Slices]) -> list[Slices]:
    rows = [row for table in tables for one in table.slices for row in one.deltas]
    flips = [one.flips.p if one.flips else None for table in tables for one in table.slices]
    size = sum((row.p, row.loss_p) != (None, None) for row in rows)
    differ, lose = holm([row.p for row in rows]), holm([row.loss_p for row in rows])
    told = iter(
        [
            replace(row, holm=p, loss_holm=loss, family=max(1, size))
            for row, p, loss in zip(rows, differ, lose, strict=True)
        ]
    )
    changes = iter(holm(flips))
    done = []
    for table in tables:
        slices = []
        for one in table.slices:
            own = tuple(next(told) for _ in one.deltas)
            judged = {row.name: judge(row) for row in own}
            slices.append(replace(one, deltas=own, judged=judged, flips_p=next(changes)))
        done.append(replace(table, slices=tuple(slices)))
    return done
