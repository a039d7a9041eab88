"""The items on which systems are compared: those that all of them have, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from harness.compare.boards.board import Asked, OtherBoard, counted, named
from harness.errors import UsageError, did_you_mean

Mask = NDArray[np.bool_]

FEWEST_FOR_ADVICE = 2


def check_names(boards: Sequence[OtherBoard], patterns: Sequence[str]) -> None:
    """Raises :class:`UsageError` for a pattern that is like no system of any board."""
    names = {name for board in boards for name in board.systems}
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UsageError(f"no system is called {pattern!r}", fix=did_you_mean(pattern, names))


def paired(board: OtherBoard, asked: Asked) -> OtherBoard:
    """The board on the items that all its systems have, with notes on what that leaves out.

    Raises :class:`UsageError` when there is none.
    """
    board = _kept(board, asked)
    if asked.missing is not None:
        board = _filled(board, asked.missing)
    there = ~np.isnan(board.values)
    shared: Mask = np.asarray(there.all(axis=0))
    if not shared.any():
        raise UsageError(
            f"{_where(board)}no {board.item} has a value of all {len(board.systems)} systems",
            fix=_advice(board, there.sum(axis=1)),
        )
    if shared.all():
        return board
    left = int((~shared).sum())
    least = _lacking(board, there)
    note = (
        f"Compared on the {counted(int(shared.sum()), board.item)} that all systems have; "
        f"{counted(left, board.item)} {'was' if left == 1 else 'were'} left out. Most are missing "
        f"of {named(least, most=3)}."
    )
    return replace(_columns(board, shared), notes=(*board.notes, note))


def _kept(board: OtherBoard, asked: Asked) -> OtherBoard:
    """What is left by ``--without``, ``--items`` and ``--at-least``."""
    if asked.items:
        kept = [any(fnmatchcase(item, one) for one in asked.items) for item in board.items]
        if not any(kept):
            raise UsageError(
                f"{_where(board)}no {board.item} is called {' or '.join(asked.items)}",
                fix=did_you_mean(asked.items[0], board.items),
            )
        board = _columns(board, np.array(kept))
    counts = (~np.isnan(board.values)).sum(axis=1)
    away = [
        any(fnmatchcase(name, one) for one in asked.without) or int(n) < max(1, asked.at_least)
        for name, n in zip(board.systems, counts, strict=True)
    ]
    if all(away):
        raise UsageError(f"{_where(board)}no system is left to look at")
    if not any(away):
        return board
    gone = [name for name, out in zip(board.systems, away, strict=True) if out]
    keep = ~np.array(away)
    return replace(
        board,
        systems=tuple(name for name, out in zip(board.systems, away, strict=True) if not out),
        values=board.values[keep],
        notes=(*board.notes, f"Left out: {counted(len(gone), 'system')} ({named(gone)})."),
    )


def _columns(board: OtherBoard, keep: Mask) -> OtherBoard:
    chosen = np.flatnonzero(keep).tolist()
    return replace(
        board,
        items=tuple(board.items[place] for place in chosen),
        values=board.values[:, chosen],
        clusters=None if board.clusters is None else tuple(board.clusters[i] for i in chosen),
        lines=tuple(replace(line, values=line.values[chosen]) for line in board.lines),
    )


def _filled(board: OtherBoard, value: float) -> OtherBoard:
    empty = np.isnan(board.values)
    if not empty.any():
        return board
    note = f"{counted(int(empty.sum()), 'missing value')} counted as {value:g}, as was said."
    return replace(board, values=np.where(empty, value, board.values), notes=(*board.notes, note))


def _lacking(board: OtherBoard, there: Mask) -> Sequence[str]:
    order = np.argsort(there.sum(axis=1), kind="stable")
    counts = there.sum(axis=1)
    return [
        f"{board.systems[place]} (has {int(counts[place]):,})"
        for place in order.tolist()
        if counts[place] < there.shape[1]
    ]


def _advice(board: OtherBoard, counts: NDArray[np.int64]) -> str:
    """The threshold of ``--at-least`` under which most values stay in the comparison."""
    there = ~np.isnan(board.values)
    best = (0, 0, 0)
    for least in sorted({int(n) for n in counts if n > 0}):
        kept = counts >= least
        size = int(kept.sum())
        if size >= FEWEST_FOR_ADVICE:
            shared = int(there[kept].all(axis=0).sum())
            best = max(best, (size * shared, size, least))
    if not best[0]:
        return "They are no rivals on the same data: name fewer of them with --without NAME"
    return (
        f"Add --at-least {best[2]} to keep the {best[1]} systems with so many values, or "
        "--items PATTERN"
    )


def _where(board: OtherBoard) -> str:
    return f"{board.title}: " if board.title else ""
