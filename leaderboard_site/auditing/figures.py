"""What can be said of another board: figures with intervals, rank sets, and what holds first place.

Ranks are those of our own board (:mod:`leaderboard_site.board.standing`): every pair of systems and
lines is compared on the same items, and all pairs together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from harness.compare.boards.board import FRACTIONS, Line, OtherBoard
from harness.metrics.dropping import Dropped, fewest_to_change
from harness.metrics.intervals import Uncertainty, mean
from harness.metrics.intervals.families import deviations, influences
from harness.records.bars import REFERENCE
from leaderboard_site.board.contenders import (
    DRAWS,
    FEWER_DRAWS,
    MOST_WITH_ALL,
    Contender,
    Drawn,
)
from leaderboard_site.board.dropped import dropped_text
from leaderboard_site.board.headline import Named, certainty, headline
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.board.standing import Barred, Standing, standing_of
from leaderboard_site.text import clip, count, listing

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_ALIKE = 4
FEW_ITEMS = 20


@dataclass(frozen=True, slots=True)
class AuditedRow:
    """A system with its rank, or a line, whose ``kind`` says what it is and which has no rank.

    ``value`` and the interval are in the unit of the board. ``below`` tells whether a system is
    proven better than the next system below, ``None`` for lines and for the last one.
    """

    name: str
    value: float
    sure: Uncertainty
    rank: RankInterval | None
    kind: str = ""
    below: bool | None = None

    @property
    def certified(self) -> bool:
        """Whether its rank is one number."""
        return self.rank is not None and self.rank.best == self.rank.worst


@dataclass(frozen=True, slots=True)
class Audited:
    """A board with its rows, best first, lines among them.

    ``dropped`` is ``None`` where no removal of items changes first place.
    """

    board: OtherBoard
    rows: tuple[AuditedRow, ...]
    standing: Standing
    dropped: Dropped | None
    rival: str
    remarks: tuple[str, ...]

    @property
    def systems(self) -> tuple[AuditedRow, ...]:
        """Rows that have a rank."""
        return tuple(row for row in self.rows if row.rank is not None)

    @property
    def headline(self) -> str:
        """Who leads, and against what."""
        board, names = self.board, [row.name for row in self.systems]
        lower = not board.higher_is_better
        return headline(self.standing, Named(names, [""] * len(names), board.unit, lower=lower))

    @property
    def certainty(self) -> str:
        """How many ranks are certain, and how many neighbours are told apart."""
        return certainty(self.standing)

    @property
    def lead(self) -> str:
        """How few items hold first place."""
        if self.dropped is None:
            few = len(self.systems) < 2
            return "" if few else "No removal of items ends the lead by value."
        return dropped_text(self.dropped, self.rival, item=self.board.item)


def audited(board: OtherBoard, *, baselines: Sequence[str] = ()) -> Audited:
    """All figures of a board whose systems have a value on every item.

    ``baselines`` are patterns of systems that are lines and no rivals.
    """
    codes = _codes(board)
    turned = board.values if board.higher_is_better else -board.values
    lines = [any(fnmatchcase(name, one) for one in baselines) for name in board.systems]
    order = _order(board, turned, lines)
    bars = [
        *(Line(REFERENCE, board.systems[i], board.values[i]) for i in np.flatnonzero(lines)),
        *board.lines,
    ]
    sure = [_interval(board, board.values[place], codes) for place in order]
    known = [_barred_interval(board, bar, codes) for bar in bars]
    moved = _moved(np.stack([*turned[order], *(_turned(board, bar) for bar in bars)]), codes)
    size = _size(board)
    contenders = [
        _contender(board, board.values[place], own, row, size)
        for place, own, row in zip(order, sure, moved, strict=False)
    ]
    barred = [
        Barred(bar.kind, bar.name, _contender(board, bar.values, own, row, size))
        for bar, own, row in zip(bars, known, moved[len(order) :], strict=True)
    ]
    standing = _shown(standing_of(contenders, barred), size)
    dropped = fewest_to_change(turned[order])
    return Audited(
        board,
        _rows(board, order, sure, standing, known),
        standing,
        dropped,
        board.systems[order[dropped.rival]] if dropped else "",
        tuple(_remarks(board, codes)),
    )


def _order(board: OtherBoard, turned: Reals, lines: Sequence[bool]) -> list[int]:
    """Systems that are no lines, best first; equals by name."""
    means = [math.fsum(row.tolist()) for row in turned]
    places = [place for place in range(len(means)) if not lines[place]]
    return sorted(places, key=lambda place: (-means[place], board.systems[place]))


def _codes(board: OtherBoard) -> Ints | None:
    if board.clusters is None:
        return None
    number = {name: code for code, name in enumerate(dict.fromkeys(board.clusters))}
    return np.array([number[name] for name in board.clusters], dtype=np.int64)


def _interval(board: OtherBoard, values: Reals, codes: Ints | None) -> Uncertainty:
    return mean(values, codes, limits=board.limits)


def _barred_interval(board: OtherBoard, bar: Line, codes: Ints | None) -> Uncertainty:
    if bar.fixed:
        return Uncertainty(None, None, 0, reason="the value is one by definition")
    return _interval(board, bar.values, codes)


def _turned(board: OtherBoard, bar: Line) -> Reals:
    return bar.values if board.higher_is_better else -bar.values


def _moved(rows: Reals, codes: Ints | None) -> Reals:
    """How far replicates of the means lie from them, in the same draws for all rows."""
    draws = DRAWS if len(rows) <= MOST_WITH_ALL else FEWER_DRAWS
    return deviations(np.stack([influences(row, codes) for row in rows]), replicates=draws)


def _size(board: OtherBoard) -> float:
    """What values are divided by to be compared: errors below 1e-12 count as none."""
    if board.limits == FRACTIONS:
        return 1.0
    return float(np.abs(board.values).max()) or 1.0


def _contender(
    board: OtherBoard, values: Reals, sure: Uncertainty, moved: Reals, size: float
) -> Contender:
    value = math.fsum(values.tolist()) / len(values) / size
    interval = None if sure.interval is None else (sure.interval[0] / size, sure.interval[1] / size)
    if not board.higher_is_better:
        value = -value
        interval = None if interval is None else (-interval[1], -interval[0])
    units = len(values) if board.clusters is None else len(set(board.clusters))
    return Contender(value, interval, Drawn("items", units, moved / size))


def _shown(found: Standing, size: float) -> Standing:
    """The same with the values of lines as they are shown."""
    bars = tuple(
        replace(bar, mean=replace(bar.mean, value=bar.mean.value * size)) for bar in found.bars
    )
    return replace(found, bars=bars)


def _rows(
    board: OtherBoard,
    order: Sequence[int],
    sure: Sequence[Uncertainty],
    standing: Standing,
    known: Sequence[Uncertainty],
) -> tuple[AuditedRow, ...]:
    """Systems in their order and lines in their places: a line stands before its equals."""
    apart = standing.below
    rows = [
        AuditedRow(
            board.systems[place],
            math.fsum(board.values[place].tolist()) / len(board.items),
            own,
            rank,
            below=apart[number] if number < len(apart) else None,
        )
        for number, (place, own, rank) in enumerate(zip(order, sure, standing.ranks, strict=True))
    ]
    for bar, own in zip(standing.bars, known, strict=True):
        value = bar.mean.value if board.higher_is_better else -bar.mean.value
        sign = 1 if board.higher_is_better else -1
        at = next((n for n, row in enumerate(rows) if sign * row.value <= sign * value), len(rows))
        rows.insert(at, AuditedRow(bar.name, value, own, None, kind=bar.kind))
    return tuple(rows)


def _remarks(board: OtherBoard, codes: Ints | None) -> list[str]:
    """What is odd about the values themselves."""
    said = []
    constant = [
        name for name, row in zip(board.systems, board.values, strict=True) if np.ptp(row) == 0
    ]
    if constant:
        some = f"The same value on every {board.item}"
        said.append(f"{some}: {listing([clip(n, most=40) for n in constant], most=MOST_ALIKE)}.")
    pairs = _copies(board, set(constant))
    if pairs:
        said.append(
            f"Equal on every {board.item}, so perhaps one system under two names: "
            f"{listing(pairs, most=MOST_ALIKE)}."
        )
    units = len(board.items) if codes is None else int(codes.max()) + 1
    if units < FEW_ITEMS:
        what = board.item if codes is None else "cluster"
        said.append(
            f"{count(units)} independent {what}{'' if units == 1 else 's'}: intervals of so few "
            "may cover less than they say."
        )
    return said


def _copies(board: OtherBoard, constant: set[str]) -> list[str]:
    seen: dict[bytes, str] = {}
    found = []
    for name, row in zip(board.systems, board.values, strict=True):
        if name in constant:
            continue
        first = seen.setdefault(row.tobytes(), name)
        if first != name:
            found.append(f"{clip(first, most=40)} = {clip(name, most=40)}")
    return found
