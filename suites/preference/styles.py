"""RM-Bench's matrix of styles (arXiv 2410.16184), by its public code.

Each right answer stands against each wrong one, in three styles from plain to fancy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals.smooth import LOGIT, jackknife
from suites.preference.board import Board
from suites.preference.composites import mean_at, together
from suites.preference.tied import Compared, Figure

Reals = NDArray[np.float64]
Rule = Callable[[int, int], bool]

STYLES = "styles"
"""The side file of cells."""

LOWER: Mapping[str, Rule] = {
    "easy": lambda ours, other: ours > other,
    "normal": lambda ours, other: ours == other,
    "hard": lambda ours, other: ours < other,
}
"""Which cells of RM-Bench's matrix a level has, by the styles of chosen and rejected answers."""


def style(level: str) -> Callable[[Board, Compared | None], Figure]:
    """A level of RM-Bench: chosen and rejected answers in three styles each, plain ones first.

    Cells of the matrix of styles in which the chosen answer is the fancier one are easy, those in
    which the rejected one is are hard. The mean over items of a domain, then over domains; domains
    that differ behind a dash alone are one, the mean of its parts.
    """

    def figure(board: Board, row: Compared | None) -> Figure:
        domains = _domains(board, _cells(board, row, LOWER[level]))
        return together(list(domains.values()))

    return figure


def mean_of_levels(board: Board, row: Compared | None) -> Figure:
    """RM-Bench's average: the three levels weigh alike."""
    return together([style(level)(board, row) for level in LOWER])


def matrix(board: Board, row: Compared) -> Mapping[str, Sequence[str | int | float | None]]:
    """A row for each cell of each domain, and of their mean (``""``): value and interval."""
    rows: dict[str, list[str | int | float | None]] = {
        name: [] for name in ("domain", "chosen", "rejected", "value", "low", "high")
    }
    styles = sorted({style_of(name) for group in board.data.groups for name in group.candidates})
    for ours in styles:
        for other in styles:
            cells = _cells(board, row, lambda a, b, at=(ours, other): (a, b) == at)  # type: ignore[misc]
            domains = _domains(board, cells)
            for name, found in {"": together(list(domains.values())), **domains}.items():
                told = (name, ours, other, found[0], *_ends(found))
                for column, value in zip(rows.values(), told, strict=True):
                    column.append(value)
    return rows


def _ends(found: Figure) -> tuple[float | None, float | None]:
    value, without = found
    if value is None:
        return None, None
    sure = jackknife(value, without, scale=LOGIT, limits=(0.0, 1.0), what="prompts")
    return sure.interval or (None, None)


def _domains(board: Board, values: Reals) -> dict[str, Figure]:
    """The figure of each domain, which is the mean of its parts."""
    names = np.array(board.data.subsets, dtype=np.str_)
    domains: dict[str, list[Figure]] = {}
    for name in dict.fromkeys(names.tolist()):
        part = mean_at(board, values, names == name)
        domains.setdefault(name.partition("-")[0], []).append(part)
    return {name: together(parts) for name, parts in domains.items()}


def _cells(board: Board, row: Compared | None, rule: Rule) -> Reals:
    """Share of right pairs of each item in some cells, one half by chance; NaN without a pair."""
    if row is None:
        return np.full(len(board.data.groups), 0.5)
    item, a, b = board.judged.pairs
    styles = np.array([style_of(name) for group in board.data.groups
                       for name in group.candidates])  # fmt: skip
    both = zip(styles[a].tolist(), styles[b].tolist(), strict=True)
    at = np.array([rule(ours, other) for ours, other in both], dtype=np.bool_)
    right = board.judged.per_item(row.right_pairs[at], item[at])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(right / board.judged.per_item(np.ones(int(at.sum())), item[at]))


def style_of(candidate: str) -> int:
    """The place of a candidate in its list of chosen or rejected ones, as its id has it."""
    tail = candidate.rpartition("-")[2]
    return int(tail) if tail.isdigit() else 1
