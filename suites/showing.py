"""What the exhibits of several suites are made with: parts of records, names, orders, shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.exhibits import P_VALUE, Cell, Shown
from harness.records.record import Record

DISTANCE, GINI, P, RANK, SCORE = "distance", "Gini", P_VALUE, "rank", "score"
"""Units of figures that are no shares."""

MOST_ITEMS = 12
"""Items listed as those a run does worst on."""

Reals = NDArray[np.float64]
PartT = TypeVar("PartT")
SaidT = TypeVar("SaidT")


class Told(NamedTuple, Generic[PartT]):
    """A run and the suite's part of its record."""

    name: str
    side: Side
    part: PartT


def part_of(record: Record, kind: type[PartT]) -> PartT | None:
    """The suite's part of a record, ``None`` where it has none."""
    return record.part if isinstance(record.part, kind) else None


def told(shown: Iterable[Shown], kind: type[PartT]) -> list[Told[PartT]]:
    """Those runs whose record has the suite's part."""
    parts = ((run, part_of(run.side.record, kind)) for run in shown)
    return [Told(run.name, run.side, part) for run, part in parts if part is not None]


def alike(
    runs: Sequence[Told[PartT]], said: Callable[[PartT], SaidT | None]
) -> list[tuple[str, SaidT]]:
    """What runs say of themselves, once for each different thing; ``None`` says nothing.

    With whom it comes from, as the beginning of a sentence: ``"A, B: "``, or ``""`` for all runs.
    """
    names: dict[SaidT, list[str]] = {}
    for run in runs:
        text = said(run.part)
        if text is not None:
            names.setdefault(text, []).append(run.name)
    return [
        ("" if len(who) == len(runs) else f"{', '.join(who)}: ", text)
        for text, who in names.items()
    ]


def slice_name(by: Mapping[str, str]) -> str:
    """A slice in words: ``domain news``, or ``all``."""
    return ", ".join(f"{column} {value}" for column, value in by.items()) or "all"


def grouped(rows: Iterable[tuple[Cell, ...]], cells: int = 1) -> tuple[tuple[Cell, ...], ...]:
    """Rows of a table by their first ``cells``, each cell's values in order of appearance.

    So that systems on one slice stand together, and what is said of all items comes first.
    """
    kept = list(rows)
    places = [{cell: i for i, cell in enumerate(dict.fromkeys(row[k] for row in kept))}
              for k in range(cells)]  # fmt: skip
    return tuple(sorted(kept, key=lambda row: [places[k][row[k]] for k in range(cells)]))


def counted(number: int, one: str, many: str) -> str:
    """``1 text``, ``2,310 texts``."""
    return f"{number:,} {one if number == 1 else many}"


def share(part: int, whole: int) -> float | None:
    """A count of a whole, ``None`` where a claim makes it no number."""
    try:
        return part / whole
    except (ZeroDivisionError, OverflowError):
        return None


def numbers(column: NDArray[Any] | None) -> Reals | None:
    """A column as numbers, NaN for null; ``None`` where there is none or it holds no numbers."""
    if column is None:
        return None
    try:
        return np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def number(value: float) -> float | None:
    """A number of a table, ``None`` where it is no finite one."""
    return float(value) if math.isfinite(value) else None


def first(values: Reals, most: int) -> list[int]:
    """Places of the smallest values, the first ones among equals; NaN is not among them."""
    order = np.argsort(values, kind="stable")[:most]
    return [int(place) for place in order if not math.isnan(values[place])]
