"""What every reader of other boards hands over: systems by items, and what was made of the input.

A value is a number for a system on an item; what an input lacks is NaN until systems are paired.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError, UsageError

Reals = NDArray[np.float64]
Range = tuple[float | None, float | None]

LARGEST = 1e100
"""Beyond that, squares and sums are no numbers any more."""

MOST_SYSTEMS, MOST_CELLS = 1000, 5_000_000
FRACTIONS: Range = (0.0, 1.0)
UNBOUNDED: Range = (None, None)
CONSTANT = "constant"
"""The kind of a line that gives one answer to all items."""

OWN_UNIT = "units"
"""The unit of values that are no fractions."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """What systems are read against: ``values`` run parallel to the items of its board.

    ``kind`` is one of :mod:`harness.records.bars`. ``fixed`` says that the value is one by
    definition, so that there is no chance in it.
    """

    kind: str
    name: str
    values: Reals
    fixed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class OtherBoard:
    """Systems by items, NaN where a system has no value; every name stands once.

    ``item`` is the noun for one item. ``limits`` are the ends of the range of a value and ``unit``
    is ``""`` for fractions. ``clusters`` name what items share, parallel to them. ``notes`` are
    sentences on what was done to the input, and ``caveats`` on what its kind cannot tell.
    """

    title: str
    metric: str
    item: str
    systems: tuple[str, ...]
    items: tuple[str, ...]
    values: Reals
    higher_is_better: bool
    limits: Range = FRACTIONS
    unit: str = ""
    clusters: tuple[str, ...] | None = None
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an input was taken for, in words, and the boards that are in it."""

    form: str
    taken: str
    boards: tuple[OtherBoard, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is told of an input where its files do not tell it.

    ``form`` is one of :data:`harness.compare.boards.take.FORMS`, ``columns`` pairs of a role and a
    column, ``judgements`` pairs of a set (``""`` for any) and a path. ``items`` and ``without`` are
    patterns of names, ``missing`` what a missing value counts as.
    """

    form: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    higher_is_better: bool | None = None
    metric: str = ""
    judgements: tuple[tuple[str, Path], ...] = ()
    items: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    at_least: int = 0
    baselines: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    missing: float | None = None
    label_map: tuple[tuple[str, str], ...] = ()

    def better_end(self, what: str) -> bool:
        """Which end is better. Raises :class:`UsageError` where nobody said it."""
        if self.higher_is_better is None:
            raise UsageError(
                f"nothing says whether higher or lower is better of {what}",
                fix="Add --higher-is-better or --lower-is-better",
            )
        return self.higher_is_better


@dataclass(slots=True)
class Gathered:
    """Values as they come in, one for each system and item."""

    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    items: dict[str, None] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    cells: int = 0

    def add(self, system: str, item: str, value: float, where: str) -> None:
        """One value, NaN for none. Raises :class:`InvalidError` in one line."""
        own = self.rows.setdefault(system, {})
        if item in own:
            raise InvalidError(
                f"{where}: {system[:80]!r} has a second value on {item[:80]!r}",
                fix="One value is read for each system and item",
            )
        if abs(value) > LARGEST:  # of NaN that is not so
            raise InvalidError(f"{where}: the value of {system[:80]!r} is not finite")
        own[item] = value
        self.items[item] = None
        self.cells += 1
        if self.cells > MOST_CELLS or len(self.rows) > MOST_SYSTEMS:
            raise UsageError(
                f"{where}: more than {MOST_SYSTEMS:,} systems or {MOST_CELLS:,} values",
                fix="Leave out systems or items that are not asked for",
            )

    def cluster(self, item: str, name: str, where: str) -> None:
        """What an item shares with others. Raises :class:`InvalidError` for a second name."""
        if self.clusters.setdefault(item, name) != name:
            raise InvalidError(f"{where}: {item[:80]!r} is in two clusters")

    def values(self) -> Reals:
        """(systems, items), NaN where there is none."""
        return np.array(
            [[own.get(item, np.nan) for item in self.items] for own in self.rows.values()],
            dtype=np.float64,
        ).reshape(len(self.rows), len(self.items))

    def cluster_names(self) -> tuple[str, ...] | None:
        """Parallel to the items, ``None`` where there are no clusters."""
        if not self.clusters:
            return None
        return tuple(self.clusters.get(item, f"alone {item}") for item in self.items)


def number_or_nan(value: object) -> float:
    """A JSON number, true or false; NaN for anything else, also for one beyond the largest."""
    if not isinstance(value, bool | int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def scale_of(values: Reals, asked: Asked) -> tuple[Range, str, str]:
    """Range, unit, and a sentence on what values were taken for."""
    known = values[~np.isnan(values)]
    if asked.limits is not None:
        low, high = asked.limits
        if known.size and not bool(((known >= low) & (known <= high)).all()):
            raise InvalidError(f"there are values outside --range {low:g} {high:g}")
        unit = "" if asked.limits == FRACTIONS else OWN_UNIT
        return asked.limits, unit, f"Values range from {low:g} to {high:g}, as was said."
    if known.size and bool(((known >= 0) & (known <= 1)).all()):
        return FRACTIONS, "", "All values lie from 0 to 1: they were taken for fractions."
    said = "Not all values lie from 0 to 1: they stand as they are, in an unbounded range."
    return UNBOUNDED, OWN_UNIT, said


def counted(number: int, noun: str) -> str:
    """``1 item``, ``2,000 items``, ``3 queries``."""
    if number != 1:
        noun = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun}"


def named(names: Sequence[str], *, most: int = 4) -> str:
    """The first few of some names, and how many more there are."""
    shown = [name[:60] for name in names[:most]]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def board_of(gathered: Gathered, told: Mapping[str, object]) -> OtherBoard:
    """A board of what was gathered; ``told`` are the other fields of it.

    Raises :class:`UsageError` when nothing was.
    """
    if not gathered.rows or not gathered.items:
        raise UsageError(f"{told.get('title') or 'the input'} holds no values of systems on items")
    fields: dict[str, object] = {
        "systems": tuple(gathered.rows),
        "items": tuple(gathered.items),
        "values": gathered.values(),
        "clusters": gathered.cluster_names(),
        **told,
    }
    return OtherBoard(**fields)  # type: ignore[arg-type]
